//! `models/{model}:embedContent` and `:batchEmbedContents`: contents in, vectors out.

use serde::Serialize;

use super::content::Content;
use super::generate::UsageMetadata;
use super::name::{full_model_name, model_path};
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// What is to be embedded.
    #[serde(rename_all = "camelCase")]
    pub struct EmbedContentRequest {
        must {
            /// The model's name, with or without `models/`.
            #[serde(skip)]
            model: String,
            /// A text, or with newer models media too.
            content: Content,
        }
        may {
            /// What the vector is for.
            task_type: TaskType,
            /// The title of a document that will be searched.
            title: String,
            /// How long the vector is. `gemini-embedding-001` doesn't normalize those that are shorter than its 3072.
            output_dimensionality: u32,
        }
    }
}

open_enum! {
    /// What a vector is for.
    pub enum TaskType {
        /// To search with.
        RetrievalQuery = "RETRIEVAL_QUERY",
        /// To be found.
        RetrievalDocument = "RETRIEVAL_DOCUMENT",
        /// To compare meanings.
        SemanticSimilarity = "SEMANTIC_SIMILARITY",
        /// To sort into classes.
        Classification = "CLASSIFICATION",
        /// To find groups.
        Clustering = "CLUSTERING",
        /// To find answers with.
        QuestionAnswering = "QUESTION_ANSWERING",
        /// To find evidence with.
        FactVerification = "FACT_VERIFICATION",
        /// To find code with.
        CodeRetrievalQuery = "CODE_RETRIEVAL_QUERY",
    }
}

wire_type! {
    /// The vector of a content.
    #[serde(rename_all = "camelCase")]
    pub struct EmbedContentResponse {
        must {
            /// The vector.
            embedding: ContentEmbedding,
        }
        may {
            /// What is charged for.
            usage_metadata: UsageMetadata,
        }
    }
}

wire_type! {
    /// The vectors of several contents, in their order.
    #[serde(rename_all = "camelCase")]
    pub struct BatchEmbedContentsResponse {
        must {
            /// The vectors.
            embeddings: Vec<ContentEmbedding>,
        }
        may {
            /// What is charged for.
            usage_metadata: UsageMetadata,
        }
    }
}

wire_type! {
    /// A vector.
    pub struct ContentEmbedding {
        must {
            /// Its numbers.
            values: Vec<f32>,
        }
        may {}
    }
}

pub(super) async fn embed(
    http: &BaseHttpClient,
    request: &EmbedContentRequest,
) -> Result<EmbedContentResponse, ClientError> {
    let path = format!("{}:embedContent", model_path(&request.model));
    http.post(&path).operation("embed_content").json(request).paid().send().await?.json()
}

pub(super) async fn embed_batch(
    http: &BaseHttpClient,
    requests: &[EmbedContentRequest],
) -> Result<BatchEmbedContentsResponse, ClientError> {
    let first = requests.first().ok_or_else(|| ClientError::invalid("there is nothing to embed"))?;
    let path = format!("{}:batchEmbedContents", model_path(&first.model));
    let batch = Batch { requests: requests.iter().map(Named::new).collect() };
    http.post(&path).operation("batch_embed_contents").json(&batch).paid().send().await?.json()
}

#[derive(Serialize)]
struct Batch<'a> {
    requests: Vec<Named<'a>>,
}

/// A request within a batch, which names the model of the path once more.
#[derive(Serialize)]
struct Named<'a> {
    model: String,
    #[serde(flatten)]
    request: &'a EmbedContentRequest,
}

impl<'a> Named<'a> {
    fn new(request: &'a EmbedContentRequest) -> Self {
        Self { model: full_model_name(&request.model), request }
    }
}
