//! The ring of a home's keys, in a folder: the local key provider.
//!
//! `root.key` (its owner's only) holds the root key; `keyring.json` every other
//! key, wrapped under it; `landing.pub` and `custodian.pub` the public halves in
//! plain, for roles that hold nothing else. The custodian's private key is in none
//! of these: it exists in its shares alone, so that who holds the root key cannot
//! open the vault. A process of its own has a ring of its own ([`Keyring::give`]).

mod file;
mod process;
mod recovery;
mod roles;

pub use process::{ZoneReach, key_names, zone_reach};
pub use recovery::{custodian_private, recover_root};
pub use roles::{ConsoleKeys, CrawlerKeys, GatewayKeys, QueryKeys, WorkerKeys};

use crate::{
    KeyError, KeyId, LandingPrivate, LandingPublic, MacKey, MacPurpose, SealingKey, SigningPurpose, Zone,
    ZoneKey,
    durable_file::{create_folders, parent, sync_folder, write_new, write_over},
    sealed_box,
    secret::Secret,
    shares::{self, ShareKind},
    signing::LocalSigner,
};
use file::{KeyKind, KeyringFile};
use model::Signer;
use std::{
    fmt, fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

const ROOT_FILE: &str = "root.key";
const KEYRING_FILE: &str = "keyring.json";
const LANDING_FILE: &str = "landing.pub";
const CUSTODIAN_FILE: &str = "custodian.pub";

const DOOR: &str = "door/seal";
const OUTSIDE: &str = "outside/seal";

const ROOT_SHARES: u8 = 5;
const ROOT_THRESHOLD: u8 = 3;
const CUSTODIAN_SHARES: u8 = 3;
const CUSTODIAN_THRESHOLD: u8 = 2;

/// All keys of a home but the custodian's private one.
pub struct Keyring {
    root: Secret,
    file: KeyringFile,
    landing: LandingPublic,
    custodian: sealed_box::PublicKey,
}

/// A new ring, and the shares that must be printed now: they are kept nowhere.
pub struct Created {
    /// The ring.
    pub ring: Keyring,
    /// Shares of the root key.
    pub recovery_shares: Vec<String>,
    /// How many of them restore it.
    pub recovery_threshold: u8,
    /// Shares of the custodian's private key.
    pub custodian_shares: Vec<String>,
    /// How many of them restore it.
    pub custodian_threshold: u8,
}

/// What may be told of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name in the ring, such as `zone/raw`.
    pub name: String,
    /// Its kind, such as `aes-256`.
    pub kind: &'static str,
    /// Its id: of a secret key a digest that does not tell it.
    pub id: KeyId,
}

