//! The files of a ring: how keys are wrapped and what is read back.

use crate::{KeyError, KeyId, sealed_box, secret::Secret};
use aws_lc_rs::{aead, rand};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};
use zeroize::Zeroizing;

const FORMAT: &str = "carelake-keyring-1";
const ROOT_PREFIX: &str = "carelake-root-key-1 ";
const CUSTODIAN_PREFIX: &str = "carelake-custodian-1 ";
/// No key file is larger; a longer one is not ours.
const FILE_LIMIT_BYTES: u64 = 1 << 20;

/// What a wrapped key is used with, and so how its bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum KeyKind {
    /// 32 bytes, from which keys for AES-256-GCM are derived.
    #[serde(rename = "aes-256")]
    Aes256,
    /// 32 bytes for HMAC-SHA256.
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    /// The 32-byte seed of an Ed25519 key pair.
    #[serde(rename = "ed25519-seed")]
    Ed25519Seed,
    /// An X25519 identity as `age` writes it.
    #[serde(rename = "age-x25519")]
    AgeX25519,
    /// The public half of an X25519 key pair.
    #[serde(rename = "x25519-public")]
    X25519Public,
    /// An X25519 recipient as `age` writes it.
    #[serde(rename = "age-x25519-public")]
    AgeX25519Public,
}

impl KeyKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Aes256 => "aes-256",
            Self::HmacSha256 => "hmac-sha256",
            Self::Ed25519Seed => "ed25519-seed",
            Self::AgeX25519 => "age-x25519",
            Self::X25519Public => "x25519-public",
            Self::AgeX25519Public => "age-x25519-public",
        }
    }
}

/// `keyring.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyringFile {
    format: String,
    /// The process whose keys alone these are; a home's own ring holds all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    process: Option<String>,
    root_key: String,
    keys: Vec<WrappedKey>,
}

/// A key under the root key: base 64 of a random nonce, the ciphertext and its tag
/// (AES-256-GCM); its format, name and kind are the associated data.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrappedKey {
    name: String,
    kind: KeyKind,
    wrapped: String,
}

impl KeyringFile {
    pub(super) fn new(root_key: KeyId) -> Self {
        Self { format: FORMAT.to_owned(), process: None, root_key: root_key.to_string(), keys: Vec::new() }
    }

    pub(super) fn of_process(root_key: KeyId, process: &str) -> Self {
        Self { process: Some(process.to_owned()), ..Self::new(root_key) }
    }

    pub(super) const fn is_of_process(&self) -> bool {
        self.process.is_some()
    }

    pub(super) fn read(path: &Path) -> Result<Self, KeyError> {
        let bytes = read_bounded(path)?;
        let file: Self = serde_json::from_slice(&bytes).map_err(|_| KeyError::Malformed {
            path: path.to_owned(),
            reason: "it is not a keyring in JSON",
        })?;
        if file.format == FORMAT {
            Ok(file)
        } else {
            Err(KeyError::Malformed { path: path.to_owned(), reason: "its format is not known here" })
        }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, KeyError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(|_| KeyError::Generate)?;
        json.push(b'\n');
        Ok(json)
    }

    pub(super) fn root_key_id(&self) -> Result<KeyId, KeyError> {
        self.root_key.parse().map_err(|_| KeyError::Unwrap("root".to_owned()))
    }

