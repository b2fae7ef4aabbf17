//! `carelake init`

use crate::{
    cli::InitArgs,
    home::{self, Secrets},
    parts::Parts,
    screen,
};
use model::AuditOutcome;
use std::path::Path;

pub(super) async fn run(folder: &Path, args: &InitArgs, json: bool) -> anyhow::Result<()> {
    let secrets = home::create(folder, args.approvals.as_deref(), args.control.as_deref()).await?;
    let parts = Parts::open(folder, "init").await?;
    parts.record("init", AuditOutcome::Success, "home", &[]).await?;
    let kind = parts.kind.as_str();
    let place = parts.home.folder().display().to_string();
    parts.close().await?;
    if json {
        screen::say(
            serde_json::json!({
                "home": place,
                "data": kind,
                "recovery_shares": secrets.recovery_shares,
                "recovery_threshold": secrets.recovery_threshold,
                "custodian_shares": secrets.custodian_shares,
                "custodian_threshold": secrets.custodian_threshold,
            })
            .to_string(),
        );
        return Ok(());
    }
    screen::say(format!("A home for {kind} data is ready in {place}\n"));
    show(&secrets);
    screen::say(
        "Next:\n  carelake provider add gp-elm-grove    register a data owner\n  carelake serve                        start the gateway and the worker",
    );
    Ok(())
}

/// Shows what is shown once.
pub(super) fn show(secrets: &Secrets) {
    screen::say(format!(
        "Recovery shares: any {} of these restore the root key. Give each to another person;\nthey are written down nowhere else.",
        secrets.recovery_threshold
    ));
    for share in &secrets.recovery_shares {
        screen::say(format!("  {share}"));
    }
    screen::say(format!(
        "\nCustodian shares: any {} of these open the vault, where identity lies. Without them nobody\ncan, this machine included.",
        secrets.custodian_threshold
    ));
    for share in &secrets.custodian_shares {
        screen::say(format!("  {share}"));
    }
    screen::say("");
}
