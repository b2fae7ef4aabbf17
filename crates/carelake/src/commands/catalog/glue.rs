//! `carelake catalog sync glue`

use super::told;
use crate::{cli::GlueArgs, outside::Outside, parts::Parts, screen};
use anyhow::Context;
use exchange::glue::{Access, Changes, Client, Options, Retry, sync};
use model::AuditOutcome;
use std::{env, sync::Arc};

pub(super) async fn run(parts: &Parts, args: &GlueArgs, json: bool) -> anyhow::Result<()> {
    let access = Access::from_environment(|name| env::var(name).ok(), args.endpoint.as_deref())?;
    let http = match ["localhost", "127.0.0.1", "::1"].contains(&access.host()) {
        true => reqwest::Client::new(),
        false => {
            let outside = Outside::new(&parts.home.config.outside)?;
            outside.client_for(&format!("https://{}", access.host()))?
        }
    };
    let client = Client::new(access, http, Arc::clone(&parts.clock), Retry::default());
    let catalogue = told::catalogue(parts).await?;
    let lake = parts.home.config.catalog.lake.clone();
    let options = Options { lake, prefix: args.prefix.clone(), dry_run: args.dry_run };
    let synced = sync(&client, &catalogue, &options).await;
    let outcome = if synced.is_ok() { AuditOutcome::Success } else { AuditOutcome::Failed };
    parts.record("catalog.sync", outcome, "glue", &[("prefix", args.prefix.clone())]).await?;
    let report = synced.context("make Glue equal to the catalogue")?;
    if json {
        screen::say(serde_json::to_string(&report)?);
        return Ok(());
    }
    let row = |what: &str, changes: Changes| {
        let Changes { created, updated, removed, unchanged } = changes;
        let counts = [created, updated, removed, unchanged].map(|count| count.to_string());
        [vec![what.to_owned()], counts.to_vec()].concat()
    };
    let rows = [
        row("databases", report.databases),
        row("tables", report.tables),
        row("partitions", report.partitions),
    ];
    screen::say(screen::table(&["in Glue", "created", "updated", "removed", "as they were"], &rows));
    for table in &report.not_ours {
        screen::note(format!("carelake: {table} is not this lake's, and was left alone"));
    }
    if args.dry_run {
        screen::note("carelake: nothing was changed; without --dry-run it would be");
    }
    Ok(())
}
