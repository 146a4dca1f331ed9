//! Words that many requests know.

use crate::vendor::open_enum;

open_enum! {
    /// How wide a picture is for its height. There are no other sizes.
    pub enum AspectRatio {
        /// 21 to 9.
        Landscape21By9 = "21:9",
        /// 16 to 9.
        Landscape16By9 = "16:9",
        /// 3 to 2.
        Landscape3By2 = "3:2",
        /// 5 to 4.
        Landscape5By4 = "5:4",
        /// The vendor's default.
        Square = "1:1",
        /// 4 to 5.
        Portrait4By5 = "4:5",
        /// 2 to 3.
        Portrait2By3 = "2:3",
        /// 9 to 16.
        Portrait9By16 = "9:16",
        /// 9 to 21.
        Portrait9By21 = "9:21",
    }
}

open_enum! {
    /// How a picture is written.
    pub enum ImageFormat {
        /// Small, with some loss.
        Jpeg = "jpeg",
        /// The vendor's default.
        Png = "png",
        /// Small, and may be transparent.
        Webp = "webp",
    }
}

open_enum! {
    /// What a picture looks like.
    pub enum StylePreset {
        /// As it is, only finer.
        Enhance = "enhance",
        /// An anime.
        Anime = "anime",
        /// A photograph.
        Photographic = "photographic",
        /// Drawn by computer.
        DigitalArt = "digital-art",
        /// A comic book.
        ComicBook = "comic-book",
        /// A world that isn't.
        FantasyArt = "fantasy-art",
        /// Lines alone.
        LineArt = "line-art",
        /// An old photograph.
        AnalogFilm = "analog-film",
        /// Neon lights.
        NeonPunk = "neon-punk",
        /// From above, without perspective.
        Isometric = "isometric",
        /// Few large faces.
        LowPoly = "low-poly",
        /// Folded of paper.
        Origami = "origami",
        /// Formed of clay.
        ModelingCompound = "modeling-compound",
        /// A film.
        Cinematic = "cinematic",
        /// A model in three dimensions.
        ThreeDModel = "3d-model",
        /// Visible pixels.
        PixelArt = "pixel-art",
        /// A pattern that goes on at its sides.
        TileTexture = "tile-texture",
    }
}
