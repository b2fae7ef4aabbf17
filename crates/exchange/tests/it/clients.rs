//! Runs our scripts by the Python that has other people's libraries.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

/// Where the clients are installed, or `None` after saying that they are not.
pub(crate) fn installed() -> Option<PathBuf> {
    let folder = std::env::var_os("CARELAKE_CLIENTS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("passed over: CARELAKE_CLIENTS is not set; `cargo xtask test` installs the clients");
    }
    folder
}

fn command(clients: &Path, arguments: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(arguments[0]);
    let mut command = Command::new(clients.join("python/bin/python"));
    command.arg(script).args(&arguments[1..]);
    // No settings of whoever runs the tests.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a script to its end; what it says, or what it says of its failure.
pub(crate) fn ask(clients: &Path, arguments: &[&str], input: &str) -> Result<Vec<String>, String> {
    let mut child = command(clients, arguments).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let done = child.wait_with_output().unwrap();
    // One that fails early does not read to the end.
    let _ = writer.join().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if done.status.success() {
        Ok(text(&done.stdout).lines().map(str::to_owned).collect())
    } else {
        Err(text(&done.stderr))
    }
}

/// A script that serves something until it is dropped.
pub(crate) struct Server {
    child: Child,
    /// Its address.
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(clients: &Path, arguments: &[&str]) -> Self {
        let mut child = command(clients, arguments).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
