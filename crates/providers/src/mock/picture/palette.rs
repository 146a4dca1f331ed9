//! The colours of a picture: a ground that runs from one to another, and accents that go with it.

use super::dice::Dice;

/// Red, green and blue, 0 to 255.
pub(super) type Color = [f32; 3];

/// Colours that go together.
pub(super) struct Palette {
    /// Where the ground begins and where it ends.
    pub(super) ground: [Color; 2],
    /// What shapes are filled with.
    pub(super) accents: [Color; 5],
}

impl Palette {
    /// Night or day, around one hue.
    pub(super) fn thrown(dice: &mut Dice) -> Self {
        let hue = dice.between(0.0, 360.0);
        let turn = dice.one_of([-1.0, 1.0]) * dice.between(25.0, 70.0);
        let night = dice.one_of([true, true, false]);
        let (ground, pale) = if night {
            ([hsl(hue, 0.55, 0.14), hsl(hue + turn, 0.60, 0.42)], hsl(hue + turn, 0.45, 0.92))
        } else {
            ([hsl(hue, 0.60, 0.90), hsl(hue + turn, 0.65, 0.70)], hsl(hue, 0.50, 0.24))
        };
        let accents = [
            hsl(hue + turn * 0.5, 0.72, 0.56),
            hsl(hue + turn * 1.6, 0.78, 0.62),
            hsl(hue + 180.0, 0.80, 0.60),
            hsl(hue + 180.0 + turn, 0.75, 0.54),
            pale,
        ];
        Self { ground, accents }
    }
}

/// From hue (degrees), saturation and lightness (0 to 1).
fn hsl(hue: f32, saturation: f32, lightness: f32) -> Color {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        let turn = (offset + hue.rem_euclid(360.0) / 30.0) % 12.0;
        255.0 * (lightness - reach * (turn - 3.0).min(9.0 - turn).clamp(-1.0, 1.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hues_are_where_the_wheel_has_them() {
        for (hue, color) in
            [(0.0, [255, 0, 0]), (120.0, [0, 255, 0]), (-120.0, [0, 0, 255]), (60.0, [255, 255, 0])]
        {
            assert_eq!(hsl(hue, 1.0, 0.5).map(|part| part.round() as u8), color, "{hue}");
        }
    }
}
