//! A service for calls around one user with ten credits, and one model: `talk` at 0.001 credits a token in and 0.002
//! out, or for vendors who speak `speak` at 0.01 credits a character.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AnswerPiece, AttemptContext, BoxStream, CacheTerms, ChatResult, Dialect, GenerationRequest,
    GenerationResult, Generator, InstanceId, InvalidInput, Modality, ModelSpec, OnCancel, OnDisconnect,
    OnUncertain, Parameter, ParameterKind, Provider, ProviderError, ProviderKey, StreamChunk, TokenCeilings,
    Unit, Usage, WireAsked,
};
use fourfold_service::backends::FolderStorage;
use fourfold_service::calls::{
    CacheSettings, CacheUse, CallHead, CallParts, CallReply, CallRequest, CallSettings, CallView,
    CallsService, Interpreter, PartWriter, SpeechCall,
};
use fourfold_service::catalog::{
    Catalog, CatalogService, ModelSettings, PriceSettings, PricingSettings, RateSettings, RouteSettings,
};
use fourfold_service::credits::{Entry, EntryKind, Owner};
use fourfold_service::files::{FileParts, FileSettings, FilesService};
use fourfold_service::limits::Admission;
use fourfold_service::ports::{AccountStore as _, CallStore as _};
use fourfold_service::routing::Routing;
use fourfold_service::testing::{
    MemoryStore, MemoryUsage, ProviderTable, account_subject, credits, provider,
};
use fourfold_service::usage::{UsageLog, UsageParts, UsageSettings};
use fourfold_service::{Idempotency, Media, ServiceError, Spawner};
use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::ledger::grant;
use crate::worker::PausedClock;

pub(crate) type Chunk = Result<StreamChunk, ProviderError>;

/// What `talk` takes for a token in and out.
const PRICES: [&str; 2] = ["0.001", "0.002"];

/// A vendor of this name that does this, one after the other.
pub(crate) struct Talker {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    script: Mutex<VecDeque<Act>>,
}

pub(crate) enum Act {
    /// Answers at once, after so long.
    Say(Duration, Result<ChatResult, ProviderError>),
    /// Writes what the test writes.
    Write(mpsc::UnboundedReceiver<Chunk>),
}

impl Talker {
    pub(crate) fn of<const N: usize>(name: &str, acts: [Act; N]) -> Arc<dyn Provider> {
        let parameters = vec![
            Parameter::new("messages", ParameterKind::Messages, "what was said").required(),
            Parameter::new("max_tokens", ParameterKind::Integer { min: 1, max: 1000 }, "how much")
                .default(100),
        ];
        let vendor_model = format!("{name}-1");
        let models = vec![ModelSpec { vendor_model, modality: Modality::Chat, parameters }];
        Arc::new(Self { key: provider(name), models, script: Mutex::new(acts.into()) })
    }

    fn next(&self) -> Act {
        self.script.lock().unwrap().pop_front().expect("the script has no more")
    }
}

impl Provider for Talker {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn generator(&self) -> Option<&dyn Generator> {
        Some(self)
    }
}

#[async_trait]
impl Generator for Talker {
    async fn generate(
        &self,
        _: GenerationRequest,
        _: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        let Act::Say(after, answer) = self.next() else { panic!("it is to write") };
        tokio::time::sleep(after).await;
        answer.map(GenerationResult::Chat)
    }

    async fn generate_stream(
        &self,
        _: GenerationRequest,
        _: AttemptContext,
    ) -> Result<BoxStream<Chunk>, ProviderError> {
        let Act::Write(chunks) = self.next() else { panic!("it is to say") };
        let next = async |mut chunks: mpsc::UnboundedReceiver<Chunk>| Some((chunks.recv().await?, chunks));
        Ok(Box::pin(stream::unfold(chunks, next)))
    }
}

/// Writes texts as they are, and a full stop last.
pub(crate) struct Plain;

impl Interpreter for Plain {
    fn input(&mut self, body: &Bytes) -> Result<Map<String, Value>, InvalidInput> {
        let mut input: Map<String, Value> = serde_json::from_slice(body).unwrap();
        input.retain(|name, _| name != "model" && name != "stream");
        Ok(input)
    }

    fn whole(&mut self, result: GenerationResult) -> Bytes {
        let GenerationResult::Chat(result) = result else { panic!("{result:?}") };
        result.answers.into_iter().map(|answer| answer.text).collect::<String>().into()
    }
}

impl PartWriter for Plain {
    fn begin(&mut self, _: &CallHead) {}

    fn part(&mut self, chunk: &StreamChunk) -> Bytes {
        match chunk {
            StreamChunk::Answer { piece: AnswerPiece::Text(text), .. } => text.clone().into(),
            _ => Bytes::new(),
        }
    }

