//! Who is signed in: a token in a cookie, of which the lake keeps a keyed hash.

use super::{
    answer::{self, Refused},
    desk::Desk,
    trail::Noted,
};
use crate::peer::Peer;
use ::console::{Address, Frame, Person, Section, Theme};
use aws_lc_rs::{constant_time, rand};
use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Query, Request},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use model::{AuditEvent, AuditNetwork, AuditOutcome};
use policy::{Action, Context, Network, Policies, Principal, Purpose, Resource, Role, Roles, Table, User};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use zeroize::Zeroizing;

/// The cookie that holds a session's token. Its prefix keeps it to this host and to TLS (RFC 6265bis §4.1.3.2).
pub(super) const SESSION: &str = "__Host-carelake";
/// The cookie of whoever has not signed in yet.
pub(super) const VISIT: &str = "__Host-carelake-visit";
const THEME: &str = "__Host-carelake-theme";

/// A form's fields.
pub(super) type Fields = BTreeMap<String, String>;

/// Whoever is signed in, as their session and the policies have it now.
pub(super) struct Visitor {
    pub(super) desk: Desk,
    pub(super) name: String,
    display: String,
    /// The roles that they act in.
    roles: Roles,
    csrf: String,
    theme: Theme,
    peer: Arc<Peer>,
    policies: Arc<Policies>,
    noted: Noted,
    /// The hash of the session's token.
    mac: [u8; 32],
    /// The query of the request.
    pub(super) query: Fields,
}

/// The roles that are acted in with a second factor only.
const fn needs_second_factor(role: Role) -> bool {
    matches!(role, Role::Custodian | Role::Auditor | Role::Administrator)
}

/// A token that nobody can guess.
pub(super) fn token() -> Result<Zeroizing<String>, Refused> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut_slice()).map_err(|_| Refused::failed("the system has no randomness"))?;
    Ok(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

/// The hash under which a session is kept.
pub(super) fn session_mac(desk: &Desk, token: &str) -> [u8; 32] {
    desk.once_mac.mac(&[b"console-session", token.as_bytes()])
}

/// What forms of a page that was shown to the holder of `token` carry.
pub(super) fn csrf(desk: &Desk, token: &str) -> String {
    hex::encode(desk.once_mac.mac16(&[b"console-form", token.as_bytes()]))
}

/// Whether a form comes from a page of ours that was shown to the holder of `token`.
pub(super) fn is_ours(desk: &Desk, headers: &HeaderMap, fields: &Fields, token: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let sent = fields.get("csrf").map(String::as_str).unwrap_or_default();
    matches!(site, None | Some(b"same-origin" | b"none"))
        && constant_time::verify_slices_are_equal(sent.as_bytes(), csrf(desk, token).as_bytes()).is_ok()
}

/// The value of a cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// Sets a cookie, until the browser is closed; an empty value takes it away.
pub(super) fn set_cookie(name: &str, value: &str) -> HeaderValue {
    cookie_of(name, value, "Strict")
}

/// The same, for a cookie that comes back from another site too (RFC 6265bis §5.6.7.1).
pub(super) fn set_lax_cookie(name: &str, value: &str) -> HeaderValue {
    cookie_of(name, value, "Lax")
}

fn cookie_of(name: &str, value: &str, same_site: &str) -> HeaderValue {
    let ends = if value.is_empty() { "; Max-Age=0" } else { "" };
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}{ends}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

pub(super) fn theme_of(headers: &HeaderMap) -> Theme {
    let chosen = cookie(headers, THEME);
    Theme::ALL.into_iter().find(|theme| Some(theme.as_str()) == chosen).unwrap_or_default()
}

/// Something that the layers around every page put into its request.
pub(super) fn put<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Result<T, Refused> {
    parts.extensions.get().cloned().ok_or_else(|| Refused::failed("a page stands outside its layers"))
}

/// A form of whoever is signed in, from a page that was shown to them.
pub(super) struct Sent {
    pub(super) visitor: Visitor,
    fields: Fields,
}

impl Sent {
    /// All fields.
    pub(super) const fn fields(&self) -> &Fields {
        &self.fields
    }

    /// A field; empty if there is none of the name.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }
}

impl FromRequest<Desk> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, desk).await?;
        let headers = parts.headers.clone();
        let form = Form::<Fields>::from_request(Request::from_parts(parts, body), desk).await;
        let Form(fields) = form.map_err(IntoResponse::into_response)?;
        let token = cookie(&headers, SESSION).unwrap_or_default();
        match is_ours(desk, &headers, &fields, token) {
            true => Ok(Self { visitor, fields }),
            false => Err(Refused::NotOurs.into_response()),
        }
    }
}

