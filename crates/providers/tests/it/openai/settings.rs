//! Any vendor of this wire, by configuration alone.

use std::sync::Arc;

use fourfold_domain::{Modality, Parameter, Provider, Request};
use fourfold_providers::{ProviderFactory, ProviderSettings, conformance};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::{Value, json};

use super::{context, text};

fn vendor(key: &str, models: &[&str]) -> Simulator {
    Simulator::start(SimulatorSettings {
        keys: [(Vendor::OpenAi, vec![key.to_owned()])].into(),
        extra_models: models.iter().map(ToString::to_string).collect(),
        ..SimulatorSettings::default()
    })
}

fn settings(simulator: &Simulator, key: &str, more: Value) -> ProviderSettings {
    let mut settings =
        json!({"kind": "openai", "api_key": key, "base_url": simulator.base_url(Vendor::OpenAi)});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(settings).unwrap()
}

/// Which key each request had, and its body.
fn received(simulator: &Simulator) -> Vec<(String, Value)> {
    let one = |received: fourfold_simulator::Received| {
        let key = received.headers["authorization"].to_str().unwrap().to_owned();
        (key, serde_json::from_slice(&received.body).unwrap())
    };
    simulator.received().into_iter().map(one).collect()
}

async fn chat(provider: &dyn Provider, model: &str) {
    let input = json!({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9});
    let generator = provider.generator().unwrap();
    generator.generate(text(Modality::Chat, input), context(model)).await.unwrap();
}

#[tokio::test]
async fn two_vendors_at_once_keep_apart() {
    let (groq, local) = (vendor("gsk-1", &["llama"]), vendor("sk-local", &["llama", "qwen"]));
    let factory = ProviderFactory::with_builtin();
    let chats = json!({"models": {"llama": {"modality": "chat"}}});
    let first = factory.create("groq", settings(&groq, "gsk-1", chats)).unwrap();
    let others = json!({
        "limit_field": "max_tokens",
        "models": {
            "llama": {"modality": "chat"},
            "qwen": {"modality": "chat", "limit_field": "max_completion_tokens"},
        },
    });
    let second = factory.create("local", settings(&local, "sk-local", others)).unwrap();

    tokio::join!(chat(&*first, "llama"), chat(&*second, "llama"));
    chat(&*second, "qwen").await;

    let names = |provider: &Arc<dyn Provider>| -> Vec<_> {
        provider.models().iter().map(|spec| spec.vendor_model.clone()).collect()
    };
    assert_eq!((names(&first), names(&second)), (vec!["llama".into()], vec!["llama".into(), "qwen".into()]));
    assert_eq!((first.key().as_str(), second.key().as_str()), ("groq", "local"));
    let [(key, body)] = &received(&groq)[..] else { panic!("groq was asked once") };
    assert_eq!((key.as_str(), &body["max_completion_tokens"]), ("Bearer gsk-1", &json!(9)));
    let [(key, llama), (_, qwen)] = &received(&local)[..] else { panic!("local was asked twice") };
    assert_eq!((key.as_str(), &llama["max_tokens"]), ("Bearer sk-local", &json!(9)));
    assert_eq!(llama.get("max_completion_tokens"), None);
    assert_eq!((&qwen["max_completion_tokens"], qwen.get("max_tokens")), (&json!(9), None));
    let error = first.generator().unwrap();
    let stranger = error.generate(
        text(Modality::Chat, json!({"messages": [{"role": "user", "content": "x"}]})),
        context("qwen"),
    );
    assert_eq!(stranger.await.unwrap_err().message, "groq has no model \"qwen\"");
}

/// All that can be said of a model.
fn models() -> Value {
    json!({
        "llama": {
            "modality": "chat",
            "without": ["seed", "n"],
            "parameters": {
                "max_tokens": {"max": 1024},
                "temperature": {"max": 1.0, "default": 0.5},
                "stop": {"max": 1},
                "top_k": {"kind": "integer", "min": 1, "max": 200, "about": "how many words are drawn from"},
                "min_p": {"kind": "number", "max": 1},
                "think": {"kind": "boolean"},
                "persona": {"kind": "text", "max": 8},
                "tier": {"choices": ["slow", "fast"], "required": true},
            },
        },
        "kokoro": {"modality": "speech", "without": ["instructions"],
            "parameters": {"voice": {"choices": ["bella", "adam"]}, "text": {"max": 10}, "speed": {"min": 0.5, "max": 2}}},
        "sdxl": {"modality": "image", "without": ["background", "output_compression", "moderation", "quality", "format"],
            "parameters": {"size": {"choices": ["512x512", "768x768"]}, "n": {"max": 1}, "seed": {"kind": "integer"},
                "aspect_ratio": {"choices": ["1:1", "16:9"]}}},
        "wide": {"modality": "image", "parameters": {"size": {"min": 64, "max": 512, "step": 64}, "image": {"max": 2}}},
        "film": {"modality": "video", "parameters": {"seconds": {"choices": [5, 10]},
            "resolution": {"choices": ["720p", "1080p"], "default": "720p"}}},
        "bge": {"modality": "embedding", "without": ["dimensions"], "parameters": {"texts": {"max": 2}}},
    })
}

