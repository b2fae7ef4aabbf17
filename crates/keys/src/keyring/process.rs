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
use model::ProcessRole;
use std::{collections::BTreeSet, path::Path};

pub(super) const LANDING_PUBLIC: &str = "landing/public";
pub(super) const CUSTODIAN_PUBLIC: &str = "custodian/public";
const LANDING_PRIVATE: &str = "landing/private";

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

/// How far a process comes in a zone; no further, or it does not start.
#[must_use]
pub const fn zone_reach(process: ProcessRole, zone: Zone) -> ZoneReach {
    match (process, zone) {
        // Every process adds to the trail.
        (_, Zone::Audit)
        | (ProcessRole::Gateway, Zone::Landing)
        | (
            ProcessRole::Worker,
            Zone::Landing | Zone::Vault | Zone::Raw | Zone::View | Zone::Mart | Zone::Link,
        ) => ZoneReach::Write,
        (ProcessRole::Query, Zone::Raw | Zone::View | Zone::Mart | Zone::Link) => ZoneReach::Read,
        _ => ZoneReach::Nothing,
    }
}

/// The names of the secret keys of a process's row.
#[must_use]
pub fn key_names(process: ProcessRole) -> Vec<String> {
    secrets(process).into_iter().map(|(name, _)| name).collect()
}

/// The secret keys of its row.
fn secrets(process: ProcessRole) -> Vec<(String, KeyKind)> {
    let zones = Zone::all().into_iter().filter(|zone| {
        // What lies in landing is sealed by its own pair.
        *zone != Zone::Landing && zone_reach(process, *zone) != ZoneReach::Nothing
    });
    let mut row: Vec<_> = zones.map(|zone| (zone_name(zone), KeyKind::Aes256)).collect();
    row.push((signer_name(SigningPurpose::Audit), KeyKind::Ed25519Seed));
    let macs: &[MacPurpose] = match process {
        ProcessRole::Gateway => {
            &[MacPurpose::Ledger, MacPurpose::Receipt, MacPurpose::ProviderSecret, MacPurpose::Once]
        }
        ProcessRole::Worker => &[
            MacPurpose::Pseudonym,
            MacPurpose::NhsNumber,
            MacPurpose::Display,
            MacPurpose::Project,
            MacPurpose::Object,
        ],
        ProcessRole::Query => &[MacPurpose::Project, MacPurpose::ProviderSecret, MacPurpose::Once],
        ProcessRole::Keeper => &[],
    };
    row.extend(macs.iter().map(|purpose| (mac_name(*purpose), KeyKind::HmacSha256)));
    match process {
        ProcessRole::Gateway => {
            row.push((signer_name(SigningPurpose::Token), KeyKind::Ed25519Seed));
            row.push((DOOR.to_owned(), KeyKind::Aes256));
        }
        ProcessRole::Worker => {
            row.push((LANDING_PRIVATE.to_owned(), KeyKind::AgeX25519));
            row.push((OUTSIDE.to_owned(), KeyKind::Aes256));
        }
        ProcessRole::Query => row.push((DOOR.to_owned(), KeyKind::Aes256)),
        ProcessRole::Keeper => {}
    }
    row
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
        for (name, kind) in secrets(role) {
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
        let row = secrets(role);
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
