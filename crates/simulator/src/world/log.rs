//! What was received, the newest of it.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use crate::Vendor;

/// One request as it was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// Which request it was, from 1.
    pub number: u64,
    /// Whose it was.
    pub vendor: Vendor,
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
    /// Whether the client closed the connection before it had the whole answer.
    pub closed_by_client: bool,
}

/// The newest requests.
pub(crate) struct Log {
    requests: VecDeque<Received>,
    requests_max: usize,
    body_bytes_max: usize,
    numbers: u64,
}

impl Log {
    pub(crate) fn new(requests_max: usize, body_bytes_max: usize) -> Self {
        Self { requests: VecDeque::new(), requests_max, body_bytes_max, numbers: 0 }
    }

    /// Writes a request down whose body wasn't read yet. Returns its number.
    pub(crate) fn begin(
        &mut self,
        vendor: Vendor,
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
            closed_by_client: false,
        });
        while self.requests.len() > self.requests_max {
            self.requests.pop_front();
        }
        self.numbers
    }

    pub(crate) fn body(&mut self, number: u64, body: &Bytes) {
        let body_bytes_max = self.body_bytes_max;
        self.change(number, |received| {
            received.body_size_bytes = body.len().try_into().unwrap_or(u64::MAX);
            received.body = match body.get(..body_bytes_max) {
                // A copy, since a slice would keep the whole.
                Some(beginning) => Bytes::copy_from_slice(beginning),
                None => body.clone(),
            };
        });
    }

    pub(crate) fn answered(&mut self, number: u64, status: StatusCode) {
        self.change(number, |received| received.status = Some(status));
    }

    pub(crate) fn closed_by_client(&mut self, number: u64) {
        self.change(number, |received| received.closed_by_client = true);
    }

    pub(crate) fn list(&self) -> Vec<Received> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.numbers = 0;
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
