use bytes::Bytes;
use fourfold_clients::runway::MockRunwayApi;
use fourfold_domain::{
    AttemptContext, Cancelled, Circuit, MediaMaker, Modality, Output, OutputSource, Parameter, ParameterKind,
    Poll, Provider, Reason, Request, Started, UpstreamTask,
};
use fourfold_providers::{ProviderFactory, ProviderSettings};
use fourfold_simulator::{Simulator, SimulatorSettings, Timings, Vendor};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::assets::film;
use super::{OFFER, context, filled, provider};

/// A simulator whose tasks take a while, and the provider over it.
fn simulated() -> (Simulator, std::sync::Arc<dyn Provider>) {
    let simulator = Simulator::start(SimulatorSettings::default());
    simulator.set_timings(Timings { task_running: std::time::Duration::from_secs(60), ..Timings::default() });
    let settings = json!({"api_key": "key_1", "base_url": simulator.base_url(Vendor::Runway)});
    let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
    let provider = ProviderFactory::with_builtin().create("runway", settings).unwrap();
    (simulator, provider)
}

async fn begun(provider: &dyn Provider, context: AttemptContext, input: Value) -> UpstreamTask {
    let (modality, input) = filled(&context.vendor_model, input).unwrap();
    let Ok(Request::Media(request)) = Request::parse(modality, input) else { panic!("not media") };
    match provider.media().unwrap().start(request, context).await.unwrap() {
        Started::Task(task) => task,
        Started::Done(outputs) => panic!("{outputs:?}"),
    }
}

/// The least that each way of a model is asked by.
fn ways(vendor_model: &str) -> Vec<Value> {
    let (words, image, video) =
        (json!({"prompt": "x"}), json!({"image": PIXEL}), json!({"video": film(1_000)}));
    let both = |a: &Value, b: &Value| {
        let mut both = a.clone();
        both.as_object_mut().unwrap().extend(b.as_object().unwrap().clone());
        both
    };
    let speech = json!({"text": "x"});
    let all = [speech, words.clone(), both(&words, &image), both(&words, &video), both(&image, &video)];
    let taken = |input: &Value| {
        let Ok((modality, input)) = filled(vendor_model, input.clone()) else { return false };
        Request::parse(modality, input).is_ok_and(|request| OFFER.check(vendor_model, &request).is_ok())
    };
    all.into_iter().filter(taken).collect()
}

const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";

#[tokio::test]
async fn the_vendor_takes_each_way_of_each_model_of_videos() {
    let (_simulator, provider) = simulated();
    let mut begun_count = 0;
    for spec in provider.models().iter().filter(|spec| spec.modality == Modality::Video) {
        let ways = ways(&spec.vendor_model);
        assert!(!ways.is_empty(), "{}", spec.vendor_model);
        for input in ways {
            begun(&*provider, context(&spec.vendor_model), input).await;
            begun_count += 1;
        }
    }
    assert_eq!(begun_count, 62);
}

#[tokio::test]
async fn the_vendor_takes_all_that_may_be_chosen() {
    for spec in OFFER.models() {
        // Of its own, since a simulator that has seen much takes its time.
        let (_simulator, provider) = simulated();
        for row in &spec.parameters {
            for choice in choices(row) {
                let mut is_taken = spec.modality != Modality::Video;
                for mut input in ways(&spec.vendor_model) {
                    input[&row.name] = choice.clone();
                    let (modality, filled) = filled(&spec.vendor_model, input.clone()).unwrap();
                    let request = Request::parse(modality, filled).unwrap();
                    if OFFER.check(&spec.vendor_model, &request).is_ok() {
                        begun(&*provider, context(&spec.vendor_model), input).await;
                        is_taken = true;
                    }
                }
                // A profile of ProRes needs that format too.
                assert!(is_taken || row.name == "prores_profile", "{} {}", spec.vendor_model, row.name);
            }
        }
    }
}

