//! What can be asked for, at which price, and who serves it. One snapshot at a time; a new one is checked
//! whole before it takes the old one's place.

mod build;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use fourfold_domain::{Model, ModelName, Parameter, Quote, Request};
use serde_json::{Map, Value};

use crate::ServiceError;

pub use build::CatalogError;
pub use settings::{ModelSettings, PriceSettings, PricingSettings, RateSettings, RouteSettings};

/// The field of a chat that limits its output.
pub(crate) const MAX_TOKENS: &str = "max_tokens";

/// The models of one snapshot, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    models: BTreeMap<String, Arc<Model>>,
    /// Models of earlier snapshots that unfinished jobs may be for. They aren't offered.
    retired: BTreeMap<String, Retired>,
    /// How long results are kept, of models that say so; those whose providers are off too.
    retentions: BTreeMap<String, Duration>,
}

/// A model that isn't offered any more, and since when.
#[derive(Clone, Debug)]
struct Retired {
    model: Arc<Model>,
    since: Instant,
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
    /// What was asked for, less what was dropped.
    pub input: Map<String, Value>,
    /// What holds for the parameters that were left out.
    pub defaults: Map<String, Value>,
    /// The parameters that were dropped, since the model doesn't have them and its operator allows that.
    pub dropped: Vec<String>,
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

impl Catalog {
    /// How long results of a model are kept, where the operator says so for it.
    pub(crate) fn retention(&self, name: &ModelName) -> Option<Duration> {
        self.retentions.get(name.as_str()).copied()
    }

    /// Whether models of earlier snapshots are kept.
    pub fn has_retired(&self) -> bool {
        !self.retired.is_empty()
    }

    /// The model of a job: one that is offered, or one that was when the job was taken.
    pub(crate) fn model_of_job(&self, name: &ModelName) -> Option<&Arc<Model>> {
        let retired = || self.retired.get(name.as_str()).map(|retired| &retired.model);
        self.models.get(name.as_str()).or_else(retired)
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

    /// Puts another snapshot in force. Requests in flight finish on what they began with; models that it
    /// doesn't have any more are retired, for the jobs that were taken for them.
    pub fn replace(&self, catalog: Catalog) {
        self.current.rcu(|before| {
            let mut catalog = catalog.clone();
            let since = Instant::now();
            let dropped = before
                .models
                .iter()
                .map(|(name, model)| (name.clone(), Retired { model: Arc::clone(model), since }));
            let earlier = before.retired.iter().map(|(name, retired)| (name.clone(), retired.clone()));
            catalog.retired = earlier.chain(dropped).collect();
            catalog.retired.retain(|name, _retired| !catalog.models.contains_key(name));
            catalog
        });
    }

    /// Forgets the models that were retired before this moment and that no job needs any more.
    pub fn forget_retired(&self, before: Instant, needed: &BTreeSet<ModelName>) {
        if !self.current.load().has_retired() {
            return;
        }
        self.current.rcu(|current| {
            let mut catalog = Catalog::clone(current);
            catalog
                .retired
                .retain(|_name, retired| retired.since >= before || needed.contains(&retired.model.name));
            catalog
        });
    }

    /// Checks a request against its model and prices it.
    pub fn offer(&self, model: &str, input: &Map<String, Value>) -> Result<Offer, ServiceError> {
        let model = self.current.load().model(model)?.clone();
        let mut input = input.clone();
        let dropped = match model.drop_unsupported {
            true => Parameter::drop_unknown(&model.parameters, &mut input),
            false => Vec::new(),
        };
        Parameter::check_all(&model.parameters, &input)?;
        let mut filled_in = input.clone();
        if let Some(limit) = model.default_max_output
            && filled_in.get(MAX_TOKENS).is_none_or(Value::is_null)
        {
            filled_in.insert(MAX_TOKENS.to_owned(), limit.into());
        }
        Parameter::fill_in(&model.parameters, &mut filled_in);
        let is_default = |(name, _value): &(&String, &Value)| input.get(*name).is_none_or(Value::is_null);
        let defaults = filled_in.iter().filter(is_default);
        let defaults = defaults.map(|(name, value)| (name.clone(), value.clone())).collect();
        let request = Request::parse(model.modality, filled_in)?;
        let quote = model.price.quote_max(&request.quantities_max(&model.token_ceilings))?;
        Ok(Offer { model, input, defaults, dropped, request, quote })
    }
}
