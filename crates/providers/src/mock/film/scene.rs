//! What a film shows, frame by frame.

use bytes::Bytes;

use super::super::picture::{Canvas, Detail, paint, write_caption};
use super::encoder::Encoder;
use super::mp4::{Track, mux};
use super::planes::{BLOCK, Planes};

/// How many frames a second has.
pub(in super::super) const FRAMES_PER_SECOND: u32 = 24;

/// How high the line is that grows with time, in pixels.
const LINE_HEIGHT: usize = 4;

/// All that one film is drawn from.
pub(in super::super) struct Scene<'a> {
    /// Pixels across, a multiple of 16.
    pub(in super::super) width: u32,
    /// Pixels down, a multiple of 16.
    pub(in super::super) height: u32,
    /// How long.
    pub(in super::super) seconds: u32,
    /// What is written beneath.
    pub(in super::super) caption: &'a str,
    /// Decides everything else.
    pub(in super::super) hash: [u8; 32],
}

/// Draws the film.
pub(in super::super) fn mp4(scene: &Scene<'_>) -> Bytes {
    let (width, height) = (scene.width as usize, scene.height as usize);
    let mut encoder = Encoder::new(width, height, scene.sweep());
    let frames = scene.frames().map(|frame| encoder.encode(frame)).collect();
    let track = Track {
        width: scene.width as u16,
        height: scene.height as u16,
        frames_per_second: FRAMES_PER_SECOND,
        parameters: encoder.parameters(),
        frames,
    };
    mux(&track).into()
}

impl Scene<'_> {
    fn count(&self) -> usize {
        (self.seconds * FRAMES_PER_SECOND) as usize
    }

    /// How far the view moves to the right from frame to frame: a tenth of its width a second, in even pixels,
    /// since colours have half as many.
    fn sweep(&self) -> usize {
        (self.width as usize / 512).max(1) * 2
    }

    fn frames(&self) -> impl Iterator<Item = Planes> {
        let (width, height, count, sweep) =
            (self.width as usize, self.height as usize, self.count(), self.sweep());
        let mut canvas = Canvas::new(self.width + (sweep * (count - 1)) as u32, self.height);
        paint(&mut canvas, Detail::High, self.hash);
        let picture = Planes::of(&canvas);
        let mut canvas = Canvas::new(self.width, self.height);
        // Where the caption begins, or a little above, so that no block is half at rest.
        let at_rest = write_caption(&mut canvas, self.caption) as usize / BLOCK * BLOCK;
        let caption = Planes::of(&canvas);
        (0..count).map(move |number| {
            let mut frame = Planes::new(width, height);
            frame.copy_rows(&picture, number * sweep, 0..at_rest);
            frame.copy_rows(&caption, 0, at_rest..height);
            frame.lay_bar(width * (number + 1) / count, at_rest..at_rest + LINE_HEIGHT);
            frame
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(hash: u8) -> Scene<'static> {
        Scene { width: 64, height: 64, seconds: 1, caption: "a fox", hash: [hash; 32] }
    }

    #[test]
    fn the_same_scene_gives_the_same_bytes() {
        assert_eq!(mp4(&scene(1)), mp4(&scene(1)));
        assert_ne!(mp4(&scene(1)), mp4(&scene(2)));
        assert_ne!(mp4(&scene(1)), mp4(&Scene { caption: "a cat", ..scene(1) }));
    }

    #[test]
    fn the_view_moves_and_the_line_grows_to_the_edge() {
        let frames: Vec<_> = scene(1).frames().collect();
        assert_eq!(frames.len(), 24);
        for pair in frames.windows(2) {
            assert!(pair[1].has_from(&pair[0], [0, 0], 2));
            assert_ne!(pair[0], pair[1]);
        }
        let white =
            |frame: &Planes| frame.luma[48 * 64..49 * 64].iter().filter(|level| **level == 235).count();
        assert_eq!((white(&frames[0]), white(&frames[23])), (2, 64));
    }
}
