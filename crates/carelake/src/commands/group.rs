//! `carelake group`

use crate::{cli::GroupCommand, parts::Parts, screen};
use model::AuditOutcome;
use policy::{Action, Resource};
use std::path::Path;

pub(super) async fn run(folder: &Path, command: GroupCommand, json: bool) -> anyhow::Result<()> {
    let action = match command {
        GroupCommand::List => Action::UserList,
        _ => Action::UserChange,
    };
    let parts = Parts::open_for(folder, "group", action, Resource::Lake).await?;
    let done = act(&parts, command, json).await;
    parts.close().await?;
    done
}

async fn act(parts: &Parts, command: GroupCommand, json: bool) -> anyhow::Result<()> {
    let (action, name, facts, what) = match command {
        GroupCommand::List => return list(parts, json).await,
        GroupCommand::Add { name, opens } => {
            let roles = opens.words();
            parts.control.put_group(&name, &roles).await?;
            ("group.add", name, vec![("roles", roles.join(" "))], "its roles count from the next request on")
        }
        GroupCommand::Join { group, name } => {
            parts.control.add_member(&group, &name).await?;
            ("group.join", group, vec![("user", name)], "it has a member more")
        }
        GroupCommand::Leave { group, name } => {
            parts.control.remove_member(&group, &name).await?;
            ("group.leave", group, vec![("user", name)], "it has a member less")
        }
        GroupCommand::Remove { name } => {
            parts.control.remove_group(&name).await?;
            ("group.remove", name, Vec::new(), "it is removed")
        }
    };
    parts.record(action, AuditOutcome::Success, &name, &facts).await?;
    screen::tell(json, serde_json::json!({ "group": name }), format!("Group {name}: {what}."));
    Ok(())
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let groups = parts.control.groups().await?;
    parts.record("group.list", AuditOutcome::Success, "groups", &[]).await?;
    if json {
        for group in &groups {
            let line =
                serde_json::json!({ "group": group.name, "roles": group.roles, "members": group.members });
            screen::say(line.to_string());
        }
        return Ok(());
    }
    let rows: Vec<_> = groups
        .into_iter()
        .map(|group| vec![group.name, group.roles.join(", "), group.members.to_string()])
        .collect();
    screen::say(screen::table(&["group", "roles", "members"], &rows));
    Ok(())
}
