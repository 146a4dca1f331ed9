//! The targets of the forward proxy: made of the settings, exchanged as a whole at a reload.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use fourfold_api::{ForwardTarget, ForwardTargets};
use fourfold_domain::InvalidName;
use fourfold_forward::{CollectBudget, settings as proxy};
use fourfold_service::Spawner;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::Links;
use super::forward_meter::{ForwardCalls, TargetMeter, Terms};
use super::forward_recorder::ForwardMetrics;
use crate::config::settings::{ForwardSettings, HouseSettings};

/// The targets of one configuration.
pub(crate) struct TargetTable {
    targets: BTreeMap<String, Built>,
    bodies: CollectBudget,
    collected_bytes_max: usize,
}

/// A target, and what it was made of.
#[derive(Clone)]
struct Built {
    settings: Written,
    target: Arc<ForwardTarget>,
    metrics: Arc<ForwardMetrics>,
}

/// All that makes a target what it is: its own settings and those of all, and what is in the files that they name.
#[derive(Clone, PartialEq)]
struct Written {
    proxy: proxy::ForwardSettings,
    house: HouseSettings,
    authorities: Vec<Vec<u8>>,
}

/// The targets in force, whose health is watched.
pub(crate) struct LiveTargets {
    live: ForwardTargets,
    running: Mutex<BTreeMap<String, Running>>,
    spawner: Spawner,
    /// Whether this process answers requests.
    is_used: bool,
}

struct Running {
    built: Built,
    /// Ends its health checks.
    ends: CancellationToken,
}

/// A setting that can't be: its place, and what is allowed.
pub(crate) type WrongSetting = (String, String);

impl TargetTable {
    /// Makes every target, or names the first mistake. `openai` is where the ready target of that name leads, and its
    /// key; who pays, pays by the calls of these links, and bodies are collected within their budget.
    pub(crate) fn build(
        settings: &ForwardSettings,
        openai: Option<(&str, SecretString)>,
        links: &Links,
    ) -> Result<Self, WrongSetting> {
        let collected_bytes_max = settings.checked_collected_bytes_max()?;
        let mut proxy = settings.proxy();
        if let Some((base_url, key)) = openai {
            proxy.add_openai(base_url, key);
        }
        proxy.validate().map_err(|wrong| (wrong.place, wrong.allowed))?;
        let mut targets = BTreeMap::new();
        for name in proxy.targets.keys() {
            let house = settings.targets.get(name).map(|target| target.house.clone()).unwrap_or_default();
            targets.insert(name.clone(), Built::new(name, &proxy, house, links)?);
        }
        Ok(Self { targets, bodies: links.bodies.clone(), collected_bytes_max })
    }

    /// What there is, and what its users may do.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Arc<ForwardTarget>> {
        self.targets.values().map(|built| &built.target)
    }
}

impl Built {
    fn new(
        name: &str,
        proxy: &proxy::ForwardSettings,
        house: HouseSettings,
        links: &Links,
    ) -> Result<Self, WrongSetting> {
        let place = || format!("forward.targets.{name}");
        let target = proxy.targets.get(name).cloned().unwrap_or_default();
        let resolved = target.resolve(name, proxy).map_err(|wrong| (wrong.place, wrong.allowed))?;
        if house.default_max_output == 0 {
            return Err((format!("{}.default_max_output", place()), "must be 1 or more".to_owned()));
        }
        if house.access.is_empty() {
            let allowed = "must name at least one of admin, service and user";
            return Err((format!("{}.access", place()), allowed.to_owned()));
        }
        if house.keys.iter().any(|key| key.trim().is_empty()) {
            return Err((format!("{}.keys", place()), "must be ids or names of keys".to_owned()));
        }
        // What of them can't be read, the builder says.
        let authorities = resolved.tls.ca_files.iter().map(|file| fs::read(file).unwrap_or_default());
        let authorities = authorities.collect();
        let builder = resolved.into_builder().map_err(|error| (place(), chain(&error)))?;
        let meter = meter(name, &house, &links.calls)?;
        let metrics = Arc::new(ForwardMetrics::new(name));
        let builder = builder.recorder(metrics.clone()).meter(Arc::new(meter));
        let forwarder = builder.collect_budget(links.bodies.clone()).build();
        let forwarder = forwarder.map_err(|error| (place(), chain(&error)))?;
        let proxy =
            proxy::ForwardSettings { targets: BTreeMap::from([(name.to_owned(), target)]), ..proxy.clone() };
        let target = Arc::new(ForwardTarget { forwarder, access: house.access() });
        Ok(Self { settings: Written { proxy, house, authorities }, target, metrics })
    }
}

/// Who pays for what goes through a target.
fn meter(name: &str, house: &HouseSettings, calls: &ForwardCalls) -> Result<TargetMeter, WrongSetting> {
    let place = format!("forward.targets.{name}");
    let named = |text: String| (place.clone(), text);
    let price = house.price.as_ref().map(|price| price.price(&format!("{place}.price"))).transpose();
    let price = price.map_err(|wrong| (wrong.place, wrong.problem))?;
    Ok(TargetMeter {
        calls: calls.clone(),
        model: ForwardTarget::model_of(name)
            .parse()
            .map_err(|error: InvalidName| named(error.to_string()))?,
        provider: "forward".parse().map_err(|error: InvalidName| named(error.to_string()))?,
        terms: price.map(|price| Terms {
            price,
            default_max_output: house.default_max_output,
            ceilings: house.token_ceilings,
        }),
    })
}

