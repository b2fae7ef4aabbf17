//! `carelake view register`, `list` and `remove`: views that are tables of the lake.

use crate::{cli::RegisteredViewCommand, parts::Parts, screen};
use anyhow::{Context, bail};
use control::{RegisteredView, ViewState};
use lake::{
    LakeError,
    refinery::Refinery,
    registry::{self, ViewBuilds},
};
use model::AuditOutcome;
use policy::{Action, Resource, Table};
use serde_json::json;
use std::{fs, path::Path, process::ExitCode};

pub(super) async fn run(
    folder: &Path,
    command: RegisteredViewCommand,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let parts = Parts::open(folder, "view").await?;
    let done = match &command {
        RegisteredViewCommand::Register { file } => register(&parts, file, json).await,
        RegisteredViewCommand::List => list(&parts, json).await,
        RegisteredViewCommand::Remove { name } => remove(&parts, name, json).await,
    };
    parts.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn register(parts: &Parts, file: &Path, json: bool) -> anyhow::Result<()> {
    let text = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let definition: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let table = Table::new("view", definition["name"].as_str().unwrap_or_default());
    parts.permit(Action::ViewRegister, Resource::Table(table)).await?;
    let registered = registry::register(&parts.control, views::builtin(), &text).await;
    let (view, number) = registered.with_context(|| format!("register {}", file.display()))?;
    let name = view.name();
    if number.is_some() {
        parts.record("view.register", AuditOutcome::Success, name, &[]).await?;
    }
    let built_here = work(parts).await?;
    let Some(view) = newest(parts, name).await? else {
        bail!("the view `{name}` was removed meanwhile");
    };
    if !view.error.is_empty() {
        bail!("the view `{name}` is registered and could not be built yet: {}", view.error);
    }
    if json {
        screen::say(line(&view).to_string());
    } else if built_here && view.state == ViewState::Current {
        screen::say(format!("The view {name} is built: {}.\n{}", so_far(&view), example(name)));
    } else {
        screen::say(format!(
            "The view {name} is registered. Another process is the lake's worker and builds it; `carelake job runs` says \
             how far it is. If that has died, say this again in a few seconds.\n{}",
            example(name)
        ));
    }
    Ok(())
}

fn example(name: &str) -> String {
    format!("  carelake sql 'select * from view.{name}'")
}

/// Does what registered views need, unless another process is the worker: then false.
async fn work(parts: &Parts) -> anyhow::Result<bool> {
    let mut refinery = Refinery::new(parts.worker_parts()?);
    let work = async {
        match refinery.drain().await {
            // Another lane's damage is no reason to leave a view unbuilt.
            Err(error @ LakeError::Segment { .. }) => screen::note(format!("carelake: {error}")),
            other => drop(other?),
        }
        ViewBuilds::default().work_off(&mut refinery).await
    };
    let worked = work.await;
    refinery.close().await;
    match worked {
        Ok(()) => Ok(true),
        Err(LakeError::NotTheWorker) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The newest registration of that name that is not gone.
async fn newest(parts: &Parts, name: &str) -> anyhow::Result<Option<RegisteredView>> {
    let views = parts.control.views().await?;
    Ok(views.into_iter().rev().find(|view| view.name == name && view.state != ViewState::Gone))
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    parts.permit(Action::ViewList, Resource::Lake).await?;
    let views = parts.control.views().await?;
    parts.record("view.list", AuditOutcome::Success, "views", &[]).await?;
    // One that was taken out because its definition is not understood any more is shown with the reason.
    let views = views.iter().filter(|view| view.state != ViewState::Gone || !view.error.is_empty());
    if json {
        views.for_each(|view| screen::say(line(view).to_string()));
        return Ok(());
    }
    let row = |view: &RegisteredView| {
        vec![
            view.name.clone(),
            view.resource.clone(),
            view.state.as_str().to_owned(),
            view.registered.to_string(),
            if view.error.is_empty() { so_far(view) } else { view.error.clone() },
        ]
    };
    let head = ["view", "over", "state", "registered", "built"];
    screen::say(screen::table(&head, &views.map(row).collect::<Vec<_>>()));
    Ok(())
}

async fn remove(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    parts.permit(Action::ViewRemove, Resource::Table(Table::new("view", name))).await?;
    if views::builtin().iter().any(|view| view.name() == name) {
        bail!("`{name}` is a built-in view, which every lake keeps");
    }
    parts.control.remove_view(name).await?;
    parts.record("view.remove", AuditOutcome::Success, name, &[]).await?;
    let gone = work(parts).await?;
    if json {
        screen::say(json!({ "name": name, "state": if gone { "gone" } else { "leaving" } }).to_string());
    } else if gone {
        screen::say(format!("The view {name} is removed. Its files go when no readable sequence shows it."));
    } else {
        screen::say(format!("The view {name} is removed as soon as the running worker has published it."));
    }
    Ok(())
}

fn so_far(view: &RegisteredView) -> String {
    let progress = view.progress;
    let mut text = format!(
        "{} of {} slices, {} rows of what was there",
        progress.done,
        progress.slices,
        screen::count(progress.rows)
    );
    if progress.skipped > 0 {
        text += &format!(", {} resources without a row", screen::count(progress.skipped));
    }
    text
}

fn line(view: &RegisteredView) -> serde_json::Value {
    json!({
        "name": view.name, "resource": view.resource, "state": view.state.as_str(),
        "registered": view.registered.to_string(), "from_seq": view.from_seq.map(|seq| seq.0),
        "slices_done": view.progress.done, "slices": view.progress.slices,
        "rows": view.progress.rows, "skipped": view.progress.skipped,
        "error": (!view.error.is_empty()).then_some(&view.error),
    })
}
