//! The rules of the house, as tests.
//!
//! Each rule is a function from text to complaints, tried first on examples
//! that break it and then on the whole workspace.

mod failpoints;
mod files;
mod layers;
mod links;
mod members;
mod sources;

/// Fails with one complaint a line, if there are any.
#[track_caller]
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
