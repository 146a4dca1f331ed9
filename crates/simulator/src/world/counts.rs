//! Counters that a test can wait on.

use serde::Serialize;
use tokio::sync::watch;

/// How often things happened so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// Requests to a vendor, for media or with a file, as soon as their head was read.
    pub requests: u64,
    /// Pieces of paid work that were accepted.
    pub paid_tasks: u64,
    /// Answers that the client didn't wait for: it closed the connection before the last byte was taken.
    pub closed_by_client: u64,
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections that are open now.
    pub connections_open: u64,
    /// Connections that were closed at accept, since the simulator was told to refuse them.
    pub connections_refused: u64,
}

/// Where the counters live.
#[derive(Default)]
pub(crate) struct CountsCell(watch::Sender<Counts>);

impl CountsCell {
    pub(crate) fn get(&self) -> Counts {
        *self.0.borrow()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Counts)) {
        self.0.send_modify(change);
    }

    /// Waits until the counters are as wanted. Cancel-safe.
    pub(crate) async fn wait_for(&self, wanted: impl FnMut(&Counts) -> bool) -> Counts {
        let mut counts = self.0.subscribe();
        *counts.wait_for(wanted).await.expect("the sender is borrowed for as long as this waits")
    }

    /// Begins anew; the connections that are open stay open.
    pub(crate) fn reset(&self) {
        self.change(|counts| {
            *counts = Counts { connections_open: counts.connections_open, ..Counts::default() };
        });
    }
}
