//! `carelake serve` as a process that is always ended.

use crate::home::Home;
use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// How long anything may take that is waited for: a lease of a dead process runs out within seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// A process that serves a home.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Where its console is.
    pub(crate) console: SocketAddr,
    log: Option<JoinHandle<String>>,
}

impl Service {
    /// Starts it on a loopback port of the system's choice.
    pub(crate) fn start(home: &Home, settings: &[(&str, &str)]) -> Self {
        let mut child = spawn(home, settings);
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let mut told_after = |words: &str| loop {
            let start = said.len();
            assert!(lines.read_line(&mut said).unwrap() > 0, "it ended before it listened:\n{said}");
            let told = said[start..].split_once(words).and_then(|(_, rest)| rest.split_once('/'));
            if let Some((address, _)) = told {
                break address.parse().unwrap();
            }
        };
        let address = told_after("listens on https://");
        let console = told_after("the console is at https://");
        // Read on, or the process would wait for its log to be read.
        let log = std::thread::spawn(move || {
            lines.read_to_string(&mut said).unwrap();
            said
        });
        Self { child, address, console, log: Some(log) }
    }

    /// Ends it as a service manager would, and gives back its log.
    pub(crate) fn stop(mut self) -> String {
        terminate(&mut self.child, self.log.take())
    }

    /// Ends it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Ends a process as a service manager would, and gives back its log.
pub(crate) fn terminate(child: &mut Child, log: Option<JoinHandle<String>>) -> String {
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    let status = child.wait().unwrap();
    let log = log.unwrap().join().unwrap();
    assert!(status.success(), "{log}");
    log
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has ended already, or is ended now.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(home: &Home, settings: &[(&str, &str)]) -> Child {
    let mut command = home.command(["serve"]);
    command.env("CARELAKE__GATEWAY__LISTEN", "127.0.0.1:0");
    command.env("CARELAKE__CONSOLE__LISTEN", "127.0.0.1:0").envs(settings.iter().copied());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Serves until the process ends by itself.
pub(crate) fn serve_until_it_ends(home: &Home, settings: &[(&str, &str)]) -> (ExitStatus, String) {
    let mut child = spawn(home, settings);
    let mut stderr = child.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut said = String::new();
        stderr.read_to_string(&mut said).unwrap();
        said
    });
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let log = log.join().unwrap();
    let Some(status) = status else { panic!("it did not end:\n{log}") };
    (status, log)
}

/// Waits until `done`.
#[track_caller]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
