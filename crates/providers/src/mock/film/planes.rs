//! A picture as video has it: brightness for each pixel, colour for each square of four.

use super::super::picture::Canvas;

/// The side of a block of brightness; of colour it is half of it.
pub(super) const BLOCK: usize = 16;

/// Levels of brightness and of both colours, row by row, in the scale of BT.709 (16 to 235, and to 240).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Planes {
    /// Of the brightness; even.
    pub(super) width: usize,
    /// Of the brightness; even.
    pub(super) height: usize,
    pub(super) luma: Vec<u8>,
    /// The blue and the red difference.
    pub(super) chroma: [Vec<u8>; 2],
}

impl Planes {
    /// Of one grey.
    pub(super) fn new(width: usize, height: usize) -> Self {
        let chroma = vec![128; width / 2 * (height / 2)];
        Self { width, height, luma: vec![16; width * height], chroma: [chroma.clone(), chroma] }
    }

    /// Of a canvas with even sides.
    pub(super) fn of(canvas: &Canvas) -> Self {
        let mut planes = Self::new(canvas.width() as usize, canvas.height() as usize);
        let pixel = |at: usize| [0, 1, 2].map(|part| f32::from(canvas.bytes()[at * 3 + part]));
        for (at, level) in planes.luma.iter_mut().enumerate() {
            *level = level_of(16.0, [0.182_586, 0.614_231, 0.062_007], pixel(at));
        }
        let width = planes.width;
        let blue_red = [[-0.100_644, -0.338_572, 0.439_216], [0.439_216, -0.398_942, -0.040_274]];
        for (plane, weights) in planes.chroma.iter_mut().zip(blue_red) {
            for (at, level) in plane.iter_mut().enumerate() {
                let corner = at / (width / 2) * 2 * width + at % (width / 2) * 2;
                let square = [corner, corner + 1, corner + width, corner + width + 1].map(pixel);
                let mean = [0, 1, 2].map(|part| square.iter().map(|pixel| pixel[part]).sum::<f32>() / 4.0);
                *level = level_of(128.0, weights, mean);
            }
        }
        planes
    }

    /// Copies rows of another picture of the same height, from this column of it on. The numbers are even.
    pub(super) fn copy_rows(&mut self, from: &Self, column: usize, rows: std::ops::Range<usize>) {
        for row in rows.clone() {
            let source = &from.luma[row * from.width + column..][..self.width];
            self.luma[row * self.width..][..self.width].copy_from_slice(source);
        }
        let (width, from_width) = (self.width / 2, from.width / 2);
        for (plane, source) in self.chroma.iter_mut().zip(&from.chroma) {
            for row in rows.start / 2..rows.end / 2 {
                let source = &source[row * from_width + column / 2..][..width];
                plane[row * width..][..width].copy_from_slice(source);
            }
        }
    }

    /// Paints a white bar over these rows, from the left.
    pub(super) fn lay_bar(&mut self, width: usize, rows: std::ops::Range<usize>) {
        for row in rows {
            self.luma[row * self.width..][..width].fill(235);
        }
    }

    /// The rows of a block, of all planes: the block at these pixels, moved right by so many.
    fn rows(&self, [x, y]: [usize; 2], right: usize) -> impl Iterator<Item = &[u8]> {
        let luma = (y..y + BLOCK).map(move |row| &self.luma[row * self.width + x + right..][..BLOCK]);
        let half = self.width / 2;
        let chroma = self.chroma.iter().flat_map(move |plane| {
            (y / 2..(y + BLOCK) / 2).map(move |row| &plane[row * half + (x + right) / 2..][..BLOCK / 2])
        });
        luma.chain(chroma)
    }

    /// The levels of a block as they are stored.
    pub(super) fn block(&self, at: [usize; 2]) -> Vec<u8> {
        self.rows(at, 0).flatten().copied().collect()
    }

    /// Whether the block is the one of an earlier picture that lay so many pixels farther right.
    pub(super) fn has_from(&self, earlier: &Self, at: [usize; 2], right: usize) -> bool {
        at[0] + right + BLOCK <= self.width && self.rows(at, 0).eq(earlier.rows(at, right))
    }
}

fn level_of(base: f32, weights: [f32; 3], pixel: [f32; 3]) -> u8 {
    (base + weights[0] * pixel[0] + weights[1] * pixel[1] + weights[2] * pixel[2] + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(color: [f32; 3]) -> Planes {
        let mut canvas = Canvas::new(16, 16);
        canvas.fill([color, color], [1.0, 0.0]);
        Planes::of(&canvas)
    }

    #[test]
    fn colours_have_the_levels_of_bt_709() {
        for (color, luma, chroma) in [
            ([0.0, 0.0, 0.0], 16, [128, 128]),
            ([255.0, 255.0, 255.0], 235, [128, 128]),
            ([255.0, 0.0, 0.0], 63, [102, 240]),
            ([0.0, 0.0, 255.0], 32, [240, 118]),
        ] {
            let planes = filled(color);
            assert_eq!((planes.luma[7], planes.chroma.map(|plane| plane[7])), (luma, chroma), "{color:?}");
        }
    }
}
