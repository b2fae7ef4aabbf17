//! From an AuditEvent back to the event that it was made of.

use super::{ACTION, Entity, Resource, SUBJECT};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{AuditEntity, AuditEvent, AuditNetwork, AuditOutcome, Timestamp};

/// The event that `bytes` tell, and when it was recorded. None if they are not what is written here.
pub(crate) fn read(bytes: &[u8]) -> Option<(AuditEvent, Timestamp)> {
    let resource: Resource<'_> = serde_json::from_slice(bytes).ok()?;
    let recorded = Timestamp::parse(&resource.recorded)?;
    let own = resource.subtype.iter().find(|subtype| subtype.system == ACTION);
    let outcome = match resource.outcome.as_ref() {
        "0" => AuditOutcome::Success,
        "4" => AuditOutcome::Refused,
        "8" => AuditOutcome::Failed,
        _ => return None,
    };
    let [asking, serving, ..] = resource.agent.as_slice() else { return None };
    let network = match (&asking.network, &serving.network) {
        (Some(client), Some(server)) => Some(AuditNetwork {
            client: client.address.clone().into_owned(),
            server: server.address.clone().into_owned(),
        }),
        _ => None,
    };
    let (main, others) = resource.entity.split_first()?;
    let event = AuditEvent {
        time: match &resource.period {
            Some(period) => Timestamp::parse(&period.start)?,
            None => recorded,
        },
        action: own.map_or("token", |own| own.code.as_ref()).to_owned(),
        actor: asking.who.identifier.as_ref()?.value.clone().into_owned(),
        outcome,
        target: target(main)?,
        detail: main
            .detail
            .iter()
            .map(|fact| (fact.kind.clone().into_owned(), fact.value_string.clone().into_owned()))
            .collect(),
        network,
        about: others.iter().map(about).collect::<Option<_>>()?,
    };
    Some((event, recorded))
}

/// When a record says that it was recorded, without reading the rest of it.
pub(crate) fn read_time(bytes: &[u8]) -> Option<Timestamp> {
    // A quotation mark inside a string is escaped, so this can be nothing but the member.
    const MEMBER: &[u8] = b"\"recorded\":\"";
    let at = memchr::memmem::find(bytes, MEMBER)? + MEMBER.len();
    let rest = bytes.get(at..)?;
    let end = memchr::memchr(b'"', rest)?;
    Timestamp::parse(std::str::from_utf8(rest.get(..end)?).ok()?)
}

fn target(main: &Entity<'_>) -> Option<String> {
    match (&main.name, &main.query) {
        (Some(name), _) => Some(name.clone().into_owned()),
        (None, Some(query)) => String::from_utf8(STANDARD.decode(query.as_bytes()).ok()?).ok(),
        (None, None) => Some(String::new()),
    }
}

fn about(entity: &Entity<'_>) -> Option<AuditEntity> {
    let Some(what) = &entity.what else {
        return Some(AuditEntity::Table {
            name: entity.name.clone()?.into_owned(),
            columns: entity.detail.iter().map(|column| column.value_string.clone().into_owned()).collect(),
        });
    };
    match (&what.reference, &what.identifier) {
        (Some(reference), _) => Some(AuditEntity::Patient(reference.strip_prefix("Patient/")?.to_owned())),
        (None, Some(hash)) if hash.system == SUBJECT => {
            Some(AuditEntity::Subject(hash.value.clone().into_owned()))
        }
        _ => None,
    }
}
