//! What a caller asks for.

use bytes::Bytes;
use fourfold_domain::{KeyId, Subject, WireAsked};
use serde_json::{Map, Value};

use super::CacheUse;
use crate::Idempotency;
use crate::limits::Admission;

/// A request for text.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// Who pays.
    pub subject: Subject,
    /// With which key.
    pub key: Option<KeyId>,
    /// What is asked, as far as that decides who serves it and what it costs.
    pub asked: WireAsked,
    /// What is asked, in the caller's own bytes.
    pub body: Bytes,
    /// The caller's headers that say how they are to be read, by their names in lower case.
    pub headers: Vec<(String, String)>,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
    /// Whether a kept answer will do, where its model has some.
    pub cache: CacheUse,
    /// What its caller may; held until the call has ended.
    pub admission: Admission,
}

/// A request for speech.
#[derive(Clone, Debug)]
pub struct SpeechCall {
    /// Who pays.
    pub subject: Subject,
    /// With which key.
    pub key: Option<KeyId>,
    /// The model's name.
    pub model: String,
    /// What it is told, by our names.
    pub input: Map<String, Value>,
    /// SHA-256 of what its caller sent.
    pub fingerprint: [u8; 32],
    /// Whether its caller's client says that it sends it again by itself.
    pub is_repeat: bool,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
    /// Whether a kept answer will do, where its model has some.
    pub cache: CacheUse,
    /// What its caller may; held until the call has ended.
    pub admission: Admission,
}
