//! One file per command.

mod access;
mod audit;
mod bench;
mod catalog;
mod completions;
mod connection;
mod crawler;
mod demo;
mod directory;
mod feed;
mod group;
mod import;
mod init;
mod issuer;
mod job;
mod key;
mod mart;
mod policy;
mod process;
mod provider;
mod reference;
mod role;
mod serve;
mod simulate;
mod sql;
mod user;
mod view;

use crate::cli::{Cli, Command};
use std::process::ExitCode;

/// Runs what was typed.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let (home, json) = (cli.home, cli.json);
    match cli.command {
        Command::Demo(args) => return demo::run(&args, json).await,
        Command::Init(args) => init::run(&home, &args, json).await?,
        Command::Serve { role } => serve::run(&home, role).await?,
        Command::Process(command) => process::run(&home, command, json).await?,
        Command::Provider(command) => provider::run(&home, command, json).await?,
        Command::Issuer(command) => issuer::run(&home, command, json).await?,
        Command::User(command) => user::run(&home, command, json).await?,
        Command::Group(command) => group::run(&home, command, json).await?,
        Command::Directory(command) => directory::run(&home, command, json).await?,
        Command::Policy(command) => return policy::run(&home, command, json).await,
        Command::Role(command) => role::run(&home, command, json).await?,
        Command::Access(command) => access::run(&home, command, json).await?,
        Command::Import(args) => return import::run(&home, &args, json).await,
        Command::Sql(args) => sql::run(&home, &args, json).await?,
        Command::View(command) => return view::run(&home, command, json).await,
        Command::Mart(command) => mart::run(&home, command, json).await?,
        Command::Catalog(command) => catalog::run(&home, command, json).await?,
        Command::Connection(command) => connection::run(&home, command, json).await?,
        Command::Crawler(command) => crawler::run(&home, command, json).await?,
        Command::Reference(command) => reference::run(&home, command, json).await?,
        Command::Job(command) => job::run(&home, command, json).await?,
        Command::Feed(command) => feed::run(&home, command, json).await?,
        Command::Audit(command) => return audit::run(&home, command, json).await,
        Command::Key(command) => key::run(&home, command, json).await?,
        Command::Bench(command) => bench::run(command, json).await?,
        Command::Completions { shell } => completions::run(shell),
        Command::Simulate(args) => simulate::run(&home, &args, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}
