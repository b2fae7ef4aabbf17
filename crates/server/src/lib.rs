//! The gateway: the only part of the lake that the public network sees.
//!
//! It authenticates, checks FHIR, hands what is right to [`landing::Intake`],
//! and answers once that is durable. It owns HTTP: routes, tokens, answers,
//! errors. It does not own what FHIR is (`fhir`), versions (`landing`), or who
//! may send (`control`).
//!
//! **Invariant:** `server` knows nothing of DataFusion and cannot join identities.
//! **Invariant:** nothing is ever read back: there is no route that answers with what was stored.
//! **Invariant:** no request under `/fhir`, `/oauth` or `/receipts` is answered without its audit record;
//! wrong credentials in great number have one together.

mod answer;
mod app;
mod batch;
mod body;
mod budget;
mod bundle;
mod caller;
mod capability;
mod config;
mod connection;
mod console;
mod error;
mod factors;
mod guesses;
mod handlers;
mod key_sets;
mod listen;
mod peer;
mod permissions;
mod plain_path;
mod prepare;
mod request;
mod router;
mod scim;
mod session;
mod tls;
mod token;
mod trail;
mod transaction;

pub use app::{App, HomeKind};
pub use config::GatewayConfig;
pub use console::{
    Answered, AskError, Away, ColumnFigures, Console, ConsoleConfig, IdentityProvider, KeyRow, Lake, Machine,
    Made, MartFiles, ModelDifference, NewOutside, NewProof, Newcomer, Proof, Question, Search, TableFigures,
    Trail, router as console_router, serve_console,
};
pub use factors::recovery_code_mac;
pub use listen::{ServeError, Serving, serve};
pub use peer::{Peer, certificate_thumbprint};
pub use router::{openapi, router};
pub use scim::directory_token_mac;
pub use session::SigningPair;
pub use tls::{Tls, TlsError};
pub use token::provider_secret_mac;
