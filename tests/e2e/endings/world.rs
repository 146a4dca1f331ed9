//! The vendors in one place, a server that asks them, and an account for each call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fourfold_domain::Credits;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::money::{CHARACTER, Ending, INPUT, OUTPUT};
use super::routes::Case;
use super::wires::{Told, Wire};
use crate::support::{Ask, Coming, Home, Server, eventually, is_clean, run};

/// What each account begins with.
const GRANTED: &str = "100";

/// How long the end of a call may take.
const WITHIN: Duration = Duration::from_secs(30);

pub(super) struct World {
    pub(super) simulator: Simulator,
    pub(super) home: Home,
    accounts: AtomicUsize,
}

/// A call of an account of its own.
pub(super) struct Asked {
    pub(super) case: Case,
    pub(super) user: String,
}

/// A call under way whose vendor has fallen silent.
pub(super) struct Stalled {
    pub(super) asked: Asked,
    /// How it ends if its caller leaves now.
    pub(super) if_left: Ending,
    pub(super) going: Going,
}

/// How its caller waits.
pub(super) enum Going {
    /// For more of it.
    Stream(Coming),
    /// For anything.
    Plain(JoinHandle<Result<u16, String>>),
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(|home| home)
    }

    /// With these variables besides.
    pub(super) fn with(variables: impl FnOnce(Home) -> Home) -> Self {
        let simulator = Simulator::start(SimulatorSettings::default());
        let home = variables(Home::new());
        std::fs::write(home.path().join("fourfold.yaml"), configuration(&simulator)).unwrap();
        Self { simulator, home, accounts: AtomicUsize::new(0) }
    }

    /// A call that isn't asked for yet, for an account that can pay for it.
    pub(super) async fn call(&self, server: &Server, case: Case) -> (Asked, Ask) {
        let user = format!("caller-{}", self.accounts.fetch_add(1, Ordering::Relaxed));
        server.admin.grant(&user, GRANTED).await;
        let ask = server.admin.user(&user).post(case.route.path, &case.route.body(case.is_stream));
        (Asked { case, user }, ask)
    }

    /// What the vendor answers where nothing goes wrong.
    pub(super) async fn vendors_answer(&self, server: &Server, case: Case) -> Vec<u8> {
        let (_, ask) = self.call(server, case).await;
        assert_eq!(ask.send().await.status, 200, "{case:?}");
        self.last_answer()
    }

    /// What the vendor answered last, before any fault.
    pub(super) fn last_answer(&self) -> Vec<u8> {
        self.simulator.received().last().and_then(|received| received.answer()).expect("it answered").into()
    }

    /// Lets the vendor's next answer go wrong.
    pub(super) fn fault(&self, case: Case, fault: &str) {
        self.simulator.fault(case.route.vendor, &format!("{fault}; times=1")).unwrap();
    }

    /// Begins a call that its vendor doesn't go on with: in the middle of a stream, else before it says anything.
    pub(super) async fn stalled(&self, server: &Server, case: Case) -> Stalled {
        if !case.is_stream {
            return self.unanswered(server, case).await;
        }
        let answer = self.vendors_answer(server, case).await;
        let (wire, vendor_wire) = (case.route.wire, case.route.vendor_wire);
        let sent = &answer[..vendor_wire.half(&answer)];
        self.fault(case, &format!("stall={}", sent.len()));
        let (asked, ask) = self.call(server, case).await;
        let mut coming = ask.begin().await;
        assert_eq!(coming.status, 200, "{case:?}");
        let said_bytes = vendor_wire.said_bytes(sent);
        // The last byte of a sound is held back.
        let read_bytes = said_bytes - usize::from(vendor_wire == Wire::Speech);
        coming.read_until(|read| wire.said_bytes(read) >= read_bytes).await;
        // In our words a vendor's usage comes last.
        let told = if wire == vendor_wire { vendor_wire.told(sent) } else { Told::default() };
        let if_left = Ending::Left(said_bytes, told);
        Stalled { asked, if_left, going: Going::Stream(coming) }
    }

    /// Begins a call that its vendor never answers.
    pub(super) async fn unanswered(&self, server: &Server, case: Case) -> Stalled {
        self.fault(case, "hang=after-body");
        let before = self.simulator.counts().requests;
        let (asked, ask) = self.call(server, case).await;
        let waiting = run(async move {
            let answer = ask.try_send().await;
            answer.map(|answer| answer.status).map_err(|error| error.to_string())
        });
        self.simulator.wait_for(|counts| counts.requests > before).await;
        Stalled { asked, if_left: Ending::Left(0, Told::default()), going: Going::Plain(waiting) }
    }

    /// Waits for the end of a call and holds it to what that must be.
    pub(super) async fn check(&self, server: &Server, asked: &Asked, ending: Ending) {
        let caller = server.admin.user(&asked.user);
        let found = eventually("the call ends", WITHIN, async || {
            let entries = caller.read_all("/api/v1/credits/entries").await;
            let kinds: Vec<_> =
                entries.iter().map(|entry| entry["kind"].as_str().unwrap_or_default().to_owned()).collect();
            (kinds.len() > 2).then_some(kinds)
        });
        let (kind, micros) = ending.entry(asked.case);
        assert_eq!(found.await, [kind, "hold", "grant"], "{:?} {ending:?}", asked.case);
        let balance = caller.read("/api/v1/credits").await;
        let charged = credits(&GRANTED.into()) - credits(&balance["available"]);
        assert_eq!(
            (charged, &balance["held"]),
            (i128::from(micros), &"0".into()),
            "{:?} {ending:?}",
            asked.case
        );
    }

    /// Checks that the books add up.
    pub(super) async fn is_clean(&self) {
        is_clean(&self.home).await;
    }

    /// Waits until so many vendors' answers were called off.
    pub(super) async fn called_off(&self, count: u64) {
        eventually("vendors are let go", WITHIN, async || {
            (self.simulator.counts().closed_by_client >= count).then_some(())
        })
        .await;
        assert_eq!(self.simulator.counts().closed_by_client, count);
    }
}

