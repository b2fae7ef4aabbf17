//! The bytes of the trail.
//!
//! ```text
//! {writer}/{index of the first record, 20 digits}.log
//!   {"hash":"<64 hex>","record":{"action":…,"actor":…,"detail":{…},"index":0,"outcome":…,"target":…,"time":<ms>}}
//!   …
//!   {"head":{"closed":false,"count":12,"format":"carelake-audit-1","hash":"<64 hex>","key":"…","time":<ms>,"writer":"…"},"signature":"<base64>"}
//! ```
//!
//! `hash` is SHA-256 over the hash before it and the bytes of `record`. Before
//! the first record stands SHA-256 over a domain and the writer's name. The
//! signature is over a domain and the bytes of `head`. Every line has exactly
//! one form, so that a change of any byte is a change of the record.

use aws_lc_rs::{
    digest,
    signature::{ED25519, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{AuditEvent, AuditOutcome, SignError, Signer, Timestamp};
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

pub(crate) const FORMAT: &str = "carelake-audit-1";
const CHAIN_DOMAIN: &[u8] = b"carelake-audit-1 chain\0";
const HEAD_DOMAIN: &[u8] = b"carelake-audit-1 head\0";

/// What stands before the record in its line, and what after its hash.
const HASH_OPENS: &str = "{\"hash\":\"";
const RECORD_OPENS: &str = "\",\"record\":";

/// SHA-256.
pub(crate) type Hash = [u8; 32];

/// How far a chain reaches.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// Whose chain.
    pub writer: String,
    /// How many records it has.
    pub count: u64,
    /// The hash of the last of them; of an empty chain, the hash that it begins with.
    pub hash: [u8; 32],
}

/// A head as its writer signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// How far the chain reaches.
    pub head: Head,
    /// Whether the writer has ended it.
    pub closed: bool,
    /// Names the key that signed.
    pub key_id: String,
    /// When it was signed.
    pub time: Timestamp,
    /// Ed25519 (RFC 8032).
    pub signature: [u8; 64],
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.writer, self.count, hex::encode(self.hash))
    }
}

/// A record's line, in the order of its bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordLine {
    pub(crate) action: String,
    pub(crate) actor: String,
    pub(crate) detail: BTreeMap<String, String>,
    pub(crate) index: u64,
    pub(crate) outcome: AuditOutcome,
    pub(crate) target: String,
    pub(crate) time: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    closed: bool,
    count: u64,
    format: String,
    hash: String,
    key: String,
    time: Timestamp,
    writer: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedLine {
    head: HeadLine,
    signature: String,
}

/// A record as it was read: what it says, the hash that stands by it, and the bytes that the hash covers.
pub(crate) struct ReadLine<'a> {
    pub(crate) record: RecordLine,
    pub(crate) hash: Hash,
    pub(crate) bytes: &'a [u8],
}

/// The hash before a writer's first record.
pub(crate) fn first_hash(writer: &str) -> Hash {
    hash_of(&[CHAIN_DOMAIN, writer.as_bytes()])
}

/// The hash of a record, given that of the one before it.
pub(crate) fn next_hash(previous: &Hash, record: &[u8]) -> Hash {
    hash_of(&[previous, record])
}

fn hash_of(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Where the object whose first record is `first` lies.
pub(crate) fn object_path(writer: &str, first: u64) -> Path {
    Path::from_iter([writer, &format!("{first:020}.log")])
}

/// The writer and first index that a path stands for, if it is one of the trail's.
pub(crate) fn parse_path(path: &Path) -> Option<(String, u64)> {
    let (writer, file) = path.as_ref().split_once('/')?;
    let first = file.strip_suffix(".log")?.parse().ok()?;
    (object_path(writer, first) == *path).then(|| (writer.to_owned(), first))
}

/// Appends a record's line to `out` and gives its hash.
pub(crate) fn write_record(
    out: &mut Vec<u8>,
    event: AuditEvent,
    index: u64,
    previous: &Hash,
) -> Result<Hash, serde_json::Error> {
    let AuditEvent { time, action, actor, outcome, target, detail } = event;
    let record = serde_json::to_vec(&RecordLine { action, actor, detail, index, outcome, target, time })?;
    let hash = next_hash(previous, &record);
    out.extend_from_slice(HASH_OPENS.as_bytes());
    out.extend_from_slice(hex::encode(hash).as_bytes());
    out.extend_from_slice(RECORD_OPENS.as_bytes());
    out.extend_from_slice(&record);
    out.extend_from_slice(b"}\n");
    Ok(hash)
}

/// Whether a line begins as records do.
pub(crate) fn is_record(line: &[u8]) -> bool {
    line.starts_with(HASH_OPENS.as_bytes())
}

/// Reads a record's line (without its newline), if it has exactly the form that is written.
pub(crate) fn read_record(line: &[u8]) -> Option<ReadLine<'_>> {
    let rest = line.strip_prefix(HASH_OPENS.as_bytes())?;
    let (digits, rest) = rest.split_at_checked(64)?;
    let bytes = rest.strip_prefix(RECORD_OPENS.as_bytes())?.strip_suffix(b"}")?;
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).ok()?;
    let record: RecordLine = serde_json::from_slice(bytes).ok()?;
    let one_form = hex::encode(hash).as_bytes() == digits && serde_json::to_vec(&record).ok()? == bytes;
    one_form.then_some(ReadLine { record, hash, bytes })
}

