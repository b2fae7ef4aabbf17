//! `carelake completions`

use crate::{cli::Cli, screen};
use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

pub(super) fn run(shell: Shell) {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "carelake", &mut script);
    screen::say(String::from_utf8_lossy(&script).trim_end());
}