fn provider(simulator: &Simulator) -> Arc<dyn Provider> {
    let settings = settings(simulator, "sk-1", json!({"models": models()}));
    ProviderFactory::with_builtin().create("local", settings).unwrap()
}

fn table(provider: &dyn Provider, model: &str) -> Vec<Parameter> {
    let spec = provider.models().iter().find(|spec| spec.vendor_model == model).unwrap();
    spec.parameters.clone()
}

#[tokio::test]
async fn an_operator_states_what_a_model_can_be_told() {
    let simulator = vendor("sk-1", &[]);
    let provider = provider(&simulator);
    let hi = json!([{"role": "user", "content": "Hi"}]);
    let llama = |more: Value| {
        let mut input = json!({"messages": hi, "tier": "slow"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (model, input, field) in [
        ("llama", llama(json!({"max_tokens": 1024, "temperature": 1.0, "stop": "x"})), None),
        ("llama", llama(json!({"top_k": 200, "min_p": 0.5, "think": true, "persona": "a fox"})), None),
        ("llama", llama(json!({"max_tokens": 1025})), Some("input.max_tokens")),
        ("llama", llama(json!({"temperature": 1.5})), Some("input.temperature")),
        ("llama", llama(json!({"stop": ["x", "y"]})), Some("input.stop")),
        ("llama", llama(json!({"seed": 1})), Some("input.seed")),
        ("llama", llama(json!({"n": 1})), Some("input.n")),
        ("llama", llama(json!({"top_k": 201})), Some("input.top_k")),
        ("llama", llama(json!({"min_p": 1.5})), Some("input.min_p")),
        ("llama", llama(json!({"think": "yes"})), Some("input.think")),
        ("llama", llama(json!({"persona": "a red fox"})), Some("input.persona")),
        ("llama", llama(json!({"tier": "faster"})), Some("input.tier")),
        ("llama", json!({"messages": hi}), Some("input.tier")),
        ("kokoro", json!({"text": "A red fox.", "voice": "adam", "speed": 2}), None),
        ("kokoro", json!({"text": "A red fox!!"}), Some("input.text")),
        ("kokoro", json!({"text": "A", "voice": "alloy"}), Some("input.voice")),
        ("kokoro", json!({"text": "A", "speed": 0.25}), Some("input.speed")),
        ("sdxl", json!({"prompt": "a fox", "size": "768x768", "seed": 7, "aspect_ratio": "16:9"}), None),
        ("sdxl", json!({"prompt": "a fox", "size": "1024x1024"}), Some("input.size")),
        ("sdxl", json!({"prompt": "a fox", "n": 2}), Some("input.n")),
        ("wide", json!({"prompt": "a fox", "size": "512x64"}), None),
        ("wide", json!({"prompt": "a fox", "size": "512x80"}), Some("input.size")),
        ("wide", json!({"prompt": "a fox", "image": ["a", "b", "c"]}), Some("input.image")),
        ("film", json!({"prompt": "a fox", "seconds": 10, "resolution": "1080p"}), None),
        ("film", json!({"prompt": "a fox", "seconds": 4}), Some("input.seconds")),
        ("bge", json!({"texts": ["a", "b"]}), None),
        ("bge", json!({"texts": ["a", "b", "c"]}), Some("input.texts")),
    ] {
        let found = Parameter::check_all(&table(&*provider, model), input.as_object().unwrap());
        assert_eq!(found.as_ref().err().map(|error| &*error.field), field, "{model}: {input}");
    }
}

#[tokio::test]
async fn a_default_stays_within_what_is_allowed() {
    let simulator = vendor("sk-1", &[]);
    let provider = provider(&simulator);
    for (model, name, default) in [
        ("llama", "max_tokens", json!(1024)),
        ("llama", "temperature", json!(0.5)),
        ("kokoro", "voice", json!("bella")),
        ("sdxl", "size", json!("512x512")),
        ("wide", "size", json!("512x512")),
        ("film", "seconds", json!(5)),
        ("film", "resolution", json!("720p")),
    ] {
        let table = table(&*provider, model);
        let parameter = table.iter().find(|parameter| parameter.name == name).unwrap();
        assert_eq!(parameter.default, Some(default), "{model} {name}");
    }
}

/// What the vendor was asked, for an input with the defaults of its table. Whether it knows such a voice is its own
/// business.
async fn sent(modality: Modality, model: &str, input: Value) -> Value {
    let simulator = vendor("sk-1", &[model]);
    let provider = provider(&simulator);
    let mut input = input.as_object().unwrap().clone();
    Parameter::fill_in(&table(&*provider, model), &mut input);
    let context = context(model);
    match Request::parse(modality, input).unwrap() {
        Request::Media(request) => {
            drop(provider.media().unwrap().start(request, context).await);
        }
        Request::Generation(request) => {
            drop(provider.generator().unwrap().generate(request, context).await);
        }
    }
    received(&simulator).remove(0).1
}

#[tokio::test]
async fn a_parameter_that_the_operator_names_reaches_the_wire() {
    let hi = json!([{"role": "user", "content": "Hi"}]);
    let llama =
        json!({"messages": hi, "tier": "fast", "top_k": 40, "min_p": 0.1, "think": true, "persona": "fox"});
    let chat = sent(Modality::Chat, "llama", llama.clone()).await;
    for name in ["tier", "top_k", "min_p", "think", "persona"] {
        assert_eq!(chat[name], llama[name], "{name}");
    }
    assert_eq!((chat.get("n"), &chat["temperature"]), (None, &json!(0.5)));
    let sdxl = json!({"prompt": "a fox", "seed": 7, "aspect_ratio": "16:9"});
    let image = sent(Modality::Image, "sdxl", sdxl).await;
    assert_eq!((&image["seed"], &image["aspect_ratio"]), (&json!(7), &json!("16:9")));
    assert_eq!(image["size"], "512x512");
    let speech = sent(Modality::Speech, "kokoro", json!({"text": "A fox."})).await;
    assert_eq!(speech["voice"], "bella");
}

#[tokio::test]
async fn models_by_configuration_keep_the_contract() {
    let names = ["llama", "kokoro", "sdxl", "wide", "bge"];
    let simulator = vendor("sk-1", &names);
    let mut models = models();
    models.as_object_mut().unwrap().remove("film");
    let factory = ProviderFactory::with_builtin();
    let build = || factory.create("local", settings(&simulator, "sk-1", json!({"models": models}))).unwrap();
    conformance::check(build).await.unwrap();
}

#[test]
fn what_cannot_be_meant_names_its_place() {
    let chat = |parameters: Value| json!({"modality": "chat", "parameters": parameters});
    let image = |parameters: Value| json!({"modality": "image", "parameters": parameters});
    for (model, place, problem) in [
        (json!({"modality": "chat", "without": ["messages"]}), "without", "messages can't be left out"),
        (
            json!({"modality": "chat", "without": ["voice"]}),
            "without",
            "voice isn't usual; there is messages",
        ),
        (chat(json!({"top_k": {}})), "parameters.top_k", "must have a kind"),
        (chat(json!({"seed": {"kind": "text"}})), "parameters.seed.kind", "is that of the usual"),
        (chat(json!({"seed": {"mox": 3}})), "parameters.seed.mox", "unknown field"),
        (chat(json!({"max_tokens": {"max": 0}})), "parameters.max_tokens", "allows nothing"),
        (chat(json!({"max_tokens": {"max": 1.5}})), "parameters.max_tokens.max", "must be a whole number"),
        (
            chat(json!({"max_tokens": {"max": 5, "default": 6}})),
            "parameters.max_tokens.default",
            "must be from 1 to 5",
        ),
        (chat(json!({"messages": {"max": 5}})), "parameters.messages.max", "can't be given"),
        (chat(json!({"tools": {"choices": ["a"]}})), "parameters.tools.choices", "can't be given"),
        (chat(json!({"stop": {"min": 1}})), "parameters.stop.min", "can't be given"),
        (
            chat(json!({"reasoning_effort": {"choices": []}})),
            "parameters.reasoning_effort.choices",
            "at least one text",
        ),
        (
            chat(json!({"reasoning_effort": {"choices": [1]}})),
            "parameters.reasoning_effort.choices",
            "at least one text",
        ),
        (chat(json!({"n": {"choices": ["1"]}})), "parameters.n.choices", "at least one whole number"),
        (chat(json!({"temperature": {"step": 1}})), "parameters.temperature.step", "for sizes only"),
        (image(json!({"size": {"step": 0}})), "parameters.size.step", "must be 1 or more"),
        (image(json!({"size": {"choices": ["1K"]}})), "parameters.size.choices", "must be WIDTHxHEIGHT"),
        (image(json!({"size": {"min": 100, "max": 110, "step": 64}})), "parameters.size", "allows nothing"),
        (json!({"modality": "chat", "limit_field": "tokens"}), "limit_field", "unknown variant"),
    ] {
        let settings = json!({"kind": "openai", "api_key": "k", "models": {"m": model}});
        let settings = serde_json::from_value(settings).unwrap();
        let error = ProviderFactory::with_builtin().create("local", settings).err().unwrap().to_string();
        let (found, words) = error.split_once(": ").unwrap();
        assert_eq!(found, format!("providers.local.models.m.{place}"), "{error}");
        assert!(words.contains(problem), "{error}");
    }
}
