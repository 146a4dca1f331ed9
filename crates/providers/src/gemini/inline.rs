//! Media that go within a request.

use fourfold_clients::gemini as wire;
use fourfold_domain::{MediaInput, MediaReader, ProviderError};

use crate::media_input::Handed;

/// What the media of one request may come to. The vendor takes requests of up to 100 MB, and base64 makes four bytes of
/// three.
const BYTES_MAX: usize = 64 << 20;

/// Reads the media of one request.
pub(super) struct Inline<'m> {
    media: &'m dyn MediaReader,
    bytes_left: usize,
}

impl<'m> Inline<'m> {
    pub(super) fn new(media: &'m dyn MediaReader) -> Self {
        Self { media, bytes_left: BYTES_MAX }
    }

    /// Reads one of any kind.
    pub(super) async fn read(&mut self, input: &MediaInput) -> Result<Handed, ProviderError> {
        let handed = Handed::read(self.media, input, self.bytes_left).await?;
        self.bytes_left -= handed.bytes.len();
        Ok(handed)
    }

    /// Reads one of this kind, such as `image`. `place` names it for the caller.
    pub(super) async fn read_kind(
        &mut self,
        input: &MediaInput,
        kind: &str,
        place: &str,
    ) -> Result<Handed, ProviderError> {
        self.read(input).await?.expect(kind, place)
    }
}

/// A medium as a part of a content.
pub(super) fn part(handed: &Handed) -> wire::Part {
    wire::Part::of_bytes(&*handed.media_type, &handed.bytes)
}
