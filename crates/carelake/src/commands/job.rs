//! `carelake job`

use crate::{cli::JobCommand, parts::Parts, screen};
use model::AuditOutcome;
use policy::{Action, Resource};
use std::path::Path;

pub(super) async fn run(folder: &Path, command: JobCommand, json: bool) -> anyhow::Result<()> {
    let JobCommand::List { limit } = command;
    let parts = Parts::open_for(folder, "job", Action::JobList, Resource::Job("any")).await?;
    let jobs = parts.control.jobs(limit).await?;
    parts.record("job.list", AuditOutcome::Success, "jobs", &[]).await?;
    let mut rows = Vec::new();
    for job in jobs {
        let ended = job.ended.map(|ended| ended.to_string());
        if json {
            let line = serde_json::json!({
                "id": job.id.0, "kind": job.kind, "name": job.name, "actor": job.actor, "state": job.state.as_str(),
                "started": job.started.to_string(), "ended": ended, "detail": job.detail,
                "commit_seq": job.seq.map(|seq| seq.0),
            });
            screen::say(line.to_string());
        } else {
            rows.push(vec![
                job.id.0.to_string(),
                job.kind,
                job.name,
                job.state.as_str().to_owned(),
                job.started.to_string(),
                ended.unwrap_or_default(),
                job.detail,
            ]);
        }
    }
    if !json {
        screen::say(screen::table(&["job", "kind", "name", "state", "started", "ended", "result"], &rows));
    }
    parts.close().await
}
