//! What a step lost the operator, counted once the step is durable.

use fourfold_domain::ModelName;

use super::World;
use crate::credits::{Entry, EntryKind, Owner};

/// The losses that a step wrote down, in micro-credits, with the models by which they came.
#[derive(Default)]
pub(crate) struct Losses(Vec<(ModelName, u64)>);

impl Losses {
    /// Those among the entries that a step has added, from this one on.
    pub(crate) fn since(world: &World, known: usize) -> Self {
        let added = world.entries.get(known..).unwrap_or_default();
        let losses = added.iter().filter(|entry| entry.kind == EntryKind::Loss);
        let counted =
            losses.filter_map(|entry| Some((model(world, entry)?, entry.amount.micros().unsigned_abs())));
        Self(counted.collect())
    }

    /// Counts them: what they come to is what the entries say, unless a process dies in between.
    pub(crate) fn count(self) {
        for (model, micros) in self.0 {
            lost(&model).increment(micros);
        }
    }
}

/// Counts what was paid to vendors for work of which nobody was charged.
pub(crate) fn lost(model: &ModelName) -> metrics::Counter {
    metrics::counter!("fourfold_credits_lost_micros_total", "model" => model.to_string())
}

fn model(world: &World, entry: &Entry) -> Option<ModelName> {
    match entry.owner? {
        Owner::Job(id) => world.jobs.get(&id).map(|job| job.model.clone()),
        Owner::Call(id) => world.calls.get(&id).map(|call| call.model.clone()),
    }
}

#[cfg(test)]
mod tests {
    use fourfold_domain::InstanceId;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use uuid::Uuid;

    use crate::calls::{CallEnding, EndCall};
    use crate::commit::{Step as _, World, pending};
    use crate::credits::Grant;
    use crate::error::StoreError;
    use crate::testing::{account_subject, credits, open_call};

    #[test]
    fn a_loss_counts_once_its_step_is_durable() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let failure = || StoreError::Failed("the database is gone".into());
        for (failure, counted) in [(Some(failure()), false), (None, true)] {
            let mut world = World::default();
            let grant = Grant {
                subject: account_subject("u1"),
                credits: credits("10"),
                operation: "grant:first".to_owned(),
                note: None,
            };
            grant.decide(&mut world).unwrap();
            let mut open = open_call("u1", "1", InstanceId::new(Uuid::now_v7()));
            open.cost_max = Some(credits("0.25"));
            let end = EndCall::new(open.id, CallEnding::Interrupted);
            open.decide(&mut world).unwrap();
            metrics::with_local_recorder(&recorder, || {
                let (mut step, _answer) = pending(end);
                step.decide(&mut world);
                step.answer(failure);
            });
            let shown = recorder.handle().render();
            let line = "fourfold_credits_lost_micros_total{model=\"acme-image\"} 250000";
            assert_eq!(shown.lines().any(|shown| shown == line), counted, "{shown}");
        }
    }
}
