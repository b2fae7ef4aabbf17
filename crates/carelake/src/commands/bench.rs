//! `carelake bench`: the project's own measurements, with method and machine. No home is needed.

mod audit;
mod console;
mod machine;
mod population;
mod trail;
mod views;

use crate::cli::BenchCommand;

pub(super) async fn run(command: BenchCommand, json: bool) -> anyhow::Result<()> {
    match command {
        BenchCommand::Views(args) => tokio::task::spawn_blocking(move || views::run(&args, json)).await?,
        BenchCommand::Audit(args) => audit::run(&args, json).await,
        BenchCommand::Console(args) => console::run(&args, json).await,
    }
}
