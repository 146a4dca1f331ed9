//! Faults that can be read and would do nothing, or not all that they say.

use http::StatusCode;

use super::{Fault, FaultError};

/// Terms that have no effect beside another one.
struct Contradiction {
    term: &'static str,
    excluded: &'static [&'static str],
    because: &'static str,
    /// Whether they have one where the work is accepted.
    unless_accepted: bool,
}

const CONTRADICTIONS: [Contradiction; 5] = [
    Contradiction {
        term: "lose",
        excluded: &["hang", "status", "malformed", "content-type", "cut", "stall", "drip"],
        because: "closes the connection without an answer",
        unless_accepted: false,
    },
    Contradiction {
        term: "hang",
        excluded: &["status", "malformed", "content-type", "cut", "stall", "drip"],
        because: "leaves the request without an answer",
        unless_accepted: false,
    },
    Contradiction {
        term: "hang",
        excluded: &["delay", "task"],
        because: "leaves the request without an answer and, without `accept`, without work",
        unless_accepted: true,
    },
    Contradiction {
        term: "status",
        excluded: &["task"],
        because: "does no work without `accept`",
        unless_accepted: true,
    },
    Contradiction {
        term: "cut",
        excluded: &["stall"],
        because: "ends the answer's body in another way",
        unless_accepted: false,
    },
];

/// Refuses a fault of which something could never be seen, by the names of its terms.
pub(super) fn refuse(fault: &Fault, terms: &[&str]) -> Result<(), FaultError> {
    let nothing = Fault { skip: fault.skip, times: fault.times, ..Fault::default() };
    if *fault == nothing {
        return Err(FaultError("nothing goes wrong: name a fault such as `status=503` or `lose`".into()));
    }
    for Contradiction { term, excluded, because, unless_accepted } in &CONTRADICTIONS {
        if !terms.contains(term) || (*unless_accepted && fault.accept) {
            continue;
        }
        if let Some(excluded) = excluded.iter().find(|excluded| terms.contains(excluded)) {
            let problem = format!("`{excluded}` has no effect beside `{term}`, which {because}");
            return Err(FaultError(problem));
        }
    }
    match &fault.status {
        Some(asked) if fault.accept && refuses_work(asked.status) => Err(FaultError(format!(
            "`accept` contradicts `status={}`: a 4xx other than 408 says that no work was accepted",
            asked.status.as_u16()
        ))),
        _ => Ok(()),
    }
}

fn refuses_work(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuse(text: &str, problem: &str) {
        let error = text.parse::<Fault>().unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }

    #[test]
    fn a_fault_in_which_nothing_goes_wrong_is_refused() {
        for text in ["", ";", " ; ", "times=1", "skip=1; times=2", "delay=0s"] {
            refuse(text, "nothing goes wrong");
        }
    }

    #[test]
    fn terms_that_could_not_both_be_seen_are_refused() {
        refuse("lose; status=500", "`status` has no effect beside `lose`");
        refuse("status=500; lose", "`status` has no effect beside `lose`");
        refuse("hang=after-body; accept; cut=1", "`cut` has no effect beside `hang`");
        refuse("hang=after-body; task=fail", "`task` has no effect beside `hang`");
        refuse("status=503; task=fail", "`task` has no effect beside `status`");
        refuse("cut=1; stall=2", "`stall` has no effect beside `cut`");
        for text in
            ["lose; delay=1s; task=stall", "status=500; accept; task=stall; cut=1", "malformed; cut=1"]
        {
            assert!(text.parse::<Fault>().is_ok(), "{text}");
        }
    }

    #[test]
    fn accept_contradicts_every_4xx_but_408() {
        for status in [400, 409, 429] {
            refuse(
                &format!("status={status}; accept"),
                "a 4xx other than 408 says that no work was accepted",
            );
        }
        for status in [408, 500, 503, 529] {
            assert!(format!("accept; status={status}").parse::<Fault>().is_ok(), "{status}");
        }
    }
}
