//! `/v1/engines/list`: the engines of v1.

use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// An engine of v1.
    pub struct Engine {
        must {
            /// Its id.
            id: String,
        }
        may {
            /// Its name.
            name: String,
            /// What it is.
            description: String,
            /// What it makes.
            #[serde(rename = "type")]
            kind: EngineKind,
        }
    }
}

open_enum! {
    /// What an engine makes.
    pub enum EngineKind {
        /// Pictures.
        Picture = "PICTURE",
        /// Sound.
        Audio = "AUDIO",
        /// Videos.
        Video = "VIDEO",
        /// Words.
        Text = "TEXT",
        /// Classes of things.
        Classification = "CLASSIFICATION",
        /// Stored things.
        Storage = "STORAGE",
    }
}

pub(super) async fn list(http: &BaseHttpClient) -> Result<Vec<Engine>, ClientError> {
    http.get("v1/engines/list").operation("list_engines").send().await?.json()
}
