//! `carelake bench`: the project's own measurements, with method and machine. No home is needed.

mod machine;
mod population;
mod views;

pub(super) use machine::peak_memory_bytes;

use crate::cli::BenchCommand;

pub(super) async fn run(command: BenchCommand, json: bool) -> anyhow::Result<()> {
    let BenchCommand::Views(args) = command;
    tokio::task::spawn_blocking(move || views::run(&args, json)).await?
}