impl FromRequestParts<Desk> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response> {
        let sign_in = || Redirect::to(Address::sign_in().as_str()).into_response();
        let token = cookie(&parts.headers, SESSION).ok_or_else(sign_in)?;
        let mac = session_mac(desk, token);
        let found = desk.control.session(mac).await;
        let session =
            found.map_err(|error| Refused::unavailable(&error).into_response())?.ok_or_else(sign_in)?;
        let policies = desk.policies.current(&desk.control).await;
        let open = session.person.roles.iter().filter_map(|role| role.parse::<Role>().ok());
        let roles = open.filter(|role| session.second_factor || !needs_second_factor(*role)).collect();
        let noted: Noted = put(parts).map_err(IntoResponse::into_response)?;
        noted.actor(&session.person.name);
        let query = Query::<Fields>::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
        Ok(Self {
            desk: desk.clone(),
            name: session.person.name,
            display: session.person.display,
            roles,
            csrf: csrf(desk, token),
            theme: theme_of(&parts.headers),
            peer: put(parts).map_err(IntoResponse::into_response)?,
            mac,
            policies: policies.map_err(|error| Refused::unavailable(&error).into_response())?,
            noted,
            query,
        })
    }
}

impl Visitor {
    /// A parameter of the query.
    pub(super) fn asked(&self, name: &str) -> &str {
        self.query.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The policies that count.
    pub(super) fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Whether the policies let them do something, for a purpose, if one is given.
    pub(super) fn may_for(&self, action: Action, resource: Resource<'_>, purpose: Option<Purpose>) -> bool {
        self.policies.decide(&self.question(action, resource, purpose)).allowed
    }

    /// A purpose for which they may ask for the rows of a table, if there is one.
    pub(super) fn purpose_of_asking(&self, table: Table<'_>) -> Option<Purpose> {
        let may = |purpose: &Purpose| self.may_for(Action::SqlQuery, Resource::Table(table), Some(*purpose));
        Purpose::all().iter().copied().find(may)
    }

    /// Refuses, and records that, unless they may ask for the rows of a table for some purpose.
    pub(super) async fn require_asking(&self, table: Table<'_>) -> Result<(), Refused> {
        self.require_for(Action::SqlQuery, Resource::Table(table), self.purpose_of_asking(table)).await
    }

    /// Refuses, and records that, unless they may read these columns of a table; of none, the table as a whole.
    pub(super) async fn require_columns(
        &self,
        (table, columns): (Table<'_>, &BTreeSet<String>),
        purpose: Option<Purpose>,
    ) -> Result<(), Refused> {
        if columns.is_empty() {
            return self.require_for(Action::SqlQuery, Resource::Table(table), purpose).await;
        }
        for column in columns {
            self.require_for(Action::SqlQuery, Resource::Column(table, column), purpose).await?;
        }
        Ok(())
    }

    /// Whether the policies let them do something.
    pub(super) fn may(&self, action: Action, resource: Resource<'_>) -> bool {
        self.may_for(action, resource, None)
    }

    fn question<'a>(
        &'a self,
        action: Action,
        resource: Resource<'a>,
        purpose: Option<Purpose>,
    ) -> policy::Question<'a> {
        let user = User { name: &self.name, roles: self.roles, may_assume: Roles::NONE };
        let context = Context {
            real_data: self.desk.home_kind == crate::HomeKind::Real,
            network: Some(Network { address: self.peer.address, expected: true }),
            second_factor: self.roles.iter().any(needs_second_factor),
            purpose,
            ..Context::at(self.desk.clock.now())
        };
        policy::Question { principal: Principal::Person(user), action, resource, context }
    }

    /// Refuses, and records that, unless the policies let them.
    pub(super) async fn require(&self, action: Action, resource: Resource<'_>) -> Result<(), Refused> {
        self.require_for(action, resource, None).await
    }

