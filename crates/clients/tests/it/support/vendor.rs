//! What the tests of all vendors' clients check: that what is sent is as recorded and has a route of the vendor's, that
//! what is read is kept whole, that nothing is paid twice.

use fourfold_clients::http::{ClientError, Effect};
use fourfold_simulator::Simulator;
use serde::Serialize;
use serde_json::Value;

use super::Received;

/// How requests of a vendor's client must look.
pub(crate) struct Wire {
    /// The vendor's routes, a `METHOD /path` a line.
    pub(crate) routes: &'static str,
    /// The header that has the credential, and how it reads.
    pub(crate) credential: (&'static str, &'static str),
}

impl Wire {
    /// The request is this one, of a route that the vendor has, with the credential.
    #[track_caller]
    pub(crate) fn check_asked(&self, received: &Received, line: &str) {
        assert_eq!(format!("{} {}", received.method, received.target), line);
        let (name, value) = self.credential;
        assert_eq!(received.header(name), Some(value));
        let path = received.target.split('?').next().unwrap_or_default();
        let is_known = self.routes().any(|(method, route)| method == received.method && fits(route, path));
        assert!(is_known, "the vendor has no route for {line}");
    }

    /// The request is this one, with this recorded body.
    #[track_caller]
    pub(crate) fn check_sent(&self, received: &Received, line: &str, recorded: &str) {
        self.check_asked(received, line);
        assert_eq!(received.header("content-type"), Some("application/json"));
        assert_eq!(json(received.text()), json(recorded));
    }

    /// The request is this one, a form with these recorded parts. The recorded ones are divided by `XX`.
    #[track_caller]
    pub(crate) fn check_sent_form(&self, received: &Received, line: &str, recorded: &str) {
        self.check_asked(received, line);
        check_form(received, recorded);
    }

    fn routes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.routes
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.trim().split_once(' '))
    }
}

/// The body is a form with these recorded parts, which are divided by `XX`.
#[track_caller]
pub(crate) fn check_form(received: &Received, recorded: &str) {
    let media_type = received.header("content-type").unwrap();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_eq!(received.text().replace(boundary, "XX").replace("\r\n", "\n"), recorded);
}

/// What was read, once written again, has everything that was recorded, fields that nobody knows too.
#[track_caller]
pub(crate) fn check_kept<T: Serialize>(value: &T, recorded: &str) {
    let mut recorded = json(recorded);
    without_nulls(&mut recorded);
    assert_eq!(serde_json::to_value(value).unwrap(), recorded);
}

/// Whether the simulator did this work, the client doesn't know; so it isn't asked for again.
#[track_caller]
pub(crate) fn check_paid_once<T>(simulator: &Simulator, outcome: Result<T, ClientError>) {
    let Err(error) = outcome else { panic!("the fault should have been seen") };
    assert!(error.effect() >= Effect::MayHaveStarted, "{error:?}");
    assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (1, 1));
}

/// Whether a path has a route's segments, where `{…}` stands for anything but a slash.
fn fits(route: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if segment_fits(wanted, given) => {}
            _ => return false,
        }
    }
}

/// A segment is a word, or has one `{…}` with words around it, as in `{model}:generateContent`.
fn segment_fits(wanted: &str, given: &str) -> bool {
    match (wanted.find('{'), wanted.rfind('}')) {
        (Some(start), Some(end)) => {
            let (before, after) = (&wanted[..start], &wanted[end + 1..]);
            given.len() > before.len() + after.len() && given.starts_with(before) && given.ends_with(after)
        }
        _ => wanted == given,
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A field that is null says as much as one that isn't there.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}
