//! Files that go up in forms.

use std::fmt;

use bytes::Bytes;

/// A file in memory, so that it can be sent again.
#[derive(Clone, PartialEq)]
pub struct File {
    /// Its name. The vendor goes by the extension.
    pub name: String,
    /// What it is, such as `image/png`.
    pub media_type: String,
    /// What is in it.
    pub bytes: Bytes,
}

impl File {
    /// A file of this name and media type.
    pub fn new(name: impl Into<String>, media_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { name: name.into(), media_type: media_type.into(), bytes: bytes.into() }
    }
}

/// Leaves the contents out, and the name, which a user may have given.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("media_type", &self.media_type)
            .field("size_bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
