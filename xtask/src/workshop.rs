//! Where the work is done: the checkout, the folders that outlive it, and how cargo is called.

use crate::screen::Screen;
use anyhow::Context as _;
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// The places and settings that every step shares.
pub(crate) struct Workshop {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Where compiled things are kept.
    pub(crate) target: PathBuf,
    /// Where tools are installed that the machine does not have; programs in `bin`.
    pub(crate) tools: PathBuf,
    /// What the developer sees.
    pub(crate) screen: Screen,
}

impl Workshop {
    /// Finds the checkout and the cache folders.
    ///
    /// # Errors
    /// There is neither `XDG_CACHE_HOME` nor `HOME` to keep a cache in.
    pub(crate) fn open(screen: Screen) -> anyhow::Result<Self> {
        let cache = cache_folder(env::var_os("XDG_CACHE_HOME"), env::var_os("HOME"))?.join("carelake");
        let target = match env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => env::current_dir().context("find the current folder")?.join(folder),
            None => cache.join("target"),
        };
        Ok(Self { root: root()?, target, tools: cache.join("tools"), screen })
    }

    /// Cargo, with the settings that let one step use what another has compiled.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(&self.root);
        // Cargo told *us* about the package `xtask`; build scripts that watch
        // these variables would see them change and run again.
        for (name, _) in env::vars_os() {
            if is_about_this_package(&name.to_string_lossy()) {
                command.env_remove(name);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "0");
        command.env("PATH", self.path());
        if self.screen.terminal {
            // Cargo and nextest write into our pipe and cannot see the terminal behind it.
            command.env("CARGO_TERM_COLOR", if self.screen.colour { "always" } else { "never" });
            command.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "80");
        }
        command
    }

    /// Where other people's programs are installed that end-to-end tests drive.
    pub(crate) fn clients(&self) -> PathBuf {
        self.tools.join("clients")
    }

    /// The search path, our own tools first.
    fn path(&self) -> OsString {
        let mut path = self.tools.join("bin").into_os_string();
        if let Some(rest) = env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        path
    }
}

/// The root of the workspace: the folder above this package's own.
///
/// # Errors
/// The package's folder has no parent.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    // Cargo and nextest both set it when they run us; built elsewhere and
    // copied here, the folder of the build is the best guess.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().map(Path::to_owned).context("find the root of the workspace")
}

fn cache_folder(cache: Option<OsString>, home: Option<OsString>) -> anyhow::Result<PathBuf> {
    // XDG Base Directory Specification: empty or relative means unset.
    match (cache.map(PathBuf::from).filter(|folder| folder.is_absolute()), home) {
        (Some(cache), _) => Ok(cache),
        (None, Some(home)) if !home.is_empty() => Ok(PathBuf::from(home).join(".cache")),
        (None, _) => anyhow::bail!("find a cache folder: set HOME or XDG_CACHE_HOME"),
    }
}

fn is_about_this_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_")
        || variable.starts_with("CARGO_BIN_")
        || [
            "CARGO_MANIFEST_DIR",
            "CARGO_MANIFEST_PATH",
            "CARGO_CRATE_NAME",
            "CARGO_PRIMARY_PACKAGE",
            "OUT_DIR",
        ]
        .contains(&variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_user_keeps_caches() {
        let folder = |cache: &str, home: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| OsString::from(text));
            cache_folder(given(cache), given(home)).ok()
        };
        assert_eq!(folder("/c", "/home/a"), Some("/c".into()));
        assert_eq!(folder("", "/home/a"), Some("/home/a/.cache".into()));
        assert_eq!(folder("relative", "/home/a"), Some("/home/a/.cache".into()));
        assert_eq!(folder("", ""), None);
    }

    #[test]
    fn steps_share_one_target_folder_and_do_not_inherit_this_package() {
        let screen = Screen { terminal: false, colour: false };
        let workshop =
            Workshop { target: "/t".into(), tools: "/tools".into(), root: root().unwrap(), screen };
        let command = workshop.cargo(&["build"]);
        let setting = |name: &str| command.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value);
        assert_eq!(setting("CARGO_TARGET_DIR"), Some(Some("/t".as_ref())));
        assert_eq!(setting("CARGO_INCREMENTAL"), Some(Some("0".as_ref())));
        assert_eq!(setting("CARGO_MANIFEST_DIR"), Some(None), "removed");
        let path = setting("PATH").flatten().unwrap().to_string_lossy().into_owned();
        assert!(path.starts_with("/tools/bin:"), "{path}");
    }

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().unwrap().join("Cargo.lock").is_file());
    }
}
