//! How large pictures and films are, by their ratio and the name of their size.

use crate::media::Size;

pub(super) const PICTURE_RATIOS: &[&str] =
    &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:8", "8:1", "1:4", "4:1"];
pub(super) const PICTURE_SIZES: &[&str] = &["512", "1K", "2K", "4K"];
pub(super) const FILM_RATIOS: &[&str] = &["16:9", "9:16"];

/// The sides of a picture; a square where the ratio isn't known.
pub(super) fn picture(ratio: &str, size: &str) -> Size {
    let (width, height) = match ratio {
        "2:3" => (848, 1264),
        "3:2" => (1264, 848),
        "3:4" => (896, 1200),
        "4:3" => (1200, 896),
        "4:5" => (928, 1152),
        "5:4" => (1152, 928),
        "9:16" => (768, 1376),
        "16:9" => (1376, 768),
        "21:9" => (1584, 672),
        "1:8" => (384, 3072),
        "8:1" => (3072, 384),
        "1:4" => (512, 2048),
        "4:1" => (2048, 512),
        _ => (1024, 1024),
    };
    match size {
        "512" => Size::new(width / 2, height / 2),
        "2K" => Size::new(width * 2, height * 2),
        "4K" => Size::new(width * 4, height * 4),
        _ => Size::new(width, height),
    }
}

/// The sides of a film; 720p where the resolution isn't known.
pub(super) fn film(ratio: &str, resolution: &str) -> Size {
    let (long, short) = match resolution {
        "360p" => (640, 360),
        "1080p" => (1920, 1080),
        "4k" => (3840, 2160),
        _ => (1280, 720),
    };
    if ratio == "9:16" { Size::new(short, long) } else { Size::new(long, short) }
}
