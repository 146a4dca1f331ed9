//! The pixels of a picture while it is drawn.

use super::palette::Color;
use super::shape::Shape;

/// Pixels, three bytes each, row by row.
pub(in super::super) struct Canvas {
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

impl Canvas {
    /// Black.
    pub(in super::super) fn new(width: u32, height: u32) -> Self {
        Self { width, height, bytes: vec![0; width as usize * height as usize * 3] }
    }

    pub(in super::super) fn width(&self) -> u32 {
        self.width
    }

    pub(in super::super) fn height(&self) -> u32 {
        self.height
    }

    pub(in super::super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Fills it all, running from one colour to the other along a direction.
    pub(in super::super) fn fill(&mut self, [from, to]: [Color; 2], [across, down]: [f32; 2]) {
        let (width, height) = (self.width as f32, self.height as f32);
        let (per_column, per_row) = (across / width, down / height);
        // The farthest corners along the direction are where the colours begin and end.
        let lowest = across.min(0.0) + down.min(0.0);
        let span = across.abs() + down.abs();
        for (y, row) in self.bytes.chunks_exact_mut(self.width as usize * 3).enumerate() {
            let mut share = (y as f32 * per_row - lowest) / span;
            for pixel in row.chunks_exact_mut(3) {
                for part in 0..3 {
                    pixel[part] = (from[part] + (to[part] - from[part]) * share) as u8;
                }
                share += per_column / span;
            }
        }
    }

    /// Lays a shape over what is there.
    pub(super) fn lay(&mut self, shape: &Shape, color: Color) {
        let reach = shape.reach();
        let [x, y] = shape.center;
        for row in span(y, reach, self.height) {
            for column in span(x, reach, self.width) {
                let cover = shape.cover(column as f32 + 0.5 - x, row as f32 + 0.5 - y);
                if cover > 0.0 {
                    self.blend(column, row, color, cover);
                }
            }
        }
    }

    /// Mixes a colour into one pixel; `cover` is 0 to 1.
    pub(super) fn blend(&mut self, column: u32, row: u32, color: Color, cover: f32) {
        let at = (row as usize * self.width as usize + column as usize) * 3;
        for (byte, part) in self.bytes[at..at + 3].iter_mut().zip(color) {
            let below = f32::from(*byte);
            *byte = (below + (part - below) * cover + 0.5) as u8;
        }
    }
}

/// The pixels around a center that are on the canvas.
fn span(center: f32, reach: f32, length: u32) -> std::ops::Range<u32> {
    // A float below zero becomes 0.
    (center - reach) as u32..((center + reach) as u32).saturating_add(2).min(length)
}

#[cfg(test)]
mod tests {
    use super::super::shape::Form;
    use super::*;

    #[test]
    fn a_fill_runs_from_corner_to_corner() {
        let mut canvas = Canvas::new(64, 64);
        canvas.fill([[0.0; 3], [255.0; 3]], [-0.6, 0.8]);
        let corner = |x: usize, y: usize| canvas.bytes()[(y * 64 + x) * 3];
        assert!(corner(63, 0) < 8 && corner(0, 63) > 247, "{} {}", corner(63, 0), corner(0, 63));
    }

    #[test]
    fn shapes_may_lie_beyond_the_edge() {
        for center in [[-40.0, -40.0], [100.0, 100.0], [0.0, 63.0]] {
            let mut canvas = Canvas::new(64, 64);
            let shape = Shape { form: Form::Disc, center, radius: 20.0, direction: [1.0, 0.0], opacity: 1.0 };
            canvas.lay(&shape, [255.0; 3]);
        }
    }
}
