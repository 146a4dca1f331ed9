//! Pictures that are striped in the colours of their prompt.

use png::{BitDepth, ColorType, Compression, Encoder};

use super::{Media, Size};
use crate::content::hash;

/// A PNG of this size. The same prompt has the same stripes.
pub(crate) fn png(size: Size, prompt: &str) -> Media {
    let palette: Vec<u8> =
        (0..4).flat_map(|color| hash(&format!("{color}{prompt}")).to_be_bytes()[..3].to_vec()).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, size.width, size.height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Two);
    encoder.set_palette(palette);
    encoder.set_compression(Compression::Fast);
    let row_bytes = usize::try_from(size.width.div_ceil(4)).unwrap_or(usize::MAX);
    // A byte is four pixels; of each colour, four stripes.
    let stripes = (0..size.height).flat_map(|y| {
        let color = u8::try_from(u64::from(y) * 16 / u64::from(size.height.max(1)) % 4).unwrap_or_default();
        std::iter::repeat_n(color * 0b0101_0101, row_bytes)
    });
    let written =
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&stripes.collect::<Vec<_>>()));
    written.expect("a picture with a side of at least one pixel goes into memory");
    Media { media_type: "image/png", extension: "png", bytes: bytes.into() }
}
