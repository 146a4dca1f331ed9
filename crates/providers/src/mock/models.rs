//! The mock's models: one a modality, each in every manner.

use fourfold_domain::{Modality, ModelSpec, Parameter};

use super::{chat, embedding, image, speech, transcription, video};

/// The models in their plain manner, and what each can be told.
const OFFERS: [Offer; 6] = [
    ("mock-image", Modality::Image, image::parameters),
    ("mock-video", Modality::Video, video::parameters),
    ("mock-speech", Modality::Speech, speech::parameters),
    ("mock-transcription", Modality::Transcription, transcription::parameters),
    ("mock-chat", Modality::Chat, chat::parameters),
    ("mock-embedding", Modality::Embedding, embedding::parameters),
];

type Offer = (&'static str, Modality, fn() -> Vec<Parameter>);

/// How a model goes about its work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// Answers at once.
    Instant,
    /// Takes its time: media are a task to be polled, text is waited for.
    Slow,
    /// Takes the work and fails.
    Fail,
}

impl Manner {
    const ALL: [Self; 3] = [Self::Instant, Self::Slow, Self::Fail];

    const fn suffix(self) -> &'static str {
        match self {
            Self::Instant => "",
            Self::Slow => "-slow",
            Self::Fail => "-fail",
        }
    }
}

/// One model.
pub(super) struct MockModel {
    /// How it works.
    pub(super) manner: Manner,
    /// What it offers.
    pub(super) spec: ModelSpec,
}

/// Every model of the mock.
pub(super) fn models() -> Vec<MockModel> {
    OFFERS.iter().flat_map(|offer| Manner::ALL.map(|manner| model(*offer, manner))).collect()
}

fn model((name, modality, parameters): Offer, manner: Manner) -> MockModel {
    let vendor_model = format!("{name}{}", manner.suffix());
    MockModel { manner, spec: ModelSpec { vendor_model, modality, parameters: parameters() } }
}
