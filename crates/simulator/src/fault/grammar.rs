//! Faults as text.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;

use super::{AskedStatus, BodyEnd, Drip, Fault, Hang, TaskFault, toothless};
use crate::settings::at_most_max;

/// Why a text is no fault, or no pattern of requests.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(pub(super) String);

/// Words that only mean something beside another term.
#[derive(Default)]
struct Details {
    code: Option<String>,
    message: Option<String>,
    retry_after: Option<String>,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut fault = Self::default();
        let mut details = Details::default();
        let mut names = Vec::new();
        for term in text.split(';').map(str::trim).filter(|term| !term.is_empty()) {
            let (name, value) = term.split_once('=').unwrap_or((term, ""));
            let (name, value) = (name.trim(), value.trim());
            fault.read(&mut details, name, value)?;
            if names.contains(&name) {
                return Err(FaultError(format!("`{name}` is there twice")));
            }
            names.push(name);
        }
        let fault = fault.complete(details)?;
        toothless::refuse(&fault, &names)?;
        Ok(fault)
    }
}

impl Fault {
    fn read(&mut self, details: &mut Details, name: &str, value: &str) -> Result<(), FaultError> {
        match name {
            "delay" => self.delay = duration(name, value)?,
            "hang" => {
                let places = [("before-body", Hang::BeforeBody), ("after-body", Hang::AfterBody)];
                self.hang = Some(one_of(name, value, places)?);
            }
            "status" => self.status = Some(AskedStatus { status: status(value)?, ..AskedStatus::default() }),
            "code" => details.code = Some(text(name, value)?),
            "message" => details.message = Some(text(name, value)?),
            "retry-after" => details.retry_after = Some(text(name, value)?),
            "accept" => self.accept = flag(name, value)?,
            "lose" => self.lose = flag(name, value)?,
            "malformed" => self.malformed = flag(name, value)?,
            "content-type" => self.content_type = Some(text(name, value)?),
            "cut" => self.end = Some(BodyEnd::Cut(number(name, value)?)),
            "stall" => self.end = Some(BodyEnd::Stall(number(name, value)?)),
            "drip" => self.drip = Some(drip(value)?),
            "task" => {
                let fail = TaskFault::Fail { code: None, message: None };
                let ends = [("fail", fail), ("stall", TaskFault::Stall), ("forget", TaskFault::Forget)];
                self.task = Some(one_of(name, value, ends)?);
            }
            "skip" => self.skip = number(name, value)?,
            "times" => {
                let times = number(name, value)?;
                if times == 0 {
                    return Err(FaultError("`times` must be at least 1".into()));
                }
                self.times = Some(times);
            }
            _ => return Err(FaultError(format!("there is no fault called `{name}`"))),
        }
        Ok(())
    }

    /// Gives the details to the term that they belong to.
    fn complete(mut self, details: Details) -> Result<Self, FaultError> {
        let Details { code, message, retry_after } = details;
        match (&mut self.status, &mut self.task) {
            (Some(asked), _) => {
                *asked =
                    AskedStatus { status: asked.status, accepted: self.accept, code, message, retry_after };
            }
            (None, Some(TaskFault::Fail { code: of_task, message: said })) if retry_after.is_none() => {
                (*of_task, *said) = (code, message);
            }
            _ if code.is_some() || message.is_some() || retry_after.is_some() => {
                let problem = "`code`, `message` and `retry-after` go with `status=`, the first two also with `task=fail`";
                return Err(FaultError(problem.into()));
            }
            _ => {}
        }
        if self.accept && self.status.is_none() && self.hang != Some(Hang::AfterBody) {
            return Err(FaultError("`accept` goes with `status=` or `hang=after-body`".into()));
        }
        Ok(self)
    }
}

fn text(name: &str, value: &str) -> Result<String, FaultError> {
    if value.is_empty() {
        return Err(FaultError(format!("`{name}` needs a value: `{name}=…`")));
    }
    Ok(value.to_owned())
}

fn flag(name: &str, value: &str) -> Result<bool, FaultError> {
    if value.is_empty() { Ok(true) } else { Err(FaultError(format!("`{name}` takes no value"))) }
}

fn number<N: FromStr>(name: &str, value: &str) -> Result<N, FaultError> {
    value.parse().map_err(|_| FaultError(format!("`{name}` must be a whole number, not `{value}`")))
}

