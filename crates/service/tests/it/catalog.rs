//! The catalog: what is wrong with it is named by its place, and a request is checked against it.

use std::collections::BTreeMap;
use std::time::Duration;

use fourfold_domain::{CacheTerms, Modality, OnCancel, OnDisconnect, OnUncertain, TokenCeilings, Unit};
use fourfold_service::ServiceError;
use fourfold_service::catalog::{
    Catalog, CatalogService, ModelSettings, PriceSettings, PricingSettings, RateSettings, RouteSettings,
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
        price: Some(PriceSettings { version: "v1".to_owned(), rates: vec![rate("0.04")] }),
        drop_unsupported: false,
        deadline: std::time::Duration::from_secs(60),
        token_ceilings: TokenCeilings::default(),
        attempts_max: 3,
        on_cancel: OnCancel::Full,
        on_uncertain: OnUncertain::Fail,
        on_disconnect: OnDisconnect::Cancel,
        retention: None,
        default_max_output: None,
        cache: None,
        min_output: 16,
        context_tokens: 4096,
    }
}

fn build(name: &str, settings: ModelSettings) -> Result<Catalog, String> {
    let settings = BTreeMap::from([(name.to_owned(), settings)]);
    Catalog::build(&settings, PricingSettings::default(), &providers()).map_err(|mistake| mistake.to_string())
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
    let priced = |rates| Some(PriceSettings { version: "v1".to_owned(), rates });
    check(ModelSettings { route: Vec::new(), ..model() }, ".route", "at least one");
    check(ModelSettings { attempts_max: 0, ..model() }, ".attempts_max", "1 to 10");
    check(ModelSettings { attempts_max: 11, ..model() }, ".attempts_max", "1 to 10");
    check(ModelSettings { min_output: 0, ..model() }, ".min_output", "1 or more");
    let limited = ModelSettings { default_max_output: Some(100), ..model() };
    check(limited, ".default_max_output", "models that chat");
    let kept = CacheTerms { ttl: Duration::from_secs(60), charge_percent: 0 };
    check(ModelSettings { cache: Some(kept), ..model() }, ".cache", "models that chat, speak or");
    let speaker = |cache| ModelSettings { modality: Modality::Speech, cache: Some(cache), ..model() };
    for ttl in [Duration::ZERO, Duration::from_secs(24 * 60 * 60 + 1)] {
        check(speaker(CacheTerms { ttl, ..kept }), ".cache.ttl", "at most 24h");
    }
    check(speaker(CacheTerms { charge_percent: 101, ..kept }), ".cache.charge_percent", "0 to 100");
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
    let large = RateSettings { when: BTreeMap::from([("size".to_owned(), "1x1".into())]), ..rate("1") };
    check(ModelSettings { price: priced(vec![large]), ..model() }, ".price.rates", "without `when`");
    let never =
        RateSettings { when: BTreeMap::from([("size".to_owned(), [].into_iter().collect())]), ..rate("1") };
    check(ModelSettings { price: priced(vec![never]), ..model() }, ".price.rates[0].when.size", "one text");
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
    let dearer = Some(PriceSettings { version: "v2".to_owned(), rates: vec![rate("1")] });
    catalog.replace(build("picture", ModelSettings { price: dearer, ..model() }).unwrap());
    assert_eq!(offer(&catalog, "picture", json!({"prompt": "a fox"})).unwrap(), "1");
    let before = held.model("picture").unwrap();
    assert_eq!(before.price.rates[0].credits, credits("0.04"), "who began with the old one goes on with it");

    catalog.replace(Catalog::default());
    let gone = offer(&catalog, "picture", json!({"prompt": "a fox"}));
    assert!(matches!(gone, Err(ServiceError::UnknownModel(name)) if name == "picture"));
}

#[test]
fn without_a_price_the_cost_is_passed_on_with_the_markup() {
    let cost = PriceSettings { version: "acme-1".to_owned(), rates: vec![rate("0.04")] };
    let costly = RouteSettings { cost: Some(cost), ..route("zenith", "zenith-1") };
    // The price is the same whether the provider whose cost it is is on or not.
    for first in ["acme", "off"] {
        let choices = vec![route(first, "acme-1"), costly.clone(), route("acme", "acme-1")];
        let settings = ModelSettings { route: choices, price: None, ..model() };
        let settings = BTreeMap::from([("picture".to_owned(), settings)]);
        let pricing = PricingSettings { markup_percent: 25 };
        let catalog = Catalog::build(&settings, pricing, &providers()).unwrap();
        let model = catalog.model("picture").unwrap();
        assert_eq!(
            (model.price.version.as_ref(), model.price.rates[0].credits),
            ("acme-1+25%", credits("0.05"))
        );
        let cost = model.route.choices().find_map(|choice| choice.cost.clone()).unwrap();
        assert_eq!(cost.rates[0].credits, credits("0.04"), "the margin can be told");
    }
    check(ModelSettings { price: None, ..model() }, ".price", "is required where no choice");
    let wild = PricingSettings { markup_percent: 10_001 };
    let mistake = Catalog::build(&BTreeMap::new(), wild, &providers()).unwrap_err();
    assert_eq!(mistake.place, "pricing.markup_percent");
}

#[test]
fn an_operator_may_let_unknown_parameters_be_dropped() {
    let lenient = ModelSettings { drop_unsupported: true, ..model() };
    let catalog = CatalogService::new(build("picture", lenient).unwrap());
    let input = json!({"prompt": "a fox", "style": "oil"});
    let offer = catalog.offer("picture", input.as_object().unwrap()).unwrap();
    assert_eq!(offer.dropped, ["style"]);
    assert_eq!(Value::Object(offer.input), json!({"prompt": "a fox"}));
    let wrong = catalog.offer("picture", json!({"prompt": "a fox", "n": 99}).as_object().unwrap());
    assert!(matches!(wrong, Err(ServiceError::Invalid(mistake)) if mistake.field == "input.n"));
}