impl HeadLine {
    fn of(head: &SignedHead) -> Self {
        Self {
            closed: head.closed,
            count: head.head.count,
            format: FORMAT.to_owned(),
            hash: hex::encode(head.head.hash),
            key: head.key_id.clone(),
            time: head.time,
            writer: head.head.writer.clone(),
        }
    }

    fn signed_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = HEAD_DOMAIN.to_vec();
        serde_json::to_writer(&mut bytes, self)?;
        Ok(bytes)
    }
}

/// Signs a head and gives its line, newline included.
pub(crate) fn write_head(
    head: Head,
    closed: bool,
    time: Timestamp,
    signer: &dyn Signer,
) -> Result<(Vec<u8>, SignedHead), SignError> {
    let key_id = signer.key_id().to_owned();
    let mut head = SignedHead { head, closed, key_id, time, signature: [0; 64] };
    let line = HeadLine::of(&head);
    let unwritable =
        |error: serde_json::Error| SignError { key_id: head.key_id.clone(), reason: error.to_string() };
    let signature = signer.sign(&line.signed_bytes().map_err(unwritable)?)?;
    let line = SignedLine { head: line, signature: STANDARD.encode(signature) };
    let mut bytes = serde_json::to_vec(&line).map_err(unwritable)?;
    bytes.push(b'\n');
    head.signature = signature;
    Ok((bytes, head))
}

/// Reads a head's line (without its newline), if it has exactly the form that is written. Its signature is not checked here.
pub(crate) fn read_head(line: &[u8]) -> Option<SignedHead> {
    let signed: SignedLine = serde_json::from_slice(line).ok()?;
    if serde_json::to_vec(&signed).ok()? != line || signed.head.format != FORMAT {
        return None;
    }
    let mut hash = [0; 32];
    hex::decode_to_slice(&signed.head.hash, &mut hash).ok()?;
    if hex::encode(hash) != signed.head.hash {
        return None;
    }
    let signature = STANDARD.decode(&signed.signature).ok()?.try_into().ok()?;
    let HeadLine { closed, count, key, time, writer, .. } = signed.head;
    Some(SignedHead { head: Head { writer, count, hash }, closed, key_id: key, time, signature })
}

/// Whether a head was signed with the key whose public half is given.
pub(crate) fn is_signed(head: &SignedHead, public_key: &[u8; 32]) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, public_key);
    HeadLine::of(head).signed_bytes().is_ok_and(|bytes| key.verify(&bytes, &head.signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_one_form() {
        let event = AuditEvent::new(Timestamp(7), "token", "gp", AuditOutcome::Refused, "/oauth/token")
            .with("reason", "é\u{1}\"");
        let mut line = Vec::new();
        let hash = write_record(&mut line, event, 3, &[0; 32]).unwrap();
        let text = String::from_utf8(line).unwrap();
        let record = r#"{"action":"token","actor":"gp","detail":{"reason":"é\u0001\""},"index":3,"outcome":"refused","target":"/oauth/token","time":7}"#;
        assert_eq!(text, format!("{{\"hash\":\"{}\",\"record\":{record}}}\n", hex::encode(hash)));
        let read = read_record(text.trim_end().as_bytes()).unwrap();
        assert_eq!((read.hash, read.record.index, read.bytes), (hash, 3, record.as_bytes()));
        for other in [
            text.trim_end().to_uppercase(),
            text.trim_end().replace(":3", ": 3"),
            text.trim_end().replace("é", "\\u00e9"),
            text.trim_end().replace("\"index\":3,", ""),
            format!("{} ", text.trim_end()),
        ] {
            assert!(read_record(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn a_path_names_one_writer_and_one_index() {
        let path = object_path("gateway-1", 42);
        assert_eq!(path.as_ref(), "gateway-1/00000000000000000042.log");
        assert_eq!(parse_path(&path), Some(("gateway-1".to_owned(), 42)));
        for other in ["a", "a/42.log", "a/b/00000000000000000042.log", "a/00000000000000000042.txt"] {
            assert_eq!(parse_path(&Path::from(other)), None, "{other}");
        }
    }
}
