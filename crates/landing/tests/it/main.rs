//! Landing from the outside: submissions in, sealed and registered segments out.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

mod door;
mod fencing;
mod home;
mod imports;
mod once;
