//! What is shipped is whole, and a charge keeps to its quote. Providers work against the simulator.

use std::collections::BTreeSet;
use std::sync::Arc;

use fourfold_domain::{
    AttemptContext, Effect, InlineMedia, Modality, Poll, Provider, ProviderError, Quantity, Request, Started,
};
use fourfold_providers::conformance::least_input;
use fourfold_providers::{BUILTIN, HttpOptions, ProviderFactory, ProviderSettings};
use fourfold_service::catalog::{CatalogService, PricingSettings};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::{Map, Value, json};

use super::*;
use crate::bridges::{ProviderTable, VendorLimits};

/// Every provider that we ship, with a key, at a simulator.
fn providers(simulator: &Simulator) -> ProviderTable {
    let settings = |key: &str| -> ProviderSettings {
        let vendor = Vendor::ALL.into_iter().find(|vendor| vendor.name() == key);
        let settings = match vendor {
            Some(vendor) => json!({"api_key": "sk-1", "base_url": simulator.base_url(vendor)}),
            None => json!({"delay": "0s"}),
        };
        serde_json::from_value(settings).unwrap()
    };
    let settings = BUILTIN.iter().map(|builtin| (builtin.key.to_owned(), settings(builtin.key))).collect();
    let (http, limits) = (HttpOptions::default(), VendorLimits::default());
    ProviderTable::build(&ProviderFactory::with_builtin(), &settings, &http, &limits).unwrap()
}

fn whole(providers: &ProviderTable) -> Catalog {
    Catalog::build(&merged(SHIPPED).unwrap(), PricingSettings { markup_percent: 20 }, providers).unwrap()
}

#[tokio::test]
async fn each_vendor_has_a_file_and_all_of_it_is_offered() {
    let vendors: BTreeSet<_> = SHIPPED.iter().map(|(vendor, _)| *vendor).collect();
    assert_eq!(vendors, BUILTIN.iter().map(|builtin| builtin.key).collect());
    let simulator = Simulator::start(SimulatorSettings::default());
    let catalog = whole(&providers(&simulator));
    assert_eq!(catalog.models().count(), merged(SHIPPED).unwrap().len());
}

/// What isn't said counts as little, and conversations would be forgotten early.
#[test]
fn every_chat_model_says_how_much_it_takes() {
    let chat = Value::from("chat");
    for (vendor, file) in SHIPPED {
        let models: BTreeMap<String, Value> = serde_saphyr::from_str(file).unwrap();
        for (name, model) in models.iter().filter(|(_, model)| model["modality"] == chat) {
            assert!(model["context_tokens"].is_u64(), "{name} in the catalog of {vendor}");
        }
    }
}

#[test]
fn no_model_is_in_two_files() {
    let file = "a-1: { modality: image, route: [] }";
    let mistake = merged(&[("acme", file), ("zenith", file)]).unwrap_err().to_string();
    assert!(mistake.contains("a-1") && mistake.contains("zenith"), "{mistake}");
}

#[tokio::test]
async fn every_model_of_every_provider_is_shipped_and_no_other() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let providers = providers(&simulator);
    let mut offered = BTreeSet::new();
    for key in providers.keys() {
        let provider = &providers.of(&key)[0].provider;
        offered.extend(provider.models().iter().map(|spec| (key.to_string(), spec.vendor_model.clone())));
    }
    let models = merged(SHIPPED).unwrap();
    let routes = models.values().flat_map(|model| &model.route);
    let shipped: BTreeSet<_> = routes.map(|choice| (choice.provider.clone(), choice.model.clone())).collect();
    let differ: Vec<_> = offered.symmetric_difference(&shipped).collect();
    assert!(differ.is_empty(), "{differ:?}");
}

/// Where a trait is left open, the same rate holds for the quote and for the charge.
#[test]
fn the_rate_without_traits_is_the_dearest() {
    for (name, model) in merged(SHIPPED).unwrap() {
        for cost in model.route.iter().filter_map(|choice| choice.cost.as_ref()) {
            let credits = |text: &str| text.parse::<fourfold_domain::Credits>().unwrap();
            for rate in cost.rates.iter() {
                let base = cost.rates.iter().find(|base| base.unit == rate.unit && base.when.is_empty());
                let base = base.unwrap_or_else(|| panic!("{name} has no rate for every {:?}", rate.unit));
                assert!(credits(&rate.credits) <= credits(&base.credits), "{name} {rate:?}");
                assert_eq!(rate.per, base.per, "{name} {rate:?}");
            }
        }
    }
}

/// What the provider counted for what was asked of it.
async fn counted(
    provider: &dyn Provider,
    vendor_model: &str,
    request: Request,
) -> Result<Vec<Quantity>, ProviderError> {
    let context = AttemptContext {
        owner: "test".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    };
    let request = match request {
        Request::Media(request) => request,
        Request::Generation(request) => {
            let result = provider.generator().unwrap().generate(request, context).await?;
            return Ok(result.usage().quantities());
        }
    };
    let media = provider.media().unwrap();
    let task = match media.start(request, context).await? {
        Started::Done(outputs) => return Ok(outputs.quantities),
        Started::Task(task) => task,
    };
    loop {
        match media.poll(&task).await? {
            Poll::Done(outputs) => return Ok(outputs.quantities),
            Poll::Failed(error) => return Err(error),
            Poll::Running { .. } => tokio::task::yield_now().await,
        }
    }
}

