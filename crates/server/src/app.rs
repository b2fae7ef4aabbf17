//! The gateway's parts, by name.

use crate::{
    GatewayConfig, budget::Budget, guesses::Guesses, key_sets::KeySets, permissions::PolicyBook, request,
};
use control::Control;
use keys::GatewayKeys;
use landing::Intake;
use model::{AuditSink, Clock, Timestamp};
use std::{net::SocketAddr, ops::Deref, sync::Arc};

/// Whether a home holds made-up people or real ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HomeKind {
    /// Made-up people only.
    Synthetic,
    /// Real people, under the approvals that the home names.
    Real,
}

impl HomeKind {
    /// `synthetic` or `real`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Synthetic => "synthetic",
            Self::Real => "real",
        }
    }
}

/// What the gateway is made of. None of it opens anything in any zone.
pub struct App {
    /// The way in: returns once what it took is durable.
    pub intake: Arc<Intake>,
    /// Providers, and which commit sequence a segment became part of.
    pub control: Arc<Control>,
    /// Where every request leaves its record.
    pub audit: Arc<dyn AuditSink>,
    /// The door keys.
    pub keys: GatewayKeys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The gateway's section of the configuration.
    pub config: GatewayConfig,
    /// Shown in the CapabilityStatement, so that nobody sends real people to a synthetic home.
    pub home_kind: HomeKind,
}

/// The state that handlers get: the parts, and what is in flight.
#[derive(Clone)]
pub(crate) struct AppState {
    app: Arc<App>,
    pub(crate) budget: Budget,
    pub(crate) guesses: Arc<Guesses>,
    pub(crate) key_sets: Arc<KeySets>,
    pub(crate) policies: Arc<PolicyBook>,
    /// What client assertions may name as their audience.
    pub(crate) token_endpoints: Arc<[String]>,
    /// The base address that it is asked at, for the trail.
    pub(crate) address: Arc<str>,
    /// When the gateway started, which is when what it can do last changed.
    pub(crate) started: Timestamp,
}

impl AppState {
    /// The state of a gateway that listens on these addresses.
    pub(crate) fn new(app: Arc<App>, listening: &[SocketAddr]) -> Self {
        let budget = Budget::new(app.config.max_in_flight_bytes);
        let started = app.clock.now();
        let token_endpoints = request::token_endpoints(&app.config, listening).into();
        let address = request::address(&app.config, listening).into();
        Self {
            app,
            token_endpoints,
            address,
            budget,
            guesses: Arc::default(),
            key_sets: Arc::default(),
            policies: Arc::default(),
            started,
        }
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
