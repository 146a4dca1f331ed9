//! Three processes over real servers, and a vendor that counts what it was paid for.

use std::sync::Arc;
use std::time::Duration;

use fourfold_simulator::{Simulator, SimulatorSettings, Timings, Vendor};
use tokio::sync::watch;

use crate::support::{Api, Cluster, Hooks, Reply, Role, Server};

/// The parts that the processes play. Two answer, two work.
const ROLES: [Role; 3] = [Role::Api, Role::Worker, Role::All];

/// How many received requests the vendor remembers: all of them.
const RECEIVED_MAX: usize = 10_000_000;

pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) vendor: Arc<Simulator>,
    /// Is told of some of the jobs.
    pub(crate) hooks: Arc<Hooks>,
    /// Nothing where a process is dead.
    nodes: [Option<Server>; 3],
    /// The nodes that answer now; callers hold the other end.
    answering: watch::Sender<Vec<Api>>,
    /// Of the first start.
    durability: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let timings = Timings {
            answer: Duration::from_millis(20),
            pace: Duration::from_millis(10),
            task_running: Duration::from_millis(800),
            ..Timings::default()
        };
        let settings = SimulatorSettings {
            extra_models: ["picture", "film", "talk"].map(str::to_owned).to_vec(),
            timings,
            received_max: RECEIVED_MAX,
            received_bodies_bytes_max: 1 << 30,
            ..SimulatorSettings::default()
        };
        let vendor = Arc::new(Simulator::start(settings));
        let cluster = Cluster::new()
            .with("FOURFOLD__JOBS__LEASE", "8s")
            .with("FOURFOLD__JOBS__RENEW", "2s")
            .with("FOURFOLD__JOBS__SEND_MARGIN", "3s")
            .with("FOURFOLD__JOBS__SWEEP", "1s")
            .with("FOURFOLD__JOBS__BACKOFF", "100ms")
            .with("FOURFOLD__JOBS__POLL_MAX", "1s")
            .with("FOURFOLD__JOBS__ACCOUNT_MAX", "0")
            .with("FOURFOLD__INSTANCES__BEAT", "500ms")
            .with("FOURFOLD__INSTANCES__LEASE", "3s");
        let cluster = Cluster { home: Hooks::allow(cluster.home), ..cluster };
        std::fs::write(cluster.home.path().join("fourfold.yaml"), configuration(&vendor)).unwrap();
        let mut world = Self {
            cluster,
            vendor,
            hooks: Arc::new(Hooks::start().await),
            nodes: [None, None, None],
            answering: watch::Sender::default(),
            durability: String::new(),
        };
        for number in 0..ROLES.len() {
            world.revive(number).await;
        }
        world
    }

    /// What durability rests on, as a process has read it back.
    pub(crate) fn durability(&self) -> &str {
        &self.durability
    }

    /// A node that answers now.
    pub(crate) fn admin(&self) -> Api {
        self.answering.borrow().first().cloned().expect("a node answers")
    }

    /// Where callers find the nodes that answer.
    pub(crate) fn answering(&self) -> watch::Receiver<Vec<Api>> {
        self.answering.subscribe()
    }

    pub(crate) fn nodes(&self) -> usize {
        ROLES.len()
    }

    /// Ends a process as if its machine had lost power.
    pub(crate) async fn kill(&mut self, number: usize) {
        if let Some(node) = self.nodes[number].take() {
            self.announce();
            node.kill().await;
        }
    }

    /// Starts a process that is dead; it may die at its start while a server that it needs is gone.
    pub(crate) async fn revive(&mut self, number: usize) {
        if self.nodes[number].is_some() {
            return;
        }
        if let Ok(node) = self.cluster.try_start(ROLES[number], &[]).await {
            if self.durability.is_empty() {
                self.durability = node.durability();
            }
            self.nodes[number] = Some(node);
            self.announce();
        }
    }

    /// Takes processes that ended by themselves for dead.
    pub(crate) fn look(&mut self) {
        for node in &mut self.nodes {
            if node.as_mut().is_some_and(Server::has_ended) {
                *node = None;
            }
        }
        self.announce();
    }

    /// Brings everything back that was taken away.
    pub(crate) async fn heal(&mut self) {
        for fault in self.vendor.faults() {
            self.vendor.clear_fault(fault.id);
        }
        self.cluster.s3.refuse(false).unwrap();
        self.hooks.answers_by(|| Reply::Status(204));
        self.look();
        for number in 0..ROLES.len() {
            self.revive(number).await;
            assert!(self.nodes[number].is_some(), "a process doesn't come back");
        }
    }

    fn announce(&self) {
        let answering = self.nodes.iter().zip(ROLES).filter(|(_, role)| role.answers());
        self.answering
            .send_replace(answering.filter_map(|(node, _)| Some(node.as_ref()?.admin.clone())).collect());
    }
}

/// Pictures at once, films as tasks, chats; and pictures of an operator who takes the risk of paying twice.
fn configuration(vendor: &Simulator) -> String {
    let base_url = vendor.base_url(Vendor::OpenAi);
    format!(
        r#"providers:
  first:
    kind: openai
    api_key: key
    base_url: {base_url}
    timeouts: {{connect: 1s, first_byte: 2s, idle: 2s, total: 5s}}
    retry: {{retries_max: 0}}
    breaker: {{failures_max: 0}}
    models: {{picture: {{modality: image}}, talk: {{modality: chat}}, film: {{modality: video}}}}
models:
  picture:
    modality: image
    deadline: 60s
    route: [{{provider: first, model: picture}}]
    price: {{version: v1, rates: [{{unit: image, credits: "0.04"}}]}}
  risky-picture:
    modality: image
    deadline: 60s
    attempts_max: 3
    on_uncertain: retry
    route: [{{provider: first, model: picture}}]
    price: {{version: v1, rates: [{{unit: image, credits: "0.04"}}]}}
  film:
    modality: video
    deadline: 60s
    route: [{{provider: first, model: film}}]
    price: {{version: v1, rates: [{{unit: video_second, credits: "0.1"}}]}}
  talk:
    modality: chat
    route: [{{provider: first, model: talk}}]
    price: {{version: v1, rates: [{{unit: input_token, credits: "1", per: 1000000}}, {{unit: output_token, credits: "4", per: 1000000}}]}}
"#
    )
}
