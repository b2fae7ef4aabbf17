//! `carelake user`

use crate::{
    cli::{PersonArgs, UserCommand},
    parts::Parts,
    screen,
};
use anyhow::{Context, bail, ensure};
use control::{NewPerson, Person, PersonChange};
use credentials::{
    device::{self, Device},
    password,
};
use keys::SealedFor;
use model::{AuditOutcome, Timestamp};
use policy::{Action, Resource, Role};
use std::path::Path;
use zeroize::Zeroizing;

pub(super) async fn run(folder: &Path, command: UserCommand, json: bool) -> anyhow::Result<()> {
    let action = match command {
        UserCommand::List => Action::UserList,
        _ => Action::UserChange,
    };
    let parts = Parts::open_for(folder, "user", action, Resource::Lake).await?;
    let done = act(&parts, command, json).await;
    parts.close().await?;
    done
}

async fn act(parts: &Parts, command: UserCommand, json: bool) -> anyhow::Result<()> {
    match command {
        UserCommand::Add { name, person, password_stdin } => {
            let PersonArgs { display, opens, expires } = person;
            let display = display.unwrap_or_else(|| name.clone());
            let new = NewPerson { name, display, roles: opens.words(), expires, outside: None };
            add(parts, &new, password_stdin, json).await
        }
        UserCommand::List => list(parts, json).await,
        UserCommand::Set { name, person, never_expires } => {
            let PersonArgs { display, opens, expires } = person;
            let roles = (!opens.roles.is_empty()).then(|| opens.words());
            let expires = if never_expires { Some(None) } else { expires.map(Some) };
            ensure!(
                display.is_some() || roles.is_some() || expires.is_some(),
                "say what is to be changed: --display, --role, --expires or --never-expires"
            );
            let facts = facts(roles.as_deref(), expires.flatten());
            let change = PersonChange { display, roles, expires, suspended: None };
            parts.control.change_person(&name, &change).await?;
            parts.record("user.set", AuditOutcome::Success, &name, &facts).await?;
            screen::done(json, &name, "it counts from their next request on");
            Ok(())
        }
        UserCommand::Suspend { name } => suspend(parts, &name, true, json).await,
        UserCommand::Resume { name } => suspend(parts, &name, false, json).await,
        UserCommand::Password { name, password_stdin } => {
            let (password, hash) = new_password(&name, password_stdin)?;
            parts.control.set_password(&name, Some(&hash)).await?;
            parts.record("user.password", AuditOutcome::Success, &name, &[]).await?;
            show_password(json, &name, password_stdin, &password);
            Ok(())
        }
        UserCommand::Device { name, remove: true } => {
            parts.control.set_device(&name, None, &[]).await?;
            parts
                .record("user.device", AuditOutcome::Success, &name, &[("device", "none".to_owned())])
                .await?;
            screen::done(json, &name, "they have no device any more");
            Ok(())
        }
        UserCommand::Device { name, remove: false } => give_device(parts, &name, json).await,
        UserCommand::Link { name, subject, remove } => {
            let issuer = parts.home.config.people.issuer.as_deref();
            let outside = match (remove, issuer) {
                (true, _) => None,
                (false, Some(issuer)) => Some(format!("{issuer} {}", subject.unwrap_or_default())),
                (false, None) => bail!("nobody signs in elsewhere: name the provider as [people] issuer"),
            };
            parts.control.link_person(&name, outside.as_deref()).await?;
            let facts = [("outside", outside.unwrap_or_else(|| "none".to_owned()))];
            parts.record("user.link", AuditOutcome::Success, &name, &facts).await?;
            screen::done(json, &name, "it counts from their next sign-in on");
            Ok(())
        }
        UserCommand::Remove { name } => {
            parts.control.remove_person(&name).await?;
            parts.record("user.remove", AuditOutcome::Success, &name, &[]).await?;
            screen::done(json, &name, "they are removed");
            Ok(())
        }
    }
}

async fn add(parts: &Parts, new: &NewPerson, from_stdin: bool, json: bool) -> anyhow::Result<()> {
    let password = new_password(&new.name, from_stdin)?;
    admit(parts, new, &password).await?;
    show_password(json, &new.name, from_stdin, &password.0);
    Ok(())
}

/// Lets somebody in who signs in with a password of the lake's making, which is given back.
async fn admit_new(parts: &Parts, name: &str, role: &str) -> anyhow::Result<Zeroizing<String>> {
    let new = NewPerson {
        name: name.to_owned(),
        display: name.to_owned(),
        roles: vec![role.to_owned()],
        expires: None,
        outside: None,
    };
    let password = new_password(name, false)?;
    admit(parts, &new, &password).await?;
    Ok(password.0)
}

