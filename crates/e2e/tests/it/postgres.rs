//! A PostgreSQL of a test's own: a folder, a socket in it, no network; it ends with the test.

use crate::service::PATIENCE;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The system's user that it runs as: PostgreSQL runs as nobody who is unknown, and not as root.
const USER: &str = "nobody";

/// A database server.
pub(crate) struct Postgres {
    child: Child,
    programs: PathBuf,
    socket: PathBuf,
}

impl Postgres {
    /// Starts one in `folder`; `None`, after saying so, where there is no PostgreSQL.
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let programs = versions.map(|entry| entry.unwrap().path().join("bin")).max();
        let Some(programs) = programs.filter(|programs| programs.join("initdb").exists()) else {
            eprintln!("passed over: there is no PostgreSQL; `cargo xtask test` installs it");
            return None;
        };
        fs::create_dir(folder).unwrap();
        assert!(Command::new("chown").arg(USER).arg(folder).status().unwrap().success());
        let data = folder.join("data");
        let as_user = |program: &str| {
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={USER}"), "--regid=nogroup", "--clear-groups"]);
            command
                .arg(programs.join(program))
                .current_dir(folder)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        };
        let mut made = as_user("initdb");
        made.arg("--no-sync").arg("--auth=trust").arg("--username=carelake").arg("-D").arg(&data);
        assert!(made.status().unwrap().success());
        let mut server = as_user("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(folder).args([
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
        ]);
        let log = fs::File::create(folder.join("log")).unwrap();
        let child = server.stderr(log).spawn().unwrap();
        let server = Self { child, programs, socket: folder.to_owned() };
        let began = Instant::now();
        while !server.is_ready() {
            assert!(began.elapsed() < PATIENCE, "PostgreSQL does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    fn is_ready(&self) -> bool {
        let mut asked = Command::new(self.programs.join("pg_isready"));
        asked.arg("-h").arg(&self.socket).stdout(Stdio::null()).status().unwrap().success()
    }

    /// Runs a statement as the one who may do everything.
    pub(crate) fn run(&self, database: &str, sql: &str) {
        let mut asked = Command::new(self.programs.join("psql"));
        asked.arg("-h").arg(&self.socket).args([
            "-U",
            "carelake",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
            database,
        ]);
        assert!(asked.status().unwrap().success(), "{sql}");
    }

    /// What it has refused or could not do.
    pub(crate) fn errors(&self) -> Vec<String> {
        let log = fs::read_to_string(self.socket.join("log")).unwrap();
        log.lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect()
    }

    /// The address of a database for one of its users.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        let socket = self.socket.to_str().unwrap().replace('/', "%2F");
        format!("postgres://{user}@localhost/{database}?host={socket}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
