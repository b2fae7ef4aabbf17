//! A checkpoint's text: C2SP tlog-checkpoint in a C2SP signed-note, with an Ed25519 signature.

use crate::line::{Hash, sha256};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{SignError, Signer};

/// The signature type of Ed25519 in signed notes.
const ED25519_TYPE: u8 = 1;

/// What every line of signatures begins with: an em dash and a space.
const SIGNATURE_OPENS: &str = "\u{2014} ";

/// A state of the log of checkpoints, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `audit.carelake/` and the id of its key.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// The tree's hash.
    pub root: [u8; 32],
    /// The signed note, to the byte.
    pub text: String,
}

/// Why a text is no checkpoint of this trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has another form.
    #[error("this is not a tlog-checkpoint: expected a signed note of an origin, a size and a root")]
    Malformed,
    /// No signature in it is by this key.
    #[error("the checkpoint is not signed by this trail's key")]
    Unsigned,
}

/// The name that a key goes by in notes.
fn name(public_key: &[u8; 32]) -> String {
    let fingerprint = sha256(&[public_key]);
    format!("audit.carelake/{}", hex::encode(fingerprint.get(..8).unwrap_or_default()))
}

/// The four bytes that tell keys of one name apart.
fn key_hash(name: &str, public_key: &[u8; 32]) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[ED25519_TYPE], public_key]);
    let [a, b, c, d, ..] = hash;
    [a, b, c, d]
}

/// The trail's public key as tools for signed notes take it: name, key hash, type and key.
#[must_use]
pub fn verifier_key(public_key: &[u8; 32]) -> String {
    let name = name(public_key);
    let key = [[ED25519_TYPE].as_slice(), public_key].concat();
    format!("{name}+{}+{}", hex::encode(key_hash(&name, public_key)), STANDARD.encode(key))
}

/// Reads a key that [`verifier_key`] wrote.
///
/// # Errors
/// It has another form, or its name or hash is not this key's.
pub fn parse_verifier_key(text: &str) -> Result<[u8; 32], NoteError> {
    // Base 64 has a `+` of its own; names have none.
    let key = text.splitn(3, '+').nth(2).and_then(|key| STANDARD.decode(key).ok());
    let key = key.as_deref().and_then(|key| key.strip_prefix(&[ED25519_TYPE]));
    let key: [u8; 32] = key.and_then(|key| key.try_into().ok()).ok_or(NoteError::Malformed)?;
    if verifier_key(&key) == text { Ok(key) } else { Err(NoteError::Malformed) }
}

impl Checkpoint {
    /// Signs a state of the log.
    pub(crate) fn sign(size: u64, root: Hash, signer: &dyn Signer) -> Result<Self, SignError> {
        let public_key = signer.public_key();
        let origin = name(&public_key);
        let body = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root));
        let signature = signer.sign(body.as_bytes())?;
        let signed = [key_hash(&origin, &public_key).as_slice(), &signature].concat();
        let text = format!("{body}\n{SIGNATURE_OPENS}{origin} {}\n", STANDARD.encode(signed));
        Ok(Self { origin, size, root, text })
    }

    /// Reads a checkpoint. Further lines of its body and signatures of others (witnesses) are let stand, and it does
    /// not matter with how many newlines it ends: files that it is kept in are written by many tools.
    ///
    /// # Errors
    /// It has another form. Its signature is not checked here.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let text = format!("{}\n", text.trim_end_matches(['\r', '\n']));
        let (body, _) = text.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let mut lines = body.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(NoteError::Malformed);
        let (origin, size, root) = (line()?, line()?, line()?);
        let number: u64 = size.parse().map_err(|_| NoteError::Malformed)?;
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok());
        let root = root.ok_or(NoteError::Malformed)?;
        if number.to_string() != size {
            return Err(NoteError::Malformed);
        }
        Ok(Self { origin: origin.to_owned(), size: number, root, text })
    }

    /// Whether the trail's key has signed it.
    ///
    /// # Errors
    /// It has not, or the note is of another log.
    pub fn verify(&self, public_key: &[u8; 32]) -> Result<(), NoteError> {
        if self.origin != name(public_key) {
            return Err(NoteError::Unsigned);
        }
        is_signed(&self.text, &self.origin, public_key).then_some(()).ok_or(NoteError::Unsigned)
    }
}

/// Whether `note` carries a signature of this name by this key, and none of them that is wrong.
fn is_signed(note: &str, name: &str, public_key: &[u8; 32]) -> bool {
    let Some((body, signatures)) = note.rsplit_once("\n\n") else { return false };
    // The newline that ends the body is part of what is signed.
    let Some(body) = note.get(..=body.len()) else { return false };
    let known_hash = key_hash(name, public_key);
    let signatures = signatures.lines().filter_map(|line| {
        let (signer, signed) = line.strip_prefix(SIGNATURE_OPENS)?.rsplit_once(' ')?;
        let signed = STANDARD.decode(signed).ok()?;
        let (hash, signature) = signed.split_at_checked(4)?;
        (signer == name && hash == known_hash).then(|| signature.to_vec())
    });
    let key = UnparsedPublicKey::new(&ED25519, public_key);
    let mut any = false;
    for signature in signatures {
        if key.verify(body.as_bytes(), &signature).is_err() {
            return false;
        }
        any = true;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the Go implementation of signed notes documents.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn peter() -> [u8; 32] {
        let key = STANDARD.decode(KEY.rsplit_once('+').unwrap().1).unwrap();
        assert_eq!(key[0], ED25519_TYPE);
        key[1..].try_into().unwrap()
    }

    #[test]
    fn a_note_of_others_is_verified() {
        assert_eq!(hex::encode(key_hash("PeterNeumann", &peter())), "c74f20a3");
        assert!(is_signed(NOTE, "PeterNeumann", &peter()));
        for other in
            [NOTE.replace("answer", "Answer"), NOTE.replace("x08go", "x08gp"), NOTE.replace("JnAM=", "JnAN=")]
        {
            assert!(!is_signed(&other, "PeterNeumann", &peter()));
        }
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let good = "o\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u{2014} o AAAA\n";
        assert_eq!(Checkpoint::parse(good).unwrap().size, 7);
        assert_eq!(Checkpoint::parse(&format!("{good}\n\r\n")), Checkpoint::parse(good));
        for other in [
            good.replace("7", "07"),
            good.replace("7", "-7"),
            good.replace("AAA=", "A="),
            good.replace("\n\n", "\n"),
        ] {
            assert_eq!(Checkpoint::parse(&other), Err(NoteError::Malformed), "{other}");
        }
        assert_eq!(Checkpoint::parse(good).unwrap().verify(&peter()), Err(NoteError::Unsigned));
    }

    #[test]
    fn a_key_is_read_as_it_is_written() {
        for byte in 0..=255 {
            assert_eq!(parse_verifier_key(&verifier_key(&[byte; 32])), Ok([byte; 32]));
        }
        for other in [KEY, "", "a+b+c", &verifier_key(&[7; 32])[1..]] {
            assert_eq!(parse_verifier_key(other), Err(NoteError::Malformed), "{other}");
        }
    }
}