/// An error with what lies behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

impl LiveTargets {
    /// None yet. The health of targets is watched on the spawner where this process answers requests.
    pub(crate) fn new(spawner: Spawner, is_used: bool) -> Self {
        Self { live: ForwardTargets::default(), running: Mutex::default(), spawner, is_used }
    }

    /// The targets as callers find them.
    pub(crate) fn live(&self) -> ForwardTargets {
        self.live.clone()
    }

    /// Puts another table in force. What is as it was keeps its connections, its breaker and its limits.
    pub(crate) fn replace(&self, table: TargetTable) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        table.bodies.set_bytes_max(table.collected_bytes_max);
        let mut before = std::mem::take(&mut *running);
        for (name, built) in table.targets {
            let kept = match before.remove(&name) {
                Some(kept) if kept.built.settings == built.settings => kept,
                Some(changed) => {
                    changed.retire();
                    self.start(built)
                }
                None => self.start(built),
            };
            let forwarder = &kept.built.target.forwarder;
            kept.built.metrics.show_breaker(forwarder.breaker_state());
            kept.built.metrics.show_health(forwarder.is_healthy());
            running.insert(name, kept);
        }
        before.into_values().for_each(|gone| gone.retire());
        let live = running.iter().map(|(name, running)| (name.clone(), running.built.target.clone()));
        self.live.replace(live.collect());
    }

    fn start(&self, built: Built) -> Running {
        let ends = CancellationToken::new();
        if self.is_used {
            let (forwarder, ends) = (built.target.forwarder.clone(), ends.clone());
            let stopping = self.spawner.stopping().clone();
            self.spawner.start(async move {
                stopping.run_until_cancelled(forwarder.watch(ends.cancelled())).await;
            });
        }
        Running { built, ends }
    }
}

impl Running {
    /// Ends what it does by itself. Requests under way go on with it.
    fn retire(self) {
        self.ends.cancel();
        self.built.metrics.retire();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokio::runtime::Handle;

    use super::*;

    fn table(forward: Value) -> TargetTable {
        let settings = serde_json::from_value(forward).unwrap();
        TargetTable::build(&settings, None, &Links::default()).unwrap()
    }

    #[tokio::test]
    async fn a_target_that_stays_as_it_was_keeps_its_forwarder() {
        let live = LiveTargets::new(Spawner::new(Handle::current()), true);
        let forward = |timeout: &str| {
            json!({"targets": {
                "stays": {"base_url": "http://127.0.0.1:1"},
                "changes": {"base_url": "http://127.0.0.1:1", "timeouts": {"timeout": timeout}},
            }})
        };
        let target = |name: &str| live.live().get(name);
        live.replace(table(forward("1s")));
        let (stays, changes) = (target("stays").unwrap(), target("changes").unwrap());
        live.replace(table(forward("2s")));
        assert!(Arc::ptr_eq(&stays, &target("stays").unwrap()));
        assert!(!Arc::ptr_eq(&changes, &target("changes").unwrap()));
        live.replace(table(json!({})));
        assert!(target("stays").is_none());
    }

    #[tokio::test]
    async fn what_holds_for_all_targets_changes_each() {
        let live = LiveTargets::new(Spawner::new(Handle::current()), true);
        let forward = |attempts: u32| json!({"retry": {"max_attempts": attempts}, "targets": {"t": {"base_url": "http://127.0.0.1:1"}}});
        live.replace(table(forward(2)));
        let before = live.live().get("t").unwrap();
        live.replace(table(forward(3)));
        assert!(!Arc::ptr_eq(&before, &live.live().get("t").unwrap()));
    }

    #[tokio::test]
    async fn an_authority_that_was_exchanged_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let live = LiveTargets::new(Spawner::new(Handle::current()), true);
        let forward =
            || json!({"targets": {"t": {"base_url": "https://a.test", "tls": {"ca_files": [file]}}}});
        let authority = || rcgen::generate_simple_self_signed(["a.test".to_owned()]).unwrap().cert.pem();
        let (one, other) = (authority(), authority());
        let mut seen = Vec::new();
        for pem in [&one, &one, &other] {
            fs::write(&file, pem).unwrap();
            live.replace(table(forward()));
            seen.push(live.live().get("t").unwrap());
        }
        assert!(Arc::ptr_eq(&seen[0], &seen[1]) && !Arc::ptr_eq(&seen[1], &seen[2]));
    }

    #[test]
    fn mistakes_name_their_place() {
        let wrong = |forward: Value| {
            let settings = serde_json::from_value(forward).unwrap();
            TargetTable::build(&settings, None, &Links::default()).map(|_| ()).unwrap_err().0
        };
        let target = |more: Value| {
            let mut target = json!({"base_url": "https://a.test"});
            target.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            wrong(json!({"targets": {"t": target}}))
        };
        assert_eq!(wrong(json!({"retry": {"max_attempts": 0}})), "forward.retry.max_attempts");
        assert_eq!(wrong(json!({"collected_bytes_max": 1})), "forward.collected_bytes_max");
        assert_eq!(target(json!({"allow": ["x"]})), "forward.targets.t.allow");
        assert_eq!(target(json!({"access": []})), "forward.targets.t.access");
        assert_eq!(target(json!({"keys": ["k", ""]})), "forward.targets.t.keys");
        assert_eq!(target(json!({"default_max_output": 0})), "forward.targets.t.default_max_output");
        assert_eq!(target(json!({"tls": {"ca_files": ["/none"]}})), "forward.targets.t");
    }
}
