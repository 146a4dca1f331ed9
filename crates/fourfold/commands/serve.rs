//! Runs the server.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use fourfold_domain::Realm;
use fourfold_service::Spawner;
use fourfold_service::keys::{KeyKind, KeySecret, NewKey};
use tokio::net::TcpListener;

use super::Context;
use crate::compose::Server;
use crate::role::Role;
use crate::runtimes::{self, ENDS_PATIENCE, HttpRuntimes};
use crate::{shutdown, telemetry};

/// How long the end of the usage log may take to be written.
const USAGE_PATIENCE: Duration = Duration::from_secs(5);

/// How long before the connections of calls that take too long to end these are told that they are cut off.
const CUT_OFF_BEFORE: Duration = Duration::from_millis(100);

/// How it is run.
#[derive(Args, Default)]
pub(super) struct Serve {
    /// The part that this process plays, where many share a database.
    #[arg(long, value_enum, default_value_t)]
    pub(super) role: Role,
}

pub(super) fn run(context: &Context, role: Role) -> Result<ExitCode> {
    let checked = context.checked()?;
    let _logs = telemetry::start_logs(&checked.settings.log)?;
    #[cfg(feature = "failpoints")]
    arm_failpoint(context)?;

    let work = runtimes::work()?;
    let working = Spawner::new(work.handle().clone());
    let server = Server::open(checked, role, &context.sources, &working)?;
    let (http, accepting) = work.block_on(async {
        telemetry::start_upkeep(&working);
        server.start(&working).await?;
        server.start_to_watch_the_configuration(&working)?;
        let listen = server.settings().server.listen;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("server.listen: {listen} can't be listened on"))?;
        let address = listener.local_addr()?;
        server.start_to_send_webhooks(address, &working)?;
        // Only now, since a start that fails would have shown the key for nothing.
        if server.role().answers() {
            first_key(&server).await?;
        }
        if server.role().answers()
            && address.ip().is_unspecified()
            && server.settings().server.public_url.is_none()
        {
            tracing::warn!(
                "links to results name {address}; set server.public_url to the address that callers use"
            );
        }
        let accepting = Spawner::new(work.handle().clone());
        let http = HttpRuntimes::start(
            listener,
            &server.state_at(address),
            server.role(),
            &server.settings().server,
            &accepting,
        )?;
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            role = server.role().as_str(),
            data_dir = %server.settings().data_dir.display(),
            durability = server.durability(),
            models = server.state.catalog.current().models().count(),
            "listening on http://{address}"
        );
        anyhow::Ok((http, accepting))
    })?;

    let signal = work.block_on(shutdown::requested())?;
    tracing::info!(signal, "stopping");
    let patience = server.settings().server.shutdown_timeout;
    let until = Instant::now() + patience;
    // Nothing new comes in or is claimed, open streams end, requests and jobs under way have the same time.
    server.state.stopping.cancel();
    working.stopping().cancel();
    let (cut_off, ended) = (working.cut_off().clone(), working.ended().clone());
    working.start_beside(async move {
        let time = tokio::time::sleep(patience.saturating_sub(CUT_OFF_BEFORE));
        if ended.run_until_cancelled(time).await.is_some() {
            cut_off.cancel();
        }
    });
    work.block_on(accepting.stop(patience));
    http.stop();
    // What was cut off with its runtime is given back now rather than at the next start.
    let given_back = async { tokio::time::timeout(ENDS_PATIENCE, server.state.calls.end_left_over()).await };
    if work.block_on(given_back).is_err() {
        tracing::warn!("calls that were cut off couldn't be ended; they are at the next start");
    }
    let patience = until.saturating_duration_since(Instant::now()).max(ENDS_PATIENCE);
    if !work.block_on(working.stop(patience)) {
        tracing::warn!(
            "some work was cut off, since it took too long to end; it is taken up at the next start"
        );
    }
    let written = async { tokio::time::timeout(USAGE_PATIENCE, server.usage_written()).await };
    if work.block_on(written).is_err() {
        tracing::warn!("the end of the usage log is lost, since its database took too long");
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The configured admin key, or at a first start a new one, which is printed this once.
async fn first_key(server: &Server) -> Result<()> {
    let keys = &server.state.keys;
    let admin = NewKey {
        name: Some("first admin key".to_owned()),
        ..NewKey::new(KeyKind::Admin, Realm::default(), None)
    };
    if let Some(configured) = &server.settings().security.admin_key {
        let secret: KeySecret =
            configured.expose().parse().context("security.admin_key (FOURFOLD_ADMIN_KEY)")?;
        keys.ensure(admin, &secret).await?;
    } else if keys.list(None, 1).await?.is_empty() {
        let secret = KeySecret::random();
        keys.create(admin, &secret).await?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "The admin key, shown this once: {}", secret.expose())?;
        out.flush()?;
    }
    Ok(())
}

/// `FOURFOLD_FAILPOINT=place` or `place:nth` makes the process abort there.
#[cfg(feature = "failpoints")]
fn arm_failpoint(context: &Context) -> Result<()> {
    use fourfold_service::failpoint::{CALL_FAILPOINTS, FAILPOINTS};

    let Some(written) = context.variable("FOURFOLD_FAILPOINT") else { return Ok(()) };
    let (place, nth) = written.split_once(':').unwrap_or((&written, "1"));
    let places = [&FAILPOINTS[..], &CALL_FAILPOINTS[..]].concat();
    anyhow::ensure!(
        places.contains(&place),
        "FOURFOLD_FAILPOINT: there is no place {place}; there are {}",
        places.join(", ")
    );
    fourfold_service::failpoint::arm(place, nth.parse().context("FOURFOLD_FAILPOINT: place:nth")?);
    Ok(())
}
