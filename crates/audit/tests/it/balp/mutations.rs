//! Changes to an event, each of which breaks one invariant, as a table; and what may be absent.

mod table;

pub(super) use table::{HARMLESS, MUTATIONS, OF_R4};

use serde_json::Value;

/// One way to break an invariant.
#[derive(Debug)]
pub(super) struct Mutation {
    /// The invariant.
    pub(super) breaks: &'static str,
    /// Parts of the ids of the profiles that it is for; none for all that have the invariant.
    of: &'static [&'static str],
    changes: &'static [Change],
}

/// One change. Places are JSON pointers that may name an agent or entity, `/agent/client`, and end in `/-` for one
/// more item.
#[derive(Debug)]
enum Change {
    Remove(&'static str),
    Set(&'static str, fn() -> Value),
    Copy(&'static str, &'static str),
}

impl Mutation {
    pub(super) fn is_for(&self, id: &str) -> bool {
        self.of.is_empty() || self.of.iter().any(|part| id.contains(part))
    }
}

/// The event, changed.
pub(super) fn changed(mut event: Value, mutation: &Mutation) -> Value {
    for change in mutation.changes {
        match change {
            Change::Remove(at) => remove(&mut event, at),
            Change::Set(at, value) => set(&mut event, at, value()),
            Change::Copy(from, to) => {
                let value = get(&event, from).unwrap_or_else(|| panic!("nothing at {from}")).clone();
                set(&mut event, to, value);
            }
        }
    }
    event
}

/// The element at a place, if there is one.
pub(super) fn get<'e>(event: &'e Value, at: &str) -> Option<&'e Value> {
    event.pointer(&resolved(event, at))
}

/// Takes an element away.
pub(super) fn remove(event: &mut Value, at: &str) {
    let at = resolved(event, at);
    let (parent, name) = at.rsplit_once('/').unwrap();
    match event.pointer_mut(parent) {
        Some(Value::Object(members)) => members.remove(name).unwrap_or_else(|| panic!("nothing at {at}")),
        Some(Value::Array(items)) => items.remove(name.parse().unwrap()),
        _ => panic!("nothing at {parent}"),
    };
}

/// Puts an element in its place; the array that it stands in is made if it is not there.
pub(super) fn set(event: &mut Value, at: &str, value: Value) {
    let at = resolved(event, at);
    let (parent, name) = at.rsplit_once('/').unwrap();
    match event.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.insert(name.to_owned(), value);
        }
        Some(Value::Array(items)) if name == "-" => items.push(value),
        Some(Value::Array(items)) => items[name.parse::<usize>().unwrap()] = value,
        _ => panic!("nothing at {parent}"),
    }
}

/// The pointer with numbers for names: where the event of its profile has the agent or entity.
fn resolved(event: &Value, at: &str) -> String {
    let id = event.pointer("/meta/profile/0").and_then(Value::as_str).unwrap_or_default();
    let mut parts: Vec<String> = at.split('/').map(str::to_owned).collect();
    if let ["", "agent" | "entity", name, ..] = parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        let number = match name {
            "client" | "source" | "object" | "query" | "request" | "consent" => 0,
            "server" | "organization" | "recipient" | "transaction" | "token" => 1,
            "user" if id.contains("Opaque") || id.contains("Minimal") => 0,
            "user" if id.contains("Comprehensive") => 1,
            "user" | "custodian" => 2,
            "authorizer" => 3,
            "patient" if id.contains("PrivacyDisclosure") => 1,
            "patient" => 2,
            _ => return at.to_owned(),
        };
        parts[2] = number.to_string();
    }
    parts.join("/")
}

/// What the event of a profile may lack, in an order in which it can be removed.
pub(super) fn optional(id: &str) -> &'static [&'static str] {
    match id {
        "IHE.BasicAudit.Read" | "IHE.BasicAudit.PatientRead" => &[
            "/agent/user",
            "/entity/transaction",
            "/entity/object/role",
            "/agent/client/network/type",
            "/agent/server/network/type",
        ],
        "IHE.BasicAudit.OAUTHaccessTokenUse.Opaque" | "IHE.BasicAudit.OAUTHaccessTokenUse.Minimal" => {
            &["/type/code", "/subtype", "/action", "/outcome", "/entity", "/agent/user/who"]
        }
        "IHE.BasicAudit.OAUTHaccessTokenUse.Comprehensive" => &[
            "/type/code",
            "/subtype",
            "/action",
            "/outcome",
            "/entity",
            "/agent/user",
            "/agent/client/network",
        ],
        "IHE.IUA.71" => &["/agent/user", "/agent/client/network/type", "/agent/server/network/type"],
        "IHE.BasicAudit.AuthZconsent" => &["/entity/token", "/agent/client/network/type"],
        "IHE.BasicAudit.PrivacyDisclosure.Source" | "IHE.BasicAudit.PrivacyDisclosure.Recipient" => &[
            "/agent/authorizer",
            "/agent/custodian",
            "/agent/source/network/type",
            "/agent/recipient/network/type",
        ],
        _ => &[
            "/agent/user",
            "/entity/transaction",
            "/agent/client/network/type",
            "/agent/server/network/type",
        ],
    }
}
