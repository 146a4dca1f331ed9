//! A simulator of one's own, for a test.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use tokio::task::AbortHandle;

use crate::fault::{FaultError, FaultRule};
use crate::router::router;
use crate::serve::{Refuse, accept};
use crate::world::World;
use crate::{Account, Answer, Counts, PaidTask, RateLimit, Received, SimulatorSettings, Timings, Vendor};

/// All vendors on a port of their own, with all controls. Dropping it closes the port and every connection.
pub struct Simulator {
    world: Arc<World>,
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Simulator {
    /// Starts on a free port of 127.0.0.1, on the runtime that it is called on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and where the machine has no port left.
    pub fn start(settings: SimulatorSettings) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the machine has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        listener.set_nonblocking(true).expect("a fresh listener takes options");
        let listener = tokio::net::TcpListener::from_std(listener).expect("called on a tokio runtime");
        let world = Arc::new(World::new(settings));
        #[expect(clippy::disallowed_methods, reason = "not Fourfold's server: the handle stops it on drop")]
        let accepting = tokio::spawn(accept(listener, Arc::clone(&world))).abort_handle();
        Self { world, address, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL that a client of this vendor is given, such as `http://127.0.0.1:4010/openai/v1`.
    pub fn base_url(&self, vendor: Vendor) -> String {
        vendor.base_url(&self.url())
    }

    /// The URL of the simulator itself, without a slash at the end; its controls are below `/_simulator`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same vendors without a socket, to be called in process.
    pub fn router(&self) -> Router {
        router(&self.world)
    }

    /// Sets a fault for requests like `POST /openai/v1/*`. Returns the id to clear it by.
    ///
    /// Fails where one of the texts is wrong; the [fault grammar](crate#faults) says what they may hold.
    pub fn fault(&self, requests: &str, fault: &str) -> Result<u64, FaultError> {
        self.world.rules.lock().add(requests, fault)
    }

    /// Clears a fault. Says whether it was still set.
    pub fn clear_fault(&self, id: u64) -> bool {
        self.world.rules.lock().clear(id)
    }

    /// The faults that are set, the oldest first.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.world.rules.lock().list()
    }

    /// Answers the next requests like `POST /openai/v1/*` so, one answer each, once their key was found right.
    /// After the last one the vendor answers again.
    pub fn script(
        &self,
        requests: &str,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Result<(), FaultError> {
        self.world.rules.lock().script(requests, answers)
    }

    /// Refuses connections, and closes those that are idle.
    pub fn refuse_connections(&self, refuse: Refuse) {
        self.world.refusals.refuse(refuse);
    }

    /// How long things take from now on. Tasks keep the times that they began with.
    pub fn set_timings(&self, timings: Timings) {
        self.world.set_timings(timings);
    }

    /// How many requests a key may send to this vendor from now on; none for as many as it likes.
    pub fn set_rate_limit(&self, vendor: Vendor, limit: Option<RateLimit>) {
        self.world.set_rate_limit(vendor, limit);
    }

    /// The only keys that this vendor takes from now on; none for any that isn't empty.
    pub fn set_keys(&self, vendor: Vendor, keys: Option<Vec<String>>) {
        self.world.set_keys(vendor, keys);
    }

    /// What the account behind each key of this vendor may do from now on; none for the vendor's largest.
    pub fn set_account(&self, vendor: Vendor, account: Option<Account>) {
        self.world.set_account(vendor, account);
    }

    /// Which time it is by the vendors' clock.
    pub fn now(&self) -> SystemTime {
        self.world.time.now()
    }

    /// Moves the vendors' clock on: tasks run, links expire. What an answer waits for isn't shortened.
    /// It goes 10 years on in all and stops there.
    pub fn advance(&self, by: Duration) {
        self.world.time.advance(by);
    }

    /// What was received, the oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.world.log.lock().list()
    }

    /// Each piece of paid work that was accepted, the oldest first.
    pub fn paid_tasks(&self) -> Vec<PaidTask> {
        self.world.paid.lock().clone()
    }

    /// How often things happened.
    pub fn counts(&self) -> Counts {
        self.world.counts.get()
    }

    /// Waits until the counters are as wanted, for as long as it takes. Cancel-safe.
    pub async fn wait_for(&self, wanted: impl FnMut(&Counts) -> bool) -> Counts {
        self.world.counts.wait_for(wanted).await
    }

    /// Forgets everything but the settings, as if it had just started.
    pub fn reset(&self) {
        self.world.reset();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
