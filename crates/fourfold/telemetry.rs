//! Logs and metrics of the process.

mod json_lines;
mod line_writer;

use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use fourfold_service::Spawner;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{FmtSpan, JsonFields};

use self::json_lines::JsonLines;
use self::line_writer::{LastLines, LineWriter};
use crate::config::settings::{LogFormat, LogSettings};

/// How often what was timed is summed up.
const UPKEEP: Duration = Duration::from_secs(1);

/// Seconds by which durations are counted.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0];
/// Steps by which batches of the ledger are counted.
const BATCH_SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Where lines are left; set once for the process.
static LINES: OnceLock<LineWriter> = OnceLock::new();

/// What renders the metrics; set once for the process.
static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts to log, to standard error by a thread of its own. The last lines are written when this is dropped.
pub(crate) fn start_logs(settings: &LogSettings) -> Result<LastLines> {
    let filter = EnvFilter::try_new(&settings.filter)
        .context("log.filter: must be such as info,fourfold_service=debug")?;
    let (writer, last_lines) =
        LineWriter::start(std::io::stderr()).context("the log's thread can't be started")?;
    let writer = LINES.get_or_init(|| writer).clone();
    let terminal = std::io::stderr().is_terminal();
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_span_events(FmtSpan::NONE);
    let is_pretty = match settings.format {
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
        LogFormat::Pretty => true,
    };
    let started = match is_pretty {
        true => lines.with_ansi(terminal).try_init(),
        false => lines.fmt_fields(JsonFields::new()).event_format(JsonLines).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging can't be started: {error}"))?;
    Ok(last_lines)
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
        let dropped = LINES.get().map_or(0, LineWriter::dropped);
        metrics::counter!("fourfold_log_lines_dropped_total").absolute(dropped);
        handle.render()
    }))
}
