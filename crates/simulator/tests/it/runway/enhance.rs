//! Better versions of what there is.

use serde_json::{Value, json};

use super::{URL, check_made, check_refused, outputs, picture_uri, start, with};
use crate::support::{png_size, simulator};

#[tokio::test]
async fn a_picture_gets_larger() {
    let simulator = simulator();
    let upscale =
        |more| with(json!({"model": "magnific_precision_upscaler_v2", "imageUri": picture_uri()}), more);
    for (more, size) in [
        (json!({}), (128, 96)),
        (json!({"scaleFactor": 16}), (1024, 768)),
        (json!({"imageUri": URL}), (1024, 1024)),
    ] {
        let id = start(&simulator, "image_upscale", &upscale(more)).await;
        assert_eq!(png_size(&outputs(&simulator, &id).await[0].body), size);
    }
    check_refused(
        "image_upscale",
        [
            (upscale(json!({"imageUri": null})), "imageUri"),
            (upscale(json!({"scaleFactor": 3})), "scaleFactor"),
            (upscale(json!({"flavor": "vivid"})), "flavor"),
            (upscale(json!({"sharpen": 101})), "sharpen"),
            (upscale(json!({"smartGrain": -1})), "smartGrain"),
            (upscale(json!({"ultraDetail": 0.5})), "ultraDetail"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_video_gets_larger_or_smoother() {
    let larger =
        |more: Value| with(json!({"model": "magnific_video_upscaler_creative", "videoUri": URL}), more);
    let smoother = |more: Value| {
        with(json!({"model": "enhance_frame_rate", "videoUri": URL, "targetFramerate": "59_94"}), more)
    };
    let more = json!({"resolution": "4k", "flavor": "vivid", "creativity": 100, "fpsBoost": true});
    check_made("video_upscale", [(larger(more), 50), (smoother(json!({})), 10)], "video/mp4").await;
    check_refused(
        "video_upscale",
        [
            (larger(json!({"model": "upscale_v1"})), "model"),
            (larger(json!({"videoUri": null})), "videoUri"),
            (larger(json!({"resolution": "8k"})), "resolution"),
            (larger(json!({"flavor": "photo"})), "flavor"),
            (larger(json!({"creativity": 101})), "creativity"),
            (larger(json!({"sharpen": 101})), "sharpen"),
            (larger(json!({"smartGrain": 101})), "smartGrain"),
            (larger(json!({"fpsBoost": 1})), "fpsBoost"),
            (smoother(json!({"targetFramerate": null})), "targetFramerate"),
            (smoother(json!({"targetFramerate": "59.94"})), "targetFramerate"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_video_gets_more_colours() {
    let ruby = |more: Value| with(json!({"model": "ruby", "videoUri": URL}), more);
    check_made(
        "video_to_hdr",
        [(ruby(json!({})), 100), (ruby(json!({"outputFormat": "hlg"})), 100)],
        "video/mp4",
    )
    .await;
    check_refused(
        "video_to_hdr",
        [
            (ruby(json!({"model": null})), "model"),
            (ruby(json!({"videoUri": null})), "videoUri"),
            (ruby(json!({"outputFormat": "mp4"})), "outputFormat"),
            (ruby(json!({"proresProfile": "422 LT"})), "proresProfile"),
        ],
    )
    .await;
}
