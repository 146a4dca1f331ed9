//! From settings to a catalog: everything is checked, each mistake names its place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Modality, Model, Parameter, Price, ProviderKey, Rate, Route, RouteChoice, Unit};
use serde_json::{Map, Value};

use super::{Catalog, MAX_TOKENS, ModelSettings, PriceSettings, PricingSettings, RouteSettings};
use crate::ports::Providers;

/// A hundredfold price is surely meant otherwise.
const MARKUP_PERCENT_MAX: u32 = 10_000;

/// The longest that an answer may be kept.
const CACHE_TTL_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A mistake in the catalog.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct CatalogError {
    /// Where, such as `models.mock-image.route[0].provider`.
    pub place: String,
    /// What is wrong, and what is allowed.
    pub problem: String,
}

impl Catalog {
    /// Builds a catalog, or names the first mistake. A model whose route has a provider that is off is left
    /// out, so that one catalog can name more vendors than an operator has keys for.
    pub fn build(
        settings: &BTreeMap<String, ModelSettings>,
        pricing: PricingSettings,
        providers: &dyn Providers,
    ) -> Result<Self, CatalogError> {
        if pricing.markup_percent > MARKUP_PERCENT_MAX {
            let problem = format!("must be from 0 to {MARKUP_PERCENT_MAX}");
            return Err(mistake("pricing.markup_percent".to_owned(), problem));
        }
        let mut models = BTreeMap::new();
        for (name, settings) in settings {
            match model(name, settings, pricing, providers)? {
                Some(model) => drop(models.insert(name.clone(), Arc::new(model))),
                None => {
                    tracing::debug!(model = %name, "a model is left out, since no provider of its route is on");
                }
            }
        }
        let kept = |(name, settings): (&String, &ModelSettings)| Some((name.clone(), settings.retention?.0));
        let retentions = settings.iter().filter_map(kept).collect();
        Ok(Self { models, retired: BTreeMap::new(), retentions })
    }
}

fn model(
    name: &str,
    settings: &ModelSettings,
    pricing: PricingSettings,
    providers: &dyn Providers,
) -> Result<Option<Model>, CatalogError> {
    let at = |place: &str| format!("models.{name}{place}");
    let name = name.parse().map_err(|error| mistake(at(""), error))?;
    if settings.route.is_empty() {
        return Err(mistake(at(".route"), "must name at least one provider and model"));
    }
    if !(1..=10).contains(&settings.attempts_max) {
        return Err(mistake(at(".attempts_max"), "must be from 1 to 10"));
    }
    check_cache(&at(".cache"), settings)?;
    let mut choices = Vec::new();
    for (index, route) in settings.route.iter().enumerate() {
        let place = at(&format!(".route[{index}]"));
        let rank = route.rank.unwrap_or_else(|| place_in(index));
        choices.extend(choice(&place, route, rank, settings.modality, providers)?);
    }
    check_output(&at(""), settings, &choices)?;
    let price = price_to_users(&at(""), settings, pricing)?;
    choices.sort_by_key(|choice| choice.rank);
    let mut choices = choices.into_iter();
    let Some(first) = choices.next() else { return Ok(None) };
    Ok(Some(Model {
        name,
        modality: settings.modality,
        parameters: first.parameters.clone(),
        drop_unsupported: settings.drop_unsupported,
        price,
        token_ceilings: settings.token_ceilings,
        default_max_output: settings.default_max_output,
        min_output: settings.min_output,
        context_tokens: settings.context_tokens,
        route: Route::new(first, choices.collect()),
        deadline: settings.deadline,
        attempts_max: settings.attempts_max,
        on_cancel: settings.on_cancel,
        on_uncertain: settings.on_uncertain,
        on_disconnect: settings.on_disconnect,
        cache: settings.cache,
    }))
}

