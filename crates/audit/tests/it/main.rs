//! The trail from outside: what is written can be read and proved, and nothing can be changed unseen.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where the unexpected happens")]

mod balp;
mod checkpoints;
mod edits;
mod examples;
mod first_form;
mod ground;
mod newest;
mod retain;
mod tamper;
mod write;
