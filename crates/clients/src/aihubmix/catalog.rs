//! `/api/v1/models`: what each model can do and costs.

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use super::number::Number;
use crate::http::{AuthScheme, BaseHttpClient, Call, ClientError, Effect, ErrorKind};
use crate::vendor::{open_enum, wire_type};

/// Which models of the catalog. The default is all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CatalogFilter {
    /// Models of this type.
    pub model_type: Option<ModelType>,
    /// Models that take all of these.
    pub modalities: Vec<Modality>,
    /// Models with a name like this.
    pub model: Option<String>,
    /// Models with all of these.
    pub features: Vec<Feature>,
    /// What they are sorted by.
    pub sort_by: Option<CatalogOrder>,
    /// In which direction.
    pub sort_order: Option<SortOrder>,
}

impl CatalogFilter {
    /// Only models of this type.
    #[must_use]
    pub fn model_type(mut self, model_type: ModelType) -> Self {
        self.model_type = Some(model_type);
        self
    }

    /// Only models that take all of these.
    #[must_use]
    pub fn modalities(mut self, modalities: impl Into<Vec<Modality>>) -> Self {
        self.modalities = modalities.into();
        self
    }

    /// Only models with a name like this.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Only models with all of these.
    #[must_use]
    pub fn features(mut self, features: impl Into<Vec<Feature>>) -> Self {
        self.features = features.into();
        self
    }

    /// Sorted.
    #[must_use]
    pub fn sort(mut self, sort_by: CatalogOrder, sort_order: SortOrder) -> Self {
        (self.sort_by, self.sort_order) = (Some(sort_by), Some(sort_order));
        self
    }
}

open_enum! {
    /// What a model makes.
    pub enum ModelType {
        /// Texts.
        Llm = "llm",
        /// Pictures.
        ImageGeneration = "image_generation",
        /// Videos.
        Video = "video",
        /// Speech.
        Tts = "tts",
        /// Transcriptions.
        Stt = "stt",
        /// Vectors.
        Embedding = "embedding",
        /// An order of texts.
        Rerank = "rerank",
    }
}

open_enum! {
    /// What a model takes.
    pub enum Modality {
        /// Texts.
        Text = "text",
        /// Pictures.
        Image = "image",
        /// Sounds.
        Audio = "audio",
        /// Videos.
        Video = "video",
        /// PDF files.
        Pdf = "pdf",
    }
}

open_enum! {
    /// What a model can do besides.
    pub enum Feature {
        /// It thinks.
        Thinking = "thinking",
        /// It uses tools.
        Tools = "tools",
        /// It calls functions.
        FunctionCalling = "function_calling",
        /// It searches the web.
        Web = "web",
        /// It searches for long.
        DeepSearch = "deepsearch",
        /// It takes long texts.
        LongContext = "long_context",
        /// Its answers fit a schema.
        StructuredOutputs = "structured_outputs",
    }
}

open_enum! {
    /// What models are sorted by.
    pub enum CatalogOrder {
        /// What they cost.
        ModelRatio = "model_ratio",
        /// How much they take.
        ContextLength = "context_length",
        /// How well they write code.
        Coding = "coding",
        /// The vendor's own order.
        Order = "order",
    }
}

open_enum! {
    /// In which direction models are sorted.
    pub enum SortOrder {
        /// The least first.
        Ascending = "asc",
        /// The most first.
        Descending = "desc",
    }
}

wire_type! {
    /// The models that fit.
    pub struct Catalog {
        must {
            /// The models.
            #[serde(default, deserialize_with = "list_or_nothing")]
            data: Vec<CatalogModel>,
        }
        may {
            /// Whether this is an answer.
            success: bool,
            /// Why it isn't one.
            message: String,
        }
    }
}

wire_type! {
    /// A model of the catalog.
    pub struct CatalogModel {
        must {
            /// Its name.
            model_id: String,
        }
        may {
            /// What it is, for people.
            desc: String,
            /// What it makes: the words of [`ModelType`].
            types: Words,
            /// What it can do besides: the words of [`Feature`].
            features: Words,
            /// What it takes: the words of [`Modality`].
            input_modalities: Words,
            /// The most tokens that it writes; 0 where that means nothing.
            max_output: Number,
            /// The most tokens that it takes and writes; 0 where that means nothing.
            context_length: Number,
            /// What it costs.
            pricing: Pricing,
        }
    }
}

wire_type! {
    /// What a model costs, in USD for each 1000 tokens, says the vendor; some clients take it for the price of a million.
    pub struct Pricing {
        may {
            /// What it takes.
            input: Number,
            /// What it writes.
            output: Number,
            /// What it reads from the cache.
            cache_read: Number,
            /// What it writes to the cache.
            cache_write: Number,
        }
    }
}

/// Words, with commas between them or as a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// With commas between.
    Joined(String),
    /// As a list.
    Listed(Vec<String>),
}

impl Words {
    /// Each word.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (joined, listed) = match self {
            Self::Joined(words) => (words.as_str(), &[][..]),
            Self::Listed(words) => ("", words.as_slice()),
        };
        let words = joined.split(',').chain(listed.iter().map(String::as_str));
        words.map(str::trim).filter(|word| !word.is_empty())
    }

    /// Whether this word is among them.
    pub fn contains(&self, word: &str) -> bool {
        self.iter().any(|other| other == word)
    }
}

impl From<&str> for Words {
    fn from(words: &str) -> Self {
        Self::Joined(words.to_owned())
    }
}

pub(super) async fn list(http: &BaseHttpClient, filter: &CatalogFilter) -> Result<Catalog, ClientError> {
    let url = url(http.base_url());
    let call = http.get(url.as_str()).operation("list_catalog").auth(&AuthScheme::None);
    let answer = filtered(call, filter).send().await?;
    let catalog: Catalog = answer.json()?;
    if catalog.success == Some(false) {
        let error = ClientError::new(ErrorKind::Status, Effect::NotStarted).with_status(answer.status());
        return Err(error.with_message(catalog.message).with_request_id(answer.request_id()));
    }
    Ok(catalog)
}

/// Beside the API's own base, which ends in its version.
fn url(base_url: &Url) -> String {
    let base_url = base_url.as_str().trim_end_matches('/');
    format!("{}/api/v1/models", base_url.strip_suffix("/v1").unwrap_or(base_url))
}

fn filtered<'c>(call: Call<'c>, filter: &CatalogFilter) -> Call<'c> {
    let parameters = [
        ("type", filter.model_type.as_ref().map(|kind| kind.as_str().to_owned())),
        ("modalities", joined(filter.modalities.iter().map(Modality::as_str))),
        ("model", filter.model.clone()),
        ("features", joined(filter.features.iter().map(Feature::as_str))),
        ("sort_by", filter.sort_by.as_ref().map(|by| by.as_str().to_owned())),
        ("sort_order", filter.sort_order.as_ref().map(|order| order.as_str().to_owned())),
    ];
    let asked = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    asked.fold(call, |call, (name, value)| call.query(name, value))
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    Some(words.collect::<Vec<_>>().join(",")).filter(|words| !words.is_empty())
}

fn list_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CatalogModel>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
