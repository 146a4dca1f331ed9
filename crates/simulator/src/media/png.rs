//! PNG, with four colours in sixteen stripes.

use png::{BitDepth, ColorType, Compression, Encoder};

use super::Size;

pub(super) fn bytes(size: Size, colors: &[[u8; 3]; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, size.width.into(), size.height.into());
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Two);
    encoder.set_palette(colors.concat());
    encoder.set_compression(Compression::Fast);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&stripes(size)));
    written.expect("a picture with a side of at least one pixel goes into memory");
    bytes
}

/// The pixels, four to a byte.
fn stripes(size: Size) -> Vec<u8> {
    let row_bytes = usize::from(size.width).div_ceil(4);
    let color = |y: u16| u32::from(y) * 16 / u32::from(size.height) % 4;
    let byte = |y: u16| [0b0000_0000, 0b0101_0101, 0b1010_1010, 0b1111_1111][color(y) as usize];
    (0..size.height).flat_map(|y| std::iter::repeat_n(byte(y), row_bytes)).collect()
}
