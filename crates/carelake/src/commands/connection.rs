//! `carelake connection`

use crate::{
    access::OPERATOR,
    cli::{AddConnectionArgs, ConnectionCommand},
    crawlers::{self, Crawlers, is_name, may_lead},
    parts::Parts,
    screen,
};
use anyhow::{Context, bail};
use control::Connection;
use crawl::{Plan, Properties, Target};
use keys::SealedFor;
use model::{AuditOutcome, Timestamp};
use policy::{Action, Resource};
use std::path::Path;

pub(super) async fn run(folder: &Path, command: ConnectionCommand, json: bool) -> anyhow::Result<()> {
    let action = match command {
        ConnectionCommand::List => Action::ConnectionList,
        _ => Action::ConnectionChange,
    };
    let parts = Parts::open_for(folder, "connection", action, Resource::Lake).await?;
    let done = match command {
        ConnectionCommand::Add(args) => add(&parts, args, json).await,
        ConnectionCommand::List => list(&parts, json).await,
        ConnectionCommand::Test { name } => test(&parts, &name, json).await,
        ConnectionCommand::Remove { name } => remove(&parts, &name, json).await,
    };
    parts.close().await?;
    done
}

async fn add(parts: &Parts, args: AddConnectionArgs, json: bool) -> anyhow::Result<()> {
    let name = args.name.clone();
    if !is_name(&name) {
        bail!("`{name}` cannot be a connection's name: small letters, digits, `-` and `_`, 40 at most");
    }
    if !args.replace && parts.control.connection(&name).await?.is_some() {
        bail!("there is a connection {name} already; --replace puts this one in its place");
    }
    let asks_for_a_secret = args.postgresql || args.access_key_id.is_some();
    let secret = match asks_for_a_secret {
        true => Some(screen::read_secret().context("read the secret from standard input")?),
        false => None,
    };
    if secret.as_ref().is_some_and(|secret| secret.is_empty()) {
        bail!(
            "nothing came by standard input: the secret access key, or the URL of the database, is read from there"
        );
    }
    let properties = match (args.folder, args.s3) {
        (Some(folder), _) => Properties::Folder {
            path: folder.canonicalize().with_context(|| format!("find {}", folder.display()))?,
        },
        (_, Some(bucket)) => Properties::S3 {
            bucket,
            region: args.region,
            endpoint: args.endpoint,
            access_key_id: args.access_key_id,
        },
        _ => {
            let url = secret.as_ref().map(|secret| secret.as_str()).unwrap_or_default();
            Properties::of_database(url).map_err(anyhow::Error::msg)?
        }
    };
    may_lead(&parts.home.config.outside, &parts.home.places(), &properties)?;
    let outside = parts.keyring.crawler()?.outside;
    let sealed = secret.map(|secret| outside.seal(SealedFor::Connection, name.as_bytes(), secret.as_bytes()));
    let connection = Connection {
        name: name.clone(),
        kind: properties.kind().to_owned(),
        said: serde_json::to_string(&properties)?,
        secret: sealed.transpose()?,
        actor: OPERATOR.to_owned(),
        changed: Timestamp(0),
    };
    let facts = [("leads to", properties.told())];
    parts.record("connection.add", AuditOutcome::Success, &name, &facts).await?;
    parts.control.put_connection(&connection).await?;
    match json {
        true => {
            screen::say(serde_json::json!({ "connection": name, "leads_to": properties.told() }).to_string())
        }
        false => screen::say(format!(
            "The connection {name} leads to {}. `carelake connection test {name}` opens it.",
            properties.told()
        )),
    }
    Ok(())
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let connections = parts.control.connections().await?;
    parts.record("connection.list", AuditOutcome::Success, "connections", &[]).await?;
    let mut rows = Vec::new();
    for connection in connections {
        let leads_to = crawlers::properties(&connection)?.told();
        let changed = connection.changed.to_string();
        if json {
            let line = serde_json::json!({
                "connection": connection.name, "kind": connection.kind, "leads_to": leads_to,
                "has_secret": connection.secret.is_some(), "by": connection.actor, "changed": changed,
            });
            screen::say(line.to_string());
        } else {
            rows.push(vec![connection.name, connection.kind, leads_to, connection.actor, changed]);
        }
    }
    if !json {
        screen::say(screen::table(&["connection", "kind", "leads to", "by", "changed"], &rows));
    }
    Ok(())
}

async fn test(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    let connection = parts.control.connection(name).await?;
    let connection =
        connection.with_context(|| format!("no connection {name}; `carelake connection list` shows them"))?;
    let tested = async {
        let source = Crawlers::new(parts).open(&connection).await?;
        let whole = Target { connection: name.to_owned(), within: String::new() };
        anyhow::Ok(source.test(&whole).await?)
    };
    let tested = tested.await;
    let outcome = if tested.is_ok() { AuditOutcome::Success } else { AuditOutcome::Failed };
    parts.record("connection.test", outcome, name, &[]).await?;
    let shown = tested?;
    let sentence = format!("The connection {name}: {shown}.");
    screen::tell(json, serde_json::json!({ "connection": name, "answers": shown }), sentence);
    Ok(())
}

async fn remove(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    for crawler in parts.control.crawlers().await? {
        let plan: Plan = serde_json::from_str(&crawler.said)?;
        if plan.targets.iter().any(|target| target.connection == name) {
            bail!("the crawler {} uses the connection {name}: remove that first", crawler.name);
        }
    }
    parts.control.remove_connection(name).await?;
    parts.record("connection.remove", AuditOutcome::Success, name, &[]).await?;
    screen::tell(json, serde_json::json!({ "removed": name }), format!("The connection {name} is gone."));
    Ok(())
}
