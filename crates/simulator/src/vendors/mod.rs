//! The vendors that are played: a table with one row each.
//!
//! # Adding a vendor
//!
//! 1. `routes/<name>.txt`: every route that the vendor's page names, `METHOD /path` a line.
//! 2. `src/vendors/<name>/`, with the file names of its siblings: `mod.rs` (the door, and `ROW`), `routes.rs`
//!    (`ROUTES`, the table that the file is compared with), `error.rs` (`refuse`: each
//!    [`Refusal`] in the vendor's status, code and shape), `models.rs` where models
//!    are checked, then one file a subject (`chat.rs`, `images.rs`, `videos.rs`, …), and where it grows a
//!    folder with `request.rs`, `answer.rs` and `stream.rs`.
//! 3. In this file: the `mod`, the variant of [`Vendor`], its place in `ALL`, and its row in [`Vendor::row`].
//! 4. `tests/it/<name>/`, a file a subject: for each route a plain call, and one for each rule that it checks.
//!
//! A handler is a plain function from a [`Call`](crate::call::Call) to an [`Answer`] or a
//! [`Refusal`]. It looks at nothing but the call, waits for nothing, and leaves keys,
//! rate limits, faults, pace and paid counts to [`play`](crate::play), so it is only the vendor's logic:
//!
//! - Fields are read through [`Fields`](crate::call::Fields), which refuses by name what isn't allowed; a rule
//!   that only this vendor has is a `Refusal::own`, in the vendor's own words.
//! - A model is looked up with `call.model`, in the row of the vendor that was called.
//! - A route that costs money is marked `.paid()`; its answer names the task with `with_task_id` where the
//!   vendor gives an id. One that may be asked without a key is marked `.open()`.
//! - Ids come from `call.new_id` and times from `call.now`. Work that takes a while goes through
//!   `call.add_task` and `call.task`, and is shown by `task.stand(call.now())`. Media behind URLs go through
//!   `call.link`, files that clients send to a URL through `call.upload_url`.
//! - What a chat model does is a [`Prompt`](crate::content::Prompt)'s turn: text, a call of a tool, or what the
//!   filter leaves. A prompt that `content::is_filtered` fails in the vendor's own way.
//! - A stream is a list of events; the pace is not its business.
//!
//! Vendors that speak another's wire list that one's handlers in their own `routes.rs`; errors come in their
//! own shape. Those whose wire differs have handlers of their own, and read with that one's functions what is
//! the same.

mod aihubmix;
mod anthropic;
mod deepseek;
mod gemini;
mod model;
mod openai;
mod runway;
mod stability;

use std::collections::BTreeMap;

use http::HeaderMap;
use serde::{Deserialize, Serialize};

pub(crate) use model::{Model, ModelKind};

use crate::RateLimit;
use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::route::Route;

/// A vendor that is played.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Vendor {
    /// OpenAI: chat, embeddings, images, speech, transcription, videos, models, responses.
    OpenAi,
    /// Stability: v1 and v2beta, pictures, sound, 3D, results that take a while.
    Stability,
    /// Anthropic: messages, one by one and in batches, counts of their tokens, models.
    Anthropic,
    /// DeepSeek: chat with its thoughts, texts that are filled in, models, balance.
    DeepSeek,
    /// AIHubMix: the models of many vendors, pictures and videos by each one's rules, a catalog.
    AiHubMix,
    /// Runway: videos, pictures and sound as tasks, uploads, the organization.
    Runway,
    /// Google's Gemini: contents generated, embeddings, interactions, files, and what older clients ask for.
    Gemini,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OpenAi,
        Self::Stability,
        Self::Anthropic,
        Self::DeepSeek,
        Self::AiHubMix,
        Self::Runway,
        Self::Gemini,
    ];

    pub(crate) fn row(self) -> &'static VendorRow {
        match self {
            Self::OpenAi => &openai::ROW,
            Self::Stability => &stability::ROW,
            Self::Anthropic => &anthropic::ROW,
            Self::DeepSeek => &deepseek::ROW,
            Self::AiHubMix => &aihubmix::ROW,
            Self::Runway => &runway::ROW,
            Self::Gemini => &gemini::ROW,
        }
    }

    /// Its name in paths: `openai`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The environment variable that points Fourfold at another base URL: `OPENAI_BASE_URL`.
    pub fn base_url_variable(self) -> String {
        format!("{}_BASE_URL", self.name().to_uppercase())
    }

    /// The base URL that its clients are given, on a simulator that is found at this URL.
    pub fn base_url(self, simulator_url: &str) -> String {
        format!("{simulator_url}/{}{}", self.name(), self.row().base_path)
    }

    pub(crate) fn documented_rate_limit(self) -> Option<RateLimit> {
        self.row().rate_limit
    }

    /// Whose path this is, and the rest of it.
    pub(crate) fn of_path(path: &str) -> Option<(Self, &str)> {
        let path = path.strip_prefix('/')?;
        let (name, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
        let vendor = Self::ALL.into_iter().find(|vendor| vendor.name() == name)?;
        Some((vendor, rest))
    }
}

