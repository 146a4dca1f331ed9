//! SVG: one rectangle in the colour of its prompt.

use super::picture::color;
use super::{Media, Size};

pub(crate) fn svg(size: Size, prompt: &str) -> Media {
    let Size { width, height } = size;
    let [red, green, blue] = color(prompt, 0);
    let text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#{red:02x}{green:02x}{blue:02x}\"/></svg>"
    );
    Media { media_type: "image/svg+xml", extension: "svg", bytes: text.into() }
}
