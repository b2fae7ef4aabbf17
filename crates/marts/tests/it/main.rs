//! Folders of marts, as their authors write them.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

mod folders;
mod questions;
