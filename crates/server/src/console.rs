//! The console's doors: pages for people who have signed in, at addresses of their own.
//!
//! Every page asks the lake's policies for whoever is signed in, and leaves a record before it is shown; every change
//! comes as a form that carries the session's own token. What is in tables and in the trail is asked through [`Lake`].
//! Directories that keep people have their own door here, [`scim`].

mod alerts;
mod answer;
mod audit;
mod catalogue;
pub(crate) mod desk;
mod elsewhere;
mod enrolment;
mod health;
mod jobs;
mod lake;
mod listing;
mod marts;
mod news;
mod outside;
mod overview;
mod policies;
mod providers;
mod said;
mod session;
mod sign_in;
mod slip;
mod sql;
pub(crate) mod trail;

pub use desk::{Console, ConsoleConfig};
pub use elsewhere::{Away, IdentityProvider, Newcomer};
pub use lake::{
    Answered, AskError, ColumnFigures, KeyRow, Lake, Machine, Made, MartFiles, ModelDifference, NewOutside,
    NewProof, Proof, Question, Search, TableFigures, Trail,
};

use crate::{
    connection::Connections,
    listen::{self, ServeError, Serving},
    scim,
    tls::Tls,
};
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use desk::Desk;
use http::{HeaderName, HeaderValue, header};
use std::{net::SocketAddr, sync::Arc};
use tower_http::{
    catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, set_header::SetResponseHeaderLayer,
};

/// The largest form that is taken, in bytes: a query, at most.
const LARGEST_FORM: usize = 256 << 10;

/// Binds the console's addresses, then serves it on them until `shutdown` is ready.
///
/// # Errors
/// An address could not be bound; then none is served.
pub async fn serve_console<F>(console: Arc<Console>, tls: &Tls, shutdown: F) -> Result<Serving, ServeError>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let listeners = listen::bind_all(&console.config.listen, &[])?;
    let addresses: Vec<SocketAddr> = listeners.iter().map(|(address, ..)| *address).collect();
    let server: Arc<str> =
        addresses.first().map(|address| format!("https://{address}")).unwrap_or_default().into();
    let connections = Connections::new(
        router(Arc::clone(&console), Arc::clone(&server)),
        tls.config().into(),
        console.config.max_connections,
        Arc::clone(&console.audit),
        Arc::clone(&console.clock),
        server,
    );
    Ok(listen::accept_all(listeners, connections, console.config.grace(), shutdown))
}

/// The console's pages, which are asked at `server`.
pub fn router(console: Arc<Console>, server: Arc<str>) -> Router {
    let desk = Desk::new(console, server);
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    let pages = Router::new()
        .route("/", get(overview::page_of))
        .route("/overview/events", get(overview::events))
        .route("/providers", get(providers::list))
        .route("/providers/new", get(enrolment::form).post(enrolment::register))
        .route("/credentials/{provider}/new", get(enrolment::further_form).post(enrolment::further))
        .route("/credential/{id}/{change}", get(enrolment::ask).post(enrolment::change))
        .route("/provider/{name}", get(providers::one))
        .route("/provider/{name}/{change}", get(providers::ask).post(providers::change))
        .route("/jobs", get(jobs::list))
        .route("/jobs/graph", get(jobs::graph))
        .route("/runs", get(jobs::runs))
        .route("/job/{name}", get(jobs::job))
        .route("/job/{name}/{change}", get(jobs::ask_of_job).post(jobs::change_job))
        .route("/run/{id}", get(jobs::run))
        .route("/run/{id}/events", get(jobs::events))
        .route("/run/{id}/{change}", get(jobs::ask_of_run).post(jobs::change_run))
        .route("/marts/new", get(marts::first).post(marts::send_first))
        .route("/mart/{name}", get(marts::show).post(marts::send))
        .route("/catalogue", get(catalogue::list))
        .route("/table/{schema}/{name}", get(catalogue::table))
        .route("/table/{schema}/{name}/count", post(catalogue::count))
        .route("/table/{schema}/{name}/describe", get(said::form).post(said::keep))
        .route("/outside", get(outside::list))
        .route("/outside/new", get(outside::form).post(outside::write_down))
        .route("/sql", get(sql::page).post(sql::run))
        .route("/sql/save", post(sql::save))
        .route("/query/{name}/{change}", get(sql::ask).post(sql::change))
        .route("/audit", get(audit::search))
        .route("/audit/{writer}/{number}", get(audit::record))
        .route("/alerts", get(alerts::list))
        .route("/alert/{id}", get(alerts::one))
        .route("/alert/{id}/{change}", get(alerts::ask).post(alerts::change))
        .route("/policies", get(policies::list))
        .route("/policy/{id}", get(policies::one))
        .route("/keys", get(policies::keys))
        .route("/health", get(health::show))
        .route("/sign-in", get(sign_in::form).post(sign_in::password))
        .route("/sign-in/code", get(sign_in::code_form).post(sign_in::code))
        .route("/sign-in/elsewhere", get(elsewhere::leave))
        .route("/sign-in/elsewhere/back", get(elsewhere::come_back))
        .route("/sign-out", post(sign_in::out))
        .route("/theme", post(session::theme))
        .route("/assets/{file}", get(answer::asset))
        .fallback(answer::nowhere);
    pages
        .layer(RequestBodyLimitLayer::new(LARGEST_FORM))
        .layer(CatchPanicLayer::custom(answer::panicked))
        .merge(scim::router())
        .layer(from_fn_with_state(desk.clone(), trail::record))
        .layer(header(header::CONTENT_SECURITY_POLICY, ::console::assets::POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"))
        .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(header(
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ))
        .with_state(desk)
}
