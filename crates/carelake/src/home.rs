//! The home folder: where everything of one lake lies.

mod approvals;
mod certificate;
mod create;

pub(crate) use create::{Secrets, create};

use crate::config::Config;
use anyhow::{Context, bail};
use control::Control;
use sandbox::Sandbox;
use server::HomeKind;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The configuration. It is written last: a folder that has it is a home.
const CONFIG: &str = "carelake.toml";

/// A home that exists.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    folder: PathBuf,
    /// What the operator has set.
    pub(crate) config: Config,
}

/// Where things lie in a home.
#[derive(Clone, Debug)]
pub(crate) struct Places(PathBuf);

impl Places {
    pub(crate) fn of(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.0.join(CONFIG)
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// The operator's own rules that watch the audit trail.
    pub(crate) fn rules(&self) -> PathBuf {
        self.0.join("rules")
    }

    /// What feeds must be like.
    pub(crate) fn contracts(&self) -> PathBuf {
        self.0.join("contracts")
    }

    /// The operator's own classifiers of what crawlers find.
    pub(crate) fn classifiers(&self) -> PathBuf {
        self.0.join("classifiers")
    }

    pub(crate) fn tls(&self) -> PathBuf {
        self.0.join("tls")
    }

    pub(crate) fn zone(&self, zone: keys::Zone) -> PathBuf {
        self.0.join("zones").join(zone.as_str())
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.0.join("ledger")
    }

    /// In a folder of its own, because SQLite keeps its log beside it; homes of before have it beside the rest.
    pub(crate) fn control_file(&self) -> PathBuf {
        let before = self.0.join("control.db");
        if before.exists() { before } else { self.control().join("control.db") }
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.0.join("control")
    }

    /// The control database, where it is a file.
    pub(crate) fn control_url(&self) -> String {
        format!("sqlite://{}", self.control_file().display())
    }
}

impl Home {
    /// Opens the home in `folder`.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let places = Places::of(folder);
        if !places.config().exists() && places.keys().exists() {
            bail!(
                "{} holds keys but no {CONFIG}: either an `init` did not come to its end, and the folder can be \
                 removed, or the file was deleted, and must be brought back",
                folder.display()
            );
        }
        if !places.config().exists() {
            bail!(
                "there is no home in {}; `carelake init --home {}` makes one",
                folder.display(),
                folder.display()
            );
        }
        let folder = folder.canonicalize().with_context(|| format!("find {}", folder.display()))?;
        Ok(Self { config: Config::load(&Places::of(&folder).config())?, folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the control database is.
    pub(crate) fn control_url(&self) -> String {
        self.config.control.url.clone().unwrap_or_else(|| self.places().control_url())
    }

    /// Where the ring of keys is that this process opens.
    pub(crate) fn ring(&self) -> PathBuf {
        self.config.keys.folder.clone().unwrap_or_else(|| self.places().keys())
    }

    pub(crate) fn places(&self) -> Places {
        Places::of(&self.folder)
    }

    /// What models may put their rows through.
    pub(crate) fn sandbox(&self) -> anyhow::Result<Sandbox> {
        self.config.programs.sandbox(&[self.folder(), &self.ring()])
    }
}

/// The operator's own TOML files in a folder, by path and text, in order; none if there is no such folder.
pub(crate) fn own_files(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("list {}", folder.display())),
    };
    let mut own = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            own.push((path.display().to_string(), text));
        }
    }
    own.sort();
    Ok(own)
}

/// Which data a home was made for, as the control database holds it.
pub(crate) async fn kind(control: &Control) -> anyhow::Result<HomeKind> {
    match control.fact(create::KIND).await?.as_deref() {
        Some("synthetic") => Ok(HomeKind::Synthetic),
        Some("real") => {
            approvals::still_hold(control).await?;
            Ok(HomeKind::Real)
        }
        _ => bail!(
            "the control database does not say which data this home is for; was `carelake init` interrupted?"
        ),
    }
}
