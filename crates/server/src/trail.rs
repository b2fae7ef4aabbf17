//! One audit record for each request, before its answer.

use crate::{
    app::AppState,
    error::{AlreadyRecorded, ApiError, Kind, Refusal},
    peer::Peer,
};
use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Method, request::Parts};
use model::{AuditEntity, AuditEvent, AuditNetwork, AuditOutcome};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What is to be said about the request in hand. Extractors and handlers add to
/// it; [`record`] writes it. Holds names, counts and types only, never ids.
#[derive(Clone, Default)]
pub(crate) struct Trail(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    actor: Option<Arc<str>>,
    action: Option<&'static str>,
    facts: BTreeMap<String, String>,
    policies: BTreeSet<String>,
    about: Option<AuditEntity>,
}

impl Trail {
    /// Who was authenticated.
    pub(crate) fn actor(&self, name: Arc<str>) {
        self.notes().actor = Some(name);
    }

    /// What was done.
    pub(crate) fn action(&self, action: &'static str) {
        self.notes().action = Some(action);
    }

    /// A further safe fact.
    pub(crate) fn fact(&self, name: &str, value: impl ToString) {
        self.notes().facts.insert(name.to_owned(), value.to_string());
    }

    /// A policy that decided.
    pub(crate) fn policy(&self, id: &str) {
        self.notes().policies.insert(id.to_owned());
    }

    /// Whose data it was: a keyed hash, as the gateway can make no pseudonym.
    pub(crate) fn subject(&self, hash: [u8; 16]) {
        self.notes().about = Some(AuditEntity::Subject(hex::encode(hash)));
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        // The notes are whole after every statement, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sync> FromRequestParts<S> for Trail {
    type Rejection = ApiError;

    /// Refuses to serve where no record would be written: that is a route outside [`record`].
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a route that needs an audit record has none");
            ApiError::new(Kind::Internal, "the gateway made a mistake")
        })
    }
}

/// Serves the request and writes its record; without the record there is no other answer than 503.
///
/// In a task of its own, so that a client that goes away does not take the record with it.
pub(crate) async fn record(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let trail = Trail::default();
    request.extensions_mut().insert(trail.clone());
    let target = target(&request);
    let network = network(&state, &request);
    let served = tokio::spawn(async move {
        let response = explained(next.run(request).await);
        if response.extensions().get::<AlreadyRecorded>().is_some() {
            return response;
        }
        let event = AuditEvent { network, ..event(&state, &trail, &target, &response) };
        tracing::debug!(target, status = response.status().as_u16(), "request served");
        match state.audit.record(event).await {
            Ok(_) => response,
            Err(error) => ApiError::unavailable("the audit trail", &error).into_response(),
        }
    });
    served
        .await
        .unwrap_or_else(|_| ApiError::new(Kind::Internal, "the gateway made a mistake").into_response())
}

/// The same response, or an OperationOutcome for a refusal that did not come from us (a path that
/// is no text, for instance), so that none is taken for a success.
fn explained(response: Response) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error())
        || response.extensions().get::<Refusal>().is_some()
    {
        return response;
    }
    let kind = if status.is_server_error() { Kind::Internal } else { Kind::Malformed };
    ApiError::new(kind, "the request could not be read").into_response()
}

/// The method and the route's template. Methods of the client's own making are not repeated.
fn target(request: &Request) -> String {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let method = if KNOWN.contains(request.method()) { request.method().as_str() } else { "other" };
    let template = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    format!("{method} {template}")
}

/// The ends of the connection: who asked, and what was asked.
fn network(state: &AppState, request: &Request) -> Option<AuditNetwork> {
    let peer = request.extensions().get::<Arc<Peer>>()?;
    Some(AuditNetwork { client: peer.address.to_string(), server: state.address.to_string() })
}

fn event(state: &AppState, trail: &Trail, target: &str, response: &Response) -> AuditEvent {
    let refusal = response.extensions().get::<Refusal>();
    let outcome = refusal.map_or(AuditOutcome::Success, |refusal| refusal.0.outcome());
    let notes = std::mem::take(&mut *trail.notes());
    let action = match notes.action {
        Some(action) if refusal.is_none() || !action.starts_with("fhir.") => action,
        _ => "fhir.refused",
    };
    let actor = notes.actor.as_deref().unwrap_or("anonymous");
    let mut event = AuditEvent::new(state.clock.now(), action, actor, outcome, target);
    event.detail = notes.facts;
    event.about.extend(notes.about);
    if !notes.policies.is_empty() {
        let policies: Vec<_> = notes.policies.into_iter().collect();
        event = event.with("policies", policies.join(" "));
    }
    let event = event.with("status", response.status().as_u16());
    match refusal {
        Some(refusal) => event.with("reason", refusal.0.reason()),
        None => event,
    }
}
