//! Frames to H.264, in its constrained baseline profile.

use super::bits::Bits;
use super::parameters::{FRAME_NUMBER_BITS, picture, sequence};
use super::planes::{BLOCK, Planes};
use super::vector::{Neighbours, Told};

/// Codes one frame after another. Every frame leans on the one before; only the first stands alone.
pub(super) struct Encoder {
    columns: usize,
    rows: usize,
    /// How far the picture moves left from frame to frame, in even pixels.
    sweep: usize,
    number: u32,
    before: Option<Planes>,
}

/// Kinds of blocks: one that comes from the frame before, and one that is stored, in either kind of frame.
const MOVED: u32 = 0;
const STORED_IN_FIRST: u32 = 25;
const STORED_IN_LATER: u32 = 30;

impl Encoder {
    /// For frames with sides that are multiples of [`BLOCK`].
    pub(super) fn new(width: usize, height: usize, sweep: usize) -> Self {
        Self { columns: width / BLOCK, rows: height / BLOCK, sweep, number: 0, before: None }
    }

    /// What a decoder has to know first: the parameters of the stream, then those of its pictures.
    pub(super) fn parameters(&self) -> [Vec<u8>; 2] {
        [sequence([self.columns as u32, self.rows as u32]), picture()]
    }

    /// The next frame.
    pub(super) fn encode(&mut self, frame: Planes) -> Vec<u8> {
        let mut bits = Bits::default();
        let header = match &self.before {
            None => {
                self.first(&frame, &mut bits);
                0x65
            }
            Some(before) => {
                self.later(&frame, before, &mut bits);
                0x41
            }
        };
        self.number += 1;
        self.before = Some(frame);
        bits.into_unit(header)
    }

    fn first(&self, frame: &Planes, bits: &mut Bits) {
        // From block 0, all of it intra, parameters 0, frame 0, the first of its kind.
        for number in [0, 7, 0] {
            bits.push_unsigned(number);
        }
        bits.push(0, FRAME_NUMBER_BITS);
        bits.push_unsigned(0);
        // Shown as usual, and not for long; then the end of the header.
        bits.push(0b00, 2);
        end_header(bits);
        for at in self.places() {
            bits.push_unsigned(STORED_IN_FIRST);
            store(frame, at, bits);
        }
    }

    fn later(&self, frame: &Planes, before: &Planes, bits: &mut Bits) {
        // From block 0, all of it predicted, parameters 0, its number.
        for number in [0, 5, 0] {
            bits.push_unsigned(number);
        }
        bits.push(self.number % (1 << FRAME_NUMBER_BITS), FRAME_NUMBER_BITS);
        // The usual reference, in the usual order, kept as usual.
        bits.push(0b000, 3);
        end_header(bits);
        let mut told = Vec::with_capacity(self.columns * self.rows);
        let mut skipped = 0;
        for at in self.places() {
            let neighbours = self.neighbours(&told);
            let of_skipped = neighbours.of_skipped();
            let vectors = [of_skipped, [self.sweep as i32 * 4, 0], [0, 0]];
            let fits = |vector: &[i32; 2]| frame.has_from(before, at, vector[0] as usize / 4);
            match vectors.into_iter().find(fits) {
                Some(vector) if vector == of_skipped => {
                    skipped += 1;
                    told.push(Told::Moved(vector));
                }
                Some(vector) => {
                    bits.push_unsigned(std::mem::take(&mut skipped));
                    bits.push_unsigned(MOVED);
                    let expected = neighbours.expected();
                    bits.push_signed(vector[0] - expected[0]);
                    bits.push_signed(vector[1] - expected[1]);
                    // Nothing is corrected.
                    bits.push_unsigned(0);
                    told.push(Told::Moved(vector));
                }
                None => {
                    bits.push_unsigned(std::mem::take(&mut skipped));
                    bits.push_unsigned(STORED_IN_LATER);
                    store(frame, at, bits);
                    told.push(Told::Stored);
                }
            }
        }
        if skipped > 0 {
            bits.push_unsigned(skipped);
        }
    }

    /// The places of the blocks in their order, in pixels.
    fn places(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let columns = self.columns;
        (0..self.rows * columns).map(move |block| [block % columns * BLOCK, block / columns * BLOCK])
    }

    /// The neighbours of the next block after those that were told.
    fn neighbours(&self, told: &[Told]) -> Neighbours {
        let (column, above) = (told.len() % self.columns, told.len().checked_sub(self.columns));
        let corner = match column + 1 < self.columns {
            true => above.map(|above| above + 1),
            false => above.and_then(|above| above.checked_sub(1)).filter(|_| column > 0),
        };
        Neighbours {
            left: told.last().copied().filter(|_| column > 0),
            above: above.map(|above| told[above]),
            corner: corner.map(|corner| told[corner]),
        }
    }
}

/// The usual quality, no filter.
fn end_header(bits: &mut Bits) {
    bits.push_signed(0);
    bits.push_unsigned(1);
}

/// The levels of a block as they are.
fn store(frame: &Planes, at: [usize; 2], bits: &mut Bits) {
    bits.align();
    bits.push_bytes(&frame.block(at));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame whose columns all differ, seen from this one on.
    fn view(column: usize) -> Planes {
        let mut wide = Planes::new(128, 32);
        for (at, level) in wide.luma.iter_mut().enumerate() {
            *level = 16 + (at % 128) as u8;
        }
        let mut view = Planes::new(64, 32);
        view.copy_rows(&wide, column, 0..32);
        view
    }

    #[test]
    fn only_what_is_new_is_stored() {
        let mut encoder = Encoder::new(64, 32, 2);
        let first = encoder.encode(view(0)).len();
        assert!((8 * 384..8 * 384 + 64).contains(&first), "{first}");
        let still = encoder.encode(view(0)).len();
        assert!(still < 10, "{still}");
        // The last of four columns of blocks comes in.
        let swept = encoder.encode(view(2)).len();
        assert!((2 * 384..2 * 384 + 64).contains(&swept), "{swept}");
        // Nothing is where the sweep would have it.
        let cut = encoder.encode(view(32)).len();
        assert!(cut > 8 * 384, "{cut}");
    }
}
