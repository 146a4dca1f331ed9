//! Running rules and telling which were broken.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::{Refusal, StoreError};

/// A rule that takes longer hangs.
const RULE_MAX: Duration = Duration::from_secs(30);

/// Whether a rule was kept.
pub type Verdict = Result<(), Broken>;

/// How a rule was broken. Any error becomes one by `?`, with the place where that happened.
pub struct Broken(String);

/// The rules of a suite that were broken. Never empty.
pub struct Failures(Vec<Failure>);

/// One rule that was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The rule's name.
    pub rule: &'static str,
    /// What was found, and where it was looked for.
    pub what: String,
}

/// One rule of a suite, over a backend on its bench.
pub(super) struct Rule<B> {
    pub(super) name: &'static str,
    pub(super) check: fn(B) -> Pin<Box<dyn Future<Output = Verdict> + Send>>,
}

/// Names rules after their functions.
macro_rules! rules {
    ($($rule:path as $name:ident),+ $(,)?) => {
        vec![$(crate::testing::conformance::suite::Rule {
            name: stringify!($name),
            check: |bench| Box::pin($rule(bench)),
        }),+]
    };
    ($($rule:ident),+ $(,)?) => {
        crate::testing::conformance::suite::rules!($($rule as $rule),+)
    };
}
pub(super) use rules;

/// Runs each rule over a backend of its own; tells how many were kept, or which were broken.
pub(super) async fn run<B: Send + 'static>(
    rules: Vec<Rule<B>>,
    make: impl AsyncFn() -> B,
) -> Result<usize, Failures> {
    let count = rules.len();
    let mut failures = Vec::new();
    for rule in rules {
        let checking = tokio::time::timeout(RULE_MAX, (rule.check)(make().await));
        // A task of its own, so that a panic is the rule's alone.
        let mut task = JoinSet::new();
        task.spawn(checking);
        let what = match task.join_next().await {
            Some(Ok(Ok(Ok(())))) => continue,
            Some(Ok(Ok(Err(broken)))) => broken.0,
            Some(Ok(Err(_elapsed))) => format!("not done within {RULE_MAX:?}"),
            Some(Err(error)) if error.is_panic() => format!("panicked: {}", panic_text(&error.into_panic())),
            Some(Err(_)) | None => "was ended".to_owned(),
        };
        failures.push(Failure { rule: rule.name, what });
    }
    if failures.is_empty() { Ok(count) } else { Err(Failures(failures)) }
}

/// Broken unless the two are the same.
#[track_caller]
pub(super) fn same<T: PartialEq<U> + fmt::Debug, U: fmt::Debug>(
    what: &str,
    found: T,
    expected: U,
) -> Verdict {
    if found == expected { Ok(()) } else { broken(format!("{what}: {found:?} instead of {expected:?}")) }
}

/// Broken unless it is so.
#[track_caller]
pub(super) fn holds(what: &str, so: bool) -> Verdict {
    if so { Ok(()) } else { broken(what.to_owned()) }
}

/// Broken unless the step was refused in this way.
#[track_caller]
pub(super) fn refused<T: fmt::Debug>(answer: Result<T, StoreError>, expected: &Refusal) -> Verdict {
    match answer {
        Err(StoreError::Refused(refusal)) if refusal == *expected => Ok(()),
        other => broken(format!("{other:?} instead of the refusal {expected:?}")),
    }
}

/// Broken, for this reason.
#[track_caller]
pub(super) fn broken<T>(what: String) -> Result<T, Broken> {
    Err(Broken(format!("{what} ({})", Location::caller())))
}

impl Failures {
    /// The rules that were broken.
    pub fn rules(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|failure| failure.rule)
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rules are broken", self.0.len())?;
        self.0.iter().try_for_each(|failure| write!(f, "\n  {}: {}", failure.rule, failure.what))
    }
}

impl fmt::Debug for Failures {
    /// As [`fmt::Display`], since it is read in the message of a test that failed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failures {}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Broken {
    #[track_caller]
    fn from(error: E) -> Self {
        Self(format!("{error:?} ({})", Location::caller()))
    }
}

fn panic_text(panic: &Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept(_bench: ()) -> Verdict {
        Ok(())
    }
    async fn differs(_bench: ()) -> Verdict {
        same("sum", 1, 2)
    }
    async fn fails(_bench: ()) -> Verdict {
        let refused: Result<(), StoreError> = Err(Refusal::NotDue.into());
        Ok(refused?)
    }
    async fn panics(_bench: ()) -> Verdict {
        panic!("at the {}", "disco")
    }
    async fn hangs(_bench: ()) -> Verdict {
        std::future::pending().await
    }

    #[tokio::test]
    async fn rules_that_are_kept_are_counted() {
        assert_eq!(run(rules!(kept, kept), async || ()).await.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn every_broken_rule_is_named_with_what_was_found() {
        let failures = run(rules!(differs, kept, fails, panics, hangs), async || ()).await.unwrap_err();
        assert_eq!(failures.rules().collect::<Vec<_>>(), ["differs", "fails", "panics", "hangs"]);
        let text = failures.to_string();
        for expected in ["sum: 1 instead of 2", "NotDue", "suite.rs", "at the disco", "not done within 30s"] {
            assert!(text.contains(expected), "{expected} is missing in {text}");
        }
    }
}
