//! The catalog: what is wrong with it is named by its place, and a request is checked against it.

use std::collections::BTreeMap;

use fourfold_domain::{Modality, OnCancel, OnUncertain, TokenCeilings, Unit};
use fourfold_service::ServiceError;
use fourfold_service::catalog::{
    Catalog, CatalogService, ModelSettings, PriceSettings, RateSettings, RouteSettings,
};
use fourfold_service::testing::{ProviderTable, credits};
use serde_json::{Value, json};

use crate::worker::{MockMaker, vendor};

fn providers() -> ProviderTable {
    ProviderTable::from_iter([vendor("acme", MockMaker::new()), vendor("zenith", MockMaker::new())])
}

fn route(provider: &str, model: &str) -> RouteSettings {
    RouteSettings {
        provider: provider.to_owned(),
        model: model.to_owned(),
        rank: None,
        weight: 1,
        cost: None,
    }
}

fn rate(credits: &str) -> RateSettings {
    RateSettings { unit: Unit::Image, credits: credits.to_owned(), per: None, when: BTreeMap::new() }
}

fn model() -> ModelSettings {
    ModelSettings {
        modality: Modality::Image,
        route: vec![route("acme", "acme-1")],
        price: PriceSettings { version: "v1".to_owned(), rates: vec![rate("0.04")] },
        deadline: std::time::Duration::from_secs(60),
        token_ceilings: TokenCeilings::default(),
        attempts_max: 3,
        on_cancel: OnCancel::Full,
        on_uncertain: OnUncertain::Fail,
    }
}

fn build(name: &str, settings: ModelSettings) -> Result<Catalog, String> {
    let settings = BTreeMap::from([(name.to_owned(), settings)]);
    Catalog::build(&settings, &providers()).map_err(|mistake| mistake.to_string())
}

#[test]
fn a_model_has_its_route_and_the_parameters_of_its_first_choice() {
    let routed =
        ModelSettings { route: vec![route("ACME", "acme-1"), route("zenith", "zenith-1")], ..model() };
    let catalog = build("picture", routed).unwrap();
    let model = catalog.model("picture").unwrap();
    let route: Vec<_> = model.route.choices().map(|choice| choice.vendor_model.as_str()).collect();
    assert_eq!(route, ["acme-1", "zenith-1"]);
    assert!(model.parameters.iter().any(|parameter| parameter.name == "prompt"));
}

#[test]
fn choices_that_are_off_are_left_out_and_models_without_any_too() {
    let half = ModelSettings { route: vec![route("off", "off-1"), route("acme", "acme-1")], ..model() };
    assert_eq!(build("picture", half).unwrap().model("picture").unwrap().route.choices().count(), 1);
    let none = ModelSettings { route: vec![route("off", "off-1")], ..model() };
    assert_eq!(build("picture", none).unwrap().models().count(), 0);
}

/// A model that is wrong in one place: the message begins with the place and says what is allowed.
fn check(settings: ModelSettings, place: &str, allowed: &str) {
    let mistake = build("picture", settings).unwrap_err();
    assert!(mistake.starts_with(&format!("models.picture{place}: ")), "{mistake}");
    assert!(mistake.contains(allowed), "{mistake}");
}

#[test]
fn each_mistake_names_its_place() {
    let priced = |rates| PriceSettings { version: "v1".to_owned(), rates };
    check(ModelSettings { route: Vec::new(), ..model() }, ".route", "at least one");
    check(ModelSettings { attempts_max: 0, ..model() }, ".attempts_max", "1 to 10");
    check(ModelSettings { attempts_max: 11, ..model() }, ".attempts_max", "1 to 10");
    let wrong = vec![route("acme", "acme-1"), route("zenith", "acme-1")];
    check(ModelSettings { route: wrong, ..model() }, ".route[1].model", "it has zenith-1");
    check(ModelSettings { route: vec![route("a b", "x")], ..model() }, ".route[0].provider", "a-z");
    let weightless = RouteSettings { weight: 0, ..route("acme", "acme-1") };
    check(ModelSettings { route: vec![weightless], ..model() }, ".route[0].weight", "1 or more");
    let other = ModelSettings { modality: Modality::Video, ..model() };
    check(other, ".route[0].model", "makes image, not video");
    check(ModelSettings { price: priced(vec![rate("-1")]), ..model() }, ".price.rates[0].credits", "1.25");
    let nothing = RateSettings { per: Some(0), ..rate("1") };
    check(ModelSettings { price: priced(vec![nothing]), ..model() }, ".price.rates[0].per", "1 or more");
    check(ModelSettings { price: priced(Vec::new()), ..model() }, ".price.rates", "image");
    let large = RateSettings { when: BTreeMap::from([("size".to_owned(), "1x1".to_owned())]), ..rate("1") };
    check(ModelSettings { price: priced(vec![large]), ..model() }, ".price.rates", "without `when`");
    assert!(build("a b", model()).unwrap_err().starts_with("models.a b: "));
}

fn offer(catalog: &CatalogService, name: &str, input: Value) -> Result<String, ServiceError> {
    let offer = catalog.offer(name, input.as_object().unwrap())?;
    Ok(offer.quote.credits.to_string())
}

#[test]
fn a_request_is_checked_and_priced_by_the_catalog_in_force() {
    let catalog = CatalogService::new(build("picture", model()).unwrap());
    assert_eq!(offer(&catalog, "picture", json!({"prompt": "a fox", "n": 2})).unwrap(), "0.08");
    let unknown = offer(&catalog, "picture", json!({"prompt": "a fox", "style": "oil"}));
    assert!(matches!(unknown, Err(ServiceError::Invalid(mistake)) if mistake.field == "input.style"));

    let held = catalog.current();
    let dearer = PriceSettings { version: "v2".to_owned(), rates: vec![rate("1")] };
    catalog.replace(build("picture", ModelSettings { price: dearer, ..model() }).unwrap());
    assert_eq!(offer(&catalog, "picture", json!({"prompt": "a fox"})).unwrap(), "1");
    let before = held.model("picture").unwrap();
    assert_eq!(before.price.rates[0].credits, credits("0.04"), "who began with the old one goes on with it");

    catalog.replace(Catalog::default());
    let gone = offer(&catalog, "picture", json!({"prompt": "a fox"}));
    assert!(matches!(gone, Err(ServiceError::UnknownModel(name)) if name == "picture"));
}