    /// The same, for a purpose.
    pub(super) async fn require_for(
        &self,
        action: Action,
        resource: Resource<'_>,
        purpose: Option<Purpose>,
    ) -> Result<(), Refused> {
        let question = self.question(action, resource, purpose);
        if self.policies.decide(&question).allowed {
            return Ok(());
        }
        let facts = [("action", action.as_str().to_owned())];
        self.record("decide", AuditOutcome::Refused, &resource.to_string(), &facts).await?;
        Err(Refused::Forbidden {
            what: format!("{} of {resource}", action.as_str()),
            reason: format!("It is {}", self.policies.explain(&question)),
        })
    }

    /// Records what they have done. Without the record there is no page.
    pub(super) async fn record(
        &self,
        action: &str,
        outcome: AuditOutcome,
        target: &str,
        facts: &[(&str, String)],
    ) -> Result<(), Refused> {
        self.record_about(action, outcome, target, facts, Vec::new()).await
    }

    pub(super) async fn record_about(
        &self,
        action: &str,
        outcome: AuditOutcome,
        target: &str,
        facts: &[(&str, String)],
        about: Vec<model::AuditEntity>,
    ) -> Result<(), Refused> {
        let event = AuditEvent::new(self.desk.clock.now(), action, &self.name, outcome, target);
        let roles: Vec<_> = self.roles.iter().map(Role::as_str).collect();
        let event = facts
            .iter()
            .fold(event.with("roles", roles.join(" ")), |event, (name, value)| event.with(name, value));
        let network =
            AuditNetwork { client: self.peer.address.to_string(), server: self.desk.server.to_string() };
        let event = AuditEvent { network: Some(network), about, ..event };
        self.desk.audit.record(event).await.map_err(|error| Refused::unavailable(&error))?;
        self.noted.recorded();
        Ok(())
    }

    /// Whether the session counts still.
    pub(super) async fn is_in(&self) -> Result<bool, Refused> {
        Ok(self.desk.control.session(self.mac).await?.is_some())
    }

    /// Ends the session.
    pub(super) async fn leave(&self) -> Result<(), Refused> {
        Ok(self.desk.control.end_session(self.mac).await?)
    }

    /// What a page at `here` stands in.
    pub(super) async fn frame(&self, here: Address) -> Result<Frame, Refused> {
        let sections = Section::ALL.into_iter().filter(|section| self.may_open(*section)).collect();
        let open_alerts = match self.may(Action::AuditQuery, Resource::AuditTrail) {
            true => self.desk.control.count_open_alerts().await?,
            false => 0,
        };
        Ok(Frame {
            person: Some(Person {
                name: self.display.clone(),
                roles: self.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            }),
            csrf: self.csrf.clone(),
            here,
            now: self.desk.clock.now(),
            theme: self.theme,
            synthetic: self.desk.home_kind == crate::HomeKind::Synthetic,
            sections,
            open_alerts,
            done: answer::said(&self.query),
            events: None,
        })
    }

    pub(super) fn may_open(&self, section: Section) -> bool {
        let (action, resource) = match section {
            Section::Overview | Section::Health => return true,
            Section::Providers => (Action::ProviderList, Resource::Lake),
            Section::Jobs => (Action::JobList, Resource::Job("any")),
            Section::Catalogue => (Action::CatalogList, Resource::Lake),
            Section::Sql => return self.roles.contains(Role::Analyst) || self.roles.contains(Role::Engineer),
            Section::Policies => (Action::PolicyRead, Resource::Lake),
            Section::Audit | Section::Alerts => (Action::AuditQuery, Resource::AuditTrail),
        };
        self.may(action, resource)
    }
}

/// `POST /theme`: keeps the colours that somebody has chosen.
pub(super) async fn theme(Form(fields): Form<Fields>) -> Response {
    let chosen = fields.get("theme").map(String::as_str).unwrap_or_default();
    let known = Theme::ALL.into_iter().find(|theme| theme.as_str() == chosen).unwrap_or_default();
    // Only a path of ours: `//elsewhere` and `/\elsewhere` lead away.
    let back = fields.get("back").map(String::as_str).filter(|back| {
        let leads_away = back.get(1..).is_some_and(|rest| rest.starts_with(['/', '\\']));
        back.starts_with('/') && !leads_away && back.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let mut response = Redirect::to(back.unwrap_or("/")).into_response();
    response.headers_mut().append(header::SET_COOKIE, set_cookie(THEME, known.as_str()));
    response
}