    fn last(&mut self) -> Bytes {
        Bytes::from_static(b".")
    }
}

pub(crate) struct House {
    pub(crate) store: MemoryStore,
    pub(crate) usage: MemoryUsage,
    pub(crate) calls: CallsService,
    pub(crate) parts: CallParts,
    pub(crate) instance: InstanceId,
    pub(crate) spawner: Spawner,
    _folder: TempDir,
}

impl House {
    pub(crate) async fn new<const N: usize>(
        on_disconnect: OnDisconnect,
        vendors: [Arc<dyn Provider>; N],
    ) -> Self {
        Self::at_cost(None, on_disconnect, vendors).await
    }

    /// Which keeps answers of up to 100 bytes for a minute; given again they cost so many hundredths.
    pub(crate) async fn caching<const N: usize>(charge_percent: u8, vendors: [Arc<dyn Provider>; N]) -> Self {
        let terms = CacheTerms { ttl: Duration::from_secs(60), charge_percent };
        Self::with(PRICES, Some("0.0001"), Some(terms), OnDisconnect::Cancel, vendors).await
    }

    /// Whose vendors take so much for a token, or a character.
    pub(crate) async fn at_cost<const N: usize>(
        cost: Option<&str>,
        on_disconnect: OnDisconnect,
        vendors: [Arc<dyn Provider>; N],
    ) -> Self {
        Self::at_prices(PRICES, cost, on_disconnect, vendors).await
    }

    /// Whose model takes so much for a token in and out.
    pub(crate) async fn at_prices<const N: usize>(
        prices: [&str; 2],
        cost: Option<&str>,
        on_disconnect: OnDisconnect,
        vendors: [Arc<dyn Provider>; N],
    ) -> Self {
        Self::with(prices, cost, None, on_disconnect, vendors).await
    }

    async fn with<const N: usize>(
        [input, output]: [&str; 2],
        cost: Option<&str>,
        cache: Option<CacheTerms>,
        on_disconnect: OnDisconnect,
        vendors: [Arc<dyn Provider>; N],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(PausedClock::new());
        let store = MemoryStore::new(clock.clone());
        let rate = |unit, credits: &str| RateSettings {
            unit,
            credits: credits.to_owned(),
            per: Some(1),
            when: BTreeMap::new(),
        };
        let modality = vendors[0].models()[0].modality;
        let (name, prices) = match modality {
            Modality::Speech => ("speak", vec![(Unit::Character, "0.01")]),
            _ => ("talk", vec![(Unit::InputToken, input), (Unit::OutputToken, output)]),
        };
        let cost = cost.map(|cost| PriceSettings {
            version: "v1".to_owned(),
            rates: prices.iter().map(|(unit, _)| rate(*unit, cost)).collect(),
        });
        let route = vendors.iter().map(|vendor| RouteSettings {
            provider: vendor.key().to_string(),
            model: vendor.models()[0].vendor_model.clone(),
            rank: None,
            weight: 1,
            cost: cost.clone(),
        });
        let route = route.collect();
        let providers = ProviderTable::from_iter(vendors);
        let rates = prices.into_iter().map(|(unit, price)| rate(unit, price)).collect();
        let model = ModelSettings {
            retention: None,
            modality,
            route,
            price: Some(PriceSettings { version: "v1".to_owned(), rates }),
            drop_unsupported: false,
            token_ceilings: TokenCeilings::default(),
            default_max_output: (modality == Modality::Chat).then_some(50),
            cache,
            min_output: 16,
            context_tokens: 4096,
            deadline: Duration::from_secs(600),
            attempts_max: 3,
            on_cancel: OnCancel::Full,
            on_uncertain: OnUncertain::Fail,
            on_disconnect,
        };
        let models = BTreeMap::from([(name.to_owned(), model)]);
        let catalog = Catalog::build(&models, PricingSettings::default(), &providers).unwrap();
        let files = FilesService::new(FileParts {
            store: Arc::new(store.clone()),
            storage: Arc::new(FolderStorage::open(folder.path()).unwrap()),
            clock: clock.clone(),
            settings: FileSettings::default(),
            has_room: Arc::default(),
        });
        let instance = InstanceId::new(Uuid::now_v7());
        let (usage, spawner) = (MemoryUsage::default(), Spawner::new(Handle::current()));
        let log = UsageParts {
            usage: Arc::new(usage.clone()),
            store: Arc::new(store.clone()),
            clock: clock.clone(),
            settings: UsageSettings::default(),
        };
        let parts = CallParts {
            store: Arc::new(store.clone()),
            routing: Routing::new(Arc::new(providers), clock.clone()),
            catalog: CatalogService::new(catalog),
            media: Media::offline(files),
            usage: UsageLog::start(log, &spawner),
            clock,
            instance,
            settings: CallSettings {
                replay_bytes_max: 100,
                in_flight_max: 2,
                cache: CacheSettings { answer_bytes_max: 100, ..CacheSettings::default() },
                ..CallSettings::default()
            },
            spawner: spawner.clone(),
        };
        let calls = CallsService::new(parts.clone());
        store.grant(grant("u1", "10", "grant:first")).await.unwrap();
        Self { store, usage, calls, parts, instance, spawner, _folder: folder }
    }

