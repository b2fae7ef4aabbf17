//! Other people's programs that the end-to-end tests drive: curl, Chromium, setfacl,
//! bubblewrap, PostgreSQL, and packages for Python and Node at the versions
//! that `crates/e2e/clients` names.

use crate::{
    process::listen,
    tools::{debian_package, on_path},
    workshop::Workshop,
};
use anyhow::{Context as _, ensure};
use std::{fs, path::Path, process::Command};

/// Where their versions are written down.
const NAMED_IN: &str = "crates/e2e/clients";

/// Installs what is missing: `python/bin/python` and `node_modules` in the workshop's folder for clients.
///
/// # Errors
/// Something could not be installed; the error says what.
pub(crate) fn install(workshop: &Workshop) -> anyhow::Result<()> {
    for (program, package) in [
        ("curl", "curl"),
        ("node", "nodejs"),
        ("npm", "npm"),
        ("python3", "python3-venv"),
        ("chromium", "chromium"),
        ("setfacl", "acl"),
        ("bwrap", "bubblewrap"),
    ] {
        if !on_path(program) {
            debian_package(workshop, package)?;
        }
    }
    // Debian keeps its programs beside the search path, a folder for each version.
    if !Path::new("/usr/lib/postgresql").exists() {
        debian_package(workshop, "postgresql")?;
    }
    let named_in = workshop.root.join(NAMED_IN);
    let folder = workshop.clients();
    let python = folder.join("python/bin/python");
    let requirements = named_in.join("requirements.txt");
    // Packages of which a file is read and no code run: their own dependencies stay away.
    let alone = named_in.join("requirements-alone.txt");
    when_changed(&[&requirements, &alone], &folder, || {
        workshop.screen.line(&format!("installing clients for Python into {}", folder.display()));
        let made =
            listen(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("python")))?;
        ensure!(made.success, "make a virtual environment: is python3-venv installed?");
        for (list, further) in [(&requirements, None), (&alone, Some("--no-deps"))] {
            let mut pip = Command::new(&python);
            pip.args(["-m", "pip", "install", "--quiet"]).args(further).arg("--requirement").arg(list);
            ensure!(listen(&mut pip)?.success, "install clients from PyPI: is it within reach?");
        }
        Ok(())
    })?;
    when_changed(&[&named_in.join("package-lock.json")], &folder, || {
        workshop.screen.line(&format!("installing clients for Node into {}", folder.display()));
        for file in ["package.json", "package-lock.json"] {
            fs::copy(named_in.join(file), folder.join(file)).with_context(|| format!("copy `{file}`"))?;
        }
        let mut npm = Command::new("npm");
        let heard =
            listen(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder))?;
        ensure!(heard.success, "install clients from npm: is the registry within reach?");
        Ok(())
    })
}

/// Installs by `install` unless that was done for just this text of `lists` before.
fn when_changed(
    lists: &[&Path],
    folder: &Path,
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut text = Vec::new();
    for list in lists {
        text.extend(fs::read(list).with_context(|| format!("read `{}`", list.display()))?);
    }
    let name = lists.first().and_then(|list| list.file_name()).context("a list without a name")?;
    let installed = folder.join(format!("installed-{}", name.to_string_lossy()));
    if fs::read(&installed).is_ok_and(|before| before == text) {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("make `{}`", folder.display()))?;
    install()?;
    fs::write(&installed, text).with_context(|| format!("write `{}`", installed.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_is_installed_again_when_its_list_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("requirements.txt");
        let further = folder.path().join("requirements-alone.txt");
        fs::write(&further, "b==1").unwrap();
        let mut runs = 0;
        for (text, expected) in [("a==1", 1), ("a==1", 1), ("a==2", 2)] {
            fs::write(&list, text).unwrap();
            when_changed(&[&list, &further], &folder.path().join("clients"), || {
                runs += 1;
                Ok(())
            })
            .unwrap();
            assert_eq!(runs, expected);
        }
        fs::write(&further, "b==2").unwrap();
        let failed = when_changed(&[&list, &further], &folder.path().join("clients"), || anyhow::bail!("no"));
        assert!(failed.is_err());
        let again =
            when_changed(&[&list, &further], &folder.path().join("clients"), || anyhow::bail!("again"));
        assert!(again.is_err(), "what failed counts as not installed");
    }
}
