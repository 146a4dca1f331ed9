//! The simulator from outside: in process where the answer is what counts, over a socket where the connection
//! is.

mod control;
mod faults;
mod openai;
mod sockets;
mod support;
