//! Draws a picture from a hash: the same hash gives the same bytes, on every machine.
//!
//! ```text
//! hash → dice → palette → composition ─┐
//!                        caption, font ─┴→ canvas → PNG
//! ```
//!
//! Only `+ - * /` and square roots are used on the way, which every machine rounds alike; sines would not be.

mod canvas;
mod caption;
mod composition;
mod dice;
mod encode;
mod font;
mod palette;
mod shape;
mod sketch;

pub(super) use canvas::Canvas;
pub(super) use caption::write as write_caption;
pub(super) use sketch::{Detail, Sketch, paint, png};
