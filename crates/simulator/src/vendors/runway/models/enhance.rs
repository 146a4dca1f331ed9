//! Better versions of what there is: `/v1/video_upscale`, `/v1/image_upscale`, `/v1/video_to_hdr`.

use super::super::rules::Fits::{Flag, Integer, OneOf, Word};
use super::super::rules::{Fits, may, needs};
use super::fields::*;
use super::{Variant, variant};

pub(in super::super) const VIDEOS: &[Variant] = &[
    variant(
        "magnific_video_upscaler_creative",
        &[
            needs("videoUri", VIDEO),
            may("resolution", Word(&["720p", "1k", "2k", "4k"])),
            may("flavor", Word(&["vivid", "natural"])),
            may("creativity", PERCENT),
            may("sharpen", PERCENT),
            may("smartGrain", PERCENT),
            may("fpsBoost", Flag),
        ],
    ),
    variant(
        "enhance_frame_rate",
        &[
            needs("videoUri", VIDEO),
            needs(
                "targetFramerate",
                Word(&["24", "25", "30", "48", "50", "60", "120", "23_98", "29_97", "59_94"]),
            ),
        ],
    ),
];

pub(in super::super) const IMAGES: &[Variant] = &[variant(
    "magnific_precision_upscaler_v2",
    &[
        needs("imageUri", IMAGE),
        may("scaleFactor", OneOf(&[2, 4, 8, 16])),
        may("flavor", Word(&["sublime", "photo", "photo_denoiser"])),
        may("sharpen", PERCENT),
        may("smartGrain", PERCENT),
        may("ultraDetail", PERCENT),
    ],
)];

pub(in super::super) const HDR: &[Variant] = &[variant(
    "ruby",
    &[
        needs("videoUri", VIDEO),
        may(
            "outputFormat",
            Word(&[
                "hdr10",
                "hlg",
                "hdr_prores",
                "hdr_exr_sequence",
                "hdr_exr_acescg_sequence_1_3",
                "hdr_exr_acescg_sequence_2_0",
            ]),
        ),
        may("proresProfile", Word(&["422", "4444", "422 HQ"])),
    ],
)];

const PERCENT: Fits = Integer(0, 100);
