//! Installs what a step needs and the machine does not have.
//!
//! A C compiler is not among it: without one this program could not have been linked.

use crate::{
    clients,
    process::{ask, listen},
    workshop::Workshop,
};
use anyhow::{Context as _, bail, ensure};
use std::{env, fs, process::Command};

/// Something that a step calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// `cargo fmt`, a part of the Rust toolchain.
    Rustfmt,
    /// `cargo clippy`, a part of the Rust toolchain.
    Clippy,
    /// The test runner.
    Nextest,
    /// Checks licences, bans and sources.
    Deny,
    /// Finds unused dependencies.
    Machete,
    /// Unpacks the test populations, where they lie beside the checkout.
    Zstd,
    /// Other people's programs that end-to-end tests drive.
    Clients,
}

/// A cargo subcommand that is compiled from the registry.
struct Compiled {
    subcommand: &'static str,
    package: &'static str,
    /// What is known to work; this or anything later is left as it is.
    least: Version,
    /// What is installed.
    install: Version,
}

type Version = (u64, u64, u64);

const NEXTEST: Compiled =
    Compiled { subcommand: "nextest", package: "cargo-nextest", least: (0, 9, 143), install: (0, 9, 151) };
const DENY: Compiled =
    Compiled { subcommand: "deny", package: "cargo-deny", least: (0, 20, 2), install: (0, 20, 2) };
const MACHETE: Compiled =
    Compiled { subcommand: "machete", package: "cargo-machete", least: (0, 9, 2), install: (0, 9, 2) };

/// Installs every one of `needed` that is missing.
///
/// # Errors
/// Something is missing and could not be installed; the error says how to do it by hand.
pub(crate) fn install_missing(workshop: &Workshop, needed: &[Tool]) -> anyhow::Result<()> {
    for tool in needed {
        match tool {
            Tool::Rustfmt => component(workshop, "fmt", "rustfmt")?,
            Tool::Clippy => component(workshop, "clippy", "clippy")?,
            Tool::Nextest => compiled(workshop, &NEXTEST)?,
            Tool::Deny => compiled(workshop, &DENY)?,
            Tool::Machete => compiled(workshop, &MACHETE)?,
            Tool::Zstd => zstd(workshop)?,
            Tool::Clients => clients::install(workshop)?,
        }
    }
    Ok(())
}

fn component(workshop: &Workshop, subcommand: &str, name: &str) -> anyhow::Result<()> {
    if ask(&mut workshop.cargo(&[subcommand, "--version"])).is_some() {
        return Ok(());
    }
    workshop.screen.line(&format!("installing {name} (rustup component add {name})"));
    let heard = listen(Command::new("rustup").args(["component", "add", name]))
        .with_context(|| format!("install `{name}`, a part of the Rust toolchain"))?;
    ensure!(heard.success, "install `{name}`: `rustup component add {name}` failed");
    Ok(())
}

fn compiled(workshop: &Workshop, tool: &Compiled) -> anyhow::Result<()> {
    let answer = ask(&mut workshop.cargo(&[tool.subcommand, "--version"]));
    if answer.as_deref().and_then(version_in).is_some_and(|found| found >= tool.least) {
        return Ok(());
    }
    let (major, minor, patch) = tool.install;
    let wanted = format!("{}@{major}.{minor}.{patch}", tool.package);
    workshop.screen.line(&format!("installing {wanted} into {}", workshop.tools.display()));
    // Their own target folder, so that they share what they have in common
    // and leave nothing behind; unoptimised, because they compile in a third
    // of the time and have little to do.
    let build = workshop.tools.join("build");
    let heard = listen(
        workshop
            // No default features: none of the three needs any, and nextest would learn to update itself.
            .cargo(&[
                "install",
                "--locked",
                "--force",
                "--no-default-features",
                "--profile",
                "dev",
                &wanted,
                "--root",
            ])
            .arg(&workshop.tools)
            .env("CARGO_TARGET_DIR", &build)
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )?;
    ensure!(
        heard.success,
        "install `{wanted}`: is the registry within reach? By hand: cargo install --locked {wanted}"
    );
    Ok(())
}

/// Removes what was left over from compiling tools.
pub(crate) fn clear_up(workshop: &Workshop) -> anyhow::Result<()> {
    let build = workshop.tools.join("build");
    if build.exists() {
        fs::remove_dir_all(&build).with_context(|| format!("remove `{}`", build.display()))?;
    }
    Ok(())
}

fn zstd(workshop: &Workshop) -> anyhow::Result<()> {
    let populations = workshop.root.join("../shared/unpack");
    if !populations.exists() || on_path("zstd") {
        return Ok(());
    }
    debian_package(workshop, "zstd")
}

/// Installs a package of Debian.
///
/// # Errors
/// There is no `apt-get`, or it failed.
pub(crate) fn debian_package(workshop: &Workshop, name: &str) -> anyhow::Result<()> {
    if !on_path("apt-get") {
        bail!("install `{name}` by this system's own package manager, then run again");
    }
    workshop.screen.line(&format!("installing {name} (apt-get install {name})"));
    let administrator = ask(Command::new("id").arg("-u")).is_some_and(|user| user.trim() == "0");
    let install: &[&str] = &["install", "--yes", "--quiet", "--no-install-recommends", name];
    for arguments in [&["update", "--quiet"], install] {
        let mut command = if administrator {
            Command::new("apt-get")
        } else {
            let mut command = Command::new("sudo");
            command.args(["--non-interactive", "apt-get"]);
            command
        };
        let heard = listen(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
        ensure!(heard.success, "install `{name}`: run `apt-get install {name}` as root, then run again");
    }
    Ok(())
}

/// Whether a program is on the search path.
pub(crate) fn on_path(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// The first `1.2.3` in what a program says of itself.
fn version_in(text: &str) -> Option<Version> {
    text.split_whitespace().find_map(|word| {
        let mut numbers = word.trim_start_matches('v').split('.').map(str::parse::<u64>);
        match (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()) {
            (Ok(major), Ok(minor), Ok(patch), None) => Some((major, minor, patch)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_a_program_says() {
        assert_eq!(version_in("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)"), Some((0, 9, 143)));
        assert_eq!(version_in("0.9.2\n"), Some((0, 9, 2)));
        assert_eq!(version_in("cargo-deny v0.20.2"), Some((0, 20, 2)));
        assert_eq!(version_in("error: no such command"), None);
    }

    #[test]
    fn what_is_installed_is_new_enough_to_be_kept() {
        for tool in [NEXTEST, DENY, MACHETE] {
            assert!(tool.install >= tool.least, "{}", tool.package);
        }
    }

    #[test]
    fn a_program_is_looked_for_on_the_search_path() {
        assert!(on_path("sh"));
        assert!(!on_path("no-such-program-here"));
    }
}
