//! One decision for every door: may this one do that to this, and which policy says so.
//!
//! Policies are Cedar's, over the lake's own schema (`carelake.cedarschema`). The built-in ones lie in `policies/`,
//! a file for each role. What no policy permits is denied, what a policy forbids is denied whoever permits it, and a
//! policy that cannot be evaluated denies. Whoever asks speaks in [`Question`]s, never in Cedar's words.
//!
//! **Invariant:** no input or output, and no clock. **Invariant:** nothing of Cedar's is in the public interface.

mod access;
mod action;
mod bounds;
mod cedar;
mod context;
mod decision;
mod explain;
mod info;
mod policies;
mod principal;
mod problem;
mod purpose;
mod question;
mod read;
mod resource;
mod role;
mod words;
mod zone;

pub use access::Way;
pub use action::{Action, UnknownAction};
pub use context::{Assumption, Context, Network};
pub use decision::{Decision, DecisionError};
pub use explain::{Change, Nearest};
pub use info::{Effect, PolicyId, PolicyInfo};
pub use policies::Policies;
pub use principal::{Principal, User};
pub use problem::{PolicyErrors, Problem};
pub use purpose::{Purpose, UnknownPurpose};
pub use question::Question;
pub use resource::{Resource, Table, UnknownResource};
pub use role::{Role, Roles, UnknownRole};
pub use zone::{UnknownZone, Zone};

/// The schema that every policy is checked against, in Cedar's schema syntax.
pub const SCHEMA: &str = include_str!("../carelake.cedarschema");
