//! The lake from the outside: what is accepted at one end, against what is answered at the other.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

mod at_rest;
mod by_period;
mod canary;
mod gate;
mod home;
mod incremental;
mod jobs;
mod leaks;
mod lineage;
mod links;
mod mart_diff;
mod mart_views;
mod marts;
mod programs;
mod registered;
mod repeats;
mod resume;
mod sent;
mod truth;
mod updates;
