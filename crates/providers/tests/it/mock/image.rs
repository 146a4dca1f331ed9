//! Pictures.

use bytes::Bytes;
use fourfold_domain::{Modality, Request, TokenCeilings};
use serde_json::{Value, json};

use super::{fetched, made, mock_at, outputs, problem, request, start};

const MODEL: &str = "mock-image";

async fn picture(input: Value) -> Bytes {
    made(MODEL, input).await
}

struct Pixels {
    size: (u32, u32),
    bytes: Vec<u8>,
}

fn decoded(png: &[u8]) -> Pixels {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    Pixels { size: (info.width, info.height), bytes }
}

/// The share of pixels in which two pictures differ.
fn difference(first: &[u8], second: &[u8]) -> f64 {
    let (first, second) = (decoded(first), decoded(second));
    assert_eq!(first.size, second.size);
    let pixels = first.bytes.len() / 3;
    let pairs = first.bytes.chunks(3).zip(second.bytes.chunks(3));
    pairs.filter(|(first, second)| first != second).count() as f64 / pixels as f64
}

#[tokio::test]
async fn a_picture_has_the_size_that_was_asked() {
    for (size, expected) in
        [("16x16", (16, 16)), ("64x64", (64, 64)), ("72x640", (72, 640)), ("1024x64", (1024, 64))]
    {
        let png = picture(json!({"prompt": "a fox", "size": size})).await;
        assert_eq!(decoded(&png).size, expected);
    }
    assert_eq!(decoded(&picture(json!({"prompt": "a fox"})).await).size, (512, 512));
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes() {
    let request = json!({"prompt": "a fox", "size": "128x128", "seed": 7, "format": "png"});
    assert_eq!(picture(request.clone()).await, picture(request).await);
}

#[tokio::test]
async fn other_prompts_seeds_and_pictures_to_work_from_look_different() {
    let input = |prompt: &str, seed: u32| json!({"prompt": prompt, "size": "128x128", "seed": seed});
    let from = |data: &str| {
        let mut input = input("a red fox in snow", 0);
        input["image"] = json!([format!("data:image/png;base64,{data}")]);
        input
    };
    let all = [
        input("a red fox in snow", 0),
        input("a red fox in snow", 1),
        input("a red fox in snow.", 0),
        input("a city at night", 0),
        from("UE5H"),
        from("UE5I"),
    ];
    for (place, one) in all.iter().enumerate() {
        for other in &all[..place] {
            let share = difference(&picture(one.clone()).await, &picture(other.clone()).await);
            assert!(share > 0.3, "{one} {other}: {share}");
        }
    }
}

#[tokio::test]
async fn quality_decides_how_much_is_in_the_picture() {
    let input = |quality: &str| json!({"prompt": "a fox", "size": "128x128", "quality": quality});
    assert!(difference(&picture(input("standard")).await, &picture(input("high")).await) > 0.1);
}

#[tokio::test]
async fn several_pictures_differ_and_the_first_is_the_single_one() {
    let mock = mock_at(0);
    let several = outputs(&mock, MODEL, json!({"prompt": "a fox", "size": "64x64", "n": 4})).await;
    assert_eq!((several.items.len(), several.quantities[0].count), (4, 4));
    let first = fetched(&mock, &several.items[0]).await;
    assert_eq!(first, picture(json!({"prompt": "a fox", "size": "64x64"})).await);
    for other in &several.items[1..] {
        assert!(difference(&first, &fetched(&mock, other).await) > 0.3);
    }
}

#[tokio::test]
async fn what_is_charged_is_named_as_it_was_held() {
    let input = json!({"prompt": "a fox", "size": "64x64", "quality": "high", "n": 2});
    let held = Request::parse(Modality::Image, input.as_object().unwrap().clone()).unwrap();
    let held = held.quantities_max(&TokenCeilings::default());
    assert_eq!(outputs(&mock_at(0), MODEL, input).await.quantities, held);
}

#[test]
fn a_mistake_names_its_field() {
    for (input, words) in [
        (json!({"prompt": "x".repeat(32_001)}), "input.prompt must be at most 32000 characters"),
        (json!({"prompt": "x", "size": "65x64"}), "input.size must be"),
        (json!({"prompt": "x", "size": "4096x4096"}), "input.size must be"),
        (json!({"prompt": "x", "n": 5}), "input.n must be from 1 to 4"),
        (json!({"prompt": "x", "quality": "best"}), "input.quality must be one of standard, high"),
        (json!({"prompt": "x", "format": "webp"}), "input.format must be one of png"),
        (json!({"prompt": "x", "seed": -1}), "input.seed must be from 0"),
        (json!({"prompt": "x", "image": ["a", "b", "c", "d", "e"]}), "input.image must be at most 4 media"),
        (json!({"prompt": "x", "mask": "https://x.test/m.png"}), "input.mask is not a parameter"),
        (json!({"prompt": "x", "style": "oil"}), "input.style is not a parameter"),
        (
            json!({"prompt": "x", "style_image": "https://x.test/s.png"}),
            "input.style_image is not a parameter",
        ),
    ] {
        let said = problem(MODEL, input);
        assert!(said.starts_with(words), "{said}");
    }
}

#[tokio::test]
async fn only_pictures_are_worked_from() {
    let input = json!({"prompt": "x", "image": "data:audio/wav;base64,UklGRg=="});
    let error = start(&mock_at(0), MODEL, input).await.unwrap_err();
    assert_eq!(error.message, "input.image must be a picture, not audio/wav");
}

#[tokio::test]
async fn a_prompt_of_any_length_is_drawn() {
    let input = json!({"prompt": "\u{1f98a}".repeat(32_000), "size": "64x64"});
    assert!(request(&mock_at(0), MODEL, input.clone()).is_ok());
    assert_eq!(decoded(&picture(input).await).size, (64, 64));
}
