//! `carelake serve`: the gateway and the worker in one process.

use crate::{parts::Parts, screen};
use anyhow::Context;
use landing::Intake;
use model::AuditOutcome;
use server::{App, Serving};
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::{sync::watch, task::JoinHandle};

/// A gateway and a worker at work.
pub(super) struct Service {
    serving: Serving,
    intake: Arc<Intake>,
    worker: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Service {
    /// Starts both on the addresses of the configuration.
    pub(super) async fn start(parts: &Parts) -> anyhow::Result<Self> {
        let tls = parts.home.places().tls();
        let read = |name: &str| {
            std::fs::read(tls.join(name)).with_context(|| format!("read {name} in {}", tls.display()))
        };
        let tls_config = server::tls_config(&read("server.pem")?, &read("server.key")?)?;
        let intake = Arc::new(parts.intake()?);
        let app = App {
            intake: Arc::clone(&intake),
            control: Arc::clone(&parts.control),
            audit: Arc::clone(&parts.audit) as _,
            keys: parts.keyring.gateway()?,
            clock: Arc::clone(&parts.clock),
            config: parts.home.config.gateway.clone(),
            home_kind: parts.kind,
        };
        let (stop, mut stopped) = watch::channel(false);
        let worker = parts.worker()?;
        let shutdown = async move {
            // An error means that the sender is gone, which is the same wish.
            drop(stopped.wait_for(|stop| *stop).await);
        };
        let serving = server::serve(Arc::new(app), tls_config, shutdown).await?;
        let worker = tokio::spawn(worker.run(stop.subscribe()));
        Ok(Self { serving, intake, worker, stop })
    }

    /// Where the gateway listens.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        self.serving.addresses()
    }

    /// Takes no more, answers what is in flight, publishes what was accepted.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        self.serving.stopped().await;
        self.intake.close().await;
        self.worker.await?;
        Ok(())
    }
}

pub(super) async fn run(folder: &Path) -> anyhow::Result<()> {
    let parts = Parts::open(folder, "serve").await?;
    let service = Service::start(&parts).await?;
    parts.record("serve.start", AuditOutcome::Success, "gateway", &[]).await?;
    for address in service.addresses() {
        screen::note(format!("carelake: the gateway listens on https://{address}/fhir/r4"));
    }
    screen::note(format!(
        "carelake: the certificate authority is {}; Ctrl-C stops",
        parts.home.places().tls().join("ca.pem").display()
    ));
    asked_to_stop().await?;
    screen::note("carelake: stopping; what was accepted is published first");
    service.stop().await?;
    parts.record("serve.stop", AuditOutcome::Success, "gateway", &[]).await?;
    parts.close().await
}

/// Ctrl-C, or a service manager's TERM.
async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
