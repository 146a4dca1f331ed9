//! What was received, the newest of it.

use std::collections::VecDeque;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use crate::answer::{Answer, Content};
use crate::{SimulatorSettings, Vendor};

/// One request as it was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// Which request it was, from 1.
    pub number: u64,
    /// Whose it was; none where a link to media was followed, or a file sent beside the vendor's API.
    pub vendor: Option<Vendor>,
    /// Its method.
    pub method: Method,
    /// Its path as sent, without the vendor's prefix.
    pub path: String,
    /// Its query as sent, without the question mark.
    pub query: Option<String>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, or the beginning of one that is longer than is remembered; empty where it wasn't read.
    pub body: Bytes,
    /// How long its body was, as far as it was read.
    pub body_size_bytes: u64,
    /// How it was answered; none where no answer was begun.
    pub status: Option<StatusCode>,
    /// The answer's body before any fault, unless it is longer than is remembered.
    pub(crate) answer: Option<Content>,
    /// When the client closed the connection before it had the whole answer, by the vendors' clock; none where it
    /// didn't.
    pub closed_by_client_at: Option<SystemTime>,
}

impl Received {
    /// The body that was answered, as it was before any fault; none where no answer was begun, or where it is
    /// longer than is remembered.
    pub fn answer(&self) -> Option<Bytes> {
        self.answer.as_ref().map(Content::to_bytes)
    }
}

/// The newest requests.
pub(crate) struct Log {
    requests: VecDeque<Received>,
    requests_max: usize,
    body_bytes_max: usize,
    bodies_bytes_max: usize,
    /// How much of bodies is remembered now.
    bodies_bytes: usize,
    numbers: u64,
}

impl Log {
    pub(crate) fn new(settings: &SimulatorSettings) -> Self {
        Self {
            requests: VecDeque::new(),
            requests_max: settings.received_max,
            body_bytes_max: settings.received_body_bytes_max,
            bodies_bytes_max: settings.received_bodies_bytes_max,
            bodies_bytes: 0,
            numbers: 0,
        }
    }

    /// Writes a request down whose body wasn't read yet. Returns its number.
    pub(crate) fn begin(
        &mut self,
        vendor: Option<Vendor>,
        head: &http::request::Parts,
        (path, query): (&str, Option<&str>),
    ) -> u64 {
        self.numbers += 1;
        self.requests.push_back(Received {
            number: self.numbers,
            vendor,
            method: head.method.clone(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            headers: head.headers.clone(),
            body: Bytes::new(),
            body_size_bytes: 0,
            status: None,
            answer: None,
            closed_by_client_at: None,
        });
        self.forget();
        self.numbers
    }

    pub(crate) fn body(&mut self, number: u64, body: &Bytes) {
        let remembered = match body.get(..self.body_bytes_max) {
            // A copy, since a slice would keep the whole.
            Some(beginning) => Bytes::copy_from_slice(beginning),
            None => body.clone(),
        };
        self.bodies_bytes += remembered.len();
        self.change(number, |received| {
            received.body_size_bytes = body.len().try_into().unwrap_or(u64::MAX);
            received.body = remembered;
        });
        self.forget();
    }

    pub(crate) fn answered(&mut self, number: u64, answer: &Answer) {
        let remembered = (answer.content.len() <= self.body_bytes_max).then(|| answer.content.clone());
        self.bodies_bytes += remembered.as_ref().map_or(0, Content::len);
        self.change(number, |received| {
            received.status = Some(answer.status);
            received.answer = remembered;
        });
        self.forget();
    }

    pub(crate) fn closed_by_client(&mut self, number: u64, at: SystemTime) {
        self.change(number, |received| received.closed_by_client_at = Some(at));
    }

    pub(crate) fn list(&self) -> Vec<Received> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.bodies_bytes = 0;
        self.numbers = 0;
    }

    /// Forgets the oldest until what is remembered keeps to its bounds; the newest stays.
    fn forget(&mut self) {
        while self.requests.len() > self.requests_max
            || self.bodies_bytes > self.bodies_bytes_max && self.requests.len() > 1
        {
            let forgotten = self
                .requests
                .pop_front()
                .map_or(0, |oldest| oldest.body.len() + oldest.answer.as_ref().map_or(0, Content::len));
            self.bodies_bytes = self.bodies_bytes.saturating_sub(forgotten);
        }
    }

    /// Changes a request that isn't forgotten yet. Numbers are given without a gap, so its place is known.
    fn change(&mut self, number: u64, change: impl FnOnce(&mut Received)) {
        let place = self.requests.front().and_then(|oldest| number.checked_sub(oldest.number));
        let place = place.and_then(|place| usize::try_from(place).ok());
        if let Some(received) = place.and_then(|place| self.requests.get_mut(place)) {
            change(received);
        }
    }
}
