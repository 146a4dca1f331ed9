//! Which fault and which scripted answer a request gets.

use std::collections::{BTreeMap, VecDeque};

use http::Method;
use serde::Serialize;

use super::{Fault, FaultError, Pattern};
use crate::Answer;

/// A fault that was set, as `GET /_simulator/faults` lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FaultRule {
    /// What it is cleared by.
    pub id: u64,
    /// Which requests it is for.
    pub requests: String,
    /// What happens to them.
    pub fault: String,
    /// How many requests matched, those that were let through included.
    pub matched: u64,
}

/// The rules that were set, the oldest first.
#[derive(Default)]
pub(crate) struct Rules {
    faults: Vec<(Pattern, Fault, FaultRule)>,
    scripts: Vec<(Pattern, VecDeque<Answer>)>,
    /// How often a fault in a header matched, by all that tells it from others.
    headers: BTreeMap<String, u64>,
    given: u64,
}

impl Rules {
    /// Sets a fault. Returns the id to clear it by.
    pub(crate) fn add(&mut self, requests: &str, fault: &str) -> Result<u64, FaultError> {
        let (pattern, parsed): (Pattern, Fault) = (requests.parse()?, fault.parse()?);
        self.given += 1;
        let rule =
            FaultRule { id: self.given, requests: pattern.to_string(), fault: fault.to_owned(), matched: 0 };
        self.faults.push((pattern, parsed, rule));
        Ok(self.given)
    }

    /// Adds answers for the requests that match, one each, in this order.
    pub(crate) fn script(
        &mut self,
        requests: &str,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Result<(), FaultError> {
        self.scripts.push((requests.parse()?, answers.into_iter().collect()));
        Ok(())
    }

    /// Clears one fault; says whether there was one.
    pub(crate) fn clear(&mut self, id: u64) -> bool {
        let before = self.faults.len();
        self.faults.retain(|(_, _, rule)| rule.id != id);
        self.faults.len() < before
    }

    /// Clears all faults; scripted answers stay.
    pub(crate) fn clear_all(&mut self) {
        self.faults.clear();
    }

    pub(crate) fn list(&self) -> Vec<FaultRule> {
        self.faults.iter().map(|(_, _, rule)| rule.clone()).collect()
    }

    /// The fault of this request, if one is set for it. The path begins with the vendor's name.
    pub(crate) fn fault_for(&mut self, method: &Method, path: &str) -> Option<Fault> {
        self.faults.iter_mut().filter(|(pattern, _, _)| pattern.matches(method, path)).find_map(
            |(_, fault, rule)| {
                let hit = is_hit(fault, rule.matched);
                // A rule that is used up counts no more, so that the next one's count begins where it ends.
                if hit || rule.matched < fault.skip {
                    rule.matched += 1;
                }
                hit.then(|| fault.clone())
            },
        )
    }

    /// The fault that a request asks for itself, unless it was hit often enough. An empty header asks for none.
    pub(crate) fn fault_asked(&mut self, header: &str, request: String) -> Result<Option<Fault>, FaultError> {
        if header.trim().is_empty() {
            return Ok(None);
        }
        let fault: Fault = header.parse()?;
        let matched = self.headers.entry(request + header).or_default();
        let hit = is_hit(&fault, *matched);
        *matched += 1;
        Ok(hit.then_some(fault))
    }

    /// The next scripted answer for this request.
    pub(crate) fn answer_for(&mut self, method: &Method, path: &str) -> Option<Answer> {
        let mut matching = self.scripts.iter_mut().filter(|(pattern, _)| pattern.matches(method, path));
        matching.find_map(|(_, answers)| answers.pop_front())
    }
}

fn is_hit(fault: &Fault, matched_before: u64) -> bool {
    let hits_before = matched_before.checked_sub(fault.skip);
    hits_before.is_some_and(|hits| fault.times.is_none_or(|times| hits < times))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(rules: &mut Rules, requests: usize) -> Vec<bool> {
        (0..requests).map(|_| rules.fault_for(&Method::GET, "/openai/v1/models").is_some()).collect()
    }

    #[test]
    fn a_fault_skips_and_then_hits_so_many_times() {
        let mut rules = Rules::default();
        rules.add("GET /openai/v1/models", "status=503; skip=1; times=2").unwrap();
        assert_eq!(hits(&mut rules, 4), [false, true, true, false]);
    }

    #[test]
    fn a_fault_without_times_hits_until_it_is_cleared() {
        let mut rules = Rules::default();
        let id = rules.add("* /openai/*", "status=503").unwrap();
        assert_eq!(hits(&mut rules, 2), [true, true]);
        assert!(rules.clear(id));
        assert!(!rules.clear(id));
        assert_eq!(hits(&mut rules, 1), [false]);
    }

    #[test]
    fn the_oldest_fault_that_is_not_used_up_counts() {
        let mut rules = Rules::default();
        rules.add("* *", "status=503; times=1").unwrap();
        rules.add("* *", "status=429").unwrap();
        let mut next = || rules.fault_for(&Method::GET, "/x").unwrap().status.unwrap().status.as_u16();
        assert_eq!([next(), next(), next()], [503, 429, 429]);
    }

    #[test]
    fn a_fault_in_a_header_counts_by_request() {
        let mut rules = Rules::default();
        let mut asked = |request: &str| rules.fault_asked("lose; times=1", request.into()).unwrap().is_some();
        assert_eq!([asked("one"), asked("one"), asked("other")], [true, false, true]);
        assert!(rules.fault_asked("loose", "one".into()).is_err());
        assert!(rules.fault_asked(";", "one".into()).is_err());
        assert_eq!(rules.fault_asked("", "one".into()), Ok(None));
    }
}
