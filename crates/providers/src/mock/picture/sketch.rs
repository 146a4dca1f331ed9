//! What a picture is to be, and the way from there to its bytes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::canvas::Canvas;
use super::dice::Dice;
use super::encode::encode;
use super::{caption, composition};

/// All that one picture is drawn from.
pub(in super::super) struct Sketch<'a> {
    /// Pixels across.
    pub(in super::super) width: u32,
    /// Pixels down.
    pub(in super::super) height: u32,
    /// How much is in it.
    pub(in super::super) detail: Detail,
    /// What is written on it.
    pub(in super::super) caption: &'a str,
    /// Decides everything else.
    pub(in super::super) hash: [u8; 32],
}

/// How much is in a picture: the mock's idea of quality.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Detail {
    /// A few shapes.
    Standard,
    /// Many.
    High,
}

impl Detail {
    pub(in super::super) const STANDARD: &str = "standard";
    pub(in super::super) const HIGH: &str = "high";

    /// By the name of the quality; anything but `high` is standard.
    pub(in super::super) fn of(quality: Option<&str>) -> Self {
        match quality {
            Some(Self::HIGH) => Self::High,
            _ => Self::Standard,
        }
    }
}

/// Draws the picture.
pub(in super::super) fn png(sketch: &Sketch<'_>) -> Bytes {
    let mut canvas = Canvas::new(sketch.width, sketch.height);
    paint(&mut canvas, sketch.detail, sketch.hash);
    caption::write(&mut canvas, sketch.caption);
    encode(&canvas)
}

/// Paints all of a canvas as the hash says, without a caption.
pub(in super::super) fn paint(canvas: &mut Canvas, detail: Detail, hash: [u8; 32]) {
    composition::paint(canvas, detail, &mut Dice::new(hash));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(hash: u8) -> Sketch<'static> {
        Sketch { width: 64, height: 72, detail: Detail::Standard, caption: "a fox", hash: [hash; 32] }
    }

    #[test]
    fn the_same_sketch_gives_the_same_bytes() {
        assert_eq!(png(&sketch(1)), png(&sketch(1)));
        assert_ne!(png(&sketch(1)), png(&sketch(2)));
        assert_ne!(png(&sketch(1)), png(&Sketch { caption: "a cat", ..sketch(1) }));
        assert_ne!(png(&sketch(1)), png(&Sketch { detail: Detail::High, ..sketch(1) }));
    }
}
