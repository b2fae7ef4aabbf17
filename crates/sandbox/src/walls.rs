//! What is around a program, as bubblewrap is told.

use crate::Sandbox;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// What puts up the walls.
const BUBBLEWRAP: &str = "bwrap";

/// The folder that a program begins in.
const FOLDER: &str = "/program";

/// Processes and threads that a program may have, where it does not belong to root.
const MOST_PROCESSES: u32 = 64;

/// What processes of a program may share, in bytes.
const SHARED_BYTES: u64 = 64 << 20;

/// A name inside for whoever runs it: nobody.
const NOBODY: &str = "65534";

/// Files of `/etc` without which programs of `/usr` do not begin.
const NEEDED: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];

/// Bubblewrap, told to put walls around `words`, with `own` as the program's folder.
pub(crate) fn around(sandbox: &Sandbox, own: &Path, words: &[String]) -> Command {
    let mut command = Command::new(BUBBLEWRAP);
    // Namespaces of its own for everything: users, processes, network, mounts, and no further ones.
    command.args(["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]);
    command.args(["--uid", NOBODY, "--gid", NOBODY, "--hostname", "sandbox"]);
    command.args(["--die-with-parent", "--new-session", "--clearenv"]);
    for (name, value) in [("PATH", "/usr/bin:/bin"), ("HOME", "/tmp"), ("LANG", "C.UTF-8")] {
        command.args(["--setenv", name, value]);
    }
    command.args(["--ro-bind", "/usr", "/usr"]);
    for name in ["bin", "sbin", "lib", "lib32", "lib64"] {
        let path = format!("/{name}");
        match fs::read_link(&path) {
            Ok(target) => command.arg("--symlink").arg(target).arg(&path),
            Err(_) => command.args(["--ro-bind-try", &path, &path]),
        };
    }
    for path in NEEDED {
        command.args(["--ro-bind-try", path, path]);
    }
    for folder in &sandbox.folders {
        command.arg("--ro-bind").arg(folder).arg(folder);
    }
    // `/proc` is read-only too: whoever is root outside could write settings of the kernel there.
    command.args(["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]);
    for (folder, bytes) in [("/dev/shm", SHARED_BYTES), ("/tmp", sandbox.memory_bytes)] {
        command.args(["--size", &bytes.to_string(), "--tmpfs", folder]);
    }
    command.arg("--ro-bind").arg(own).args([FOLDER, "--chdir", FOLDER, "--remount-ro", "/"]);
    let memory = format!("--data={}", sandbox.memory_bytes);
    let processes = format!("--nproc={MOST_PROCESSES}");
    command.args(["--", "prlimit", &memory, &processes, "--core=0", "--"]).args(words);
    command
}

/// Why walls cannot be put up here, in words; `None` if they can.
pub(crate) fn missing(sandbox: &Sandbox, own: &Path) -> Option<String> {
    let output = around(sandbox, own, &["true".to_owned()]).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("`{BUBBLEWRAP}` (bubblewrap) could not be begun: {error}")),
    }
}
