//! The parts of the lake that have a store and a key of their own, as policies name them.
//!
//! The same names as `keys::Zone`, which this crate may not see.

use crate::words::words;

words! {
    /// A zone.
    pub enum Zone or UnknownZone, "no zone has this name" {
        /// Sealed segments.
        Landing = "landing",
        /// Identity: fragments and record keys.
        Vault = "vault",
        /// Pseudonymised resources.
        Raw = "raw",
        /// Rows that ViewDefinitions made.
        View = "view",
        /// Data marts.
        Mart = "mart",
        /// Which patients are one person.
        Link = "link",
        /// The audit trail.
        Audit = "audit",
        /// Attachments and payloads that their providers encrypted.
        Content = "content",
        /// What no rule could place.
        Quarantine = "quarantine",
        /// The control database and the ledger.
        Control = "control",
    }
}
