//! Signing in: a name and a password, then a code of a device if there is one; and signing out.
//!
//! An answer does not tell which part was wrong, nor does the time that it takes. Another way in ends in
//! [`Stranger::begin`] as these do: see [`super::elsewhere`].

use super::{
    answer::{Refused, html, stranger},
    desk::Desk,
    session::{self, Fields, SESSION, Sent, VISIT, cookie, set_cookie},
    slip::Slip,
    trail::Noted,
};
use crate::{
    factors::recovery_code_mac,
    guesses::{self, Verdict},
    peer::Peer,
};
use ::console::{
    Address, Frame,
    pages::{SecondFactor, SignIn},
};
use axum::{
    Form,
    extract::FromRequestParts,
    response::{IntoResponse, Redirect, Response},
};
use control::Person;
use credentials::{
    device::{self, Device},
    password,
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use keys::SealedFor;
use model::{AuditEvent, AuditNetwork, AuditOutcome, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// How long a code may take after what comes before it, in milliseconds.
const HALF_MS: i64 = 5 * 60_000;

/// Name, method and roles of whoever has shown who they are and not a code yet.
const HALF: Slip = Slip { cookie: "__Host-carelake-half", purpose: b"console-half", lasts_ms: HALF_MS };

/// What the trail calls it, and what somebody signs in to.
const SIGN_IN: (&str, &str) = ("sign-in", "console");

/// Wrong codes of one person in five minutes, after which no code of theirs is looked at: only who has the password
/// comes so far, so nobody else is locked out by it.
const MOST_CODES: u32 = 5;

/// Wrong codes by person.
#[derive(Default)]
pub(super) struct WrongCodes(Mutex<HashMap<String, (Timestamp, u32)>>);

impl WrongCodes {
    /// Counts a code that is about to be looked at; `false` if there were too many.
    fn look(&self, person: &str, now: Timestamp) -> bool {
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        people.retain(|_, (since, _)| now < since.plus_ms(HALF_MS));
        let (_, count) = people.entry(person.to_owned()).or_insert((now, 0));
        *count += 1;
        *count <= MOST_CODES
    }

    fn forget(&self, person: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(person);
    }
}

/// `GET /sign-in`
pub(super) async fn form(stranger: Stranger) -> Result<Response, Refused> {
    stranger.show(SignIn::default())
}

/// `POST /sign-in`
pub(super) async fn password(stranger: Stranger, Form(fields): Form<Fields>) -> Result<Response, Refused> {
    let desk = &stranger.desk;
    if !stranger.is_ours(&fields) {
        let problem = "This form is older than your browser's visit. Sign in again from here.".to_owned();
        return stranger.show(SignIn { problem: Some(problem), ..SignIn::default() });
    }
    let name = fields.get("name").map(|name| name.trim().to_lowercase()).unwrap_or_default();
    let typed = Zeroizing::new(fields.get("password").cloned().unwrap_or_default());
    let Some(person) = fits(desk, &name, typed).await? else {
        let (status, problem) = stranger.refuse().await?;
        let page = SignIn { name, problem: Some(problem), ..SignIn::default() };
        return Ok((status, stranger.show(page)?).into_response());
    };
    match person.has_device {
        true => Ok(stranger.ask_for_code(&name, Method::Password, &[])),
        false => stranger.begin(&name, Method::Password, false, &[]).await,
    }
}

/// The person of that name, if they may come in and this is their password.
async fn fits(desk: &Desk, name: &str, typed: Zeroizing<String>) -> Result<Option<Person>, Refused> {
    let person = desk.control.person(name).await?;
    let hash = desk.control.password_hash(name).await?;
    let _turn = desk.hashing.acquire().await.map_err(|error| Refused::unavailable(&error))?;
    let fits = tokio::task::spawn_blocking(move || password::fits(&typed, hash.as_deref())).await;
    let fits = fits.map_err(|error| Refused::unavailable(&error))?;
    Ok(person.filter(|person| fits && person.counts(desk.clock.now())))
}

/// Whoever has come so far.
struct Half {
    name: String,
    method: Method,
    /// The roles that their groups elsewhere open.
    roles: Vec<String>,
}

/// Who has come so far, by the cookie that says so.
fn half_signed_in(desk: &Desk, headers: &HeaderMap) -> Option<Half> {
    let [name, method, roles] = HALF.read(desk, headers)?;
    let method = [Method::Password, Method::Elsewhere].into_iter().find(|one| one.as_str() == method)?;
    let roles = roles.split(',').filter(|role| !role.is_empty()).map(str::to_owned).collect();
    Some(Half { name: name.to_owned(), method, roles })
}

/// `GET /sign-in/code`
pub(super) async fn code_form(stranger: Stranger) -> Response {
    match half_signed_in(&stranger.desk, &stranger.headers) {
        Some(_) => stranger.show_code(None),
        None => Redirect::to(Address::sign_in().as_str()).into_response(),
    }
}

/// `POST /sign-in/code`
pub(super) async fn code(stranger: Stranger, Form(fields): Form<Fields>) -> Result<Response, Refused> {
    let desk = &stranger.desk;
    let half = half_signed_in(desk, &stranger.headers);
    let Some(Half { name, method, roles }) = half.filter(|_| stranger.is_ours(&fields)) else {
        return Ok(Redirect::to(Address::sign_in().as_str()).into_response());
    };
    let typed = Zeroizing::new(fields.get("code").cloned().unwrap_or_default());
    if desk.wrong_codes.look(&name, desk.clock.now()) && is_of_device(desk, &name, &typed).await? {
        desk.wrong_codes.forget(&name);
        return stranger.begin(&name, method, true, &roles).await;
    }
    let (status, problem) = stranger.refuse().await?;
    Ok((status, stranger.show_code(Some(problem))).into_response())
}

/// Whether this is a code of the person's device, or one that stands in for it; it is used up then.
async fn is_of_device(desk: &Desk, name: &str, typed: &str) -> Result<bool, Refused> {
    if let Some(plain) = device::plain_recovery_code(typed) {
        let mac = recovery_code_mac(&desk.once_mac, name, &plain);
        return Ok(desk.control.use_recovery_code(name, mac).await?);
    }
    let Some(sealed) = desk.control.device(name).await? else { return Ok(false) };
    let secret = desk.door.open(SealedFor::Device, name.as_bytes(), &sealed);
    let secret = secret.map_err(|error| Refused::unavailable(&error))?;
    let device = Device::new(name, &secret).map_err(|error| Refused::unavailable(&error))?;
    let seconds = u64::try_from(desk.clock.now().0 / 1000).unwrap_or_default();
    match device.step(typed, seconds) {
        Some(step) => Ok(desk.control.use_step(name, step).await?),
        None => Ok(false),
    }
}

/// `POST /sign-out`
pub(super) async fn out(Sent { visitor, .. }: Sent) -> Result<Response, Refused> {
    visitor.record("sign-out", AuditOutcome::Success, "console", &[]).await?;
    visitor.leave().await?;
    let mut response = Redirect::to(Address::sign_in().as_str()).into_response();
    response.headers_mut().append(header::SET_COOKIE, set_cookie(SESSION, ""));
    Ok(response)
}

/// Whoever is not signed in yet.
pub(super) struct Stranger {
    pub(super) desk: Desk,
    peer: Arc<Peer>,
    noted: Noted,
    pub(super) headers: HeaderMap,
}

/// How somebody has come in, as the trail calls it.
#[derive(Clone, Copy)]
pub(super) enum Method {
    /// A password, and perhaps a code.
    Password,
    /// An outside provider.
    Elsewhere,
}

impl Method {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Elsewhere => "openid",
        }
    }
}

