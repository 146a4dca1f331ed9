//! Logs and metrics of the process.

use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use fourfold_service::Spawner;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::settings::{LogFormat, LogSettings};

/// How many lines may wait for the thread that writes them; more are dropped. Room for all is made at once.
const WAITING_LINES_MAX: usize = 8192;

/// How often what was timed is summed up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Seconds by which durations are counted.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0];
/// Steps by which batches of the ledger are counted.
const BATCH_SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Counts the lines that were dropped; set once for the process.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// What renders the metrics; set once for the process.
static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts to log, to standard error by a thread of its own. The last lines are written when this is dropped.
pub(crate) fn start_logs(settings: &LogSettings) -> Result<WorkerGuard> {
    let filter = EnvFilter::try_new(&settings.filter)
        .context("log.filter: must be such as info,fourfold_service=debug")?;
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES_MAX).finish(std::io::stderr());
    DROPPED.get_or_init(|| writer.error_counter());
    let terminal = std::io::stderr().is_terminal();
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_span_events(FmtSpan::NONE);
    let started = match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Auto if !terminal => lines.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Auto | LogFormat::Pretty => lines.with_ansi(terminal).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging can't be started: {error}"))?;
    Ok(guard)
}

/// Starts to sum up now and then what was timed: it waits in memory until then, whether anybody reads it or not.
pub(crate) fn start_upkeep(spawner: &Spawner) {
    let stopping = spawner.stopping().clone();
    drop(spawner.start(async move {
        while stopping.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
            if let Some(metrics) = METRICS.get() {
                metrics.run_upkeep();
            }
        }
    }));
}

/// Starts to count, and gives what renders the counts. Again gives the same.
pub(crate) fn start_metrics() -> Result<Arc<dyn Fn() -> String + Send + Sync>> {
    let handle = match METRICS.get() {
        Some(handle) => handle.clone(),
        None => {
            let handle = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
                .set_buckets_for_metric(Matcher::Suffix("_batch_size".to_owned()), &BATCH_SIZES)?
                .install_recorder()?;
            METRICS.get_or_init(|| handle).clone()
        }
    };
    Ok(Arc::new(move || {
        let dropped = DROPPED.get().map_or(0, ErrorCounter::dropped_lines);
        metrics::counter!("fourfold_log_lines_dropped_total")
            .absolute(u64::try_from(dropped).unwrap_or(u64::MAX));
        handle.render()
    }))
}
