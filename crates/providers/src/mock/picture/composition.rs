//! What is where: a ground, lights on it, then shapes from large to small.

use super::canvas::Canvas;
use super::dice::Dice;
use super::palette::Palette;
use super::shape::{Form, Shape};
use super::sketch::Detail;

/// Paints the whole picture but for its caption.
pub(super) fn paint(canvas: &mut Canvas, detail: Detail, dice: &mut Dice) {
    let palette = Palette::thrown(dice);
    canvas.fill(palette.ground, dice.direction());
    for _ in 0..2 {
        let radius = dice.between(0.45, 0.9);
        let opacity = dice.between(0.35, 0.6);
        let color = dice.one_of(palette.accents);
        canvas.lay(&thrown(canvas, Form::Glow, radius, opacity, dice), color);
    }
    let count: u8 = match detail {
        Detail::Standard => 8,
        Detail::High => 28,
    };
    for number in 0..count {
        let form = dice.one_of([Form::Disc, Form::Disc, Form::Half, Form::Ring, Form::Bar, Form::Square]);
        // Later shapes are smaller, so that none is lost under another.
        let largest = 0.34 / (1.0 + f32::from(number) * 0.28);
        let radius = dice.between(largest * 0.6, largest);
        let opacity = dice.between(0.6, 0.97);
        let color = dice.one_of(palette.accents);
        canvas.lay(&thrown(canvas, form, radius, opacity, dice), color);
    }
}

/// A shape somewhere on the canvas; `radius` is a share of the shorter side.
fn thrown(canvas: &Canvas, form: Form, radius: f32, opacity: f32, dice: &mut Dice) -> Shape {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    Shape {
        form,
        center: [width * dice.between(0.04, 0.96), height * dice.between(0.02, 0.86)],
        radius: width.min(height) * radius,
        direction: dice.direction(),
        opacity,
    }
}
