//! What the console is made of, and what its pages get.

use super::{elsewhere::IdentityProvider, lake::Lake, news::Newsroom, sign_in::WrongCodes};
use crate::{app::HomeKind, guesses::Guesses, permissions::PolicyBook};
use control::Control;
use keys::{MacKey, SealingKey};
use model::{AuditSink, Clock};
use serde::{Deserialize, Serialize};
use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::Arc,
    time::Duration,
};
use tokio::sync::Semaphore;

/// Passwords that are hashed at once: each takes 19 MiB and a core.
const HASHED_AT_ONCE: usize = 2;

/// What the operator sets for the console. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleConfig {
    /// Where it listens; loopback only by default, nowhere if it names no address.
    pub listen: Vec<SocketAddr>,
    /// What browsers call it, such as `https://lake.example.nhs.uk`; its first address if left out.
    pub base_url: Option<String>,
    /// The connections that may be open together; further ones are closed at once.
    pub max_connections: usize,
    /// Rows of an answer in SQL that are shown.
    pub most_rows: usize,
    /// How long requests on their way may take to finish when the console stops, in milliseconds.
    pub shutdown_grace_ms: u64,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 8444))],
            base_url: None,
            max_connections: 1024,
            most_rows: 1_000,
            shutdown_grace_ms: 2_000,
        }
    }
}

impl ConsoleConfig {
    pub(super) fn grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }
}

/// What the console is made of. None of it opens anything in any zone; what is asked of the lake goes through `lake`.
pub struct Console {
    /// People, jobs, providers, the catalogue.
    pub control: Arc<Control>,
    /// Where every page leaves its record.
    pub audit: Arc<dyn AuditSink>,
    /// Opens the secrets of people's devices.
    pub door: SealingKey,
    /// Hashes tokens of sessions and recovery codes.
    pub once_mac: MacKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is in tables and in the trail.
    pub lake: Arc<dyn Lake>,
    /// Where people sign in elsewhere, if they can.
    pub people: Option<Arc<dyn IdentityProvider>>,
    /// The console's section of the configuration.
    pub config: ConsoleConfig,
    /// Shown on every page, so that nobody takes invented people for real ones.
    pub home_kind: HomeKind,
    /// Where providers send to, such as `https://localhost:8443`.
    pub gateway: String,
    /// The file of the certificate authority that providers trust.
    pub ca_file: String,
}

/// The state that pages get.
#[derive(Clone)]
pub(crate) struct Desk {
    console: Arc<Console>,
    pub(crate) policies: Arc<PolicyBook>,
    /// Failed sign-ins by network.
    pub(crate) guesses: Arc<Guesses>,
    pub(super) wrong_codes: Arc<WrongCodes>,
    /// Requests of nobody in particular, by network.
    pub(super) strangers: Arc<Guesses>,
    pub(super) hashing: Arc<Semaphore>,
    /// The pages that are open.
    pub(super) newsroom: Newsroom,
    /// What it is asked at, for the trail.
    pub(crate) server: Arc<str>,
}

impl Desk {
    pub(super) fn new(console: Arc<Console>, server: Arc<str>) -> Self {
        Self {
            console,
            server,
            policies: Arc::default(),
            guesses: Arc::default(),
            wrong_codes: Arc::default(),
            strangers: Arc::default(),
            newsroom: Newsroom::default(),
            hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)),
        }
    }
}

impl Deref for Desk {
    type Target = Console;

    fn deref(&self) -> &Console {
        &self.console
    }
}
