//! Record keys and fragments: where identity lies once it has been taken from medicine.
//!
//! Every patient record has a key pair of its own. The worker seals fragments to its public half
//! and can read nothing back; only the custodian can, through the private half that is sealed to it.
//!
//! **Invariant:** the worker's side ([`mint`], [`put_keys`], [`FragmentWriter`], [`put_fragments`])
//! needs only `put` of the store.

mod custodian;
mod error;
mod fragments;
mod key_file;
mod object;
mod reader;

pub use custodian::Custodian;
pub use error::VaultError;
pub use fragments::{Fragment, FragmentWriter, put_fragments};
pub use key_file::{KeyFile, mint, put_keys};
pub use object::{FragmentsKey, KeysKey};

/// The pseudonym of the patient record that a key or fragment belongs to; for what belongs
/// to no patient, the source's (`identity::Pseudonymise::source_record`).
pub type RecordId = model::Pseudonym;

#[cfg(test)]
mod tests;
