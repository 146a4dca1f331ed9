//! What a caller handed in, in the forms that Runway takes: an https URL, a data URI up to a length, or an upload.

use fourfold_clients::http::Body;
use fourfold_clients::runway::{RunwayApi, Upload};
use fourfold_domain::{Effect, MediaInput, MediaReader, OpenMedia, ProviderError};

use super::{CODES, film};
use crate::classify::{classify, invalid};
use crate::media_input::{Handed, file_name};

/// Hands a request's media to the vendor. Uploads cost nothing, so no failure of one has begun anything.
#[derive(Clone, Copy)]
pub(super) struct Courier<'a> {
    pub(super) api: &'a dyn RunwayApi,
    pub(super) media: &'a dyn MediaReader,
}

/// What a field takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Picture,
    Video,
}

/// A video whose length is known, since the work is paid by it.
pub(super) struct Film {
    pub(super) uri: String,
    /// Whole seconds, a begun one as one.
    pub(super) seconds: u32,
}

/// The longest URL that the vendor fetches.
const URL_CHARS_MAX: usize = 2048;

/// The largest upload.
const UPLOAD_BYTES_MAX: u64 = 200_000_000;

/// The largest medium that is read whole: as much as the vendor itself fetches of a video.
const READ_BYTES_MAX: usize = 32_000_000;

impl Kind {
    /// Refuses another medium.
    fn check(self, field: &str, media_type: &str) -> Result<(), ProviderError> {
        let (prefix, words) = match self {
            Self::Picture => ("image/", "a picture"),
            Self::Video => ("video/", "a video"),
        };
        match media_type.starts_with(prefix) {
            true => Ok(()),
            false => Err(invalid(format!("{field} must be {words}, not {media_type}"))),
        }
    }

    /// The longest data URI. The vendor says 5 MB and 16 MB; of the two meanings the smaller.
    fn data_uri_chars_max(self) -> u64 {
        match self {
            Self::Picture => 5_000_000,
            Self::Video => 16_000_000,
        }
    }
}

impl Courier<'_> {
    /// A URI that the vendor reads this medium by. Addresses go as they are.
    pub(super) async fn uri(
        self,
        field: &str,
        input: &MediaInput,
        kind: Kind,
    ) -> Result<String, ProviderError> {
        if let MediaInput::Url(url) = input {
            if url.chars().count() > URL_CHARS_MAX {
                return Err(invalid(format!("{field} must be a URL of at most {URL_CHARS_MAX} characters")));
            }
            return Ok(url.clone());
        }
        let open = self.open(field, input, kind).await?;
        match open.length {
            Some(length) if data_uri_chars(&open.media_type, length) > kind.data_uri_chars_max() => {
                let body = Body::from_stream_with_length(open.body, length);
                self.upload(Upload::new(file_name(&open.media_type), open.media_type, body)).await
            }
            _ => {
                let media_type = open.media_type.clone();
                self.sent(Handed { media_type, bytes: open.read(READ_BYTES_MAX).await? }, kind).await
            }
        }
    }

    /// A URI of a video that the work is as long as. What was measured is what is sent, addresses included.
    pub(super) async fn film(
        self,
        field: &str,
        input: &MediaInput,
        seconds_max: u32,
    ) -> Result<Film, ProviderError> {
        let handed = Handed::read(self.media, input, READ_BYTES_MAX).await?;
        Kind::Video.check(field, &handed.media_type)?;
        let seconds = film::seconds(&handed.bytes).ok_or_else(|| {
            invalid(format!("{field} must be an MP4 or MOV file that says at its head how long it is"))
        })?;
        let seconds = seconds.ceil() as u32;
        if seconds > seconds_max {
            let needed = format!("input.seconds must be at least {seconds}, which is how long {field} is");
            return Err(invalid(needed));
        }
        Ok(Film { uri: self.sent(handed, Kind::Video).await?, seconds })
    }

    async fn open(self, field: &str, input: &MediaInput, kind: Kind) -> Result<OpenMedia, ProviderError> {
        let open = self.media.open(input).await?;
        kind.check(field, &open.media_type)?;
        if open.length.is_some_and(|length| length > UPLOAD_BYTES_MAX) {
            return Err(invalid(format!("{field} must have at most {UPLOAD_BYTES_MAX} bytes")));
        }
        Ok(open)
    }

    /// In the request itself where it is small enough, else uploaded.
    async fn sent(self, handed: Handed, kind: Kind) -> Result<String, ProviderError> {
        if data_uri_chars(&handed.media_type, handed.bytes.len() as u64) > kind.data_uri_chars_max() {
            return self.upload(Upload::new(handed.file_name(), handed.media_type, handed.bytes)).await;
        }
        Ok(format!("data:{};base64,{}", handed.media_type, handed.base64()))
    }

    async fn upload(self, upload: Upload) -> Result<String, ProviderError> {
        let uploaded = self.api.upload(upload).await;
        uploaded.map_err(|error| ProviderError { effect: Effect::NotStarted, ..classify(CODES, error) })
    }
}

/// How long so many bytes are as a data URI.
fn data_uri_chars(media_type: &str, bytes: u64) -> u64 {
    ("data:;base64,".len() + media_type.len()) as u64 + bytes.div_ceil(3) * 4
}
