//! What each role of the process may hold: the table of the design's §3, as data.
//!
//! These are roles of processes, such as gateway and worker, not of people. A process that holds more than the rows of
//! the roles it runs must not start; that is the binary's to do. What a role may do with what it holds is the policies'.

use crate::{Zone, words::words};

words! {
    /// A part of the lake that a process runs.
    pub enum ProcessRole or UnknownProcessRole, "no role of a process has this name" {
        /// Takes FHIR in.
        Gateway = "gateway",
        /// Refines, builds, keeps the tables in order.
        Worker = "worker",
        /// Answers SQL.
        Query = "query",
        /// Hands a project's mart out.
        Share = "share",
        /// Shows what is going on.
        Console = "console",
        /// Tells the world outside that something happened, never what.
        Notify = "notify",
        /// Opens the vault.
        Custodian = "custodian",
    }
}

/// What a credential for a zone's store allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Read an object, and list.
    Get,
    /// Write a new object.
    Put,
    /// Delete an object.
    Delete,
}

/// A part of the control database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Records {
    /// Providers and their credentials.
    Providers,
    /// Lanes, segments and receipts.
    Lanes,
    /// The catalogue and publications.
    Catalogue,
    /// Jobs.
    Jobs,
    /// Heads of the audit trail.
    AuditHeads,
    /// Events that are to be sent.
    Outbox,
}

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Seals segments.
    LandingPublic,
    /// Opens segments.
    LandingPrivate,
    /// Encrypts and opens a zone's store.
    Zone(Zone),
    /// The certificate of the door.
    Tls,
    /// Signs access tokens.
    TokenSigning,
    /// Hashes providers' secrets.
    ProviderSecret,
    /// Hashes names and contents in the ledger.
    Ledger,
    /// Hashes receipts.
    Receipt,
    /// Makes pseudonyms of resources.
    Pseudonym,
    /// Hashes NHS numbers.
    NhsNumber,
    /// Hashes displays.
    Display,
    /// Makes pseudonyms of projects.
    Project,
    /// Signs heads of the audit trail.
    AuditSigning,
    /// Seals record keys.
    CustodianPublic,
    /// Opens record keys; exists in shares only.
    CustodianPrivate,
}

/// One thing that a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holding {
    /// A credential for a zone's store.
    Store(Zone, Access),
    /// The right to read a part of the control database.
    Read(Records),
    /// The right to write it.
    Write(Records),
    /// A key.
    Key(Key),
}

use Access::{Delete, Get, Put};
use Holding::{Read, Store, Write};

/// What whoever leaves audit records needs. The zone's key is symmetric: who appends could read, if the store let it.
const AUDIT: &[Holding] = &[
    Store(Zone::Audit, Put),
    Write(Records::AuditHeads),
    Holding::Key(Key::AuditSigning),
    Holding::Key(Key::Zone(Zone::Audit)),
];

const GATEWAY: &[Holding] = &[
    Store(Zone::Landing, Put),
    Read(Records::Providers),
    Read(Records::Lanes),
    Write(Records::Lanes),
    Holding::Key(Key::LandingPublic),
    Holding::Key(Key::Tls),
    Holding::Key(Key::TokenSigning),
    Holding::Key(Key::ProviderSecret),
    Holding::Key(Key::Ledger),
    Holding::Key(Key::Receipt),
];

const WORKER: &[Holding] = &[
    Store(Zone::Landing, Get),
    Store(Zone::Landing, Delete),
    Store(Zone::Vault, Put),
    Store(Zone::Raw, Get),
    Store(Zone::Raw, Put),
    Store(Zone::Raw, Delete),
    Store(Zone::View, Get),
    Store(Zone::View, Put),
    Store(Zone::View, Delete),
    Store(Zone::Link, Get),
    Store(Zone::Link, Put),
    Store(Zone::Link, Delete),
    Store(Zone::Mart, Get),
    Store(Zone::Mart, Put),
    Store(Zone::Mart, Delete),
    Read(Records::Lanes),
    Write(Records::Lanes),
    Read(Records::Catalogue),
    Write(Records::Catalogue),
    Read(Records::Jobs),
    Write(Records::Jobs),
    Holding::Key(Key::LandingPrivate),
    Holding::Key(Key::Zone(Zone::Raw)),
    Holding::Key(Key::Zone(Zone::View)),
    Holding::Key(Key::Zone(Zone::Mart)),
    Holding::Key(Key::Zone(Zone::Link)),
    // The store's. What lies in it is sealed to the custodian once more.
    Holding::Key(Key::Zone(Zone::Vault)),
    Holding::Key(Key::Pseudonym),
    Holding::Key(Key::NhsNumber),
    Holding::Key(Key::Display),
    Holding::Key(Key::Project),
    Holding::Key(Key::CustodianPublic),
];