/// What may be chosen, as far as the simulator makes such files.
fn choices(row: &Parameter) -> Vec<Value> {
    match &row.kind {
        ParameterKind::Choice(choices) => {
            let unmade = ["prores", "mov"];
            choices
                .iter()
                .filter(|choice| !unmade.contains(&choice.as_str()))
                .map(|choice| json!(choice))
                .collect()
        }
        ParameterKind::IntegerChoice(choices) => choices.iter().map(|choice| json!(choice)).collect(),
        ParameterKind::Integer { min, max } => vec![json!(min), json!(max)],
        ParameterKind::Number { min, max } => vec![json!(min), json!(max)],
        ParameterKind::Boolean => vec![json!(false), json!(true)],
        ParameterKind::MediaList { max } => vec![json!(PIXEL), json!(vec![PIXEL; *max])],
        ParameterKind::Media if row.name != "video" => vec![json!(PIXEL)],
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn a_task_at_the_vendor_is_cancelled_once_and_gone() {
    let (simulator, provider) = simulated();
    let media = provider.media().unwrap();
    let task = begun(&*provider, context("gen4_turbo"), json!({"image": PIXEL})).await;
    assert!(matches!(media.poll(&task).await.unwrap(), Poll::Running { progress: Some(_), .. }));
    for _ in 0..2 {
        assert_eq!(media.cancel(&task).await.unwrap(), Cancelled::Stopped { used: None });
    }
    assert_eq!(media.poll(&task).await.unwrap_err().reason, Reason::NotFound);
    let other = begun(&*provider, context("gen4_turbo"), json!({"image": PIXEL})).await;
    simulator.advance(std::time::Duration::from_secs(61));
    assert_eq!(media.cancel(&other).await.unwrap(), Cancelled::TooLate);
    let Poll::Done(outputs) = media.poll(&other).await.unwrap() else { panic!("it isn't over") };
    let pieces: Vec<Bytes> = media.fetch(&outputs.items[0]).await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat()[4..8], *b"ftyp");
    assert_eq!(outputs.vendor["credits"], 25);
}

#[tokio::test]
async fn a_file_that_was_uploaded_is_found_by_the_vendor() {
    let (_simulator, provider) = simulated();
    // Larger than a data URI may be, by what comes after the picture's end.
    let (_, picture) = PIXEL.split_once(',').unwrap();
    let mut bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, picture).unwrap();
    bytes.resize(4_000_000, 0);
    let large = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes);
    let input = json!({"image": format!("data:image/png;base64,{large}")});
    begun(&*provider, context("gen4_turbo"), input).await;
}

#[tokio::test]
async fn bytes_are_fetched_and_handles_are_not() {
    let provider = provider(MockRunwayApi::new());
    let output = |source| Output { media_type: "image/png".to_owned(), source };
    let bytes = provider.fetch(&output(OutputSource::Bytes(Bytes::from("PNG")))).await.unwrap();
    assert_eq!(bytes.try_collect::<Vec<_>>().await.unwrap().concat(), b"PNG");
    let error = provider.fetch(&output(OutputSource::Handle("x".to_owned()))).await.err().unwrap();
    assert_eq!((error.reason, provider.circuit()), (Reason::Unsupported, Circuit::Closed));
}

#[test]
fn a_provider_without_a_key_or_with_a_misspelt_setting_is_not_made() {
    let factory = ProviderFactory::with_builtin();
    for (settings, message) in [
        (json!({}), "providers.runway.api_key"),
        (json!({"api_key": "k", "modles": {}}), "providers.runway.modles"),
        (json!({"api_key": "k", "retry": {"retries_max": 99}}), "providers.runway.retry.retries_max"),
        (json!({"api_key": "k", "base_url": "not a url"}), "providers.runway.base_url"),
    ] {
        let made = factory.create("runway", serde_json::from_value(settings).unwrap());
        let error = made.err().unwrap().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}