    pub(crate) async fn chat(&self, is_stream: bool) -> Result<CallReply, ServiceError> {
        self.chat_with(is_stream, None).await
    }

    pub(crate) async fn chat_with(
        &self,
        is_stream: bool,
        key: Option<&str>,
    ) -> Result<CallReply, ServiceError> {
        self.calls.generate(request(is_stream, key), Box::new(Plain)).await
    }

    /// Has `A fox.` said.
    pub(crate) async fn speak(&self, key: Option<&str>) -> Result<CallReply, ServiceError> {
        self.speak_with(key, false).await
    }

    /// The same, once more by itself or not.
    pub(crate) async fn speak_with(
        &self,
        key: Option<&str>,
        is_repeat: bool,
    ) -> Result<CallReply, ServiceError> {
        let input = json!({"text": "A fox."}).as_object().unwrap().clone();
        let idempotency = key.map(|key| Idempotency {
            method: "POST".to_owned(),
            path: "/v1/audio/speech".to_owned(),
            key: key.to_owned(),
            fingerprint: [1; 32],
        });
        let (subject, admission) = (account_subject("u1"), Admission::unlimited());
        let model = "speak".to_owned();
        let (fingerprint, cache) = ([1; 32], CacheUse::Usual);
        let key = None;
        let call =
            SpeechCall { subject, key, model, input, fingerprint, is_repeat, idempotency, cache, admission };
        self.calls.speak(call).await
    }

    /// The last end in the ledger: its kind, what was charged, and whether that is an estimate.
    pub(crate) async fn end(&self) -> (EntryKind, String, bool) {
        // The task that settles is another one.
        loop {
            let entry = self.last_entry().await;
            if entry.operation.starts_with("end:") {
                let account = self.store.account(&account_subject("u1")).await.unwrap().unwrap();
                assert_eq!(account.held, credits("0"));
                assert_eq!(self.store.audit().await.unwrap().findings, Vec::new());
                let spent = credits("10").checked_sub(account.available).unwrap();
                return (entry.kind, spent.to_string(), entry.is_estimated);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) async fn last_entry(&self) -> Entry {
        let account = self.store.account(&account_subject("u1")).await.unwrap().unwrap();
        self.store.entries(account.id, None, 1).await.unwrap().remove(0)
    }

    /// The call that the last entry is of.
    pub(crate) async fn call(&self) -> CallView {
        let Some(Owner::Call(id)) = self.last_entry().await.owner else { panic!("no call's entry") };
        self.store.call(id).await.unwrap().unwrap()
    }
}

pub(crate) fn request(is_stream: bool, key: Option<&str>) -> CallRequest {
    let messages = json!([{"role": "user", "content": "Where do foxes live?"}]);
    let body = json!({"model": "talk", "stream": is_stream, "messages": messages}).to_string();
    CallRequest {
        admission: Admission::unlimited(),
        subject: account_subject("u1"),
        key: None,
        asked: WireAsked::read(Dialect::OpenAiChat, body.as_bytes()).unwrap(),
        body: body.into(),
        headers: Vec::new(),
        cache: CacheUse::Usual,
        idempotency: key.map(|key| Idempotency {
            method: "POST".to_owned(),
            path: "/v1/chat/completions".to_owned(),
            key: key.to_owned(),
            fingerprint: [1; 32],
        }),
    }
}

/// All that comes of an answer, and how it ends.
pub(crate) async fn read(mut reply: CallReply) -> (String, Result<(), ServiceError>) {
    let mut text = String::new();
    while let Some(part) = reply.body.next().await {
        match part {
            Ok(bytes) => text.push_str(std::str::from_utf8(&bytes).unwrap()),
            Err(error) => return (text, Err(error)),
        }
    }
    (text, Ok(()))
}

pub(crate) fn text(text: &str) -> Chunk {
    Ok(StreamChunk::Answer { index: 0, piece: AnswerPiece::Text(text.to_owned()) })
}

/// So many tokens in and out.
pub(crate) fn used(input_tokens: u64, output_tokens: u64) -> Chunk {
    Ok(StreamChunk::Usage(Usage { input_tokens, output_tokens, ..Usage::default() }))
}