impl Going {
    /// The caller goes away.
    pub(super) fn leave(self) {
        match self {
            Self::Stream(coming) => drop(coming),
            Self::Plain(waiting) => waiting.abort(),
        }
    }
}

fn credits(value: &Value) -> i128 {
    let credits: Credits =
        value.as_str().unwrap_or_default().parse().unwrap_or_else(|error| panic!("{value}: {error}"));
    credits.micros().into()
}

fn configuration(simulator: &Simulator) -> String {
    let provider = |vendor: Vendor| {
        format!("  {}: {{api_key: key, base_url: \"{}\"}}\n", vendor.name(), simulator.base_url(vendor))
    };
    let rate =
        |unit: &str, micros: u64| format!("{{unit: {unit}, per: 1000, credits: \"{}\"}}", written(micros));
    let tokens = format!("{}, {}", rate("input_token", INPUT), rate("output_token", OUTPUT));
    let model = |name: &str, modality: &str, provider: &str, model: &str, rates: &str| {
        format!(
            "  {name}: {{modality: {modality}, attempts_max: 1, route: [{{provider: {provider}, model: {model}}}], \
             price: {{version: v1, rates: [{rates}]}}}}\n"
        )
    };
    [
        "http: {retry: {retries_max: 0}, breaker: {failures_max: 0}}\nproviders:\n".to_owned(),
        provider(Vendor::OpenAi),
        provider(Vendor::Anthropic),
        provider(Vendor::Gemini),
        "models:\n".to_owned(),
        model("gpt", "chat", "openai", "gpt-4.1", &tokens),
        model("claude", "chat", "anthropic", "claude-sonnet-5", &tokens),
        model("embedding", "embedding", "openai", "text-embedding-3-small", &rate("input_token", INPUT)),
        model("gemini-embedding", "embedding", "gemini", "gemini-embedding-001", &rate("input_token", INPUT)),
        model("voice", "speech", "openai", "tts-1", &rate("character", CHARACTER)),
    ]
    .concat()
}

fn written(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
