//! What the tests share: the binary as a process, HTTP to it, jobs, and what must always hold of them.

mod books;
mod cluster;
mod home;
mod hooks;
mod http;
mod issuer;
mod jobs;
mod process;
mod random;
mod receiver;
mod wait;

pub(crate) use books::{is_clean, read_all_books, read_books, sha256};
pub(crate) use cluster::{Cluster, Role};
pub(crate) use home::{ADMIN_KEY, Home, Server};
pub(crate) use hooks::Hooks;
pub(crate) use http::{Answer, Api, Ask, Coming};
pub(crate) use issuer::{Issuer, Signer};
pub(crate) use jobs::{PRICE, cancel, ended, fast, is_final, picture, reached, slow};
pub(crate) use random::Random;
pub(crate) use receiver::{Receiver, Reply};
pub(crate) use wait::{eventually, run, within};
