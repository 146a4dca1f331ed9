//! What can be asked for, at which price, and who serves it. One snapshot at a time; a new one is checked
//! whole before it takes the old one's place.

mod build;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use fourfold_domain::{Model, Parameter, Quote, Request};
use serde_json::{Map, Value};

use crate::ServiceError;

pub use build::CatalogError;
pub use settings::{ModelSettings, PriceSettings, RateSettings, RouteSettings};

/// The models of one snapshot, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    models: BTreeMap<String, Arc<Model>>,
}

/// The catalog in force. Clones share it.
#[derive(Clone)]
pub struct CatalogService {
    current: Arc<ArcSwap<Catalog>>,
}

/// A request that its model takes, with its price.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Who serves it.
    pub model: Arc<Model>,
    /// The request.
    pub request: Request,
    /// The most that it can cost.
    pub quote: Quote,
}

impl Catalog {
    /// All models in the order of their names.
    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.values()
    }

    /// The model of this name.
    pub fn model(&self, name: &str) -> Result<&Arc<Model>, ServiceError> {
        self.models.get(name).ok_or_else(|| ServiceError::UnknownModel(name.chars().take(128).collect()))
    }
}

impl CatalogService {
    /// With this snapshot in force.
    pub fn new(catalog: Catalog) -> Self {
        Self { current: Arc::new(ArcSwap::from_pointee(catalog)) }
    }

    /// The snapshot in force.
    pub fn current(&self) -> Arc<Catalog> {
        self.current.load_full()
    }

    /// Puts another snapshot in force; requests in flight finish on what they began with.
    pub fn replace(&self, catalog: Catalog) {
        self.current.store(Arc::new(catalog));
    }

    /// Checks a request against its model and prices it.
    pub fn offer(&self, model: &str, input: &Map<String, Value>) -> Result<Offer, ServiceError> {
        let model = self.current.load().model(model)?.clone();
        Parameter::check_all(&model.parameters, input)?;
        let mut input = input.clone();
        Parameter::fill_in(&model.parameters, &mut input);
        let request = Request::parse(model.modality, input)?;
        let quote = model.price.quote_max(&request.quantities_max(&model.token_ceilings))?;
        Ok(Offer { model, request, quote })
    }
}
