//! The gateway's certificate: read from the home, and read again when it is replaced there.

use anyhow::Context;
use server::Tls;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::signal::unix::{SignalKind, signal};

/// How often it is looked whether the files have changed.
const LOOKED_AT: Duration = Duration::from_secs(2);

/// A certificate chain and its key, as they lie in a folder.
#[derive(PartialEq, Eq)]
struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// TLS by the certificate in `folder`.
pub(super) fn open(folder: &Path) -> anyhow::Result<Tls> {
    let pair = read(folder)?;
    Ok(Tls::new(&pair.certificate, &pair.key)?)
}

/// Serves with what is in `folder`, for ever: soon after it has changed, or at once when the process gets HUP. What
/// cannot be served with leaves the present certificate, and is told.
pub(super) async fn keep_current(tls: Tls, folder: PathBuf) -> anyhow::Result<()> {
    let mut asked = signal(SignalKind::hangup())?;
    let mut seen = read(&folder).ok();
    loop {
        tokio::select! {
            _ = asked.recv() => {}
            () = tokio::time::sleep(LOOKED_AT) => {}
        }
        // Two files are not replaced at one moment: what does not fit together yet is read again.
        let Ok(pair) = read(&folder) else { continue };
        if seen.as_ref() == Some(&pair) {
            continue;
        }
        match tls.replace(&pair.certificate, &pair.key) {
            Ok(()) => tracing::info!("the gateway's certificate was replaced"),
            Err(error) => {
                let cause = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!(cause, "the new certificate cannot be served with; the old one goes on");
            }
        }
        seen = Some(pair);
    }
}

fn read(folder: &Path) -> anyhow::Result<Pair> {
    let file = |name: &str| {
        std::fs::read(folder.join(name)).with_context(|| format!("read {name} in {}", folder.display()))
    };
    Ok(Pair { certificate: file("server.pem")?, key: file("server.key")? })
}
