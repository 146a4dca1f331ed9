//! What a step is, and a step on its way with the one who waits for its answer.

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{Losses, Needs, World};
use crate::error::{Refusal, StoreError};

/// One atomic change, named for its intent.
pub(crate) trait Step: Clone + Send + Sync + 'static {
    /// What the one who asked learns once the change is durable.
    type Answer: Send + 'static;

    /// Names the rows that it decides over.
    fn needs(&self, needs: &mut Needs);

    /// Changes the rows, or refuses and leaves them as they are. May be called again over fresh rows when
    /// the batch is run again.
    fn decide(&self, world: &mut World) -> Result<Self::Answer, Refusal>;
}

/// Offers to make steps durable.
#[async_trait]
pub(crate) trait Commit: Send + Sync {
    /// Takes the step, answers once it is durable. Not cancel-safe in the sense that a caller who leaves
    /// doesn't know whether the step was taken; the step itself is always whole.
    async fn commit<S: Step>(&self, step: S) -> Result<S::Answer, StoreError>;
}

/// A step on its way.
pub(crate) trait PendingStep: Send {
    fn needs(&self, needs: &mut Needs);

    /// Decides and keeps the answer until [`PendingStep::answer`].
    fn decide(&mut self, world: &mut World);

    /// Tells the one who waits: what was decided, or why nothing was.
    fn answer(self: Box<Self>, failure: Option<StoreError>);

    /// Where he waits.
    #[cfg(feature = "sqlite")]
    fn runtime(&self) -> Option<&Handle>;
}

/// The end that waits for an answer.
pub(crate) type Waiting<A> = oneshot::Receiver<Result<A, StoreError>>;

/// Pairs a step with the one who waits for it.
pub(crate) fn pending<S: Step>(step: S) -> (Box<dyn PendingStep>, Waiting<S::Answer>) {
    let (sender, receiver) = oneshot::channel();
    let runtime = Handle::try_current().ok();
    (Box::new(Pending { step, decided: None, losses: Losses::default(), sender, runtime }), receiver)
}

struct Pending<S: Step> {
    step: S,
    decided: Option<Result<S::Answer, Refusal>>,
    losses: Losses,
    sender: oneshot::Sender<Result<S::Answer, StoreError>>,
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(dead_code, reason = "only SQLite's writer has a thread of its own")
    )]
    runtime: Option<Handle>,
}

impl<S: Step> PendingStep for Pending<S> {
    fn needs(&self, needs: &mut Needs) {
        self.step.needs(needs);
    }

    fn decide(&mut self, world: &mut World) {
        let known = world.entries.len();
        self.decided = Some(self.step.decide(world));
        self.losses = Losses::since(world, known);
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        if failure.is_none() {
            self.losses.count();
        }
        let answer = match (failure, self.decided) {
            (Some(failure), _) => Err(failure),
            (None, Some(decided)) => decided.map_err(StoreError::Refused),
            (None, None) => Err(StoreError::Failed("the step was never decided".into())),
        };
        // Whoever waited may have left; the step stands all the same.
        drop(self.sender.send(answer));
    }

    #[cfg(feature = "sqlite")]
    fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref()
    }
}