impl Keyring {
    /// What may be told of the keys: the root key first, then all that it wraps.
    ///
    /// # Errors
    /// A key cannot be unwrapped.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let root = KeyInfo { name: "root".to_owned(), kind: "aes-256", id: self.root.key_id() };
        let mut all = vec![root];
        for (name, kind) in self.file.listed() {
            let id = match kind {
                KeyKind::X25519Public => self.custodian.id(),
                KeyKind::AgeX25519 | KeyKind::AgeX25519Public => {
                    KeyId::of_public(self.landing.to_string().as_bytes())
                }
                _ => self.secret(name, kind)?.key_id(),
            };
            all.push(KeyInfo { name: name.to_owned(), kind: kind.as_str(), id });
        }
        Ok(all)
    }

    /// Makes every key of a new home and writes the ring to the folder `dir`, durably.
    ///
    /// # Errors
    /// `dir` holds a ring, or a part of one; or cannot be written.
    pub fn create(dir: &Path) -> Result<Created, KeyError> {
        create_folders(dir).map_err(KeyError::io("create", dir))?;
        refuse_existing(dir)?;
        let owner_only = fs::Permissions::from_mode(crate::durable_file::FOLDER_MODE);
        fs::set_permissions(dir, owner_only).map_err(KeyError::io("set the rights of", dir))?;
        let root = Secret::random()?;
        let (custodian_private, custodian) = sealed_box::PrivateKey::generate();
        let (landing_private, landing) = LandingPrivate::generate();
        let file = wrap_all(&root, &landing_private, &custodian)?;
        write(dir, KEYRING_FILE, &file.to_json()?)?;
        write(dir, LANDING_FILE, format!("{landing}\n").as_bytes())?;
        write(dir, CUSTODIAN_FILE, file::custodian_text(&custodian).as_bytes())?;
        // Last, for a ring without its root key is no ring.
        write(dir, ROOT_FILE, &file::root_text(&root))?;
        sync_folder(dir)
            .and_then(|()| sync_folder(parent(dir)))
            .map_err(KeyError::io("make durable", dir))?;
        let recovery_shares =
            shares::split(&root, ShareKind::Recovery, root.key_id(), ROOT_THRESHOLD, ROOT_SHARES);
        let custodian_shares = shares::split(
            custodian_private.secret(),
            ShareKind::Custodian,
            custodian.id(),
            CUSTODIAN_THRESHOLD,
            CUSTODIAN_SHARES,
        );
        Ok(Created {
            ring: Self { root, file, landing, custodian },
            recovery_shares,
            recovery_threshold: ROOT_THRESHOLD,
            custodian_shares,
            custodian_threshold: CUSTODIAN_THRESHOLD,
        })
    }

    /// Opens the ring in the folder `dir` and tries every key in it. Keys that are newer than the ring are added.
    ///
    /// # Errors
    /// `root.key` may be read by others or belongs to another user; a file is missing
    /// or was altered; the public halves in plain are not those of the ring.
    pub fn open(dir: &Path) -> Result<Self, KeyError> {
        let root = file::read_root(&dir.join(ROOT_FILE))?;
        complete(dir, &root)?;
        Self::with_root(dir, root)
    }

    /// The ring in `dir`, proved against `root`.
    fn with_root(dir: &Path, root: Secret) -> Result<Self, KeyError> {
        let file = KeyringFile::read(&dir.join(KEYRING_FILE))?;
        if file.root_key_id()? != root.key_id() {
            return Err(KeyError::Malformed {
                path: dir.join(KEYRING_FILE),
                reason: "it is wrapped under another root key",
            });
        }
        file.try_all(&root)?;
        let landing = match file.has(process::LANDING_PUBLIC) {
            true => LandingPublic::from_text(&file.unwrap(
                &root,
                process::LANDING_PUBLIC,
                KeyKind::AgeX25519Public,
            )?)?,
            false => {
                let private = file.unwrap(&root, "landing/private", KeyKind::AgeX25519)?;
                LandingPrivate::from_text(&private)?.public()
            }
        };
        let custodian = file.unwrap(&root, "custodian/public", KeyKind::X25519Public)?;
        let custodian = <[u8; 32]>::try_from(custodian.as_slice())
            .map(sealed_box::PublicKey::from_bytes)
            .map_err(|_| KeyError::Unwrap("custodian/public".to_owned()))?;
        same(dir, LANDING_FILE, format!("{landing}\n").as_bytes())?;
        same(dir, CUSTODIAN_FILE, file::custodian_text(&custodian).as_bytes())?;
        Ok(Self { root, file, landing, custodian })
    }

    /// The key of a zone's store.
    ///
    /// # Errors
    /// The ring has no such key.
    pub fn zone(&self, zone: Zone) -> Result<ZoneKey, KeyError> {
        self.secret(&zone_name(zone), KeyKind::Aes256).map(ZoneKey::new)
    }

    /// The key for keyed hashes of one purpose.
    ///
    /// # Errors
    /// The ring has no such key.
    pub fn mac(&self, purpose: MacPurpose) -> Result<MacKey, KeyError> {
        self.secret(&mac_name(purpose), KeyKind::HmacSha256).map(|secret| MacKey::new(&secret))
    }

    /// The key that signs for one purpose.
    ///
    /// # Errors
    /// The ring has no such key.
    pub fn signer(&self, purpose: SigningPurpose) -> Result<Arc<dyn Signer>, KeyError> {
        let seed = self.secret(&signer_name(purpose), KeyKind::Ed25519Seed)?;
        Ok(Arc::new(LocalSigner::new(&seed)?))
    }

    /// The key of what the gateway keeps for itself.
    ///
    /// # Errors
    /// The ring has no such key.
    pub fn door(&self) -> Result<SealingKey, KeyError> {
        self.secret(DOOR, KeyKind::Aes256).map(SealingKey::new)
    }

    /// The key of what is secret of connections to the outside.
    ///
    /// # Errors
    /// The ring has no such key.
    pub fn outside(&self) -> Result<SealingKey, KeyError> {
        self.secret(OUTSIDE, KeyKind::Aes256).map(SealingKey::new)
    }

    /// Seals to landing.
    #[must_use]
    pub fn landing_public(&self) -> LandingPublic {
        self.landing.clone()
    }

    /// Opens what is in landing.
    ///
    /// # Errors
    /// The ring has no such key.
    pub fn landing_private(&self) -> Result<LandingPrivate, KeyError> {
        LandingPrivate::from_text(&self.file.unwrap(&self.root, "landing/private", KeyKind::AgeX25519)?)
    }

    /// Seals to the custodian.
    #[must_use]
    pub fn custodian_public(&self) -> sealed_box::PublicKey {
        self.custodian
    }

    fn secret(&self, name: &str, kind: KeyKind) -> Result<Secret, KeyError> {
        let bytes = self.file.unwrap(&self.root, name, kind)?;
        Secret::from_slice(&bytes).ok_or_else(|| KeyError::Unwrap(name.to_owned()))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.root.key_id())
    }
}

