//! The mock's models: one a modality, each in every manner.

use fourfold_domain::{Modality, ModelSpec, Parameter};

use super::image;

/// How a model goes about its work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// Answers at once.
    Instant,
    /// Gives a task to be polled.
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
    let offers = [Offer { name: "mock-image", modality: Modality::Image, parameters: image::parameters }];
    offers.iter().flat_map(|offer| Manner::ALL.map(|manner| offer.model(manner))).collect()
}

/// What is offered in every manner.
struct Offer {
    name: &'static str,
    modality: Modality,
    parameters: fn() -> Vec<Parameter>,
}

impl Offer {
    fn model(&self, manner: Manner) -> MockModel {
        let vendor_model = format!("{}{}", self.name, manner.suffix());
        let parameters = (self.parameters)();
        MockModel { manner, spec: ModelSpec { vendor_model, modality: self.modality, parameters } }
    }
}
