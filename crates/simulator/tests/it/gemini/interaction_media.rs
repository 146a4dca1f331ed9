//! Interactions that make pictures, sound and films.

use std::time::Duration;

use serde_json::{Value, json};

use super::interactions::{INTERACTIONS, create, interaction};
use crate::support::{decoded, get, png_size, post, simulator, slow_simulator};

const FILMS: &str = "gemini-omni-1.1-flash";

fn made(interaction: &Value) -> &Value {
    &interaction["steps"].as_array().unwrap().last().unwrap()["content"]
}

#[tokio::test]
async fn a_picture_comes_with_a_text_unless_it_is_asked_for_alone() {
    let picture = json!({"type": "image", "aspect_ratio": "3:2", "image_size": "2K"});
    let asked = json!({"model": "gemini-3.1-flash-image", "response_format": [picture, {"type": "text"}]});
    let both = create(&simulator(), asked).await;
    assert_eq!(made(&both)[0]["type"], "text");
    assert_eq!(
        (&made(&both)[1]["type"], &made(&both)[1]["mime_type"]),
        (&json!("image"), &json!("image/png"))
    );
    assert_eq!(png_size(&decoded(&made(&both)[1]["data"])), (2528, 1696));
    let alone = json!({"model": "gemini-3.1-flash-image", "response_modalities": ["IMAGE"],
        "generation_config": {"image_config": {"aspect_ratio": "9:16"}}});
    let alone = create(&simulator(), alone).await;
    assert_eq!(png_size(&decoded(&made(&alone)[0]["data"])), (768, 1376));
}

#[tokio::test]
async fn sound_comes_in_several_formats() {
    for (format, media_type, magic) in [
        (json!({}), "audio/l16", &b""[..]),
        (json!({"mime_type": "audio/wav"}), "audio/wav", b"RIFF"),
        (json!({"mime_type": "audio/mp3"}), "audio/mp3", b"\xff\xf3"),
        (json!({"mime_type": "audio/ogg_opus"}), "audio/ogg_opus", b"OggS"),
    ] {
        let format = super::merged(json!({"type": "audio"}), format);
        let speech = json!({"voice": "Kore"});
        let asked = json!({"model": "gemini-3.8-flash-tts", "response_format": format,
            "generation_config": {"speech_config": speech}});
        let sound = create(&simulator(), asked).await;
        assert_eq!(made(&sound)[0]["mime_type"], media_type);
        assert!(decoded(&made(&sound)[0]["data"]).starts_with(magic), "{media_type}");
    }
}

#[tokio::test]
async fn a_film_is_made_in_the_background_and_fetched_by_its_link() {
    let simulator = slow_simulator();
    let format = json!({"type": "video", "aspect_ratio": "9:16", "resolution": "1080p", "duration": "10s", "delivery": "uri"});
    let begun =
        create(&simulator, json!({"model": FILMS, "response_format": format, "background": true})).await;
    simulator.advance(Duration::from_secs(6));
    let path = format!("{INTERACTIONS}/{}", begun["id"].as_str().unwrap());
    let done = get(&simulator, &path).await.json();
    assert_eq!(
        (&made(&done)[0]["type"], &made(&done)[0]["mime_type"]),
        (&json!("video"), &json!("video/mp4"))
    );
    let uri = made(&done)[0]["uri"].as_str().unwrap();
    let film = get(&simulator, uri.strip_prefix("https://simulator.test").unwrap()).await;
    assert_eq!((film.header("content-type"), &film.body[4..8]), ("video/mp4", &b"ftyp"[..]));
    assert_eq!(done["usage"]["total_output_tokens"], 6250);
}

#[tokio::test]
async fn a_film_comes_in_the_answer_where_no_link_is_asked_for() {
    for format in [json!({"type": "video"}), json!({"type": "video", "delivery": "inline", "duration": "3s"})]
    {
        let film = create(&simulator(), json!({"model": FILMS, "response_format": format})).await;
        assert_eq!(&decoded(&made(&film)[0]["data"])[4..8], b"ftyp");
        assert_eq!(made(&film)[0].get("uri"), None);
    }
}

#[tokio::test]
async fn a_film_that_goes_on_with_a_file_needs_one_that_is_there() {
    let simulator = simulator();
    let by_link = json!({"model": FILMS, "response_format": {"type": "video", "delivery": "uri"}});
    let first = create(&simulator, by_link).await;
    let uri = &made(&first)[0]["uri"];
    let input = |uri: &Value| json!([{"type": "text", "text": "go on"}, {"type": "video", "uri": uri}]);
    create(&simulator, json!({"model": FILMS, "input": input(uri)})).await;
    let gone = json!(uri.as_str().unwrap().replace("files/", "files/0"));
    let asked = interaction(json!({"model": FILMS, "input": input(&gone)}));
    post(&simulator, INTERACTIONS, &asked).await.refusal(404);
}

#[tokio::test]
async fn streamed_media_come_whole() {
    let asked = interaction(json!({"model": FILMS, "stream": true}));
    let events = post(&simulator(), INTERACTIONS, &asked).await.json_events();
    let deltas: Vec<_> = events.iter().filter(|event| event["event_type"] == "step.delta").collect();
    assert_eq!(deltas.len(), 1);
    assert_eq!(deltas[0]["delta"]["type"], "video");
    assert_eq!(&decoded(&deltas[0]["delta"]["data"])[4..8], b"ftyp");
}
