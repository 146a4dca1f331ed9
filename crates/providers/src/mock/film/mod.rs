//! Draws a short film from a hash: a slow sweep over a wide picture, with the prompt and a line that grows
//! with time beneath. The same hash gives the same bytes, on every machine.
//!
//! ```text
//! hash → wide picture → planes ─┐
//!              caption → planes ┴→ frames → H.264 → MP4
//! ```
//!
//! The coding is the least that every player knows, H.264 in its baseline profile: what a frame has from the
//! one before, in place or moved by the sweep, is told in a few bits, and everything else is stored as it is.
//! So nothing is lost and no arithmetic can differ; a film takes about as many bytes as a coded one.

mod bits;
mod encoder;
mod mp4;
mod parameters;
mod planes;
mod scene;
mod vector;

pub(super) use scene::{FRAMES_PER_SECOND, Scene, mp4};
