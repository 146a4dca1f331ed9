//! A request whose head was read.

use axum::body::Body;
use axum::extract::Query;
use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::fault::{FAULT_HEADER, Fault, FaultError};
use crate::refusal::Refusal;
use crate::world::{Links, Uploads, World};
use crate::{Vendor, content};

/// Where a request goes.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Vendor(Vendor),
    /// To media, by a link.
    Media,
    /// To a URL that takes a file.
    Upload,
}

/// A request that is written down.
pub(super) struct Asked<'a> {
    pub(super) place: Place,
    /// Its path without the vendor's name, or without where links or uploads are found.
    pub(super) path: &'a str,
    pub(super) number: u64,
    pub(super) head: &'a Parts,
    /// 32 hexadecimal digits.
    pub(super) request_id: String,
}

impl Place {
    /// Where this path leads, and the rest of it.
    fn of(path: &str) -> Option<(Self, &str)> {
        let vendor = || Vendor::of_path(path).map(|(vendor, rest)| (Self::Vendor(vendor), rest));
        let media = || Some((Self::Media, path.strip_prefix(Links::PATH)?));
        let upload = || Some((Self::Upload, path.strip_prefix(Uploads::PATH)?));
        vendor().or_else(media).or_else(upload)
    }

    pub(super) fn vendor(self) -> Option<Vendor> {
        match self {
            Self::Vendor(vendor) => Some(vendor),
            Self::Media | Self::Upload => None,
        }
    }

    /// How long a body may be that is sent there.
    fn body_bytes_max(self) -> usize {
        match self {
            Self::Vendor(vendor) => vendor.row().body_bytes_max,
            Self::Media => 0,
            // The largest file of any vendor, and the form around it.
            Self::Upload => 201_000_000,
        }
    }
}

impl<'a> Asked<'a> {
    /// Writes the request down; none where it is nobody's.
    pub(super) fn begin(world: &World, head: &'a Parts) -> Option<Self> {
        let whole = head.uri.path();
        let (place, path) = Place::of(whole)?;
        let vendor = place.vendor();
        let written = if vendor.is_some() { path } else { whole };
        let number = world.log.lock().begin(vendor, head, (written, head.uri.query()));
        world.counts.change(|counts| counts.requests += 1);
        Some(Self { place, path, number, head, request_id: content::hex(number, 32) })
    }

    /// What goes wrong with it.
    pub(super) fn fault(&self, world: &World) -> Result<Option<Fault>, FaultError> {
        let (method, path) = (&self.head.method, self.head.uri.path());
        let mut rules = world.rules.lock();
        let Some(header) = self.head.headers.get(FAULT_HEADER) else {
            return Ok(rules.fault_for(method, path));
        };
        let key = self.key().unwrap_or_default();
        rules.fault_asked(&String::from_utf8_lossy(header.as_bytes()), format!("{method} {path} {key} "))
    }

    /// Reads its body, as far as the vendor would.
    pub(super) async fn body(&self, world: &World, body: Body) -> Result<Bytes, Refusal> {
        let bytes = Limited::new(body, self.place.body_bytes_max()).collect().await.map_err(|error| {
            match error.downcast_ref::<LengthLimitError>() {
                Some(_) => Refusal::TooLarge,
                None => Refusal::Unreadable(format!("the body broke off: {error}")),
            }
        })?;
        let bytes = bytes.to_bytes();
        world.log.lock().body(self.number, &bytes);
        Ok(bytes)
    }

    /// The key that it brought.
    pub(super) fn key(&self) -> Option<String> {
        let query = Query::try_from_uri(&self.head.uri).map(|Query(query)| query).unwrap_or_default();
        let key = (self.place.vendor()?.row().key)(&self.head.headers, &query);
        key.filter(|key| !key.is_empty())
    }

    /// Where the client found the simulator.
    pub(super) fn origin(&self) -> String {
        let host = self.head.headers.get(HOST).and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or("127.0.0.1"))
    }
}
