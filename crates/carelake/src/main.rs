//! `carelake`: the command line, and the wiring of all parts.

mod access;
mod asking;
mod cli;
mod client;
mod commands;
mod config;
mod crawlers;
mod credential;
mod desk;
mod external;
mod feeds;
mod home;
mod outside;
mod parts;
mod people;
mod proc;
mod profiling;
mod reach;
mod registering;
mod retention;
mod screen;
mod trail;
mod watchman;
mod which;
mod witness;

use clap::Parser;
use std::process::ExitCode;

/// Keeps what was freed for the next batch, where the system's own gives pages back and has them cleared again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    start_log(&cli);
    keep_memory_private();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return screen::fail(
            cli.json,
            &anyhow::anyhow!("another cryptography provider is installed already"),
        );
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return screen::fail(cli.json, &error.into()),
    };
    let json = cli.json;
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => code,
        Err(error) => screen::fail(json, &error),
    }
}

/// No core dump and no debugger of another process shows the keys that this one holds.
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err()
        || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err()
    {
        tracing::warn!("core dumps could not be turned off: they would hold keys");
    }
}

/// Warnings and errors go to standard error; `CARELAKE_LOG` asks for more.
fn start_log(cli: &cli::Cli) {
    let wanted = std::env::var("CARELAKE_LOG");
    let filter =
        wanted.as_deref().unwrap_or("warn,deltalake_core=error,delta_kernel=error,buoyant_kernel=error");
    let builder = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(screen::colours());
    if cli.json { builder.json().init() } else { builder.init() }
}