impl FromRequestParts<Desk> for Stranger {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Refused> {
        let (peer, noted) = (session::put(parts)?, session::put(parts)?);
        Ok(Self { desk: desk.clone(), peer, noted, headers: parts.headers.clone() })
    }
}

impl Stranger {
    /// The token of their browser's visit, if it has one.
    fn visit(&self) -> Option<&str> {
        cookie(&self.headers, VISIT)
    }

    /// Whether a form comes from a page of ours that was shown to them.
    fn is_ours(&self, fields: &Fields) -> bool {
        self.visit().is_some_and(|visit| session::is_ours(&self.desk, &self.headers, fields, visit))
    }

    pub(super) fn show(&self, page: SignIn) -> Result<Response, Refused> {
        let elsewhere = self.desk.people.as_ref().map(|provider| provider.title().to_owned());
        let page = SignIn { elsewhere, ..page };
        let known = self.visit().map(|visit| Zeroizing::new(visit.to_owned()));
        let visit = known.map_or_else(session::token, Ok)?;
        let mut response = html(&self.frame(&visit), &page);
        response.headers_mut().append(header::SET_COOKIE, set_cookie(VISIT, &visit));
        Ok(response)
    }

    fn show_code(&self, problem: Option<String>) -> Response {
        html(&self.frame(self.visit().unwrap_or_default()), &SecondFactor { problem })
    }

