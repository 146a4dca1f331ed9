//! Where a block comes from in the frame before, and what a decoder expects of it by its neighbours.

/// Quarters of a pixel to the right and down.
pub(super) type Vector = [i32; 2];

/// How a block of the frame under way is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// As it lies in the frame before, at this vector.
    Moved(Vector),
    /// As it is.
    Stored,
}

/// The neighbours of a block that are decoded before it; none where the frame ends.
pub(super) struct Neighbours {
    pub(super) left: Option<Told>,
    pub(super) above: Option<Told>,
    /// Above to the right, or where the frame ends there, above to the left.
    pub(super) corner: Option<Told>,
}

impl Neighbours {
    /// The vector that a decoder expects (8.4.1.3 of the standard).
    pub(super) fn expected(&self) -> Vector {
        let all = if self.above.is_none() && self.corner.is_none() {
            [self.left; 3]
        } else {
            [self.left, self.above, self.corner]
        };
        let moved = |told: &Option<Told>| match told {
            Some(Told::Moved(vector)) => Some(*vector),
            _ => None,
        };
        let vectors = all.map(|told| moved(&told));
        if let [Some(only), None, None] | [None, Some(only), None] | [None, None, Some(only)] = vectors {
            return only;
        }
        [0, 1].map(|axis| {
            let mut parts = vectors.map(|vector| vector.map_or(0, |vector| vector[axis]));
            parts.sort_unstable();
            parts[1]
        })
    }

    /// The vector of a block of which nothing is told (8.4.1.1).
    pub(super) fn of_skipped(&self) -> Vector {
        const STILL: Option<Told> = Some(Told::Moved([0, 0]));
        let at_edge = self.left.is_none() || self.above.is_none();
        if at_edge || self.left == STILL || self.above == STILL { [0, 0] } else { self.expected() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: Option<Told> = Some(Told::Stored);

    const fn moved(right: i32) -> Option<Told> {
        Some(Told::Moved([right, 0]))
    }

    #[track_caller]
    fn check(left: Option<Told>, above: Option<Told>, corner: Option<Told>, expected: i32, skipped: i32) {
        let neighbours = Neighbours { left, above, corner };
        let found = (neighbours.expected()[0], neighbours.of_skipped()[0]);
        assert_eq!(found, (expected, skipped), "{left:?} {above:?} {corner:?}");
    }

    #[test]
    fn vectors_are_expected_as_the_standard_says() {
        check(None, None, None, 0, 0);
        // At the top only the left one counts.
        check(moved(8), None, None, 8, 0);
        check(STORED, None, None, 0, 0);
        // Of one that moved, that; of several, the one in the middle.
        check(None, moved(8), STORED, 8, 0);
        check(STORED, moved(8), STORED, 8, 8);
        check(moved(8), moved(4), moved(6), 6, 6);
        check(moved(8), moved(4), STORED, 4, 4);
        check(moved(8), moved(0), moved(8), 8, 0);
    }
}
