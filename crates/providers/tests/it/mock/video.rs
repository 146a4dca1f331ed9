//! Videos.

use bytes::Bytes;
use fourfold_domain::{Modality, Request, TokenCeilings};
use serde_json::{Value, json};

use super::{made, mock_at, outputs, problem, start};

const MODEL: &str = "mock-video";

async fn video(input: Value) -> Bytes {
    made(MODEL, input).await
}

/// The content of the first atom of this kind within these bytes.
fn atom<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> &'a [u8] {
    let at = bytes.windows(4).position(|found| found == kind).unwrap();
    let length = u32::from_be_bytes(bytes[at - 4..at].try_into().unwrap()) as usize;
    &bytes[at + 4..at - 4 + length]
}

fn word(bytes: &[u8], place: usize) -> u32 {
    u32::from_be_bytes(bytes[place * 4..place * 4 + 4].try_into().unwrap())
}

#[tokio::test]
async fn a_video_has_the_size_and_length_that_were_asked() {
    for (input, size, ms) in [
        (json!({"prompt": "a fox", "size": "64x96", "seconds": 1}), [64, 96], 1000),
        (json!({"prompt": "a fox", "size": "128x64", "seconds": 3}), [128, 64], 3000),
        (json!({"prompt": "a fox"}), [512, 288], 4000),
    ] {
        let mp4 = video(input).await;
        let index = atom(&mp4, b"moov");
        let track = atom(index, b"tkhd");
        assert_eq!([word(track, 19) >> 16, word(track, 20) >> 16], size);
        assert_eq!(word(atom(index, b"mvhd"), 4), ms);
        assert_eq!(word(atom(index, b"stsz"), 2), ms * 24 / 1000);
    }
}

#[tokio::test]
async fn every_frame_is_within_the_file() {
    let mp4 = video(json!({"prompt": "a fox", "size": "64x64", "seconds": 2})).await;
    let sizes = &atom(&mp4, b"stsz")[12..];
    let sum: u32 = (0..48).map(|frame| word(sizes, frame)).sum();
    assert_eq!(sum as usize, atom(&mp4, b"mdat").len());
    // A frame begins with its length, and its first byte says what it is.
    let mut rest = atom(&mp4, b"mdat");
    for frame in 0..48 {
        let (this, after) = rest.split_at(word(sizes, frame) as usize);
        assert_eq!(word(this, 0) as usize, this.len() - 4);
        assert_eq!(this[4], if frame == 0 { 0x65 } else { 0x41 });
        rest = after;
    }
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes_and_another_one_others() {
    let input =
        |prompt: &str, seed: u32| json!({"prompt": prompt, "seed": seed, "size": "64x64", "seconds": 1});
    let fox = video(input("a fox", 0)).await;
    assert_eq!(fox, video(input("a fox", 0)).await);
    let mut from = input("a fox", 0);
    from["image"] = json!("data:image/png;base64,UE5H");
    for other in [input("a fox", 1), input("an ox", 0), from] {
        assert_ne!(fox, video(other).await);
    }
}

#[tokio::test]
async fn what_is_charged_is_named_as_it_was_held() {
    let input = json!({"prompt": "a fox", "size": "64x64", "seconds": 2});
    let held = Request::parse(Modality::Video, input.as_object().unwrap().clone()).unwrap();
    let outputs = outputs(&mock_at(0), MODEL, input).await;
    assert_eq!(outputs.quantities, held.quantities_max(&TokenCeilings::default()));
    assert_eq!((&outputs.vendor["seed"], &outputs.vendor["frames_per_second"]), (&json!(0), &json!(24)));
}

#[test]
fn a_mistake_names_its_field() {
    for (input, words) in [
        (json!({"prompt": "x".repeat(32_001)}), "input.prompt must be at most 32000 characters"),
        (json!({"prompt": "x", "seconds": 13}), "input.seconds must be from 1 to 12"),
        (json!({"prompt": "x", "size": "72x64"}), "input.size must be"),
        (json!({"prompt": "x", "size": "1920x1088"}), "input.size must be"),
        (json!({"image": "data:image/png;base64,UE5H"}), "input.prompt is required"),
        (json!({"prompt": "x", "resolution": "720p"}), "input.resolution is not a parameter"),
    ] {
        let said = problem(MODEL, input);
        assert!(said.starts_with(words), "{said}");
    }
}

#[tokio::test]
async fn it_begins_only_with_a_picture() {
    let input = json!({"prompt": "x", "image": "data:video/mp4;base64,AAAA"});
    let error = start(&mock_at(0), MODEL, input).await.unwrap_err();
    assert_eq!(error.message, "input.image must be a picture, not video/mp4");
}
