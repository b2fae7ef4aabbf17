//! A home in a temporary folder, and the binary that works on it.

use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    io::Write,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};
use tempfile::TempDir;

/// SIGABRT, by which a failpoint ends the process.
const ABORTED: i32 = 6;

const BUILD: &str = "Build it with `cargo build --workspace`; `cargo xtask test` does so itself";

/// The binary, which cargo puts one folder above the test's own executable.
pub(crate) fn carelake() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().and_then(Path::parent).unwrap().join("carelake");
    assert!(binary.exists(), "{} is missing: these tests drive the built binary. {BUILD}", binary.display());
    binary
}

/// Tells, beside the failure of a test, that the binary is not what the sources say.
fn warn_of_an_old_binary(binary: &Path) {
    let changed = |path: &Path| fs::metadata(path).and_then(|about| about.modified()).ok();
    let sources = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
    let sources = sources.split_whitespace().skip(1).map(Path::new);
    if let Some(source) = sources.into_iter().find(|source| changed(source) > changed(binary)) {
        eprintln!("{} is newer than the binary. {BUILD}", source.display());
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    pub(crate) fn from(output: std::process::Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Fails unless the exit status is `code`.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless standard error, or for programs standard output, says `words`.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(
            self.stderr.contains(words) || self.stdout.contains(words),
            "it does not say `{words}`:\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails unless a failpoint has aborted it.
    #[track_caller]
    pub(crate) fn aborted(self) {
        let signal = self.status.signal();
        assert_eq!(signal, Some(ABORTED), "it did not abort:\n{}\n{}", self.stdout, self.stderr);
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// A home. Its temporary folder goes with it.
pub(crate) struct Home {
    folder: TempDir,
    /// What `init --json` has said.
    pub(crate) secrets: Value,
}

impl Home {
    /// A folder that is no home yet.
    pub(crate) fn absent() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), secrets: Value::Null }
    }

    /// A home for synthetic data.
    pub(crate) fn new() -> Self {
        let mut home = Self::absent();
        warn_of_an_old_binary(&carelake());
        home.secrets = home.run(["--json", "init"]).exits(0).json();
        home
    }

    /// The same home once more, keys included, so that pseudonyms compare.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self { folder: tempfile::tempdir().unwrap(), secrets: self.secrets.clone() };
        let copied = Command::new("cp").arg("-a").arg(self.path()).arg(copy.path()).status().unwrap();
        assert!(copied.success());
        copy
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A place beside the home.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, not started; other settings of the caller's environment do not reach it.
    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(carelake());
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARELAKE_"))
        {
            command.env_remove(name);
        }
        command.env("CARELAKE_HOME", self.path()).args(arguments).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Done {
        Done::from(self.command(arguments).output().unwrap())
    }

    /// Runs a command that reads `input`.
    pub(crate) fn tell(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &str) -> Done {
        let mut command = self.command(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Done::from(child.wait_with_output().unwrap())
    }

    pub(crate) fn import(&self, what: &Path, source: &str) -> Done {
        self.run([
            OsStr::new("--json"),
            "import".as_ref(),
            what.as_ref(),
            "--source".as_ref(),
            source.as_ref(),
        ])
    }

    /// The rows that answer a query, one JSON object each.
    #[track_caller]
    pub(crate) fn sql(&self, query: &str) -> Vec<Value> {
        let done = self.run(["sql", query, "--format", "json"]).exits(0);
        // No rows are one empty line.
        let lines = done.stdout.lines().filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A single number.
    #[track_caller]
    pub(crate) fn number(&self, query: &str) -> i64 {
        let rows = self.sql(query);
        rows[0].as_object().unwrap().values().next().unwrap().as_i64().unwrap()
    }

    /// The objects under a folder of the home, sorted.
    pub(crate) fn objects(&self, under: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().join(under)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }
}
