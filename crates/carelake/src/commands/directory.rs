//! `carelake directory`

use crate::{
    cli::{DirectoryCommand, TokenArgs},
    parts::Parts,
    screen,
};
use anyhow::ensure;
use control::{Directory, Reach};
use credentials::password;
use model::{AuditOutcome, Timestamp};
use policy::{Action, Resource};
use std::path::Path;
use zeroize::Zeroizing;

const HOUR_MS: i64 = 3_600_000;
/// How long a token counts where nothing is said.
const TOKEN_LASTS_MS: i64 = 365 * 24 * HOUR_MS;

pub(super) async fn run(folder: &Path, command: DirectoryCommand, json: bool) -> anyhow::Result<()> {
    let action = match command {
        DirectoryCommand::List => Action::DirectoryList,
        _ => Action::DirectoryChange,
    };
    let parts = Parts::open_for(folder, "directory", action, Resource::Lake).await?;
    let done = act(&parts, command, json).await;
    parts.close().await?;
    done
}

async fn act(parts: &Parts, command: DirectoryCommand, json: bool) -> anyhow::Result<()> {
    let control = &parts.control;
    match command {
        DirectoryCommand::Add { name, networks, external_id_is_subject, token } => {
            let token = new_token(parts, &token)?;
            let reach = Reach { networks, private_only: false };
            let kept = (token.mac, token.expires);
            control.add_directory(name.as_str(), (&reach, external_id_is_subject), kept).await?;
            let facts = [("expires", token.expires.to_string())];
            parts.record("directory.add", AuditOutcome::Success, name.as_str(), &facts).await?;
            show_token(json, name.as_str(), &token);
            Ok(())
        }
        DirectoryCommand::List => list(parts, json).await,
        DirectoryCommand::Token { name, token, overlap_hours } => {
            let token = new_token(parts, &token)?;
            let others_end = parts.clock.now().plus_ms(i64::from(overlap_hours) * HOUR_MS);
            control.add_directory_token(&name, (token.mac, token.expires), others_end).await?;
            let facts = [("expires", token.expires.to_string()), ("others_end", others_end.to_string())];
            parts.record("directory.token", AuditOutcome::Success, &name, &facts).await?;
            show_token(json, &name, &token);
            Ok(())
        }
        DirectoryCommand::Disable { name } => {
            control.set_directory_enabled(&name, false).await?;
            parts.record("directory.disable", AuditOutcome::Success, &name, &[]).await?;
            screen::done(json, &name, "it is refused from its next request on");
            Ok(())
        }
        DirectoryCommand::Enable { name } => {
            control.set_directory_enabled(&name, true).await?;
            parts.record("directory.enable", AuditOutcome::Success, &name, &[]).await?;
            screen::done(json, &name, "it is let in again");
            Ok(())
        }
        DirectoryCommand::Adopt { directory, name } => {
            control.hand_over_person(&name, Some(&directory)).await?;
            let facts = [("user", name.clone())];
            parts.record("directory.adopt", AuditOutcome::Success, &directory, &facts).await?;
            screen::done(json, &directory, &format!("it keeps {name} from now on"));
            Ok(())
        }
        DirectoryCommand::Release { name } => {
            control.hand_over_person(&name, None).await?;
            parts.record("directory.release", AuditOutcome::Success, &name, &[]).await?;
            screen::done(json, &name, "no directory keeps them any more");
            Ok(())
        }
    }
}

/// A token that nobody can guess, and what is kept of it.
struct Token {
    text: Zeroizing<String>,
    mac: [u8; 32],
    expires: Timestamp,
}

fn new_token(parts: &Parts, args: &TokenArgs) -> anyhow::Result<Token> {
    let now = parts.clock.now();
    let expires = args.expires.unwrap_or_else(|| now.plus_ms(TOKEN_LASTS_MS));
    ensure!(expires > now, "a token ends in the future: {expires} is past");
    let text = password::generate("")?;
    let mac = server::directory_token_mac(&parts.keyring.gateway()?.once_mac, &text);
    Ok(Token { text, mac, expires })
}

fn show_token(json: bool, name: &str, Token { text, expires, .. }: &Token) {
    screen::say(match json {
        true => serde_json::json!({ "name": name, "token": text.as_str(), "expires": expires.to_string() })
            .to_string(),
        false => format!(
            "The directory {name} shows this token, which is shown once and ends {expires}:\n\n  {}\n\nIt is asked at \
             /scim/v2 of the console's address.",
            text.as_str()
        ),
    });
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let directories = parts.control.directories().await?;
    parts.record("directory.list", AuditOutcome::Success, "directories", &[]).await?;
    let now = parts.clock.now();
    let mut rows = Vec::new();
    for directory in directories {
        let state = state(&directory, now);
        let networks: Vec<_> = directory.reach.networks.iter().map(ToString::to_string).collect();
        let expires = directory.expires.map(|at| at.to_string());
        if json {
            let line = serde_json::json!({
                "name": directory.name, "state": state, "people": directory.people, "groups": directory.groups,
                "networks": networks, "external_id_is_subject": directory.subjects, "token_expires": expires,
            });
            screen::say(line.to_string());
        }
        rows.push(vec![
            directory.name,
            state.to_owned(),
            directory.people.to_string(),
            directory.groups.to_string(),
            networks.join(", "),
            expires.unwrap_or_default(),
        ]);
    }
    if !json {
        let titles = ["directory", "state", "people", "groups", "networks", "token ends"];
        screen::say(screen::table(&titles, &rows));
    }
    Ok(())
}

fn state(directory: &Directory, now: Timestamp) -> &'static str {
    match (directory.disabled, directory.expires) {
        (Some(_), _) => "disabled",
        (_, Some(expires)) if now < expires => "active",
        _ => "no token",
    }
}
