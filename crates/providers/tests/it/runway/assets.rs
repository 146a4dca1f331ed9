use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_clients::runway::{MockRunwayApi, Upload};
use fourfold_domain::{Effect, MediaInput, MediaReader, OpenMedia, ProviderError, Reason};
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{PNG, context, context_with, sent, sent_with, started};

const FILE: &str = "file:0197f2b0-0000-7000-8000-000000000001";
const PICTURE_MAX: usize = 3_749_982;

/// A film of so many milliseconds, as a data URI.
pub(super) fn film(ms: u32) -> String {
    format!("data:video/mp4;base64,{}", BASE64_STANDARD.encode(film_bytes(ms, 0)))
}

/// With so many bytes of what is to be seen.
fn film_bytes(ms: u32, shown_bytes: usize) -> Vec<u8> {
    let a_box = |kind: &[u8; 4], content: &[u8]| {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes(), kind.as_slice(), content].concat()
    };
    let header = [&[0; 12], 1000_u32.to_be_bytes().as_slice(), &ms.to_be_bytes()].concat();
    let movie = a_box(b"moov", &a_box(b"mvhd", &header));
    [a_box(b"ftyp", b"isom"), a_box(b"mdat", &vec![0; shown_bytes]), movie].concat()
}

/// Gives the same medium whatever is asked for.
struct OneMedium {
    media_type: &'static str,
    bytes: Bytes,
    length: Option<u64>,
}

#[async_trait]
impl MediaReader for OneMedium {
    async fn open(&self, _input: &MediaInput) -> Result<OpenMedia, ProviderError> {
        Ok(OpenMedia {
            media_type: self.media_type.to_owned(),
            length: self.length,
            body: stream::iter([Ok(self.bytes.clone())]).boxed(),
        })
    }
}

fn medium(media_type: &'static str, bytes: impl Into<Bytes>) -> Arc<OneMedium> {
    let bytes = bytes.into();
    Arc::new(OneMedium { media_type, length: Some(bytes.len() as u64), bytes })
}

/// An API that takes one upload of so many bytes.
fn uploads(name: &'static str, media_type: &'static str, bytes: usize) -> MockRunwayApi {
    let mut api = MockRunwayApi::new();
    api.expect_upload().times(1).returning(move |upload: Upload| {
        assert_eq!((upload.name.as_str(), upload.media_type.as_str()), (name, media_type));
        assert_eq!(upload.body.length_bytes(), Some(bytes as u64));
        Ok("runway://1".to_owned())
    });
    api
}

#[tokio::test]
async fn an_address_goes_as_it_is_and_a_file_in_the_request() {
    let (_, sent) = sent("gen4_turbo", json!({"image": "https://files.test/a.png"})).await;
    assert_eq!(sent["promptImage"], "https://files.test/a.png");
    let context = context_with("gen4_turbo", medium("image/png", "PNG"));
    let (_, sent) = sent_with(MockRunwayApi::new(), context, json!({"image": FILE})).await;
    assert_eq!(sent["promptImage"], PNG);
}

#[tokio::test]
async fn what_is_too_large_for_a_request_is_uploaded_before() {
    let prefix = "data:image/png;base64,".len();
    assert_eq!(prefix + PICTURE_MAX.div_ceil(3) * 4, 4_999_998, "the longest data URI of this type");
    let fits = context_with("gen4_turbo", medium("image/png", vec![0; PICTURE_MAX]));
    let (_, sent) = sent_with(MockRunwayApi::new(), fits, json!({"image": FILE})).await;
    assert_eq!(sent["promptImage"].as_str().unwrap().len(), 4_999_998);
    let length = PICTURE_MAX as u64 + 1;
    for length in [Some(length), None] {
        let bytes = vec![0; PICTURE_MAX + 1].into();
        let media = Arc::new(OneMedium { media_type: "image/png", bytes, length });
        let api = uploads("file.png", "image/png", PICTURE_MAX + 1);
        let (_, sent) = sent_with(api, context_with("gen4_turbo", media), json!({"image": FILE})).await;
        assert_eq!(sent["promptImage"], "runway://1");
    }
}