    pub(super) fn frame(&self, visit: &str) -> Frame {
        stranger(session::theme_of(&self.headers), session::csrf(&self.desk, visit))
    }

    /// Leads to where a code of their device is asked for.
    pub(super) fn ask_for_code(&self, name: &str, method: Method, roles: &[String]) -> Response {
        let mut response = Redirect::to(Address::second_factor().as_str()).into_response();
        let half = HALF.write(&self.desk, [name, method.as_str(), &roles.join(",")]);
        response.headers_mut().append(header::SET_COOKIE, set_cookie(HALF.cookie, &half));
        response
    }

    /// Begins a session under a new token, in which `roles` are open besides their own, and leads to the overview.
    pub(super) async fn begin(
        &self,
        name: &str,
        method: Method,
        second_factor: bool,
        roles: &[String],
    ) -> Result<Response, Refused> {
        let token = session::token()?;
        let opened = roles.join(" ");
        let mut facts =
            vec![("method", method.as_str()), ("second_factor", if second_factor { "yes" } else { "no" })];
        facts.extend((!opened.is_empty()).then_some(("roles_from_groups", opened.as_str())));
        self.record(SIGN_IN, name, AuditOutcome::Success, &facts).await?;
        let mac = session::session_mac(&self.desk, &token);
        self.desk.control.begin_session(mac, name, second_factor, roles).await?;
        let mut response = Redirect::to(Address::overview().as_str()).into_response();
        for cookie in [set_cookie(SESSION, &token), set_cookie(VISIT, ""), set_cookie(HALF.cookie, "")] {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Counts and records a failure; the status, and what is said of it.
    pub(super) async fn refuse(&self) -> Result<(StatusCode, String), Refused> {
        let address = self.peer.address;
        let wrong =
            "That is not right, or you may not come in. Look at it again, or ask whoever runs the lake.";
        let (status, reason, said) = match self.desk.guesses.failed(Some(address), self.desk.clock.now()) {
            Verdict::Refused => (StatusCode::UNAUTHORIZED, Some("unauthenticated"), wrong.to_owned()),
            Verdict::Later { retry_after_s, first } => (
                StatusCode::TOO_MANY_REQUESTS,
                first.then_some("too-many-guesses"),
                format!("Too many tries came from your network. Try again in {retry_after_s} seconds."),
            ),
        };
        if let Some(reason) = reason {
            let network = guesses::network_of(address);
            self.record(
                SIGN_IN,
                "anonymous",
                AuditOutcome::Refused,
                &[("reason", reason), ("network", &network)],
            )
            .await?;
        }
        Ok((status, said))
    }

    /// Records an action on a target.
    pub(super) async fn record(
        &self,
        (action, target): (&str, &str),
        actor: &str,
        outcome: AuditOutcome,
        facts: &[(&str, &str)],
    ) -> Result<(), Refused> {
        let event = AuditEvent::new(self.desk.clock.now(), action, actor, outcome, target);
        let event = facts.iter().fold(event, |event, (name, value)| event.with(name, value));
        let network = Some(AuditNetwork {
            client: self.peer.address.to_string(),
            server: self.desk.server.to_string(),
        });
        let recorded = self.desk.audit.record(AuditEvent { network, ..event }).await;
        recorded.map_err(|error| Refused::unavailable(&error))?;
        self.noted.recorded();
        Ok(())
    }
}
