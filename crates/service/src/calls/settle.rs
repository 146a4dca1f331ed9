//! Writing how a call ended, however often that has to be tried.

use std::time::Duration;

use fourfold_domain::Credits;
use tokio::time::{Instant, sleep};

use super::service::CallsService;
use super::{CallEnding, CallState, EndCall};
use crate::chats::OpenTurn;
use crate::{Refusal, StoreError};

/// How long after one another an end that can't be written is tried again.
const AGAIN_FIRST: Duration = Duration::from_millis(50);
const AGAIN_MAX: Duration = Duration::from_secs(1);

impl CallsService {
    /// Writes the end. A try that waits in line is waited for, however long the database lets it stand there: it may
    /// be written yet, and who is charged is sent the end. While the database fails it is tried again for a while.
    /// With the turn of a conversation that it ends, if it does.
    pub(super) async fn write_end(
        &self,
        end: EndCall,
        turn: Option<&OpenTurn>,
        held: Credits,
    ) -> Result<Credits, StoreError> {
        let (store, until) = (&self.parts().store, Instant::now() + self.parts().settings.settle_patience);
        let (mut again_after, mut is_again) = (AGAIN_FIRST, false);
        loop {
            let ended = match turn {
                Some(turn) => store.end_turn(turn.end(end.clone())).await,
                None => store.end_call(end.clone()).await,
            };
            let error = match ended {
                Ok(charged) => return Ok(charged),
                // Perhaps an earlier try went through and only its answer was lost.
                Err(refused @ StoreError::Refused(Refusal::CallEnded)) if is_again => {
                    match store.call(end.id).await {
                        Ok(Some(known)) if known.call.state == state_after(end.ending) => {
                            return Ok(charge(end.ending, held));
                        }
                        Ok(_) => return Err(refused),
                        Err(error) => error,
                    }
                }
                Err(refused @ StoreError::Refused(_)) => return Err(refused),
                Err(error) => error,
            };
            tracing::warn!(call.id = %end.id, error = &error as &dyn std::error::Error, "the end of a call can't be written yet");
            if Instant::now() + again_after >= until {
                return Err(error);
            }
            sleep(again_after).await;
            (again_after, is_again) = ((again_after * 2).min(AGAIN_MAX), true);
        }
    }
}

/// The state that an ending leads to.
pub(super) fn state_after(ending: CallEnding) -> CallState {
    match ending {
        CallEnding::Charged(_) | CallEnding::Estimated(_) => CallState::Charged,
        CallEnding::Released => CallState::Released,
        CallEnding::Interrupted => CallState::Interrupted,
    }
}

pub(super) fn charge(ending: CallEnding, held: Credits) -> Credits {
    match ending {
        CallEnding::Charged(used) | CallEnding::Estimated(used) => used.min(held),
        CallEnding::Released | CallEnding::Interrupted => Credits::ZERO,
    }
}
