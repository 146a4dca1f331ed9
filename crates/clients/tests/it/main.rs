//! The tests of the HTTP base: real sockets, a scripted server, a clock that is paused where time matters.

mod calls;
mod retries;
mod support;