const QUERY: &[Holding] = &[
    Store(Zone::Raw, Get),
    Store(Zone::View, Get),
    Store(Zone::Mart, Get),
    Store(Zone::Link, Get),
    Read(Records::Catalogue),
    Holding::Key(Key::Zone(Zone::Raw)),
    Holding::Key(Key::Zone(Zone::View)),
    Holding::Key(Key::Zone(Zone::Mart)),
    Holding::Key(Key::Zone(Zone::Link)),
];

const SHARE: &[Holding] =
    &[Store(Zone::Mart, Get), Read(Records::Catalogue), Holding::Key(Key::Zone(Zone::Mart))];

const CONSOLE: &[Holding] = &[Read(Records::Jobs), Read(Records::Catalogue)];

const NOTIFY: &[Holding] = &[Read(Records::Outbox)];

impl ProcessRole {
    /// Whether the role's row lists `holding`.
    #[must_use]
    pub fn may_hold(self, holding: Holding) -> bool {
        let audits = matches!(self, Self::Gateway | Self::Worker | Self::Query | Self::Share);
        let row = match self {
            Self::Gateway => GATEWAY,
            Self::Worker => WORKER,
            Self::Query => QUERY,
            Self::Share => SHARE,
            Self::Console => CONSOLE,
            Self::Notify => NOTIFY,
            Self::Custodian => return custodian_may_hold(holding),
        };
        row.contains(&holding) || audits && AUDIT.contains(&holding)
    }
}

/// The custodian's row is wide, but leaves the doors' keys out: it answers to nobody outside.
fn custodian_may_hold(holding: Holding) -> bool {
    match holding {
        Store(Zone::Landing, access) => access != Put,
        Holding::Key(key) => {
            !matches!(key, Key::Tls | Key::TokenSigning | Key::ProviderSecret | Key::Ledger | Key::Receipt)
        }
        Store(..) | Read(_) | Write(_) => true,
    }
}

/// What of `held` is more than `role` may hold. It must be empty for the role to start.
#[must_use]
pub fn excess(role: ProcessRole, held: &[Holding]) -> Vec<Holding> {
    excess_of(&[role], held)
}

/// What of `held` is more than a process may hold that runs all of `roles`.
#[must_use]
pub fn excess_of(roles: &[ProcessRole], held: &[Holding]) -> Vec<Holding> {
    let allowed = |holding: Holding| roles.iter().any(|role| role.may_hold(holding));
    held.iter().copied().filter(|holding| !allowed(*holding)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(role: ProcessRole, zone: Zone) -> String {
        let letters = [(Get, 'g'), (Put, 'p'), (Delete, 'd')];
        letters
            .iter()
            .filter(|(access, _)| role.may_hold(Store(zone, *access)))
            .map(|(_, letter)| letter)
            .collect()
    }

    #[test]
    fn each_role_reaches_the_zones_of_its_row() {
        use Zone::{Landing, Link, Mart, Raw, Vault, View};
        let zones = [Landing, Vault, Raw, View, Link, Mart];
        for (role, row) in [
            (ProcessRole::Gateway, ["p", "", "", "", "", ""]),
            (ProcessRole::Worker, ["gd", "p", "gpd", "gpd", "gpd", "gpd"]),
            (ProcessRole::Query, ["", "", "g", "g", "g", "g"]),
            (ProcessRole::Share, ["", "", "", "", "", "g"]),
            (ProcessRole::Console, [""; 6]),
            (ProcessRole::Notify, [""; 6]),
            (ProcessRole::Custodian, ["gd", "gpd", "gpd", "gpd", "gpd", "gpd"]),
        ] {
            assert_eq!(zones.map(|zone| holds(role, zone)), row, "{role}");
        }
    }

    #[test]
    fn a_gateway_has_no_key_that_opens_what_it_lets_in() {
        for zone in Zone::all().iter().copied().filter(|zone| *zone != Zone::Audit) {
            assert!(!ProcessRole::Gateway.may_hold(Holding::Key(Key::Zone(zone))), "{zone}");
        }
        for key in [Key::LandingPrivate, Key::CustodianPrivate, Key::Pseudonym] {
            assert!(!ProcessRole::Gateway.may_hold(Holding::Key(key)), "{key:?}");
        }
    }

    #[test]
    fn nobody_but_the_custodian_opens_record_keys() {
        for role in ProcessRole::all() {
            let may = role.may_hold(Holding::Key(Key::CustodianPrivate));
            assert_eq!(may, *role == ProcessRole::Custodian, "{role}");
        }
    }

    #[test]
    fn what_is_more_than_the_row_is_named() {
        let held = [Store(Zone::Landing, Put), Store(Zone::Raw, Get), Holding::Key(Key::LandingPrivate)];
        assert_eq!(excess(ProcessRole::Gateway, &held), held[1..]);
        assert_eq!(excess_of(&[ProcessRole::Gateway, ProcessRole::Worker], &held), []);
        assert_eq!(excess(ProcessRole::Notify, &[]), []);
    }
}
