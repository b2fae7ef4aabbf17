//! A record's line, and how records are chained.
//!
//! ```text
//! {"hash":"<64 hex>","record":{"resourceType":"AuditEvent","id":"{writer}.{index}",…}}
//! ```
//!
//! `hash` is SHA-256 over the hash before it and the bytes of `record`; before the first record stands SHA-256 over a
//! domain and the writer's name. Around the record every byte is fixed, so that a change of any byte of the line is found.
//! Records of the first form were flat objects with an `index`; they are read as the events that they are.

use crate::event;
use aws_lc_rs::digest;
use model::{AuditEvent, AuditOutcome, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;

const CHAIN_DOMAIN: &[u8] = b"carelake-audit-1 chain\0";

/// What stands before the record in its line, and what after its hash.
const HASH_OPENS: &str = "{\"hash\":\"";
const RECORD_OPENS: &str = "\",\"record\":";

/// SHA-256.
pub(crate) type Hash = [u8; 32];

/// A record as it was read: the hash that stands by it, and the bytes that the hash covers.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) hash: Hash,
    pub(crate) record: &'a [u8],
}

/// A record of the first form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flat {
    action: String,
    actor: String,
    detail: BTreeMap<String, String>,
    index: u64,
    outcome: AuditOutcome,
    target: String,
    time: Timestamp,
}

/// The hash before a writer's first record.
pub(crate) fn first_hash(writer: &str) -> Hash {
    sha256(&[CHAIN_DOMAIN, writer.as_bytes()])
}

/// The hash of a record, given that of the one before it.
pub(crate) fn next_hash(previous: &Hash, record: &[u8]) -> Hash {
    sha256(&[previous, record])
}

/// SHA-256 over the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Appends the line of `event` as record `index` of `writer` to `out`, and gives its hash.
pub(crate) fn write(
    out: &mut Vec<u8>,
    event: &AuditEvent,
    writer: &str,
    index: u64,
    recorded: Timestamp,
    previous: &Hash,
) -> Result<Hash, serde_json::Error> {
    out.extend_from_slice(HASH_OPENS.as_bytes());
    let hash_at = out.len();
    out.extend_from_slice(&[b'0'; 64]);
    out.extend_from_slice(RECORD_OPENS.as_bytes());
    let record_at = out.len();
    event::write(out, event, writer, index, recorded)?;
    let hash = next_hash(previous, out.get(record_at..).unwrap_or_default());
    if let Some(digits) = out.get_mut(hash_at..hash_at + 64) {
        digits.copy_from_slice(hex::encode(hash).as_bytes());
    }
    out.extend_from_slice(b"}\n");
    Ok(hash)
}

/// Whether a line begins as records do.
pub(crate) fn is_record(line: &[u8]) -> bool {
    line.starts_with(HASH_OPENS.as_bytes())
}

/// Reads a record's line (without its newline), if it has the form that is written.
pub(crate) fn read(line: &[u8]) -> Option<Line<'_>> {
    let rest = line.strip_prefix(HASH_OPENS.as_bytes())?;
    let (digits, rest) = rest.split_at_checked(64)?;
    let record = rest.strip_prefix(RECORD_OPENS.as_bytes())?.strip_suffix(b"}")?;
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).ok()?;
    let one_form = !digits.iter().any(u8::is_ascii_uppercase);
    one_form.then_some(Line { hash, record })
}

impl Line<'_> {
    /// The record's place in the chain of `writer`, as the record itself says.
    pub(crate) fn index(&self, writer: &str) -> Option<u64> {
        let Some(rest) = self.record.strip_prefix(event::OPENS.as_bytes()) else {
            return serde_json::from_slice(self.record).ok().map(|flat: Flat| flat.index);
        };
        let id = rest.get(..rest.iter().position(|&byte| byte == b'"')?)?;
        let index = id.strip_prefix(writer.as_bytes())?.strip_prefix(b".")?;
        std::str::from_utf8(index).ok()?.parse().ok()
    }

    /// When it was recorded.
    pub(crate) fn recorded(&self) -> Option<Timestamp> {
        event::read_time(self.record)
            .or_else(|| serde_json::from_slice(self.record).ok().map(|flat: Flat| flat.time))
    }

    /// What it tells, and when it was recorded.
    pub(crate) fn event(&self) -> Option<(AuditEvent, Timestamp)> {
        if self.record.starts_with(event::OPENS.as_bytes()) {
            return event::read(self.record);
        }
        let Flat { action, actor, detail, outcome, target, time, .. } =
            serde_json::from_slice(self.record).ok()?;
        let event = AuditEvent { detail, ..AuditEvent::new(time, action, actor, outcome, target) };
        Some((event, time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{AuditEntity, AuditNetwork};

    fn line(event: &AuditEvent) -> (Hash, Vec<u8>) {
        let mut line = Vec::new();
        let hash = write(&mut line, event, "gateway-1", 3, Timestamp(1_700_000_000_123), &[0; 32]).unwrap();
        assert_eq!(line.pop(), Some(b'\n'));
        (hash, line)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let network =
            AuditNetwork { client: "192.0.2.7".into(), server: "https://lake.example/fhir/r4".into() };
        let token = AuditEvent::new(Timestamp(7), "token", "gp", AuditOutcome::Success, "POST /oauth/token")
            .with("scope", "system/*.c");
        let sql = AuditEvent::new(Timestamp(1_700_000_000_123), "sql", "ann", AuditOutcome::Failed, "query")
            .with("reason", "é\"\\")
            .with("purpose", "service-planning")
            .about(AuditEntity::Table {
                name: "view.patient".into(),
                columns: vec!["id".into(), "sex".into()],
            })
            .about(AuditEntity::Patient("abc".into()))
            .about(AuditEntity::Subject("def".into()));
        for event in [AuditEvent { network: Some(network), ..token }, sql] {
            let (hash, line) = line(&event);
            let read = read(&line).unwrap();
            assert_eq!((read.hash, read.index("gateway-1"), read.index("gateway")), (hash, Some(3), None));
            assert_eq!(read.recorded(), Some(Timestamp(1_700_000_000_123)));
            assert_eq!(read.event(), Some((event, Timestamp(1_700_000_000_123))));
        }
    }

    #[test]
    fn what_fhir_does_not_allow_is_left_out_or_replaced() {
        let event =
            AuditEvent::new(Timestamp(0), "x", "a\u{1}b", AuditOutcome::Refused, " ").with("empty", "");
        let (_, line) = line(&event);
        let (read, _) = read(&line).unwrap().event().unwrap();
        assert_eq!((read.actor.as_str(), read.target.as_str()), ("a\u{fffd}b", ""));
        assert!(read.detail.is_empty());
    }

    #[test]
    fn records_of_the_first_form_are_read() {
        let record = br#"{"action":"token","actor":"gp","detail":{"reason":"x"},"index":3,"outcome":"refused","target":"/oauth/token","time":7}"#;
        let line = Line { hash: [0; 32], record };
        let event = AuditEvent::new(Timestamp(7), "token", "gp", AuditOutcome::Refused, "/oauth/token");
        assert_eq!(line.event(), Some((event.with("reason", "x"), Timestamp(7))));
        assert_eq!((line.index("any"), line.recorded()), (Some(3), Some(Timestamp(7))));
    }
}
