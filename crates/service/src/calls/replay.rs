//! The same answer again, for the same request.

use fourfold_domain::{Effect, Subject};

use super::answer::{self, Begun, CallReply, Part};
use super::service::CallsService;
use super::{Call, CallState};
use crate::credits::Owner;
use crate::{Idempotency, IdempotencyRecord, IdempotencyScope, Made, ServiceError};

/// What there is no more of a turn.
const GONE: &str = "answer any more: its conversation was deleted, or another answer took its place";

/// What it is that is answered again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Replay {
    /// Text, which says in itself that it broke off.
    Text,
    /// A sound, which can't: nobody is given the beginning of one.
    Sound,
    /// The turn of a conversation: text that goes with the conversation, or when another answer takes its place.
    Turn,
}

impl CallsService {
    /// The answer of an earlier call once more, unless there is none.
    pub(crate) async fn again(&self, call: &Call, replay: Replay) -> Result<CallReply, ServiceError> {
        match call.state {
            CallState::Open => return Err(ServiceError::InProgress),
            CallState::Interrupted | CallState::Released => return Err(ServiceError::Interrupted),
            CallState::Charged => {}
        }
        let kept = self.parts().store.call_answer(call.id).await?;
        let kept = kept.ok_or_else(|| match replay {
            Replay::Turn => ServiceError::NotFound(GONE),
            Replay::Text | Replay::Sound => ServiceError::Internal {
                what: "the answer of a call that was charged is gone",
                effect: Effect::Started,
                source: format!("call {}", call.id).into(),
            },
        })?;
        let Some(bytes) = kept.body else {
            return Err(ServiceError::ReplayTooLarge {
                bytes_max: self.parts().settings.replay_bytes_max as u64,
            });
        };
        if !kept.is_whole && (bytes.is_empty() || replay == Replay::Sound) {
            return Err(ServiceError::Interrupted);
        }
        let (outlet, body) = answer::answer(self.parts().settings.read_patience);
        let (provider, media_type) = (kept.provider, kept.media_type);
        let begin = Part::begin(Begun { provider, media_type, from_cache: None });
        // There is room for all of it, and nobody has left yet.
        let rest = match kept.is_whole {
            true => vec![Part::End(bytes)],
            false => vec![Part::More(bytes), Part::Failed(Box::new(ServiceError::Interrupted))],
        };
        outlet.send_all([begin].into_iter().chain(rest)).await;
        body.begun().await
    }

    /// What was answered once is answered again, even where the same request would be refused today.
    pub(crate) async fn earlier(
        &self,
        subject: &Subject,
        idempotency: Option<&Idempotency>,
        replay: Replay,
        refusal: ServiceError,
    ) -> Result<CallReply, ServiceError> {
        let Some(idempotency) = idempotency else { return Err(refusal) };
        let scope: IdempotencyScope = idempotency.scope(subject);
        let known = match self.parts().store.idempotency(&scope).await? {
            Some(IdempotencyRecord { made: Made::Work(Owner::Call(id)), fingerprint, .. })
                if fingerprint == idempotency.fingerprint =>
            {
                self.parts().store.call(id).await?
            }
            _ => None,
        };
        match known {
            Some(known) if known.call.state != CallState::Released => self.again(&known.call, replay).await,
            _ => Err(refusal),
        }
    }
}