#[tokio::test]
async fn a_large_film_is_measured_and_uploaded_wherever_it_lies() {
    let bytes = film_bytes(2_500, 12_000_000);
    let length = bytes.len();
    let media = medium("video/quicktime", bytes);
    for source in [FILE, "https://files.test/a.mov"] {
        let api = uploads("file.mov", "video/quicktime", length);
        let context = context_with("aleph2", media.clone());
        let (_, sent) = sent_with(api, context, json!({"video": source})).await;
        assert_eq!(sent["videoUri"], "runway://1");
    }
}

/// Why media begin nothing.
async fn refused(vendor_model: &str, media: Arc<OneMedium>, input: serde_json::Value) -> String {
    let context = context_with(vendor_model, media);
    let error = started(MockRunwayApi::new(), context, input).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted), "{error}");
    error.message
}

#[tokio::test]
async fn what_cannot_be_used_names_its_field() {
    let (wav, png) = (medium("audio/wav", "RIFF"), medium("image/png", "PNG"));
    for (model, media, input, expected) in [
        ("gen4_turbo", &wav, json!({"image": FILE}), "input.image must be a picture, not audio/wav"),
        (
            "veo3.1",
            &wav,
            json!({"image": "https://files.test/a", "last_image": FILE}),
            "input.last_image must be",
        ),
        (
            "seedance2",
            &wav,
            json!({"prompt": "x", "references": [FILE]}),
            "input.references must be a picture",
        ),
        ("seedance2", &png, json!({"video": FILE}), "input.video must be a video, not image/png"),
        ("aleph2", &png, json!({"video": FILE}), "input.video must be a video, not image/png"),
        ("gen4_image", &wav, json!({"prompt": "x", "image": FILE}), "input.image must be a picture"),
        (
            "ideogram_4_5",
            &wav,
            json!({"prompt": "x", "image": "https://files.test/a", "mask": FILE}),
            "input.mask must",
        ),
        (
            "act_two",
            &medium("video/mp4", film_bytes(3_000, 0)),
            json!({"image": FILE, "video": FILE}),
            "input.image must",
        ),
    ] {
        let message = refused(model, media.clone(), input).await;
        assert!(message.starts_with(expected), "{model}: {message}");
    }
    let long = format!("https://files.test/{}", "a".repeat(2048));
    let message = refused("gen4_turbo", png, json!({"image": long})).await;
    assert_eq!(message, "input.image must be a URL of at most 2048 characters");
    let huge = OneMedium { media_type: "image/png", bytes: Bytes::new(), length: Some(200_000_001) };
    let message = refused("gen4_turbo", Arc::new(huge), json!({"image": FILE})).await;
    assert_eq!(message, "input.image must have at most 200000000 bytes");
}

#[tokio::test]
async fn a_film_that_is_longer_than_was_paid_for_or_of_unknown_length_begins_nothing() {
    let message = refused("aleph2", medium("video/mp4", film_bytes(7_200, 0)), json!({"video": FILE})).await;
    assert_eq!(message, "input.seconds must be at least 8, which is how long input.video is");
    let message = refused("aleph2", medium("video/webm", "webm"), json!({"video": FILE})).await;
    assert!(message.starts_with("input.video must be an MP4 or MOV file"), "{message}");
}

#[tokio::test]
async fn an_upload_that_failed_has_begun_nothing() {
    let mut api = MockRunwayApi::new();
    api.expect_upload()
        .times(1)
        .returning(|_| Err(ClientError::new(ErrorKind::Interrupted, http::Effect::MayHaveStarted)));
    let context = context_with("gen4_turbo", medium("image/png", vec![0; 4_000_000]));
    let error = started(api, context, json!({"image": FILE})).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::NotStarted));
}

#[tokio::test]
async fn media_that_cannot_be_read_begin_nothing() {
    let error =
        started(MockRunwayApi::new(), context("gen4_turbo"), json!({"image": FILE})).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
}