/// Somebody who may sign in: their name, which is that of their role, their password, and codes in the place of a device
/// where the role needs a second factor.
pub(super) type Guest = (&'static str, Zeroizing<String>, Vec<Zeroizing<String>>);

/// Lets one of each in who looks at a lake from another side.
pub(super) async fn guests(parts: &Parts) -> anyhow::Result<Vec<Guest>> {
    let mut guests = Vec::new();
    for role in [Role::Engineer, Role::Auditor, Role::Administrator] {
        let name = role.as_str();
        let password = admit_new(parts, name, name).await?;
        let codes = match role {
            Role::Engineer => Vec::new(),
            _ => device_for(parts, name).await?.codes,
        };
        guests.push((name, password, codes));
    }
    Ok(guests)
}

async fn admit(
    parts: &Parts,
    new: &NewPerson,
    (_, hash): &(Zeroizing<String>, String),
) -> anyhow::Result<()> {
    parts.control.add_person(new).await?;
    parts.control.set_password(&new.name, Some(hash)).await?;
    let facts = facts(Some(&new.roles), new.expires);
    parts.record("user.add", AuditOutcome::Success, &new.name, &facts).await
}

fn facts(roles: Option<&[String]>, expires: Option<Timestamp>) -> Vec<(&'static str, String)> {
    let roles = roles.map(|roles| ("roles", roles.join(" ")));
    roles.into_iter().chain(expires.map(|at| ("expires", at.to_string()))).collect()
}

/// A password that is read or made, and its hash.
fn new_password(name: &str, from_stdin: bool) -> anyhow::Result<(Zeroizing<String>, String)> {
    let password = match from_stdin {
        false => password::generate(name)?,
        true => screen::read_secret().context("read the password from standard input")?,
    };
    let hash = password::hash(name, &password)?;
    Ok((password, hash))
}

fn show_password(json: bool, name: &str, was_given: bool, password: &str) {
    match (json, was_given) {
        (true, true) => screen::say(serde_json::json!({ "name": name }).to_string()),
        (true, false) => screen::say(serde_json::json!({ "name": name, "password": password }).to_string()),
        (false, true) => screen::say(format!("{name} signs in with the password that was given.")),
        (false, false) => {
            screen::say(format!("{name} signs in with this password, which is shown once:\n\n  {password}\n"))
        }
    }
}

/// A second factor, shown once: the address for an authenticator, and the codes that stand in for it.
struct Shown {
    address: Zeroizing<String>,
    codes: Vec<Zeroizing<String>>,
}

/// Gives somebody a second factor.
async fn device_for(parts: &Parts, name: &str) -> anyhow::Result<Shown> {
    let keys = parts.keyring.gateway()?;
    let secret = Device::generate()?;
    let address = Device::new(name, &secret)?.address()?;
    let codes = device::recovery_codes()?;
    let macs: Vec<_> = codes
        .iter()
        .filter_map(|code| device::plain_recovery_code(code))
        .map(|plain| server::recovery_code_mac(&keys.once_mac, name, &plain))
        .collect();
    let sealed = keys.door.seal(SealedFor::Device, name.as_bytes(), &secret)?;
    parts.control.set_device(name, Some(&sealed), &macs).await?;
    parts.record("user.device", AuditOutcome::Success, name, &[("device", "totp".to_owned())]).await?;
    Ok(Shown { address, codes })
}

async fn give_device(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    let Shown { address, codes } = device_for(parts, name).await?;
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    if json {
        let told = serde_json::json!({ "name": name, "address": address.as_str(), "recovery_codes": codes });
        screen::say(told.to_string());
    } else {
        screen::say(format!(
            "The device of {name}, shown once. An authenticator takes it in by this address:\n\n  {}\n\nIf it is lost, each of \
             these codes stands in for it once:\n\n  {}\n",
            address.as_str(),
            codes.join("\n  ")
        ));
    }
    Ok(())
}

async fn suspend(parts: &Parts, name: &str, suspended: bool, json: bool) -> anyhow::Result<()> {
    let change = PersonChange { suspended: Some(suspended), ..PersonChange::default() };
    parts.control.change_person(name, &change).await?;
    let action = if suspended { "user.suspend" } else { "user.resume" };
    parts.record(action, AuditOutcome::Success, name, &[]).await?;
    screen::done(json, name, if suspended { "they are let in no more" } else { "they are let in again" });
    Ok(())
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let people = parts.control.people().await?;
    parts.record("user.list", AuditOutcome::Success, "users", &[]).await?;
    let now = parts.clock.now();
    let mut rows = Vec::new();
    for person in &people {
        let state = state(person, now);
        if json {
            let line = serde_json::json!({
                "name": person.name, "display": person.display, "state": state, "roles": person.roles,
                "own_roles": person.own_roles, "groups": person.groups, "created": person.created.to_string(),
                "expires": person.expires.map(|at| at.to_string()), "password": person.has_password,
                "device": person.has_device, "directory": person.directory,
            });
            screen::say(line.to_string());
        }
        rows.push(vec![
            person.name.clone(),
            person.display.clone(),
            state.to_owned(),
            person.roles.join(", "),
            person.groups.join(", "),
            person.directory.clone().unwrap_or_default(),
            if person.has_device { "yes" } else { "no" }.to_owned(),
            person.expires.map(|at| at.to_string()).unwrap_or_default(),
        ]);
    }
    if !json {
        screen::say(screen::table(
            &["name", "called", "state", "roles", "groups", "directory", "device", "expires"],
            &rows,
        ));
    }
    Ok(())
}

fn state(person: &Person, now: Timestamp) -> &'static str {
    match (person.removed, person.suspended, person.counts(now)) {
        (Some(_), ..) => "removed",
        (_, Some(_), _) => "suspended",
        _ if person.inactive.is_some() => "inactive",
        (.., false) => "expired",
        _ if !person.has_password => "no password",
        _ => "active",
    }
}
