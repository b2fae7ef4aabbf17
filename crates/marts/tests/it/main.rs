//! Folders of marts, as their authors write them.

mod folders;
mod questions;