/// What tells one vendor from another.
pub(crate) struct VendorRow {
    /// Its name in paths, in lower case.
    pub(crate) name: &'static str,
    /// What a client's base URL has behind the host.
    pub(crate) base_path: &'static str,
    /// What can be asked of it.
    pub(crate) routes: &'static [Route],
    /// The models that it has; empty where their names aren't checked, or only by route.
    pub(crate) models: &'static [Model],
    /// How long a body it reads.
    pub(crate) body_bytes_max: usize,
    /// How many requests it takes from a key, where it says.
    pub(crate) rate_limit: Option<RateLimit>,
    /// Where a request has its key.
    pub(crate) key: fn(&HeaderMap, &BTreeMap<String, String>) -> Option<String>,
    /// A refusal in its own shape, for a path and with the id of the request.
    pub(crate) refuse: fn(&Refusal, &str, &str) -> Answer,
    /// The headers that each of its answers has, with the id of the request.
    pub(crate) headers: fn(&mut HeaderMap, &str),
}

/// The key in `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use http::StatusCode;

    use super::*;
    use crate::answer::Content;
    use crate::fault::AskedStatus;

    #[test]
    fn each_vendor_serves_the_routes_of_its_file_and_no_other() {
        for vendor in Vendor::ALL {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("routes/{}.txt", vendor.name()));
            let text = std::fs::read_to_string(&file).unwrap();
            let written: BTreeSet<String> = text
                .lines()
                .map(|line| line.split('#').next().unwrap_or_default().trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect();
            let routes = vendor.row().routes.iter();
            let served = routes.map(|route| format!("{} {}", route.method, route.path)).collect();
            assert_eq!(written, served, "{}", vendor.name());
        }
    }

    #[test]
    fn each_vendor_is_in_the_list_under_its_name() {
        for (place, vendor) in Vendor::ALL.into_iter().enumerate() {
            assert_eq!(vendor as usize, place);
            assert_eq!(serde_json::to_value(vendor).unwrap(), vendor.name());
        }
    }

    #[test]
    fn an_accepted_5xx_says_nothing_of_work_that_was_not_accepted() {
        let paths =
            ["/v1/messages", "/v1/generation/a", "/v2beta/a", "/v1beta/interactions", "/v1beta/openai/a"];
        for (vendor, path) in Vendor::ALL.into_iter().flat_map(|vendor| paths.map(|path| (vendor, path))) {
            for status in [500, 502, 503, 504, 529].map(|status| StatusCode::from_u16(status).unwrap()) {
                let asked = AskedStatus { status, accepted: true, ..AskedStatus::default() };
                let answer = (vendor.row().refuse)(&Refusal::Asked(asked), path, "1");
                assert_eq!(answer.status, status, "{vendor:?} {path}");
                let Content::Whole(body) = answer.content else { panic!("{vendor:?} {path} streams") };
                let body = String::from_utf8_lossy(&body).to_lowercase();
                for word in ["overload", "busy", "limit", "channel", "unavailable", "try again"] {
                    assert!(!body.contains(word), "{vendor:?} {path} {status}: {body}");
                }
            }
        }
    }

    #[test]
    fn a_path_begins_with_its_vendor() {
        assert_eq!(Vendor::of_path("/openai/v1/models"), Some((Vendor::OpenAi, "/v1/models")));
        assert_eq!(Vendor::of_path("/openai"), Some((Vendor::OpenAi, "")));
        for path in ["/openaix/v1", "/", "", "openai/v1", "//openai"] {
            assert_eq!(Vendor::of_path(path), None, "{path}");
        }
    }
}