fn duration(name: &str, value: &str) -> Result<Duration, FaultError> {
    let duration = humantime::parse_duration(value)
        .map_err(|_| FaultError(format!("`{name}` must be a duration such as `200ms`, not `{value}`")))?;
    at_most_max(name, duration).map_err(FaultError)
}

fn status(value: &str) -> Result<StatusCode, FaultError> {
    let status = StatusCode::from_bytes(value.as_bytes()).ok().filter(|status| status.as_u16() >= 200);
    status.ok_or_else(|| FaultError(format!("`status` must be from 200 to 999, not `{value}`")))
}

fn drip(value: &str) -> Result<Drip, FaultError> {
    let Some((bytes, every)) = value.split_once('/') else {
        return Err(FaultError(format!("`drip` must be bytes and a pause such as `1/10ms`, not `{value}`")));
    };
    let bytes: NonZeroUsize = number("drip", bytes)?;
    Ok(Drip { bytes: bytes.get(), every: duration("drip", every)? })
}

fn one_of<T, const N: usize>(name: &str, value: &str, choices: [(&str, T); N]) -> Result<T, FaultError> {
    let names = choices.each_ref().map(|(choice, _)| *choice).join("`, `");
    let chosen = choices.into_iter().find_map(|(choice, meant)| (choice == value).then_some(meant));
    chosen.ok_or_else(|| FaultError(format!("`{name}` must be one of `{names}`, not `{value}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Fault) {
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn refuse(text: &str, problem: &str) {
        let error = text.parse::<Fault>().unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }

    #[test]
    fn each_term_is_read() {
        let asked = |status, code: Option<&str>, retry_after: Option<&str>| {
            Some(AskedStatus {
                status: StatusCode::from_u16(status).unwrap(),
                accepted: false,
                code: code.map(str::to_owned),
                message: None,
                retry_after: retry_after.map(str::to_owned),
            })
        };
        check("delay=200ms", Fault { delay: Duration::from_millis(200), ..Fault::default() });
        check("hang=before-body", Fault { hang: Some(Hang::BeforeBody), ..Fault::default() });
        check(
            " status = 503 ; times=2;",
            Fault { status: asked(503, None, None), times: Some(2), ..Fault::default() },
        );
        check(
            "code=slow_down; status=429; retry-after=2",
            Fault { status: asked(429, Some("slow_down"), Some("2")), ..Fault::default() },
        );
        check("lose; skip=1", Fault { lose: true, skip: 1, ..Fault::default() });
        check("malformed", Fault { malformed: true, ..Fault::default() });
        check("content-type=text/html", Fault { content_type: Some("text/html".into()), ..Fault::default() });
        check("cut=0", Fault { end: Some(BodyEnd::Cut(0)), ..Fault::default() });
        check("stall=9", Fault { end: Some(BodyEnd::Stall(9)), ..Fault::default() });
        let drip = Drip { bytes: 1, every: Duration::from_millis(10) };
        check("drip=1/10ms", Fault { drip: Some(drip), ..Fault::default() });
        check("task=stall", Fault { task: Some(TaskFault::Stall), ..Fault::default() });
        let fail = TaskFault::Fail { code: Some("moderation_blocked".into()), message: None };
        check("task=fail; code=moderation_blocked", Fault { task: Some(fail), ..Fault::default() });
        let hang = Fault { hang: Some(Hang::AfterBody), accept: true, ..Fault::default() };
        check("hang=after-body; accept", hang);
    }

    #[test]
    fn a_wrong_term_is_named() {
        refuse("statsu=503", "no fault called `statsu`");
        refuse("status=99", "from 200 to 999");
        refuse("hang=never", "`before-body`, `after-body`");
        refuse("drip=1", "such as `1/10ms`");
        refuse("drip=0/1s", "whole number");
        refuse("lose=yes", "takes no value");
        refuse("times=-1", "whole number");
        refuse("code=x", "go with `status=`");
        refuse("task=fail; retry-after=1", "go with `status=`");
        refuse("accept", "goes with `status=`");
        refuse("delay=soon", "such as `200ms`");
        refuse("delay=11years", "`delay` must be at most 10 years");
        refuse("status=401; status=404; lose", "`status` is there twice");
        refuse("times=0", "`times` must be at least 1");
    }
}
