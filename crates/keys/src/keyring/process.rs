//! The processes of a lake, and rings that hold the keys of one of them.
//!
//! A ring of a process has a root key of its own: whoever has it has the keys of that row, and no others.

use super::{
    CUSTODIAN_FILE, DOOR, KEYRING_FILE, Keyring, LANDING_FILE, OUTSIDE, ROOT_FILE,
    file::{self, KeyKind, KeyringFile},
    mac_name, refuse_existing, signer_name, write, zone_name,
};
use crate::{
    KeyError, MacPurpose, SigningPurpose, Zone,
    durable_file::{create_folders, parent, sync_folder},
    secret::Secret,
};
use std::{collections::BTreeSet, fmt, path::Path, str::FromStr};

pub(super) const LANDING_PUBLIC: &str = "landing/public";
pub(super) const CUSTODIAN_PUBLIC: &str = "custodian/public";
const LANDING_PRIVATE: &str = "landing/private";

/// A part of the lake that can run as a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessRole {
    /// Takes what providers send. Opens nothing in any zone.
    Gateway,
    /// Makes rows of what was taken, and marts of rows.
    Worker,
    /// Answers people: the console, its pages and their questions.
    Query,
    /// Watches the trail, makes checkpoints of it, lets old records go, and asks outside hosts.
    Keeper,
}

/// How far a process comes in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZoneReach {
    /// Not at all.
    Nothing,
    /// It reads.
    Read,
    /// It reads, writes and deletes.
    Write,
}

/// Why a text names no process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a process is gateway, worker, query or keeper")]
pub struct UnknownProcess;

impl ProcessRole {
    /// Every process.
    #[must_use]
    pub const fn all() -> [Self; 4] {
        [Self::Gateway, Self::Worker, Self::Query, Self::Keeper]
    }

    /// Its name, such as `gateway`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Worker => "worker",
            Self::Query => "query",
            Self::Keeper => "keeper",
        }
    }

    /// How far it comes in a zone; no further, or it does not start.
    #[must_use]
    pub const fn reach(self, zone: Zone) -> ZoneReach {
        match (self, zone) {
            // Every process adds to the trail.
            (_, Zone::Audit)
            | (Self::Gateway, Zone::Landing)
            | (
                Self::Worker,
                Zone::Landing | Zone::Vault | Zone::Raw | Zone::View | Zone::Mart | Zone::Link,
            ) => ZoneReach::Write,
            (Self::Query, Zone::Raw | Zone::View | Zone::Mart | Zone::Link) => ZoneReach::Read,
            _ => ZoneReach::Nothing,
        }
    }

    /// The names of the secret keys of its row.
    #[must_use]
    pub fn key_names(self) -> Vec<String> {
        self.secrets().into_iter().map(|(name, _)| name).collect()
    }

    /// The secret keys of its row.
    fn secrets(self) -> Vec<(String, KeyKind)> {
        let zones = Zone::all().into_iter().filter(|zone| {
            // What lies in landing is sealed by its own pair.
            *zone != Zone::Landing && self.reach(*zone) != ZoneReach::Nothing
        });
        let mut row: Vec<_> = zones.map(|zone| (zone_name(zone), KeyKind::Aes256)).collect();
        row.push((signer_name(SigningPurpose::Audit), KeyKind::Ed25519Seed));
        let macs: &[MacPurpose] = match self {
            Self::Gateway => {
                &[MacPurpose::Ledger, MacPurpose::Receipt, MacPurpose::ProviderSecret, MacPurpose::Once]
            }
            Self::Worker => &[
                MacPurpose::Pseudonym,
                MacPurpose::NhsNumber,
                MacPurpose::Display,
                MacPurpose::Project,
                MacPurpose::Object,
            ],
            Self::Query => &[MacPurpose::Project, MacPurpose::ProviderSecret, MacPurpose::Once],
            Self::Keeper => &[],
        };
        row.extend(macs.iter().map(|purpose| (mac_name(*purpose), KeyKind::HmacSha256)));
        match self {
            Self::Gateway => {
                row.push((signer_name(SigningPurpose::Token), KeyKind::Ed25519Seed));
                row.push((DOOR.to_owned(), KeyKind::Aes256));
            }
            Self::Worker => {
                row.push((LANDING_PRIVATE.to_owned(), KeyKind::AgeX25519));
                row.push((OUTSIDE.to_owned(), KeyKind::Aes256));
            }
            Self::Query => row.push((DOOR.to_owned(), KeyKind::Aes256)),
            Self::Keeper => {}
        }
        row
    }
}

impl fmt::Display for ProcessRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProcessRole {
    type Err = UnknownProcess;

    fn from_str(text: &str) -> Result<Self, UnknownProcess> {
        Self::all().into_iter().find(|role| role.as_str() == text).ok_or(UnknownProcess)
    }
}

impl Keyring {
    /// Writes a ring with the keys of `role` alone to the folder `dir`, under a root key of its own, durably.
    ///
    /// # Errors
    /// This ring lacks a key; `dir` holds a ring, or a part of one; or cannot be written.
    pub fn give(&self, role: ProcessRole, dir: &Path) -> Result<(), KeyError> {
        create_folders(dir).map_err(KeyError::io("create", dir))?;
        refuse_existing(dir)?;
        let root = Secret::random()?;
        let mut ring = KeyringFile::of_process(root.key_id(), role.as_str());
        for (name, kind) in role.secrets() {
            ring.wrap(&root, &name, kind, &self.file.unwrap(&self.root, &name, kind)?)?;
        }
        // Public, but wrapped with the rest: so nobody can put others in their place.
        let landing = self.landing.to_string();
        ring.wrap(&root, LANDING_PUBLIC, KeyKind::AgeX25519Public, landing.as_bytes())?;
        ring.wrap(&root, CUSTODIAN_PUBLIC, KeyKind::X25519Public, self.custodian.as_bytes())?;
        write(dir, KEYRING_FILE, &ring.to_json()?)?;
        write(dir, LANDING_FILE, format!("{landing}\n").as_bytes())?;
        write(dir, CUSTODIAN_FILE, file::custodian_text(&self.custodian).as_bytes())?;
        // Last, for a ring without its root key is no ring.
        write(dir, ROOT_FILE, &file::root_text(&root))?;
        sync_folder(dir).and_then(|()| sync_folder(parent(dir))).map_err(KeyError::io("make durable", dir))
    }

    /// Refuses a ring that holds another set of keys than the row of `role`: more of them above all.
    ///
    /// # Errors
    /// [`KeyError::Row`], with the names.
    pub fn require(&self, role: ProcessRole) -> Result<(), KeyError> {
        let is_public = |kind: KeyKind| matches!(kind, KeyKind::X25519Public | KeyKind::AgeX25519Public);
        let held: BTreeSet<_> = self.file.listed().filter(|(_, kind)| !is_public(*kind)).collect();
        let row = role.secrets();
        let row: BTreeSet<_> = row.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
        let told = |what: &str, these: &BTreeSet<(&str, KeyKind)>, those: &BTreeSet<(&str, KeyKind)>| {
            let names: Vec<_> = these.difference(those).map(|(name, _)| *name).collect();
            (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
        };
        let wrong = [told("it holds besides", &held, &row), told("it lacks", &row, &held)];
        let wrong: Vec<_> = wrong.into_iter().flatten().collect();
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(KeyError::Row { role, what: wrong.join(", and ") }),
        }
    }
}
