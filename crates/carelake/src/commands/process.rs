//! `carelake process`: keys and rights of processes of their own.

use crate::{
    cli::ProcessCommand,
    home::{Home, Places},
    parts::Parts,
    screen,
};
use anyhow::{Context, ensure};
use keys::{Zone, ZoneReach};
use model::{AuditOutcome, ProcessRole};
use policy::{Action, Resource};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub(super) async fn run(folder: &Path, command: ProcessCommand, json: bool) -> anyhow::Result<()> {
    match command {
        ProcessCommand::Give { role, keys, user, database_user } => {
            let to = Receiver { ring: &keys, user: user.as_deref(), database_user: database_user.as_deref() };
            give(folder, role, to, json).await
        }
        ProcessCommand::List => list(folder, json).await,
    }
}

/// Where a process's keys go, and who it is to the system and to the database.
struct Receiver<'a> {
    ring: &'a Path,
    user: Option<&'a str>,
    database_user: Option<&'a str>,
}

async fn give(folder: &Path, role: ProcessRole, to: Receiver<'_>, json: bool) -> anyhow::Result<()> {
    let parts = Parts::open_for(folder, "process", Action::KeyGive, Resource::Key(role.as_str())).await?;
    let done = give_from(&parts, role, &to).await;
    parts.close().await?;
    done?;
    let Receiver { ring, user, database_user } = to;
    screen::say(match json {
        true => serde_json::json!({
            "process": role.as_str(), "keys": ring, "user": user, "database_user": database_user,
        })
        .to_string(),
        false => format!(
            "The {role} has its keys in {}; it runs by\n\n  CARELAKE__KEYS__FOLDER={} carelake serve --role {role}",
            ring.display(),
            ring.display()
        ),
    });
    Ok(())
}

async fn give_from(
    parts: &Parts,
    role: ProcessRole,
    Receiver { ring, user, database_user }: &Receiver<'_>,
) -> anyhow::Result<()> {
    parts.keyring.give(role, ring).context("write the keys of the process")?;
    if let Some(user) = user {
        run_program("chown", &["-R".as_ref(), user.as_ref(), ring.as_os_str()])?;
        rights(&parts.home, role, user)?;
    }
    if let Some(user) = database_user {
        parts.control.grant(role, user).await?;
    }
    let named = |name: &Option<&str>| name.unwrap_or("none").to_owned();
    let facts = [("user", named(user)), ("database_user", named(database_user))];
    parts.record("process.give", AuditOutcome::Success, role.as_str(), &facts).await
}

/// What a user is allowed at a path, and at what will be made in it.
enum Right {
    /// To pass through a folder, and to see nothing of it.
    Pass(PathBuf),
    /// To read one file.
    File(PathBuf),
    /// To read a folder and all in it.
    Read(PathBuf),
    /// To do everything in a folder and all in it.
    Write(PathBuf),
}

/// Sets the rights of the process's user, by access control lists: what its row has, and nothing besides.
fn rights(home: &Home, role: ProcessRole, user: &str) -> anyhow::Result<()> {
    for right in row(&home.places(), role) {
        let (entry, path, below) = match &right {
            Right::Pass(path) => ("--x", path, false),
            Right::File(path) => ("r--", path, false),
            Right::Read(path) => ("r-X", path, true),
            Right::Write(path) => ("rwX", path, true),
        };
        if !path.exists() {
            continue;
        }
        let entry = format!("u:{user}:{entry}");
        let mut arguments = vec!["-m".to_owned(), entry.clone()];
        if below {
            // The others' own rights in what is to come stay none.
            arguments = vec!["-R".to_owned(), "-m".to_owned(), entry.clone(), "-m".to_owned()];
            arguments.push(format!("d:{entry},d:u::rwX,d:g::---,d:o::---"));
        }
        let mut arguments: Vec<_> = arguments.iter().map(AsRef::as_ref).collect();
        arguments.push(path.as_os_str());
        run_program("setfacl", &arguments)?;
    }
    Ok(())
}

/// The rights that a process needs in a home.
fn row(places: &Places, role: ProcessRole) -> Vec<Right> {
    let tls = places.tls();
    let mut row = vec![
        Right::Pass(places.folder().to_owned()),
        Right::File(places.config()),
        Right::Write(places.control()),
        Right::Pass(places.folder().join("zones")),
    ];
    row.extend(Zone::all().into_iter().filter_map(|zone| match keys::zone_reach(role, zone) {
        ZoneReach::Nothing => None,
        ZoneReach::Read => Some(Right::Read(places.zone(zone))),
        ZoneReach::Write => Some(Right::Write(places.zone(zone))),
    }));
    match role {
        ProcessRole::Gateway => row.extend([Right::Write(places.ledger()), Right::Read(tls)]),
        ProcessRole::Worker => {
            row.extend([Right::Read(places.contracts()), Right::Read(places.classifiers())])
        }
        ProcessRole::Query => row.push(Right::Read(tls)),
        ProcessRole::Keeper => row.push(Right::Read(places.rules())),
    }
    row
}

fn run_program(name: &str, arguments: &[&std::ffi::OsStr]) -> anyhow::Result<()> {
    let done = Command::new(name).args(arguments).output();
    let done = done.with_context(|| format!("run `{name}`; Debian's package `acl` has `setfacl`"))?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "`{name}` failed, and the rights are not all set: {}", said.trim());
    Ok(())
}

async fn list(folder: &Path, json: bool) -> anyhow::Result<()> {
    let parts = Parts::open_for(folder, "process", Action::KeyList, Resource::Key("any")).await?;
    parts.record("process.list", AuditOutcome::Success, "processes", &[]).await?;
    parts.close().await?;
    let zones = |role: ProcessRole, reach: ZoneReach| -> Vec<&str> {
        let within = Zone::all().into_iter().filter(|zone| keys::zone_reach(role, *zone) == reach);
        within.map(Zone::as_str).collect()
    };
    let mut rows = Vec::new();
    for role in ProcessRole::all() {
        let (reads, writes) = (zones(role, ZoneReach::Read), zones(role, ZoneReach::Write));
        let keys = keys::key_names(role);
        if json {
            let line = serde_json::json!({
                "process": role.as_str(), "reads": reads, "writes": writes, "keys": keys,
            });
            screen::say(line.to_string());
        }
        rows.push(vec![role.as_str().to_owned(), reads.join(", "), writes.join(", "), keys.join(", ")]);
    }
    if !json {
        screen::say(screen::table(&["process", "reads zones", "reads and writes zones", "keys"], &rows));
    }
    Ok(())
}
