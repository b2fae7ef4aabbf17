//! `carelake simulate`

use crate::{cli::SimulateArgs, home::Home, parts::Parts, screen};
use ::simulate::{Expected, Request, Simulation};
use anyhow::{Context, bail};
use server::HomeKind;
use std::{collections::BTreeMap, fs, path::Path};

pub(super) async fn run(folder: &Path, args: &SimulateArgs, json: bool) -> anyhow::Result<()> {
    refuse_real(folder).await?;
    let simulation = Simulation::new(args.seed, args.patients);
    let bar = screen::progress(u64::from(args.patients), "simulating");
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for provider in simulation.providers() {
        let place = args.output.join(provider.source.as_str());
        fs::create_dir_all(&place).with_context(|| format!("make the folder {}", place.display()))?;
    }
    for message in simulation.messages() {
        // A file holds what an import takes: the deliberately bad messages are for a gateway.
        if matches!(message.expected, Expected::Rejected { .. }) {
            continue;
        }
        let (files, resources) = counts.entry(message.source.to_string()).or_default();
        let body = match message.request {
            Request::Bundle(body) | Request::Put { body, .. } => body,
            Request::Post { .. } | Request::Raw { .. } => continue,
        };
        let file = args.output.join(message.source.as_str()).join(format!("{files:07}.json"));
        fs::write(&file, body).with_context(|| format!("write {}", file.display()))?;
        *files += 1;
        *resources += u64::from(message.resources);
        bar.set_message(format!("{} resources", screen::count(*resources)));
    }
    bar.finish_and_clear();
    if json {
        for (source, (files, resources)) in &counts {
            screen::say(
                serde_json::json!({ "source": source, "files": files, "resources": resources }).to_string(),
            );
        }
        return Ok(());
    }
    let rows: Vec<_> = counts
        .iter()
        .map(|(source, (files, resources))| {
            vec![source.clone(), screen::count(*files), screen::count(*resources)]
        })
        .collect();
    screen::say(screen::table(&["provider", "files", "resources"], &rows));
    screen::say(format!(
        "\nNext: carelake import {0}/gp-elm-grove --source gp-elm-grove",
        args.output.display()
    ));
    Ok(())
}

/// Simulated people do not belong beside real ones.
pub(super) async fn refuse_real(folder: &Path) -> anyhow::Result<()> {
    if Home::open(folder).is_err() {
        return Ok(());
    }
    let parts = Parts::open(folder, "simulate").await?;
    let kind = parts.kind;
    parts.close().await?;
    if kind == HomeKind::Real {
        bail!("this home is for real data; simulate with a home of its own (--home)");
    }
    Ok(())
}
