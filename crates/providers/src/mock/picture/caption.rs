//! Writes the prompt on its picture, so that a person sees what was asked.

use super::canvas::Canvas;
use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH, glyph};
use super::palette::Color;

const LINES_MAX: usize = 2;
const ADVANCE: u32 = GLYPH_WIDTH + 1;
const LINE_HEIGHT: u32 = GLYPH_HEIGHT + 3;
const MARGIN: u32 = 4;

const INK: Color = [250.0, 250.0, 250.0];
const SHADE: Color = [8.0, 8.0, 14.0];
const SHADE_COVER: f32 = 0.62;

/// On less than this, nobody could read it.
const SIDE_MIN: u32 = 64;

/// Writes the text on a shaded strip at the bottom, and gives the first row of it. A picture too small for a text
/// gets none.
pub(in super::super) fn write(canvas: &mut Canvas, text: &str) -> u32 {
    if canvas.width().min(canvas.height()) < SIDE_MIN {
        return canvas.height();
    }
    // One dot of the font is this many pixels; at 512 pixels a line has about 42 characters.
    let dot = (canvas.width() / 256).min(canvas.height() / 64).max(1);
    let columns = (canvas.width() / dot - 2 * MARGIN) / ADVANCE;
    let lines = wrapped(text, columns as usize);
    let strip = (lines.len() as u32 * LINE_HEIGHT + 2 * MARGIN - 3) * dot;
    let top = canvas.height().saturating_sub(strip);
    for row in top..canvas.height() {
        for column in 0..canvas.width() {
            canvas.blend(column, row, SHADE, SHADE_COVER);
        }
    }
    for (number, line) in lines.iter().enumerate() {
        let y = top + (MARGIN + number as u32 * LINE_HEIGHT) * dot;
        for (place, character) in line.iter().enumerate() {
            let x = (MARGIN + place as u32 * ADVANCE) * dot;
            write_glyph(canvas, *character, [x, y], dot);
        }
    }
    top
}

fn write_glyph(canvas: &mut Canvas, character: char, [x, y]: [u32; 2], dot: u32) {
    for (row, bits) in (0..).zip(glyph(character)) {
        for column in (0..GLYPH_WIDTH).filter(|column| bits >> (GLYPH_WIDTH - 1 - column) & 1 == 1) {
            for pixel_y in 0..dot {
                for pixel_x in 0..dot {
                    canvas.blend(x + column * dot + pixel_x, y + row * dot + pixel_y, INK, 1.0);
                }
            }
        }
    }
}

/// The text in lines of at most this many characters, broken at spaces where it can be.
fn wrapped(text: &str, columns: usize) -> Vec<Vec<char>> {
    let mut rest: Vec<char> = text.chars().collect();
    let mut lines = Vec::new();
    while !rest.is_empty() && lines.len() < LINES_MAX {
        let last = lines.len() + 1 == LINES_MAX;
        if rest.len() <= columns {
            lines.push(std::mem::take(&mut rest));
        } else if last {
            rest.truncate(columns.saturating_sub(3));
            rest.extend("...".chars());
            lines.push(std::mem::take(&mut rest));
        } else {
            let space = rest[..=columns].iter().rposition(|character| *character == ' ');
            let line_end = space.filter(|at| *at > 0).unwrap_or(columns);
            lines.push(rest.drain(..line_end).collect());
            rest.drain(..usize::from(rest[0] == ' '));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, columns: usize, expected: &[&str]) {
        let lines: Vec<String> = wrapped(text, columns).into_iter().map(String::from_iter).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn lines_break_at_spaces_and_end_with_dots() {
        check("", 10, &[]);
        check("a red fox", 10, &["a red fox"]);
        check("a red fox in snow", 10, &["a red fox", "in snow"]);
        check("a red fox in the white snow", 10, &["a red fox", "in the ..."]);
        check("abcdefghijklmnop", 10, &["abcdefghij", "klmnop"]);
        check("abcdefghij klm", 10, &["abcdefghij", "klm"]);
    }

    #[test]
    fn the_smallest_and_oddest_canvases_take_a_caption() {
        for (width, height) in [(64, 64), (2048, 64), (64, 2048)] {
            write(&mut Canvas::new(width, height), &"words in \u{1f98a} ".repeat(9));
        }
    }
}
