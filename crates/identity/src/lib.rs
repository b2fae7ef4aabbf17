//! Identity apart from medicine: the splitting policy, pseudonyms, the NHS number, and which claims link.
//!
//! [`split`] takes a resource apart by an allow-list ([`Policy`]); [`join`] puts it together again,
//! exactly. Nothing here does input or output, and no key is held here ([`Pseudonymise`]).

mod codes;
mod fragment;
pub mod linkage;
mod nhs_number;
mod policy;
mod pseudonymise;
mod split;
mod value;

pub use fragment::{FRAGMENT_DEPTH, JoinError, join};
pub use nhs_number::{NHS_NUMBER_SYSTEM, NhsClaim, NhsNumber, NhsNumberError};
pub use policy::{Policy, PolicyError, PolicyProblem};
pub use pseudonymise::Pseudonymise;
pub use split::{Display, Split, split};
