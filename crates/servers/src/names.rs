//! The names of tests that need a server, so that they can be left out where there is none.

use std::env;
use std::io;

/// A test that starts a server has one of these words in its name or in those of its modules. `cargo xtask test
/// --embedded` leaves out what has.
pub const WORDS: [&str; 5] = ["postgres", "redis", "s3", "scaled_out", "chaos"];

/// Refuses a server to a test that has none of the [`WORDS`] in its name.
///
/// Whoever runs each test in a process of its own, as nextest does, gives it the test's whole name; nobody else is asked.
pub(crate) fn check() -> io::Result<()> {
    match unnamed(env::args().skip(1)) {
        None => Ok(()),
        Some(test) => Err(io::Error::other(format!(
            "{test}: a test that starts a server has one of these words in its name, or in those of its modules, so that \
             `cargo xtask test --embedded` can leave it out: {}",
            WORDS.join(", ")
        ))),
    }
}

/// The one test that is run by these arguments, if none of the words is in its name.
fn unnamed(arguments: impl IntoIterator<Item = String>) -> Option<String> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let is_one = arguments.iter().any(|argument| argument == "--exact");
    let test = arguments.into_iter().find(|argument| is_one && !argument.starts_with('-'))?;
    (!WORDS.iter().any(|word| test.contains(word))).then_some(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unnamed_of(arguments: &[&str]) -> Option<String> {
        unnamed(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn a_test_without_a_servers_word_is_named() {
        let run = ["queue::shared::two_nodes", "--exact", "--nocapture"];
        assert_eq!(unnamed_of(&run).as_deref(), Some("queue::shared::two_nodes"));
        assert_eq!(unnamed_of(&["--nocapture", "--exact", "queues"]).as_deref(), Some("queues"));
    }

    #[test]
    fn a_test_with_one_and_a_run_of_many_are_not() {
        for named in ["queue::redis::shared::two_nodes", "a_postgres_that_is_gone", "kills::scaled_out"] {
            assert_eq!(unnamed_of(&[named, "--exact"]), None);
        }
        assert_eq!(unnamed_of(&["queues"]), None);
        assert_eq!(unnamed_of(&["bench", "ledger"]), None);
        assert_eq!(unnamed_of(&[]), None);
    }
}
