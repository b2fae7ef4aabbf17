//! Makes a home.

use super::{Places, approvals::Approvals, certificate};
use crate::config::Config;
use anyhow::{Context, bail, ensure};
use control::Control;
use keys::{Keyring, Zone};
use model::{Clock, SystemClock};
use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

/// The fact that says which data a home is for.
pub(super) const KIND: &str = "home.kind";

/// What is told once and written down nowhere.
pub(crate) struct Secrets {
    /// Any `recovery_threshold` of these restore the root key.
    pub(crate) recovery_shares: Vec<String>,
    pub(crate) recovery_threshold: u8,
    /// Any `custodian_threshold` of these open the vault. Nothing else does.
    pub(crate) custodian_shares: Vec<String>,
    pub(crate) custodian_threshold: u8,
}

/// Makes a home in `folder`: for synthetic data, or for real data under the approvals in a file.
pub(crate) async fn create(
    folder: &Path,
    approvals: Option<&Path>,
    control_url: Option<&str>,
) -> anyhow::Result<Secrets> {
    let approvals = approvals.map(Approvals::read).transpose()?;
    let places = Places::of(folder);
    if places.config().exists() {
        bail!("{} is a home already; choose another folder with --home", folder.display());
    }
    if places.keys().exists() {
        bail!(
            "{} holds keys of an `init` that did not come to its end; remove the folder, or choose another with --home",
            folder.display()
        );
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("make the folder {}", folder.display()))?;
    let folder = folder.canonicalize()?;
    // A folder that was there already may have been open to others.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    let places = Places::of(&folder);
    for made in
        Zone::all().map(|zone| places.zone(zone)).into_iter().chain([places.control(), places.ledger()])
    {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(made)?;
    }
    let created = Keyring::create(&places.keys()).context("make the keys")?;
    certificate::create(&places.tls()).context("make the certificates")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let url = control_url.map_or_else(|| places.control_url(), str::to_owned);
    let control = Control::open(&url, Arc::clone(&clock)).await.context("make the control database")?;
    ensure!(control.fact(KIND).await?.is_none(), "the control database is another home's already");
    if let Some(approvals) = &approvals {
        approvals.keep(&control).await?;
    }
    control.set_fact(KIND, if approvals.is_some() { "real" } else { "synthetic" }).await?;
    control.set_fact("home.created", &clock.now().to_string()).await?;
    control.close().await;
    let mut config = Config::default();
    config.control.url = control_url.map(str::to_owned);
    // Last: a home is one from here on.
    let text = format!(
        "# carelake: every setting with its default; CARELAKE__SECTION__KEY in the environment wins.\n\n{}",
        toml::to_string(&config)?
    );
    fs::write(places.config(), text).context("write the configuration")?;
    Ok(Secrets {
        recovery_shares: created.recovery_shares,
        recovery_threshold: created.recovery_threshold,
        custodian_shares: created.custodian_shares,
        custodian_threshold: created.custodian_threshold,
    })
}
