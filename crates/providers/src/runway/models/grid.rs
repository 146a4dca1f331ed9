//! Models whose frame is an aspect and a resolution: which pixels the vendor calls that.

/// The vendor's sizes by aspect and resolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    /// The resolutions, written with spaces between.
    pub(super) resolutions: &'static str,
    /// An aspect, and its size at each resolution, written with spaces between.
    sizes: &'static [(&'static str, &'static str)],
    /// What holds where no aspect is given.
    pub(super) auto: Auto,
}

/// How a model is left to choose the aspect by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Auto {
    /// By a ratio such as `auto_720p`.
    Ratio,
    /// By a ratio such as `auto_720p`, but not from words alone.
    RatioOfPicture,
    /// By its field `resolution`, but not from words alone.
    ResolutionOfPicture,
}

impl Grid {
    /// The size, such as `1280:720`.
    pub(super) fn size(&self, resolution: &str, aspect: &str) -> Option<&'static str> {
        let column = self.resolutions.split_whitespace().position(|known| known == resolution)?;
        let (_, sizes) = self.sizes.iter().find(|(known, _)| *known == aspect)?;
        sizes.split_whitespace().nth(column)
    }

    /// The aspects.
    pub(super) fn aspects(&self) -> impl Iterator<Item = &'static str> {
        self.sizes.iter().map(|(aspect, _)| *aspect)
    }
}

/// Of Kling 4.
pub(super) const KLING_4: Grid = Grid {
    resolutions: "720p 1080p",
    sizes: &[
        ("16:9", "1280:720 1920:1080"),
        ("9:16", "720:1280 1080:1920"),
        ("1:1", "940:940 1440:1440"),
        ("21:9", "1460:624 2200:940"),
    ],
    auto: Auto::Ratio,
};

/// Of Wan 3.
pub(super) const WAN_3: Grid = Grid {
    resolutions: "480p 720p 1080p",
    sizes: &[
        ("16:9", "832:480 1280:720 1920:1080"),
        ("9:16", "480:832 720:1280 1080:1920"),
        ("4:3", "720:544 1104:832 1648:1248"),
        ("3:4", "544:720 832:1104 1248:1648"),
        ("1:1", "624:624 960:960 1440:1440"),
    ],
    auto: Auto::Ratio,
};

/// Of Happy Horse.
pub(super) const HAPPY_HORSE: Grid = Grid {
    resolutions: "720p 1080p",
    sizes: &[
        ("16:9", "1280:720 1920:1080"),
        ("9:16", "720:1280 1080:1920"),
        ("4:3", "1108:832 1662:1248"),
        ("3:4", "832:1108 1248:1662"),
        ("1:1", "960:960 1440:1440"),
    ],
    auto: Auto::ResolutionOfPicture,
};

/// Of Grok Imagine's light model.
pub(super) const GROK_LITE: Grid = Grid {
    resolutions: "480p 720p 1080p",
    sizes: &[
        ("16:9", "848:480 1280:720 1904:1072"),
        ("9:16", "480:848 720:1280 1072:1904"),
        ("1:1", "480:480 720:720 1424:1424"),
        ("4:3", "640:480 960:720 1648:1232"),
        ("3:4", "480:640 720:960 1232:1648"),
        ("3:2", "720:480 1088:720 1744:1152"),
        ("2:3", "480:720 720:1088 1152:1744"),
    ],
    auto: Auto::RatioOfPicture,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_aspect_has_a_size_of_its_shape_at_each_resolution() {
        for grid in [KLING_4, WAN_3, HAPPY_HORSE, GROK_LITE] {
            for aspect in grid.aspects() {
                for resolution in grid.resolutions.split_whitespace() {
                    let size = grid.size(resolution, aspect).unwrap();
                    let shape = |text: &str| {
                        let (width, height) = text.split_once(':').unwrap();
                        width.parse::<f64>().unwrap() / height.parse::<f64>().unwrap()
                    };
                    let off = shape(size) / shape(aspect);
                    assert!((0.97..1.03).contains(&off), "{aspect} {resolution} {size}");
                }
            }
        }
        assert_eq!(WAN_3.size("4k", "16:9").or(WAN_3.size("720p", "2:1")), None);
    }
}
