//! The configuration: defaults < file < environment < flags. Unknown keys fail.
//!
//! `HOME/carelake.toml` holds what the operator wrote; `CARELAKE__GATEWAY__LISTEN`
//! and so on win over it, lists with commas.

use anyhow::{Context, bail};
use sandbox::Sandbox;
use serde::{Deserialize, Serialize};
use server::{ConsoleConfig, GatewayConfig};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Everything that an operator may set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The HTTPS door.
    pub(crate) gateway: GatewayConfig,
    /// The console's addresses and bounds.
    pub(crate) console: ConsoleConfig,
    /// Where people sign in elsewhere.
    pub(crate) people: PeopleConfig,
    /// The ring of keys.
    pub(crate) keys: KeysConfig,
    /// The control database.
    pub(crate) control: ControlConfig,
    /// The worker.
    pub(crate) worker: WorkerConfig,
    /// Queries.
    pub(crate) query: QueryConfig,
    /// What models may put their rows through.
    pub(crate) programs: ProgramsConfig,
    /// What is fetched from outside.
    pub(crate) outside: OutsideConfig,
    /// The audit trail.
    pub(crate) audit: AuditConfig,
    /// Whom alerts are told.
    pub(crate) alerts: AlertsConfig,
    /// What other catalogues are told.
    pub(crate) catalog: CatalogConfig,
}

/// The ring of keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KeysConfig {
    /// Its folder; `keys` of the home if left out.
    pub(crate) folder: Option<PathBuf>,
}

/// The control database.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ControlConfig {
    /// A PostgreSQL database, such as `postgres://carelake@db.internal/lake?sslmode=verify-full`, its password in
    /// `PGPASSWORD` or in the file `PGPASSFILE`; a SQLite file in the home if left out.
    pub(crate) url: Option<String>,
}

/// What an operator says of the catalogue, for other catalogues.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CatalogConfig {
    /// The lake's name, which no other lake has that is told to the same catalogue.
    pub(crate) lake: String,
    /// Who answers for it, and what holds of all of it.
    pub(crate) about: exchange::catalogue::About,
    /// What HDR UK asks for.
    pub(crate) terms: exchange::hdruk::Terms,
}

impl Default for CatalogConfig {
    fn default() -> Self {
        Self { lake: "carelake".to_owned(), about: Default::default(), terms: Default::default() }
    }
}

/// An outside OpenID Connect provider at which people sign in; its host stands in `outside.hosts` too.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PeopleConfig {
    /// What it calls itself, such as `https://login.example/realms/trust`; people sign in here only if left out.
    pub(crate) issuer: Option<String>,
    /// What people call it.
    pub(crate) title: String,
    /// What it calls this lake.
    pub(crate) client_id: String,
    /// The file with the secret that the lake shows it, if it was given one.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// What is asked of it: `openid`, and what makes it tell the claims below.
    pub(crate) scopes: String,
    /// The claim that holds a name to be called by.
    pub(crate) name_claim: String,
    /// The claim that holds groups.
    pub(crate) groups_claim: String,
    /// The roles that its groups open, such as `lake-engineers=engineer`.
    pub(crate) groups: Vec<String>,
    /// Values of `acr` or `amr` by which it says that a second factor was shown (RFC 8176).
    pub(crate) second_factor: Vec<String>,
}

impl Default for PeopleConfig {
    fn default() -> Self {
        Self {
            issuer: None,
            title: "your organisation's account".to_owned(),
            client_id: "carelake".to_owned(),
            client_secret_file: None,
            scopes: "openid profile".to_owned(),
            name_claim: "preferred_username".to_owned(),
            groups_claim: "groups".to_owned(),
            groups: Vec::new(),
            second_factor: vec!["mfa".to_owned()],
        }
    }
}

/// Whom alerts are told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AlertsConfig {
    /// Addresses that each alert is posted to (Standard Webhooks); their hosts stand in `outside.hosts` too.
    pub(crate) webhooks: Vec<String>,
    /// The file with the secret that signs what is posted: `whsec_` and 24 to 64 bytes in base 64.
    pub(crate) secret_file: Option<PathBuf>,
}

/// The audit trail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AuditConfig {
    /// How often a checkpoint is made of what has been recorded, in seconds.
    pub(crate) checkpoint_s: u32,
    /// How long records are kept, in days; 0 keeps them for ever. Legal holds keep them longer.
    pub(crate) keep_days: u32,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { checkpoint_s: 60, keep_days: 0 }
    }
}

impl AuditConfig {
    pub(crate) fn checkpoint_every(&self) -> Duration {
        Duration::from_secs(self.checkpoint_s.max(1).into())
    }
}

/// What may be fetched from outside: metadata and keys of issuers, key sets of providers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OutsideConfig {
    /// The hosts that may be asked, such as `login.example.nhs.uk` or `localhost:3000`. None by default.
    pub(crate) hosts: Vec<String>,
    /// The certificate authorities that these are believed by, in PEM.
    pub(crate) ca_file: PathBuf,
    /// How old a copy of a key set may become before it is fetched again, in seconds.
    pub(crate) refresh_s: u32,
}

impl Default for OutsideConfig {
    fn default() -> Self {
        Self { hosts: Vec::new(), ca_file: "/etc/ssl/certs/ca-certificates.crt".into(), refresh_s: 3600 }
    }
}