    /// Whether there is a key called `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name)
    }

    pub(super) fn wrap_secret(
        &mut self,
        root: &Secret,
        name: &str,
        kind: KeyKind,
        secret: &Secret,
    ) -> Result<(), KeyError> {
        self.wrap(root, name, kind, secret.expose())
    }

    pub(super) fn wrap(
        &mut self,
        root: &Secret,
        name: &str,
        kind: KeyKind,
        plain: &[u8],
    ) -> Result<(), KeyError> {
        let mut nonce = [0; aead::NONCE_LEN];
        rand::fill(&mut nonce)?;
        // Room for the tag, so that the plaintext is not moved and left behind.
        let mut sealed = Zeroizing::new(Vec::with_capacity(plain.len() + aead::MAX_TAG_LEN));
        sealed.extend_from_slice(plain);
        cipher(root)?.seal_in_place_append_tag(
            aead::Nonce::assume_unique_for_key(nonce),
            aead::Aad::from(associated(name, kind)),
            &mut *sealed,
        )?;
        let wrapped = BASE64.encode([nonce.as_slice(), sealed.as_slice()].concat());
        self.keys.push(WrappedKey { name: name.to_owned(), kind, wrapped });
        Ok(())
    }

    /// The key `name`, if it is of that kind.
    pub(super) fn unwrap(
        &self,
        root: &Secret,
        name: &str,
        kind: KeyKind,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let refused = || KeyError::Unwrap(name.to_owned());
        let key = self.keys.iter().find(|key| key.name == name).ok_or_else(refused)?;
        if key.kind != kind {
            return Err(refused());
        }
        let bytes = BASE64.decode(&key.wrapped).map_err(|_| refused())?;
        let (nonce, sealed) = bytes.split_at_checked(aead::NONCE_LEN).ok_or_else(refused)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let length = cipher(root)?
            .open_in_place(nonce, aead::Aad::from(associated(name, kind)), &mut plain)
            .map_err(|_| refused())?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The names and kinds of all keys, in the order of the file.
    pub(super) fn listed(&self) -> impl Iterator<Item = (&str, KeyKind)> {
        self.keys.iter().map(|key| (key.name.as_str(), key.kind))
    }

    /// Tries every key.
    pub(super) fn try_all(&self, root: &Secret) -> Result<(), KeyError> {
        self.keys.iter().try_for_each(|key| self.unwrap(root, &key.name, key.kind).map(drop))
    }
}

/// What `root.key` says.
pub(super) fn root_text(root: &Secret) -> Zeroizing<Vec<u8>> {
    let digits = Zeroizing::new(hex::encode(root.expose()));
    Zeroizing::new([ROOT_PREFIX.as_bytes(), digits.as_bytes(), b"\n"].concat())
}

/// What `custodian.pub` says.
pub(super) fn custodian_text(public: &sealed_box::PublicKey) -> String {
    format!("{CUSTODIAN_PREFIX}{}\n", hex::encode(public.as_bytes()))
}

/// Reads `root.key`, if it is a plain file of this user's and nobody else's.
pub(super) fn read_root(path: &Path) -> Result<Secret, KeyError> {
    let metadata = path.symlink_metadata().map_err(KeyError::io("read", path))?;
    if !metadata.is_file() || metadata.uid() != own_user()? {
        return Err(KeyError::Owner(path.to_owned()));
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Rights { path: path.to_owned(), mode });
    }
    let text = Zeroizing::new(read_bounded(path)?);
    let mut bytes = Zeroizing::new([0; Secret::LEN]);
    std::str::from_utf8(&text)
        .ok()
        .and_then(|text| text.trim_end().strip_prefix(ROOT_PREFIX))
        .and_then(|digits| hex::decode_to_slice(digits, bytes.as_mut_slice()).ok())
        .and_then(|()| Secret::from_slice(bytes.as_slice()))
        .ok_or_else(|| KeyError::Malformed { path: path.to_owned(), reason: "it is not a root key" })
}

fn cipher(root: &Secret) -> Result<aead::LessSafeKey, KeyError> {
    Ok(aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, root.expose())?))
}

fn associated(name: &str, kind: KeyKind) -> Vec<u8> {
    format!("{FORMAT}\0{name}\0{}", kind.as_str()).into_bytes()
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, KeyError> {
    let length = path.metadata().map_err(KeyError::io("read", path))?.len();
    if length > FILE_LIMIT_BYTES {
        return Err(KeyError::Malformed { path: path.to_owned(), reason: "it is too long" });
    }
    fs::read(path).map_err(KeyError::io("read", path))
}

/// The user that runs this program, seen from a file that it makes.
fn own_user() -> Result<u32, KeyError> {
    let user = || -> io::Result<u32> { Ok(tempfile::tempfile()?.metadata()?.uid()) };
    user().map_err(KeyError::io("make a temporary file in", std::env::temp_dir()))
}
