//! The binary `carelake`, driven as operators and providers drive it: crashes, mistakes and damage included.
//!
//! Nothing of the lake is linked here. Every test has homes of its own in temporary folders, listens on
//! loopback ports that the system chooses, and ends the processes that it has started.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "clippy takes only functions marked as tests for tests"
)]

mod access;
mod audit;
mod catalogue;
mod chance;
mod clients;
mod command_line;
mod console;
mod crash;
mod crawlers;
mod damage;
mod demo;
mod directory;
mod doors;
mod home;
mod imports;
mod inputs;
mod jobs;
mod keys;
mod kill;
mod logs;
mod mistakes;
mod openid;
mod postgres;
mod processes;
mod programs;
mod provider;
mod real_data;
mod records;
mod registered;
mod rows;
mod service;
mod shared;
mod views;
mod watch;
