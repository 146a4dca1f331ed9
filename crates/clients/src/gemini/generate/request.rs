//! What a model is asked to generate.

use super::config::GenerationConfig;
use super::safety::SafetySetting;
use super::tool::{Tool, ToolConfig};
use crate::gemini::content::Content;
use crate::vendor::wire_type;

wire_type! {
    /// What a model is asked. Which fields it takes, the vendor decides.
    #[serde(rename_all = "camelCase")]
    pub struct GenerateContentRequest {
        must {
            /// The model's name, with or without `models/`. It goes into the path.
            #[serde(skip)]
            model: String,
            /// What was said so far, the oldest first.
            contents: Vec<Content>,
        }
        may {
            /// The product's own instruction: texts.
            system_instruction: Content,
            /// What the answer is to be like.
            generation_config: GenerationConfig,
            /// What the model may call.
            tools: Vec<Tool>,
            /// How it calls.
            tool_config: ToolConfig,
            /// What the vendor's filter lets through.
            safety_settings: Vec<SafetySetting>,
            /// What is read from the cache, as in `cachedContents/1`.
            cached_content: String,
            /// The tier that the answer is made in.
            service_tier: String,
            /// Whether the vendor keeps the answer.
            store: bool,
        }
    }
}
