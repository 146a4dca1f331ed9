//! Links to media, which work for a while.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;

/// What a link leads to.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Bytes,
    pub(crate) expires_at: SystemTime,
    /// How often it redirects before the bytes come.
    pub(crate) redirects: u32,
}

/// All links by their name.
#[derive(Default)]
pub(crate) struct Links(BTreeMap<String, Link>);

impl Links {
    pub(crate) fn add(&mut self, name: String, link: Link) {
        self.0.insert(name, link);
    }

    /// Where this link leads, whether it still works or not.
    pub(crate) fn get(&self, name: &str) -> Option<Link> {
        self.0.get(name).cloned()
    }
}