/// Asks for an input and settles it: the quote isn't nothing, and the charge isn't above it.
async fn check(catalog: &CatalogService, providers: &ProviderTable, name: &str, input: &Map<String, Value>) {
    let offer = catalog.offer(name, input).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!offer.quote.credits.is_zero(), "{name} costs nothing");
    let choice = offer.model.route.first();
    let provider = providers.of(&choice.provider).remove(0).provider;
    match counted(&*provider, &choice.vendor_model, offer.request).await {
        Err(error) if error.effect == Effect::NotStarted => {
            let has_media = ["image", "video"].iter().any(|field| input.contains_key(*field));
            assert!(has_media, "{name} refuses what isn't a picture of one pixel: {error:?}");
        }
        Err(error) => assert!(name.ends_with("-fail"), "{name}: {error:?}"),
        Ok(quantities) => {
            assert!(!quantities.is_empty(), "{name} counts nothing");
            let charge = offer.model.price.quote(&quantities).unwrap();
            assert!(charge.credits <= offer.quote.credits, "{name}: {charge:?} above {:?}", offer.quote);
            if offer.model.modality == Modality::Image {
                assert_eq!(charge.credits, offer.quote.credits, "{name} makes all that was asked for");
            }
        }
    }
}

#[tokio::test]
async fn the_least_of_every_model_is_quoted_and_charged_no_more() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let providers = providers(&simulator);
    let catalog = CatalogService::new(whole(&providers));
    for model in catalog.current().models() {
        let choice = model.route.first();
        let provider = providers.of(&choice.provider).remove(0).provider;
        let spec = provider.models().iter().find(|spec| spec.vendor_model == choice.vendor_model).unwrap();
        check(&catalog, &providers, model.name.as_str(), &least_input(spec)).await;
    }
}

/// Requests whose price depends on what is asked for, with their quotes at a markup of 20 %.
#[tokio::test]
async fn what_is_asked_for_is_priced_by_its_traits_and_charged_no_more() {
    const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";
    let simulator = Simulator::start(SimulatorSettings::default());
    let providers = providers(&simulator);
    let catalog = CatalogService::new(whole(&providers));
    let said = json!([{"role": "user", "content": "Tell me of foxes."}]);
    for (name, input, quote) in [
        ("mock-image", json!({"prompt": "x", "quality": "high", "n": 2}), "0.16"),
        ("mock-video", json!({"prompt": "x", "seconds": 2}), "0.04"),
        ("gpt-4.1", json!({"messages": said, "max_tokens": 100, "n": 2}), "0.002"),
        ("text-embedding-3-large", json!({"texts": ["a fox", "a dog"]}), "0.000002"),
        ("gpt-image-2", json!({"prompt": "x"}), "0.063216"),
        ("gpt-image-2", json!({"prompt": "x", "quality": "high", "size": "3840x2160", "n": 2}), "0.960624"),
        ("gpt-image-2.5-flare", json!({"prompt": "x", "quality": "low", "size": "1024x1008"}), "0.023724"),
        ("tts-1-hd", json!({"text": "four"}), "0.000144"),
        ("claude-sonnet-5", json!({"messages": said, "max_tokens": 100}), "0.00128"),
        ("deepseek-flash", json!({"messages": said, "max_tokens": 100}), "0.00016"),
        ("gemini-3.8-flash", json!({"messages": said, "max_tokens": 100}), "0.00096"),
        ("gemini-3-pro-image", json!({"prompt": "x", "resolution": "2K"}), "0.1608"),
        ("gemini-3-pro-image", json!({"prompt": "x", "resolution": "4K"}), "0.288"),
        ("gemini-omni-1.2-flash", json!({"prompt": "x", "seconds": 10, "resolution": "1080p"}), "1.26"),
        ("gemini-3.8-flash-tts", json!({"text": "four"}), "0.000178"),
        ("wan2.6-t2v", json!({"prompt": "x", "seconds": 5}), "0.6"),
        ("wan2.6-t2v", json!({"prompt": "x", "seconds": 5, "size": "1920x1080"}), "0.9"),
        ("doubao-seedance-2-0-260128", json!({"prompt": "x", "seconds": 5, "resolution": "480p"}), "0.42"),
        ("gpt-image-1.5", json!({"prompt": "x", "size": "1536x1024", "quality": "low"}), "0.0156"),
        ("sd3.5-flash", json!({"prompt": "x", "aspect_ratio": "16:9"}), "0.03"),
        ("gen4_image", json!({"prompt": "x", "size": "1920x1080"}), "0.096"),
        ("gen4_image", json!({"prompt": "x", "size": "720x720"}), "0.06"),
        ("gemini_image3_pro", json!({"prompt": "x", "n": 4}), "0.96"),
        ("gpt_image_2", json!({"prompt": "x", "quality": "auto"}), "0.864"),
        ("veo3.1", json!({"prompt": "x", "seconds": 4}), "1.92"),
        ("veo3.1", json!({"prompt": "x", "seconds": 4, "audio": false}), "0.96"),
        ("seedance2", json!({"prompt": "x", "seconds": 4, "size": "3840x2160"}), "7.2"),
        ("seedance2", json!({"prompt": "x", "seconds": 4}), "1.728"),
        ("wan3", json!({"prompt": "x", "seconds": 5, "audio": false, "resolution": "480p"}), "0.6"),
        ("wan3", json!({"prompt": "x", "seconds": 5, "resolution": "1080p"}), "1.08"),
        ("kling2.5_turbo_pro", json!({"prompt": "x", "image": PICTURE}), "0.42"),
        ("eleven_v3", json!({"text": "a".repeat(50)}), "0.012"),
    ] {
        let input = input.as_object().unwrap();
        assert_eq!(catalog.offer(name, input).unwrap().quote.credits.to_string(), quote, "{name}");
        check(&catalog, &providers, name, input).await;
    }
}
