//! Links to media, which work for a while.

use std::time::SystemTime;

use bytes::Bytes;
use http::StatusCode;
use http::header::LOCATION;

use super::bounded::Bounded;
use crate::answer::Answer;

/// What a link leads to.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Bytes,
    pub(crate) expires_at: SystemTime,
    /// How often it redirects before the bytes come.
    pub(crate) redirects: u32,
}

/// The newest links by their name.
pub(crate) struct Links(Bounded<Link>);

impl Links {
    /// Where links are found.
    pub(crate) const PATH: &str = "/_media/";
    const LINKS_MAX: usize = 10_000;

    pub(crate) fn add(&mut self, name: String, link: Link) {
        self.0.insert(name, link);
    }

    /// Answers a link by what its path has behind [`PATH`](Self::PATH): the name, then how often it was
    /// redirected already. As with the vendors' storage, one that is over is forbidden rather than unknown.
    pub(crate) fn follow(&self, rest: &str, now: SystemTime) -> Answer {
        let (name, hops) = rest.split_once('/').unwrap_or((rest, "0"));
        let link = self.0.get(name).zip(hops.parse::<u32>().ok());
        let Some((link, hops)) = link else { return refusal(StatusCode::NOT_FOUND, "no such link\n") };
        if now > link.expires_at {
            return refusal(StatusCode::FORBIDDEN, "this link has expired\n");
        }
        if hops < link.redirects {
            let location = format!("{}{name}/{}", Self::PATH, hops + 1);
            return Answer::empty(StatusCode::FOUND).with_header(LOCATION, &location);
        }
        Answer::bytes(link.media_type, link.bytes.clone())
    }
}

impl Default for Links {
    fn default() -> Self {
        Self(Bounded::new(Self::LINKS_MAX))
    }
}

fn refusal(status: StatusCode, text: &'static str) -> Answer {
    Answer::bytes("text/plain; charset=utf-8", text).with_status(status)
}
