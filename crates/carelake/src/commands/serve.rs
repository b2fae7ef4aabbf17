//! `carelake serve`: all parts of the lake in one process, or one of them.

mod certificate;

use crate::{
    desk::Desk,
    feeds::Feeds,
    home,
    outside::{self, Outside},
    parts::Parts,
    people::Provider,
    retention::Retainer,
    screen,
    watchman::{self, Watchman, Webhooks},
};
use anyhow::Context;
use keys::Zone;
use lake::LakeError;
use landing::Intake;
use model::{AuditOutcome, ProcessRole};
use policy::{Action, Resource};
use server::{App, Console, IdentityProvider, Serving, Tls};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// How often a running service looks whether its approvals still hold.
const APPROVALS_LOOKED_AT: Duration = Duration::from_secs(60);

/// The parts of a lake at work: all of them, or those of one process.
pub(super) struct Service {
    gateway: Option<(Serving, Arc<Intake>)>,
    console: Option<Serving>,
    worker: Option<JoinHandle<Result<(), LakeError>>>,
    /// End with the service.
    _helpers: JoinSet<()>,
    stop_serving: watch::Sender<bool>,
    stop_working: watch::Sender<bool>,
}

impl Service {
    /// Starts what `process` does, or all, on the addresses of the configuration.
    pub(super) async fn start(parts: &Parts, process: Option<ProcessRole>) -> anyhow::Result<Self> {
        let does = |role| process.is_none_or(|process| process == role);
        let mut helpers = JoinSet::new();
        let outside = Arc::new(Outside::new(&parts.home.config.outside)?);
        let (stop_serving, stopped) = watch::channel(false);
        let (stop_working, stop) = watch::channel(false);
        let worker = match does(ProcessRole::Worker) {
            true => Some(parts.worker()?),
            false => None,
        };
        if worker.is_some() {
            Feeds::new(parts).put_job().await?;
        }
        let tls = match does(ProcessRole::Gateway) || does(ProcessRole::Query) {
            true => Some(certificate::open(&parts.home.places().tls())?),
            false => None,
        };
        let gateway = match &tls {
            Some(tls) if does(ProcessRole::Gateway) => Some(gateway(parts, tls, stopped.clone()).await?),
            _ => None,
        };
        let console = match &tls {
            Some(tls) if does(ProcessRole::Query) && !parts.home.config.console.listen.is_empty() => {
                let addresses = gateway.as_ref().map(|(serving, _)| serving.addresses()).unwrap_or_default();
                let console = console(parts, &outside, addresses)?;
                Some(server::serve_console(Arc::new(console), tls, shutdown(stopped)).await?)
            }
            _ => None,
        };
        if let Some(tls) = tls {
            let folder = parts.home.places().tls();
            helpers.spawn(async move {
                if let Err(error) = certificate::keep_current(tls, folder).await {
                    tracing::error!(%error, "the gateway's certificate is not looked at");
                }
            });
        }
        if does(ProcessRole::Keeper) {
            keep(parts, outside, &mut helpers)?;
        }
        let worker = worker.map(|worker| tokio::spawn(worker.run(stop)));
        Ok(Self { gateway, console, worker, _helpers: helpers, stop_serving, stop_working })
    }

    /// Where the gateway listens.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        self.gateway.as_ref().map(|(serving, _)| serving.addresses()).unwrap_or_default()
    }

    /// Where the console listens; nowhere if the configuration names no address.
    pub(super) fn console(&self) -> &[SocketAddr] {
        self.console.as_ref().map(Serving::addresses).unwrap_or_default()
    }

    /// Takes no more, answers what is in flight, publishes what was accepted.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stop_serving.send_replace(true);
        let intake = match self.gateway {
            Some((serving, intake)) => {
                serving.stopped().await;
                Some(intake)
            }
            None => None,
        };
        if let Some(console) = self.console {
            console.stopped().await;
        }
        if let Some(intake) = intake {
            intake.close().await;
        }
        // Only now has everything come that is to be published.
        self.stop_working.send_replace(true);
        match self.worker {
            Some(worker) => worker
                .await?
                .context("publish what was accepted; it is durable, and the next start publishes it"),
            None => Ok(()),
        }
    }
}

/// Ready once it is wished that serving ends.
async fn shutdown(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the same wish.
    drop(stopped.wait_for(|stop| *stop).await);
}

