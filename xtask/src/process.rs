//! Runs a program, shows what it says, and listens for the lines that matter.

use anyhow::Context as _;
use std::{
    io::{self, Read as _, Write as _},
    process::{Command, Stdio},
};

/// What was heard while a program ran.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Whether it ended with exit status 0.
    pub(crate) success: bool,
    /// The lines that warn, as cargo and rustc word them.
    pub(crate) warnings: Vec<String>,
    /// The test runner's closing line.
    pub(crate) summary: Option<String>,
}

/// Runs `command` to its end. Its standard error is copied to ours as it
/// comes, byte for byte, so that progress bars and colours survive.
///
/// # Errors
/// The program could not be started, or its output could not be read.
pub(crate) fn listen(command: &mut Command) -> anyhow::Result<Heard> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start `{name}`"))?;
    let mut ear = Ear::default();
    if let Some(mut pipe) = child.stderr.take() {
        let mut buffer = [0; 8192];
        loop {
            let length = pipe.read(&mut buffer).with_context(|| format!("read what `{name}` says"))?;
            if length == 0 {
                break;
            }
            let _ = io::stderr().write_all(&buffer[..length]);
            ear.take(&buffer[..length]);
        }
    }
    ear.end_line();
    let status = child.wait().with_context(|| format!("wait for `{name}`"))?;
    Ok(Heard { success: status.success(), ..ear.heard })
}

/// Runs `command` without showing it. `None` if it cannot be started or fails.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Cuts a stream into lines and keeps those that matter.
#[derive(Default)]
struct Ear {
    line: Vec<u8>,
    heard: Heard,
}

impl Ear {
    fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // A progress bar ends with a carriage return.
            if byte == b'\n' || byte == b'\r' {
                self.end_line();
            } else {
                self.line.push(byte);
            }
        }
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.line);
        let text = plain(&String::from_utf8_lossy(&bytes));
        let text = text.trim();
        if text.starts_with("Summary [") {
            self.heard.summary = Some(text.to_owned());
        } else if is_warning(text) {
            self.heard.warnings.push(text.to_owned());
        }
    }
}

/// Whether cargo or rustc warns here of something that can be mended in the
/// workspace. A network that stumbled is not.
fn is_warning(line: &str) -> bool {
    (line.starts_with("warning:") || line.starts_with("warning["))
        && !line.starts_with("warning: spurious network error")
}

/// `text` without the escape sequences that colour it (ECMA-48 §5.4, CSI only).
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            out.push(character);
        } else if characters.next() == Some('[') {
            // Parameters, then one final byte in @ to ~.
            let _ = characters.find(|c| ('@'..='~').contains(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(chunks: &[&str]) -> Heard {
        let mut ear = Ear::default();
        for chunk in chunks {
            ear.take(chunk.as_bytes());
        }
        ear.end_line();
        ear.heard
    }

    #[test]
    fn a_warning_is_heard_through_colours_and_progress_bars() {
        let heard = heard(&[
            "    Building [=>  ] 1/2: keys\r\u{1b}[K\u{1b}[1m\u{1b}[33mwarn",
            "ing\u{1b}[0m\u{1b}[1m: unused import\u{1b}[0m\n  --> src/lib.rs\n",
        ]);
        assert_eq!(heard.warnings, ["warning: unused import"]);
    }

    #[test]
    fn a_network_that_stumbled_is_no_warning_of_ours() {
        assert!(heard(&["warning: spurious network error (2 tries remaining)\n"]).warnings.is_empty());
    }

    #[test]
    fn the_runners_closing_line_is_kept() {
        let heard = heard(&["────\n     Summary [   0.4s] 5 tests run: 5 passed, 0 skipped"]);
        assert_eq!(heard.summary.as_deref(), Some("Summary [   0.4s] 5 tests run: 5 passed, 0 skipped"));
    }

    #[test]
    fn the_exit_status_of_the_program_is_told() {
        let shell = |script: &str| listen(Command::new("sh").args(["-c", script])).unwrap();
        assert!(shell("exit 0").success);
        let failed = shell("echo 'warning: late' >&2; exit 3");
        assert!(!failed.success);
        assert_eq!(failed.warnings, ["warning: late"]);
        assert!(listen(&mut Command::new("no-such-program-here")).is_err());
    }
}
