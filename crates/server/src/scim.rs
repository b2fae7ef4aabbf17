//! The door of directories: SCIM 2.0 (RFC 7643, RFC 7644) at `/scim/v2` of the console's addresses.
//!
//! A directory says who there is, who may come in, and who is in which of its groups. It sees and changes what it keeps
//! itself and nothing else, and opens no role: that is for `carelake group add`. What is kept of somebody is their name,
//! what they are called, and what the directory calls them by; other attributes are taken and not kept (RFC 7644 §3.3).

mod answer;
mod body;
mod client;
mod discovery;
mod filter;
mod groups;
mod list;
mod patch;
mod users;

use crate::console::desk::Desk;
use answer::ScimError;
use axum::{
    Router,
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer};

pub use client::directory_token_mac;

/// The largest body that is taken, in bytes: a group of some ten thousand members.
const LARGEST_BODY: usize = 1 << 20;

/// The routes of SCIM.
pub(crate) fn router() -> Router<Desk> {
    Router::new()
        .route("/scim/v2/ServiceProviderConfig", get(discovery::config))
        .route("/scim/v2/ResourceTypes", get(discovery::resource_types))
        .route("/scim/v2/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/scim/v2/Schemas", get(discovery::schemas))
        .route("/scim/v2/Schemas/{id}", get(discovery::schema))
        .route("/scim/v2/Users", get(users::search).post(users::create))
        .route(
            "/scim/v2/Users/{id}",
            get(users::read).put(users::change).patch(users::change).delete(users::remove),
        )
        .route("/scim/v2/Groups", get(groups::search).post(groups::create))
        .route(
            "/scim/v2/Groups/{id}",
            get(groups::read).put(groups::change).patch(groups::change).delete(groups::remove),
        )
        .route("/scim/v2/.search", post(users::search_all_by_post))
        .route("/scim/v2/Users/.search", post(users::search_by_post))
        .route("/scim/v2/Groups/.search", post(groups::search_by_post))
        .route("/scim/v2", get(discovery::nowhere))
        .route("/scim/v2/{*rest}", axum::routing::any(discovery::nowhere))
        .method_not_allowed_fallback(discovery::no_such_method)
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(CatchPanicLayer::custom(|_| ScimError::panicked()))
}
