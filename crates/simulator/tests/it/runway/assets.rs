//! Files that a request names, and their places in a video.

use serde_json::{Value, json};

use super::{URL, check_path, check_refused, data_uri, picture_uri, post, video, with};
use crate::support::{png, simulator};

const FROM_IMAGE: &str = "image_to_video";

fn of(uri: impl Into<Value>) -> Value {
    video(json!({"promptImage": uri.into()}))
}

#[tokio::test]
async fn a_url_must_be_https_with_a_domain_name() {
    let long = format!("https://h.example/{}", "a".repeat(2048));
    let cases = [
        "http://h.example/a.png",
        "https://127.0.0.1/a.png",
        "https://[2001:db8::1]/a.png",
        "https://2130706433/a.png",
        "ftp://h.example/a.png",
        "/a.png",
        "",
        long.as_str(),
    ];
    check_refused(FROM_IMAGE, cases.map(|url| (of(url), "promptImage"))).await;
}

#[tokio::test]
async fn a_data_uri_is_a_picture_of_at_most_5_megabytes() {
    let simulator = simulator();
    let padded = |length: usize| {
        let mut bytes = png(64, 64);
        // Behind the picture's end, where no decoder looks.
        bytes.resize((length - "data:image/png;base64,".len()) / 4 * 3, 0);
        data_uri("image/png", &bytes)
    };
    for uri in [picture_uri(), padded(5_000_000)] {
        assert!(uri.len() <= 5_000_000);
        post(&simulator, FROM_IMAGE, &of(uri)).await.json();
    }
    let wrong = [
        padded(5_000_008),
        data_uri("video/mp4", &png(64, 64)),
        data_uri("image/png", b"no picture"),
        data_uri("image/gif", b"GIF89a"),
        "data:image/png;base64,%%%".into(),
        "data:image/png;base64,".into(),
        "data:image/png,abc".into(),
        "data:".into(),
    ];
    check_refused(FROM_IMAGE, wrong.map(|uri| (of(uri), "promptImage"))).await;
}

#[tokio::test]
async fn a_film_in_a_data_uri_may_have_16_megabytes() {
    let simulator = simulator();
    let film = |length: usize| {
        let head = "data:video/mp4;base64,";
        let uri = format!("{head}{}", "A".repeat((length - head.len()) / 4 * 4));
        json!({"model": "aleph2", "videoUri": uri})
    };
    post(&simulator, "video_to_video", &film(16_000_000)).await.json();
    check_path(&post(&simulator, "video_to_video", &film(16_000_008)).await, "videoUri");
}

#[tokio::test]
async fn frames_have_places() {
    let simulator = simulator();
    let frame = |position: &str| json!({"uri": URL, "position": position});
    let by = |model: &str, frames: Value| {
        let asked = json!({"promptText": "a", "ratio": "1280:720"});
        with(asked, json!({"model": model, "promptImage": frames}))
    };
    let bare = json!({"uri": URL});
    let kling = |frames| with(by("kling_4", frames), json!({"ratio": null}));
    for body in [
        by("gen4_turbo", json!([frame("first")])),
        by("veo3.1", json!([frame("first"), frame("last")])),
        by("veo3.1", json!([frame("last"), frame("first")])),
        by("seedance2", json!([bare, bare])),
        by("seedance2", json!([frame("first"), frame("last")])),
        kling(json!([frame("first"), frame("middle"), frame("middle"), frame("last")])),
    ] {
        post(&simulator, FROM_IMAGE, &body).await.json();
    }
    check_refused(
        FROM_IMAGE,
        [
            (by("gen4_turbo", json!([])), "promptImage"),
            (by("gen4_turbo", json!([bare])), "promptImage.0.position"),
            (by("gen4_turbo", json!([frame("first"), frame("last")])), "promptImage.1.position"),
            (by("gen4_turbo", json!([frame("first"), frame("first")])), "promptImage.1.position"),
            (by("gen4_turbo", json!([{"position": "first"}])), "promptImage.0.uri"),
            (by("gen4_turbo", json!([{"position": "first", "uri": "a"}])), "promptImage.0.uri"),
            (by("gen4_turbo", json!([URL])), "promptImage.0"),
            (by("veo3.1", json!([frame("last")])), "promptImage"),
            (by("veo3.1", json!([frame("first"), frame("middle")])), "promptImage.1.position"),
            (by("veo3.1", json!([frame("begin")])), "promptImage.0.position"),
            (by("seedance2", json!([frame("first"), bare])), "promptImage"),
        ],
    )
    .await;
}
