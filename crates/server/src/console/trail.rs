//! One record at least for each request: what no page has recorded itself is recorded here.

use super::{answer::Refused, desk::Desk};
use crate::{guesses, peer::Peer};
use ::console::Address;
use axum::{
    Extension,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use model::{AuditEvent, AuditNetwork, AuditOutcome};
use std::sync::{Arc, OnceLock};

/// What is known of the request in hand: who asks, and whether it has its record.
#[derive(Clone, Default)]
pub(crate) struct Noted(Arc<Notes>);

#[derive(Default)]
struct Notes {
    actor: OnceLock<String>,
    recorded: OnceLock<()>,
}

impl Noted {
    pub(crate) fn actor(&self, name: &str) {
        let _ = self.0.actor.set(name.to_owned());
    }

    pub(crate) fn recorded(&self) {
        let _ = self.0.recorded.set(());
    }
}

/// Requests that show nothing of the lake and change nothing in it.
fn is_open(method: &Method, path: &str) -> bool {
    path.starts_with("/assets/")
        || path == "/theme"
        || (method == Method::GET && path.starts_with("/sign-in") && !path.ends_with("/back"))
}

/// Serves the request; without its record there is no other answer than 503. Of strangers who ask again and again, one
/// record stands for all further requests of a minute.
pub(super) async fn record(
    State(desk): State<Desk>,
    Extension(peer): Extension<Arc<Peer>>,
    request: Request,
    next: Next,
) -> Response {
    let noted = Noted::default();
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(noted.clone());
    let method = parts.method.clone();
    let template = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let open = is_open(&method, parts.uri.path());
    let response = next.run(Request::from_parts(parts, body)).await;
    if open || noted.0.recorded.get().is_some() {
        return response;
    }
    let leads_to = response.headers().get(header::LOCATION).map(HeaderValue::as_bytes);
    let outcome = match response.status() {
        status if status.is_server_error() => AuditOutcome::Failed,
        StatusCode::OK => AuditOutcome::Success,
        StatusCode::SEE_OTHER if leads_to != Some(Address::sign_in().as_str().as_bytes()) => {
            AuditOutcome::Success
        }
        _ => AuditOutcome::Refused,
    };
    let target = format!("{} {template}", if method == Method::GET { "GET" } else { "POST" });
    let actor = noted.0.actor.get();
    let name = actor.map_or("anonymous", String::as_str);
    let event = AuditEvent::new(desk.clock.now(), "console.request", name, outcome, target)
        .with("status", response.status().as_u16());
    let event = match actor {
        Some(_) => Some(event.with("network", guesses::network_of(peer.address))),
        None => desk.strangers.told(Some(peer.address), peer.address, event),
    };
    let Some(mut event) = event else { return response };
    event.network = Some(AuditNetwork { client: peer.address.to_string(), server: desk.server.to_string() });
    match desk.audit.record(event).await {
        Ok(_) => response,
        Err(error) => Refused::unavailable(&error).into_response(),
    }
}