impl fmt::Debug for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Created({})", self.ring.root.key_id())
    }
}

fn zone_name(zone: Zone) -> String {
    format!("zone/{zone}")
}

fn mac_name(purpose: MacPurpose) -> String {
    format!("mac/{}", purpose.as_str())
}

fn signer_name(purpose: SigningPurpose) -> String {
    format!("signer/{}", purpose.as_str())
}

fn wrap_all(
    root: &Secret,
    landing: &LandingPrivate,
    custodian: &sealed_box::PublicKey,
) -> Result<KeyringFile, KeyError> {
    let mut file = KeyringFile::new(root.key_id());
    for zone in Zone::all() {
        file.wrap_secret(root, &zone_name(zone), KeyKind::Aes256, &Secret::random()?)?;
    }
    let later = [MacPurpose::Once, MacPurpose::Object];
    for purpose in MacPurpose::all().into_iter().filter(|purpose| !later.contains(purpose)) {
        file.wrap_secret(root, &mac_name(purpose), KeyKind::HmacSha256, &Secret::random()?)?;
    }
    for purpose in SigningPurpose::all() {
        file.wrap_secret(root, &signer_name(purpose), KeyKind::Ed25519Seed, &Secret::random()?)?;
    }
    for (name, kind) in added_later() {
        file.wrap_secret(root, &name, kind, &Secret::random()?)?;
    }
    file.wrap(root, "landing/private", KeyKind::AgeX25519, &landing.to_text())?;
    // Public, but wrapped with the rest: so nobody can put another in its place.
    file.wrap(root, "custodian/public", KeyKind::X25519Public, custodian.as_bytes())?;
    Ok(file)
}

/// Keys that the first rings did not have. Any other that is missing is damage.
fn added_later() -> [(String, KeyKind); 4] {
    [
        (mac_name(MacPurpose::Once), KeyKind::HmacSha256),
        (DOOR.to_owned(), KeyKind::Aes256),
        (mac_name(MacPurpose::Object), KeyKind::HmacSha256),
        (OUTSIDE.to_owned(), KeyKind::Aes256),
    ]
}

/// Adds to the ring in `dir` the keys that it is too old to have.
fn complete(dir: &Path, root: &Secret) -> Result<(), KeyError> {
    let path = dir.join(KEYRING_FILE);
    let missing = |file: &KeyringFile| -> Vec<_> {
        // A process has the keys that it was given.
        if file.is_of_process() {
            return Vec::new();
        }
        added_later().into_iter().filter(|(name, _)| !file.has(name)).collect()
    };
    if missing(&KeyringFile::read(&path)?).is_empty() {
        return Ok(());
    }
    // Of two processes that find the same old ring, the second finds the first one's keys.
    let folder = fs::File::open(dir).map_err(KeyError::io("open", dir))?;
    folder.lock().map_err(KeyError::io("lock", dir))?;
    let mut file = KeyringFile::read(&path)?;
    // What is wrapped under another root key is told by whoever reads it next.
    if file.root_key_id()? != root.key_id() {
        return Ok(());
    }
    for (name, kind) in missing(&file) {
        file.wrap_secret(root, &name, kind, &Secret::random()?)?;
    }
    write_over(&path, &file.to_json()?).map_err(KeyError::io("write", &path))
}

fn refuse_existing(dir: &Path) -> Result<(), KeyError> {
    for name in [ROOT_FILE, KEYRING_FILE, LANDING_FILE, CUSTODIAN_FILE] {
        let path = dir.join(name);
        match path.symlink_metadata() {
            Ok(_) => return Err(KeyError::Exists(dir.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(KeyError::io("look for", path)(error)),
        }
    }
    Ok(())
}

fn write(dir: &Path, name: &str, contents: &[u8]) -> Result<(), KeyError> {
    let path: PathBuf = dir.join(name);
    write_new(&path, contents).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists(dir.to_owned()),
        _ => KeyError::io("write", path)(error),
    })
}

/// Refuses a public key in plain that is not the ring's.
fn same(dir: &Path, name: &str, expected: &[u8]) -> Result<(), KeyError> {
    let path = dir.join(name);
    let found = fs::read(&path).map_err(KeyError::io("read", &path))?;
    if found == expected {
        Ok(())
    } else {
        Err(KeyError::Malformed { path, reason: "it is not the public key that the ring holds" })
    }
}
