//! Shapes, each told by how far a point is from its edge.

/// One shape at its place.
pub(super) struct Shape {
    pub(super) form: Form,
    /// In pixels.
    pub(super) center: [f32; 2],
    /// In pixels.
    pub(super) radius: f32,
    /// Which way it lies: a vector of length 1.
    pub(super) direction: [f32; 2],
    /// How much it hides, 0 to 1.
    pub(super) opacity: f32,
}

/// What a shape looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Disc,
    Half,
    Ring,
    Bar,
    Square,
    /// A light that fades towards its edge.
    Glow,
}

impl Shape {
    /// No pixel farther from the center is covered.
    pub(super) fn reach(&self) -> f32 {
        match self.form {
            Form::Bar | Form::Ring => self.radius * 1.2 + 1.0,
            Form::Disc | Form::Half | Form::Square | Form::Glow => self.radius + 1.0,
        }
    }

    /// How much it hides at this place relative to its center, smooth at the edge.
    pub(super) fn cover(&self, x: f32, y: f32) -> f32 {
        if self.form == Form::Glow {
            let fading = (1.0 - (x * x + y * y) / (self.radius * self.radius)).max(0.0);
            return self.opacity * fading * fading;
        }
        self.opacity * (0.5 - self.distance(x, y)).clamp(0.0, 1.0)
    }

    /// Pixels to the edge, negative inside.
    fn distance(&self, x: f32, y: f32) -> f32 {
        let [right, down] = self.direction;
        let (along, beside) = (x * right + y * down, y * right - x * down);
        let length = |x: f32, y: f32| (x * x + y * y).sqrt();
        match self.form {
            Form::Disc | Form::Glow => length(x, y) - self.radius,
            Form::Half => (length(x, y) - self.radius).max(beside),
            Form::Ring => (length(x, y) - self.radius).abs() - self.radius * 0.14,
            Form::Bar => {
                let end = along.clamp(-self.radius, self.radius);
                length(along - end, beside) - self.radius * 0.18
            }
            Form::Square => along.abs().max(beside.abs()) - self.radius * 0.7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_covers_what_is_beyond_its_reach() {
        for form in [Form::Disc, Form::Half, Form::Ring, Form::Bar, Form::Square, Form::Glow] {
            let shape = Shape { form, center: [0.0; 2], radius: 10.0, direction: [0.6, 0.8], opacity: 1.0 };
            let covered = |x: f32, y: f32| shape.cover(x, y) > 0.0;
            let reach = shape.reach();
            for step in -30..=30 {
                let side = step as f32;
                for (x, y) in [(reach, side), (-reach, side), (side, reach), (side, -reach)] {
                    assert!(!covered(x, y), "{form:?} {x} {y}");
                }
            }
            let near = (-9..9).any(|x| (-9..9).any(|y| covered(x as f32, y as f32)));
            assert!(near, "{form:?}");
        }
    }
}