/// The rank of a choice that names none: its place in the list, from 1.
fn place_in(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// A choice of a route; nothing where its provider is off.
fn choice(
    place: &str,
    route: &RouteSettings,
    rank: u32,
    modality: Modality,
    providers: &dyn Providers,
) -> Result<Option<RouteChoice>, CatalogError> {
    let key: ProviderKey =
        route.provider.parse().map_err(|error| mistake(format!("{place}.provider"), error))?;
    if route.weight == 0 {
        return Err(mistake(format!("{place}.weight"), "must be 1 or more"));
    }
    let cost = route.cost.as_ref().map(|cost| price(&format!("{place}.cost"), cost)).transpose()?;
    let credentialed = providers.of(&key);
    let Some(provider) = credentialed.first().map(|credentialed| &credentialed.provider) else {
        return match providers.knows(&key) {
            true => Ok(None),
            false => Err(mistake(format!("{place}.provider"), format!("there is no provider {key}"))),
        };
    };
    let spec = provider.models().iter().find(|spec| spec.vendor_model == route.model);
    let spec = spec.ok_or_else(|| {
        let known: Vec<_> = provider.models().iter().map(|spec| spec.vendor_model.as_str()).collect();
        mistake(
            format!("{place}.model"),
            format!("{key} has no model {}; it has {}", route.model, known.join(", ")),
        )
    })?;
    if spec.modality != modality {
        let problem = format!("{} makes {}, not {}", route.model, spec.modality.as_str(), modality.as_str());
        return Err(mistake(format!("{place}.model"), problem));
    }
    Ok(Some(RouteChoice {
        provider: key,
        vendor_model: route.model.clone(),
        parameters: spec.parameters.clone(),
        rank,
        weight: route.weight,
        cost,
    }))
}

/// The limits of a chat's output must be such as each choice of its route can be told.
fn check_output(place: &str, settings: &ModelSettings, choices: &[RouteChoice]) -> Result<(), CatalogError> {
    if settings.min_output == 0 {
        return Err(mistake(format!("{place}.min_output"), "must be 1 or more"));
    }
    let Some(limit) = settings.default_max_output else { return Ok(()) };
    let place = format!("{place}.default_max_output");
    if settings.modality != Modality::Chat {
        return Err(mistake(place, "is for models that chat"));
    }
    if limit < settings.min_output {
        return Err(mistake(place, format!("must be at least min_output, {}", settings.min_output)));
    }
    let input = Map::from_iter([(MAX_TOKENS.to_owned(), Value::from(limit))]);
    for choice in choices {
        let table: Vec<_> =
            choice.parameters.iter().filter(|known| known.name == MAX_TOKENS).cloned().collect();
        Parameter::check_all(&table, &input).map_err(|wrong| {
            let problem = format!("{} of {}: {}", choice.vendor_model, choice.provider, wrong.allowed);
            mistake(place.clone(), problem)
        })?;
    }
    Ok(())
}

/// Only answers of calls are kept, and not for long.
fn check_cache(place: &str, settings: &ModelSettings) -> Result<(), CatalogError> {
    let Some(terms) = &settings.cache else { return Ok(()) };
    if !matches!(settings.modality, Modality::Chat | Modality::Embedding | Modality::Speech) {
        return Err(mistake(place.to_owned(), "is for models that chat, speak or make embeddings"));
    }
    if terms.ttl.is_zero() || terms.ttl > CACHE_TTL_MAX {
        return Err(mistake(format!("{place}.ttl"), "must be more than nothing and at most 24h"));
    }
    if terms.charge_percent > 100 {
        return Err(mistake(format!("{place}.charge_percent"), "must be from 0 to 100"));
    }
    Ok(())
}

/// The operator's own price, or what the route costs with the markup on top.
fn price_to_users(
    place: &str,
    settings: &ModelSettings,
    pricing: PricingSettings,
) -> Result<Price, CatalogError> {
    if let Some(written) = &settings.price {
        let found = price(&format!("{place}.price"), written)?;
        check_units(&format!("{place}.price.rates"), settings.modality, &found)?;
        return Ok(found);
    }
    let mut costs: Vec<_> = settings.route.iter().enumerate().collect();
    costs.sort_by_key(|(index, choice)| choice.rank.unwrap_or_else(|| place_in(*index)));
    let costs = costs.into_iter();
    let Some((index, cost)) = costs.filter_map(|(index, choice)| Some((index, choice.cost.as_ref()?))).next()
    else {
        let problem = "is required where no choice of the route names its cost";
        return Err(mistake(format!("{place}.price"), problem));
    };
    let place = format!("{place}.route[{index}].cost");
    let cost = price(&place, cost)?;
    check_units(&format!("{place}.rates"), settings.modality, &cost)?;
    cost.marked_up(pricing.markup_percent).map_err(|error| mistake(place, error))
}

impl PriceSettings {
    /// The price; a mistake is named from this place on.
    pub fn price(&self, place: &str) -> Result<Price, CatalogError> {
        price(place, self)
    }
}

fn price(place: &str, settings: &PriceSettings) -> Result<Price, CatalogError> {
    let mut rates = Vec::with_capacity(settings.rates.len());
    for (index, rate) in settings.rates.iter().enumerate() {
        let at = |field: &str| format!("{place}.rates[{index}].{field}");
        let credits = rate.credits.parse().map_err(|error| mistake(at("credits"), error))?;
        if rate.per == Some(0) {
            return Err(mistake(at("per"), "must be 1 or more"));
        }
        if let Some((name, _)) = rate.when.iter().find(|(_, values)| values.is_empty()) {
            return Err(mistake(at(&format!("when.{name}")), "must be at least one text"));
        }
        rates.push(Rate { unit: rate.unit, credits, per: rate.per, when: rate.when.clone() });
    }
    Ok(Price::new(settings.version.clone(), rates))
}

/// A price must have a rate for whatever its modality can come to.
fn check_units(place: &str, modality: Modality, price: &Price) -> Result<(), CatalogError> {
    let needed: &[Unit] = match modality {
        Modality::Chat => &[Unit::InputToken, Unit::OutputToken],
        Modality::Embedding => &[Unit::InputToken],
        Modality::Image => &[Unit::Image],
        Modality::Video => &[Unit::VideoSecond],
        Modality::Speech => &[Unit::Character],
        Modality::Transcription => &[Unit::AudioSecond],
    };
    for unit in needed {
        if !price.rates.iter().any(|rate| rate.unit == *unit && rate.when.is_empty()) {
            return Err(mistake(
                place.to_owned(),
                format!("must have a rate for {} without `when`", unit.as_str()),
            ));
        }
    }
    Ok(())
}

fn mistake(place: String, problem: impl ToString) -> CatalogError {
    CatalogError { place, problem: problem.to_string() }
}