/// The gateway at work.
async fn gateway(
    parts: &Parts,
    tls: &Tls,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<(Serving, Arc<Intake>)> {
    let intake = Arc::new(parts.intake()?);
    let app = App {
        intake: Arc::clone(&intake),
        control: Arc::clone(&parts.control),
        audit: Arc::clone(&parts.trail),
        keys: parts.keyring.gateway()?,
        clock: Arc::clone(&parts.clock),
        config: parts.home.config.gateway.clone(),
        home_kind: parts.kind,
    };
    Ok((server::serve(Arc::new(app), tls, shutdown(stopped)).await?, intake))
}

/// Watches the trail, makes checkpoints of it, lets old records go, and keeps what is fetched from outside fresh.
fn keep(parts: &Parts, outside: Arc<Outside>, helpers: &mut JoinSet<()>) -> anyhow::Result<()> {
    helpers.spawn(watchman(parts, &outside)?.keep());
    let (control, clock) = (Arc::clone(&parts.control), Arc::clone(&parts.clock));
    helpers.spawn(outside::keep_fresh(outside, control, clock));
    let days = parts.home.config.audit.keep_days;
    if days > 0 {
        helpers.spawn(Retainer::new(parts)?.keep(days));
    }
    let every = parts.home.config.audit.checkpoint_every();
    helpers.spawn(parts.witness.clone().keep(every, Arc::clone(&parts.trail)));
    Ok(())
}

pub(super) async fn run(folder: &Path, process: Option<ProcessRole>) -> anyhow::Result<()> {
    // Heard from the first moment on: whoever reads below that it listens may ask it to stop at once.
    let asked_to_stop = asked_to_stop()?;
    let name = process.map_or("serve", ProcessRole::as_str);
    let parts = Parts::open_as(folder, name, process).await?;
    if let Err(error) = parts.permit(Action::Serve, Resource::Lake).await {
        parts.close().await?;
        return Err(error);
    }
    let service = match Service::start(&parts, process).await {
        Ok(service) => service,
        Err(error) => {
            parts.close().await?;
            return Err(error);
        }
    };
    let target = process.map_or("gateway", ProcessRole::as_str);
    parts.record("serve.start", AuditOutcome::Success, target, &[]).await?;
    for address in service.addresses() {
        screen::note(format!("carelake: the gateway listens on https://{address}/fhir/r4"));
    }
    for address in service.console() {
        screen::note(format!("carelake: the console is at https://{address}/"));
    }
    match process {
        Some(ProcessRole::Worker | ProcessRole::Keeper) => {
            screen::note(format!("carelake: the {name} is at work; Ctrl-C stops"));
        }
        _ => screen::note(format!(
            "carelake: the certificate authority is {}; Ctrl-C stops",
            parts.home.places().tls().join("ca.pem").display()
        )),
    }
    let ran_out = tokio::select! {
        () = asked_to_stop => None,
        ran_out = approvals_ran_out(&parts) => Some(ran_out),
    };
    screen::note("carelake: stopping; what was accepted is published first");
    service.stop().await?;
    parts.record("serve.stop", AuditOutcome::Success, target, &[]).await?;
    parts.close().await?;
    ran_out.map_or(Ok(()), Err)
}

/// The console over the same parts.
fn console(parts: &Parts, outside: &Arc<Outside>, gateway: &[SocketAddr]) -> anyhow::Result<Console> {
    let keys = parts.keyring.console()?;
    let people = Provider::new(&parts.home.config.people, Arc::clone(outside), Arc::clone(&parts.clock))?;
    let base = parts.home.config.gateway.base_url.clone();
    let first = || gateway.first().map(|address| format!("https://{address}")).unwrap_or_default();
    Ok(Console {
        control: Arc::clone(&parts.control),
        audit: Arc::clone(&parts.trail),
        door: keys.door,
        once_mac: keys.once_mac,
        clock: Arc::clone(&parts.clock),
        lake: Arc::new(Desk::new(parts)?),
        people: people.map(|provider| Arc::new(provider) as Arc<dyn IdentityProvider>),
        config: parts.home.config.console.clone(),
        home_kind: parts.kind,
        gateway: base.unwrap_or_else(first),
        ca_file: parts.home.places().tls().join("ca.pem").display().to_string(),
    })
}

/// Who watches the trail.
fn watchman(parts: &Parts, outside: &Arc<Outside>) -> anyhow::Result<Watchman> {
    let rules = watchman::rules(&parts.home.places().rules())?;
    let (outside, clock) = (Arc::clone(outside), Arc::clone(&parts.clock));
    let webhooks = Webhooks::new(&parts.home.config.alerts, outside, clock)?;
    Ok(Watchman::new(Arc::clone(&parts.control), parts.zone(Zone::Audit)?, rules, webhooks))
}

/// Ends when the approvals of a home for real data no longer hold, with what to do about it.
async fn approvals_ran_out(parts: &Parts) -> anyhow::Error {
    loop {
        tokio::time::sleep(APPROVALS_LOOKED_AT).await;
        if let Err(error) = home::kind(&parts.control).await {
            return error;
        }
    }
}

/// Ctrl-C, or a service manager's TERM; listens from when it is called.
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
