//! Pixels to PNG.

use bytes::Bytes;

use super::canvas::Canvas;

/// The canvas as a PNG, packed for speed.
pub(super) fn encode(canvas: &Canvas) -> Bytes {
    const WHY: &str =
        "a list of bytes takes whatever is written, and the canvas has as many as its size says";
    let mut bytes = Vec::with_capacity(canvas.bytes().len() / 4);
    let mut encoder = png::Encoder::new(&mut bytes, canvas.width(), canvas.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect(WHY);
    writer.write_image_data(canvas.bytes()).expect(WHY);
    writer.finish().expect(WHY);
    bytes.into()
}
