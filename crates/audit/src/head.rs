//! How far a chain reaches, signed.
//!
//! ```text
//! {"head":{"closed":false,"count":12,"format":"carelake-audit-1","hash":"<64 hex>","key":"…","time":<ms>,"writer":"…"},"signature":"<base64>"}
//! ```
//!
//! The signature is over a domain and the bytes of `head`. The line has exactly one form, so that a change of any byte
//! is found.

use crate::line::Hash;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{SignError, Signer, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

const FORMAT: &str = "carelake-audit-1";

/// What a signed head says. Each has a domain, so that one cannot pass for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// The chain reaches so far.
    Reaches,
    /// Retention has cut off what comes before.
    Cut,
}

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

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.writer, self.count, hex::encode(self.hash))
    }
}

impl Says {
    const fn domain(self) -> &'static [u8] {
        match self {
            Self::Reaches => b"carelake-audit-1 head\0",
            Self::Cut => b"carelake-audit-1 cut\0",
        }
    }
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

    fn signed_bytes(&self, says: Says) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = says.domain().to_vec();
        serde_json::to_writer(&mut bytes, self)?;
        Ok(bytes)
    }
}

/// Signs a head and gives its line, newline included.
pub(crate) fn write(
    says: Says,
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
    let signature = signer.sign(&line.signed_bytes(says).map_err(unwritable)?)?;
    let line = SignedLine { head: line, signature: STANDARD.encode(signature) };
    let mut bytes = serde_json::to_vec(&line).map_err(unwritable)?;
    bytes.push(b'\n');
    head.signature = signature;
    Ok((bytes, head))
}

/// Reads a head's line (without its newline), if it has exactly the form that is written. Its signature is not checked here.
pub(crate) fn read(line: &[u8]) -> Option<SignedHead> {
    let signed: SignedLine = serde_json::from_slice(line).ok()?;
    if serde_json::to_vec(&signed).ok()? != line || signed.head.format != FORMAT {
        return None;
    }
    let mut hash: Hash = [0; 32];
    hex::decode_to_slice(&signed.head.hash, &mut hash).ok()?;
    if hex::encode(hash) != signed.head.hash {
        return None;
    }
    let signature = STANDARD.decode(&signed.signature).ok()?.try_into().ok()?;
    let HeadLine { closed, count, key, time, writer, .. } = signed.head;
    Some(SignedHead { head: Head { writer, count, hash }, closed, key_id: key, time, signature })
}

impl SignedHead {
    /// Whether it was signed, saying this, with the key whose public half is given.
    pub(crate) fn is_signed(&self, says: Says, public_key: &[u8; 32]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, public_key);
        let bytes = HeadLine::of(self).signed_bytes(says);
        bytes.is_ok_and(|bytes| key.verify(&bytes, &self.signature).is_ok())
    }
}