/// The worker's rhythm and bounds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WorkerConfig {
    /// How long an idle worker waits before it looks again, in milliseconds.
    pub(crate) idle_ms: u64,
    /// How often files are compacted and logs tidied, in milliseconds.
    pub(crate) upkeep_ms: i64,
    /// Whether schedules and changed tables queue jobs; what commands queue is worked at in any case.
    pub(crate) schedules: bool,
    /// How long replaced files, log entries and sequences are kept for readers, in milliseconds.
    pub(crate) keep_ms: i64,
    /// How long a published segment stays in landing, in milliseconds.
    pub(crate) keep_segments_ms: i64,
    /// How many days runs of jobs are remembered; the newest of each job is in any case.
    pub(crate) keep_runs_days: u32,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            idle_ms: 200,
            upkeep_ms: 10_000,
            schedules: true,
            keep_ms: 15 * 60_000,
            keep_segments_ms: 24 * 3_600_000,
            keep_runs_days: 400,
        }
    }
}

/// Bounds of queries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QueryConfig {
    /// Memory of one query's operators, in bytes. A query that needs more fails: nothing is spilled to disk.
    pub(crate) memory_bytes: usize,
}

impl Default for QueryConfig {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30 }
    }
}

/// Programs of models.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProgramsConfig {
    /// Programs that models may put their rows through, by path, such as `/usr/bin/python3`. None by default.
    pub(crate) allow: Vec<PathBuf>,
    /// Folders that these may read besides `/usr`, such as a virtual environment's. None by default.
    pub(crate) folders: Vec<PathBuf>,
    /// Memory that each process of one may have, in bytes.
    pub(crate) memory_bytes: u64,
}

impl Default for ProgramsConfig {
    fn default() -> Self {
        Self { allow: Vec::new(), folders: Vec::new(), memory_bytes: 2 << 30 }
    }
}

impl ProgramsConfig {
    /// The sandbox that they run in, in which nothing of `lake`, the lake's own folders, may be seen.
    pub(crate) fn sandbox(&self, lake: &[&Path]) -> anyhow::Result<Sandbox> {
        for path in self.allow.iter().chain(&self.folders) {
            if !path.is_absolute() {
                bail!("`[programs]` names {}, which does not begin with `/`", path.display());
            }
        }
        let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        for folder in &self.folders {
            let seen = whole(folder);
            let own = |own: &&&Path| whole(own).starts_with(&seen) || seen.starts_with(whole(own));
            if let Some(own) = lake.iter().find(own) {
                let (folder, own) = (folder.display(), own.display());
                bail!("`[programs] folders` names {folder}, and programs may see nothing of {own}");
            }
        }
        let (allow, folders) = (self.allow.clone(), self.folders.clone());
        Ok(Sandbox { allow, folders, memory_bytes: self.memory_bytes })
    }
}

const PREFIX: &str = "CARELAKE__";

impl Config {
    /// Reads the file, then the environment.
    pub(crate) fn load(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let mut values: toml::Table = text.parse().with_context(|| format!("read {}", file.display()))?;
        for (name, value) in std::env::vars() {
            if let Some(path) = name.strip_prefix(PREFIX) {
                let path = path.to_ascii_lowercase();
                let Some((section, key)) = path.split_once("__") else {
                    bail!("the variable {name} names no setting: write {PREFIX}SECTION__KEY");
                };
                set(&mut values, section, key, &value);
            }
        }
        toml::Value::Table(values)
            .try_into()
            .with_context(|| format!("understand {} and the {PREFIX}… variables", file.display()))
    }
}

/// Puts a text from the environment where its key stands, as a list, number, truth value or text.
fn set(values: &mut toml::Table, section: &str, key: &str, text: &str) {
    let value = match (key, text.parse::<i64>(), text.parse::<bool>()) {
        (
            "listen" | "listen_private" | "hosts" | "webhooks" | "groups" | "second_factor" | "allow"
            | "folders",
            ..,
        ) => toml::Value::Array(text.split(',').map(|item| item.trim().into()).collect()),
        (_, Ok(number), _) => number.into(),
        (_, _, Ok(truth)) => truth.into(),
        _ => text.into(),
    };
    let section = values.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let toml::Value::Table(section) = section {
        section.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_see_nothing_of_the_lake() {
        let home = tempfile::tempdir().unwrap();
        let inside = home.path().join("zones");
        let outside = tempfile::tempdir().unwrap();
        let sandbox = |folder: &Path| {
            let folders = vec![folder.to_owned()];
            ProgramsConfig { folders, ..ProgramsConfig::default() }.sandbox(&[home.path()])
        };
        for folder in [home.path(), inside.as_path(), Path::new("/"), home.path().parent().unwrap()] {
            let why = sandbox(folder).unwrap_err().to_string();
            assert!(why.contains("may see nothing of"), "{why}");
        }
        assert_eq!(sandbox(outside.path()).unwrap().memory_bytes, 2 << 30);
        assert!(sandbox(Path::new("venv")).unwrap_err().to_string().contains("does not begin with `/`"));
    }

    #[test]
    fn an_unknown_key_fails_and_a_known_one_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("carelake.toml");
        std::fs::write(&file, "[worker]\nidle_ms = 7\n").unwrap();
        assert_eq!(Config::load(&file).unwrap().worker.idle_ms, 7);
        std::fs::write(&file, "[worker]\nidel_ms = 7\n").unwrap();
        assert!(format!("{:#}", Config::load(&file).unwrap_err()).contains("idel_ms"));
    }
}
