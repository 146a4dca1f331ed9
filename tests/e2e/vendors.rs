//! Every model of the shipped catalog as a job, over the real clients, at the vendors' simulator: each result is
//! what the vendor served, byte for byte, each piece of work was paid for once, and the books add up.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::support::{Api, Home, ended, read_books};

/// How many jobs are under way at a time.
const AT_A_TIME: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn every_model_makes_what_its_vendor_served() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let home = home(&simulator);
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "100000").await;

    let models = caller.read("/api/v1/models").await["data"].as_array().unwrap().clone();
    let models = models.into_iter().filter(|model| !model["id"].as_str().unwrap().starts_with("mock-"));
    let jobs: Vec<_> = futures_util::stream::iter(models)
        .map(|model| {
            let caller = caller.clone();
            async move { made(&caller, &model).await }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;

    let served = Served::of(&simulator);
    let mut offered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (modality, job) in &jobs {
        let provider = job["attempts"][0]["provider"].as_str().unwrap();
        offered.entry(provider.to_owned()).or_default().insert(modality.clone());
        for artifact in job["artifacts"].as_array().unwrap() {
            let path =
                format!("/api/v1/jobs/{}/artifacts/{}", job["id"].as_str().unwrap(), artifact["index"]);
            let bytes = caller.get(&path).send().await.bytes;
            assert!(served.has(modality, &bytes), "{} isn't what was served: {job}", artifact["media_type"]);
        }
    }
    let vendors: Vec<_> = Vendor::ALL.iter().map(|vendor| vendor.name()).collect();
    assert!(vendors.iter().all(|vendor| offered.contains_key(*vendor)), "{offered:?}");
    assert_eq!(simulator.paid_tasks().len(), jobs.len(), "each was paid for once");
    read_books(&home, &caller).await;
}

/// A folder whose server asks the simulator in place of each vendor.
pub(crate) fn home(simulator: &Simulator) -> Home {
    let home = Home::new().with("FOURFOLD__JOBS__POLL_MAX", "50ms");
    Vendor::ALL.into_iter().fold(home, |home, vendor| {
        let name = vendor.name().to_uppercase();
        home.with(&format!("{name}_API_KEY"), "key-of-the-operator")
            .with(&format!("{name}_BASE_URL"), simulator.base_url(vendor))
    })
}

/// The job of a model's smallest request, done; with its modality.
async fn made(caller: &Api, model: &Value) -> (String, Value) {
    let (name, modality) = (model["id"].as_str().unwrap(), model["modality"].as_str().unwrap());
    let input = least_input(&model["parameters"]);
    let job = caller.submitted(&json!({"model": name, "input": input})).await;
    let job = ended(caller, &job).await;
    assert_eq!(job["state"], "succeeded", "{name}: {job}");
    assert_eq!(job["attempts"].as_array().unwrap().len(), 1, "{job}");
    assert_ne!(job["credits"]["charged"], "0", "{name} is charged: {job}");
    (modality.to_owned(), job)
}

/// What a model's schema requires, words where it takes some, and one side where a picture is to go on.
fn least_input(schema: &Value) -> Value {
    let required = schema["required"].as_array().unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let is_wanted = |name: &str| ["prompt", "left"].contains(&name) || required.contains(&json!(name));
    let wanted = properties.iter().filter(|(name, _)| is_wanted(name));
    wanted.map(|(name, property)| (name.clone(), least_value(name, property))).collect()
}

fn least_value(name: &str, property: &Value) -> Value {
    match name {
        "prompt" | "text" => json!("a red fox in the snow"),
        "messages" => json!([{"role": "user", "content": "Where do foxes live?"}]),
        "texts" => json!(["a red fox"]),
        "left" => json!(64),
        "audio" => json!(format!("data:audio/wav;base64,{}", BASE64_STANDARD.encode(sound()))),
        "video" => json!(FILM),
        _ if property.to_string().contains("\"uri\"") => json!(PICTURE),
        _ => match (property["enum"].get(0), property.get("minimum")) {
            (Some(first), _) => first.clone(),
            (None, Some(least)) => least.clone(),
            (None, None) => json!("a red fox"),
        },
    }
}

/// A second of silence.
fn sound() -> Vec<u8> {
    let samples = vec![0x80; 8000];
    let length = u32::try_from(samples.len()).unwrap();
    let header: [&[u8]; 13] = [
        b"RIFF",
        &(36 + length).to_le_bytes(),
        b"WAVEfmt ",
        &16u32.to_le_bytes(),
        &1u16.to_le_bytes(),
        &1u16.to_le_bytes(),
        &8000u32.to_le_bytes(),
        &8000u32.to_le_bytes(),
        &1u16.to_le_bytes(),
        &8u16.to_le_bytes(),
        b"data",
        &length.to_le_bytes(),
        &samples,
    ];
    header.concat()
}

/// Everything that the simulator has served.
struct Served {
    bodies: Vec<Vec<u8>>,
    /// Every text in every JSON body.
    texts: BTreeSet<String>,
    /// Every list of numbers in them.
    numbers: Vec<Vec<f32>>,
}

impl Served {
    fn of(simulator: &Simulator) -> Self {
        let mut served = Self { bodies: Vec::new(), texts: BTreeSet::new(), numbers: Vec::new() };
        for answer in simulator.received().iter().filter_map(fourfold_simulator::Received::answer) {
            if let Ok(json) = serde_json::from_slice(&answer) {
                served.read(&json);
            }
            served.bodies.push(answer.to_vec());
        }
        served
    }

    fn read(&mut self, json: &Value) {
        match json {
            Value::String(text) => {
                let encoded = text.rsplit(',').next().unwrap_or_default();
                self.bodies.extend(BASE64_STANDARD.decode(encoded).ok().filter(|bytes| bytes.len() > 40));
                self.texts.insert(text.clone());
            }
            Value::Array(values) => {
                let numbers: Option<Vec<_>> =
                    values.iter().map(|value| value.as_f64().map(|number| number as f32)).collect();
                self.numbers.extend(numbers.filter(|numbers| !numbers.is_empty()));
                values.iter().for_each(|value| self.read(value));
            }
            Value::Object(fields) => fields.values().for_each(|value| self.read(value)),
            _ => {}
        }
    }

    /// Whether a result is what was served. Text results are ours in shape and the vendor's in what they say.
    fn has(&self, modality: &str, result: &[u8]) -> bool {
        match modality {
            "chat" => {
                let answer: Value = serde_json::from_slice(result).unwrap();
                let texts = answer["answers"].as_array().unwrap().iter().map(|answer| &answer["text"]);
                texts.into_iter().all(|text| self.texts.contains(text.as_str().unwrap()))
            }
            "embedding" => {
                let answer: Value = serde_json::from_slice(result).unwrap();
                let vector: Vec<f32> = serde_json::from_value(answer["vectors"][0].clone()).unwrap();
                self.numbers.contains(&vector) || self.bodies.contains(&little_endian(&vector))
            }
            "transcription" => {
                let answer: Value = serde_json::from_slice(result).unwrap();
                let text = answer["text"].as_str().unwrap();
                self.texts.contains(text) || self.bodies.iter().any(|body| body == text.as_bytes())
            }
            // Bare samples are given the head of a WAV file.
            _ => self.bodies.iter().any(|body| {
                body == result || (result.starts_with(b"RIFF") && result.get(44..) == Some(body.as_slice()))
            }),
        }
    }
}

fn little_endian(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A white square of 512 by 512.
const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAgAAAAIAAQAAAADcA+lXAAAAjElEQVR42u3MMQ0AAAwDoPo33YrYtQQEkB5FIBAIBAKBQCAQCAQCgUAgEAgEAoFAIBAIBAKBQCAQCAQCgUAgEAgEAoFAIBAIBAKBQCAQCAQCgUAgEAgEAoFAIBAIBAKBQCAQCAQCgUAgEAgEAoFAIBAIBAKBQCAQCAQCgUAgEAgEAoFAIBAIBAKB4HcwNvqHcg2WKzYAAAAASUVORK5CYII=";

/// A film of a second that shows nothing, whose head says how long it is.
const FILM: &str = "data:video/mp4;base64,AAAAFGZ0eXBpc29tAAACAGlzb20AAAB0bW9vdgAAAGxtdmhkAAAAAAAAAAAAAAAAAAAD6AAAA+gAAQAAAQAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ==";
