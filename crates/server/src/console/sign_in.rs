//! Signing in: a name and a password, then a code of a device if there is one; and signing out.
//!
//! An answer does not tell which part was wrong, nor does the time that it takes. Another way in, such as an outside
//! identity provider, ends in `begin` as these do.

use super::{
    answer::{Refused, html, stranger},
    desk::Desk,
    session::{self, Fields, SESSION, VISIT, Visitor, cookie, set_cookie},
    trail::Noted,
};
use crate::{
    factors::recovery_code_mac,
    guesses::{self, Verdict},
    peer::Peer,
};
use ::console::{
    Address,
    pages::{SecondFactor, SignIn},
};
use aws_lc_rs::constant_time;
use axum::{
    Extension, Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use credentials::{
    device::{self, Device},
    password,
};
use http::{HeaderMap, StatusCode, header};
use keys::DoorPurpose;
use model::{AuditEvent, AuditNetwork, AuditOutcome, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// The cookie of whoever has given a password and not a code yet.
const HALF: &str = "__Host-carelake-half";

/// How long a code may take after the password, in milliseconds.
const HALF_MS: i64 = 5 * 60_000;

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
pub(super) async fn form(State(desk): State<Desk>, headers: HeaderMap) -> Result<Response, Refused> {
    show(&desk, &headers, SignIn::default())
}

fn show(desk: &Desk, headers: &HeaderMap, page: SignIn) -> Result<Response, Refused> {
    let page = SignIn { passwords: true, ..page };
    let known = cookie(headers, VISIT).map(|visit| Zeroizing::new(visit.to_owned()));
    let visit = known.map_or_else(session::token, Ok)?;
    let frame = stranger(session::theme_of(headers), session::csrf(desk, &visit));
    let mut response = html(&frame, &page);
    response.headers_mut().append(header::SET_COOKIE, set_cookie(VISIT, &visit));
    Ok(response)
}

/// `POST /sign-in`
pub(super) async fn password(
    State(desk): State<Desk>,
    peer: Option<Extension<Arc<Peer>>>,
    Extension(noted): Extension<Noted>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Refused> {
    let visit = cookie(&headers, VISIT).unwrap_or_default();
    if visit.is_empty() || !session::is_ours(&desk, &headers, &fields, visit) {
        let problem = "This form is older than your browser's visit. Sign in again from here.".to_owned();
        return show(&desk, &headers, SignIn { problem: Some(problem), ..SignIn::default() });
    }
    let door = Door { desk: &desk, peer: peer.map(|peer| peer.0), noted };
    let name = fields.get("name").map(|name| name.trim().to_lowercase()).unwrap_or_default();
    let typed = Zeroizing::new(fields.get("password").cloned().unwrap_or_default());
    if !fits(&desk, &name, typed).await? {
        let (status, problem) = door.refuse("unauthenticated").await?;
        let page = SignIn { name, problem: Some(problem), ..SignIn::default() };
        return Ok((status, show(&desk, &headers, page)?).into_response());
    }
    let person = desk.control.person(&name).await?;
    if person.is_some_and(|person| person.has_device) {
        let until = desk.clock.now().plus_ms(HALF_MS);
        let mut response = Redirect::to(Address::second_factor().as_str()).into_response();
        response.headers_mut().append(header::SET_COOKIE, set_cookie(HALF, &half(&desk, &name, until)));
        return Ok(response);
    }
    door.begin(&name, false).await
}

/// Whether there is such a person, who may come in, and this is their password.
async fn fits(desk: &Desk, name: &str, typed: Zeroizing<String>) -> Result<bool, Refused> {
    let person = desk.control.person(name).await?;
    let hash = desk.control.password_hash(name).await?;
    let _turn = desk.hashing.acquire().await.map_err(|error| Refused::unavailable(&error))?;
    let fits = tokio::task::spawn_blocking(move || password::fits(&typed, hash.as_deref())).await;
    let fits = fits.map_err(|error| Refused::unavailable(&error))?;
    Ok(fits && person.is_some_and(|person| person.counts(desk.clock.now())))
}

/// What shows that somebody has given their password.
fn half(desk: &Desk, name: &str, until: Timestamp) -> String {
    let mac = desk.once_mac.mac(&[b"console-half", name.as_bytes(), &until.0.to_be_bytes()]);
    format!("{name}|{}|{}", until.0, hex::encode(mac))
}

/// Whose password was given, by the cookie that says so.
fn half_signed_in(desk: &Desk, headers: &HeaderMap) -> Option<String> {
    let shown = cookie(headers, HALF)?;
    let mut parts = shown.split('|');
    let (name, until) = (parts.next()?, Timestamp(parts.next()?.parse().ok()?));
    let known = half(desk, name, until);
    let same = constant_time::verify_slices_are_equal(known.as_bytes(), shown.as_bytes()).is_ok();
    (same && desk.clock.now() < until).then(|| name.to_owned())
}

/// `GET /sign-in/code`
pub(super) async fn code_form(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    match half_signed_in(&desk, &headers) {
        Some(_) => show_code(&desk, &headers, None),
        None => Redirect::to(Address::sign_in().as_str()).into_response(),
    }
}

fn show_code(desk: &Desk, headers: &HeaderMap, problem: Option<String>) -> Response {
    let visit = cookie(headers, VISIT).unwrap_or_default();
    html(&stranger(session::theme_of(headers), session::csrf(desk, visit)), &SecondFactor { problem })
}

/// `POST /sign-in/code`
pub(super) async fn code(
    State(desk): State<Desk>,
    peer: Option<Extension<Arc<Peer>>>,
    Extension(noted): Extension<Noted>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Refused> {
    let visit = cookie(&headers, VISIT).unwrap_or_default();
    let (Some(name), true) =
        (half_signed_in(&desk, &headers), session::is_ours(&desk, &headers, &fields, visit))
    else {
        return Ok(Redirect::to(Address::sign_in().as_str()).into_response());
    };
    let door = Door { desk: &desk, peer: peer.map(|peer| peer.0), noted };
    let typed = Zeroizing::new(fields.get("code").cloned().unwrap_or_default());
    if desk.wrong_codes.look(&name, desk.clock.now()) && is_of_device(&desk, &name, &typed).await? {
        desk.wrong_codes.forget(&name);
        return door.begin(&name, true).await;
    }
    let (status, problem) = door.refuse("unauthenticated").await?;
    Ok((status, show_code(&desk, &headers, Some(problem))).into_response())
}

/// Whether this is a code of the person's device, or one that stands in for it; it is used up then.
async fn is_of_device(desk: &Desk, name: &str, typed: &str) -> Result<bool, Refused> {
    if let Some(plain) = device::plain_recovery_code(typed) {
        let mac = recovery_code_mac(&desk.once_mac, name, &plain);
        return Ok(desk.control.use_recovery_code(name, mac).await?);
    }
    let Some(sealed) = desk.control.device(name).await? else { return Ok(false) };
    let secret = desk.door.open(DoorPurpose::Device, name.as_bytes(), &sealed);
    let secret = secret.map_err(|error| Refused::unavailable(&error))?;
    let device = Device::new(name, &secret).map_err(|error| Refused::unavailable(&error))?;
    let seconds = u64::try_from(desk.clock.now().0 / 1000).unwrap_or_default();
    match device.step(typed, seconds) {
        Some(step) => Ok(desk.control.use_step(name, step).await?),
        None => Ok(false),
    }
}

/// `POST /sign-out`
pub(super) async fn out(
    visitor: Visitor,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Refused> {
    visitor.check_form(&headers, &fields)?;
    let token = cookie(&headers, SESSION).unwrap_or_default();
    visitor.desk.control.end_session(session::session_mac(&visitor.desk, token)).await?;
    visitor.record("sign-out", AuditOutcome::Success, "console", &[]).await?;
    let mut response = Redirect::to(Address::sign_in().as_str()).into_response();
    response.headers_mut().append(header::SET_COOKIE, set_cookie(SESSION, ""));
    Ok(response)
}

/// Where somebody stands who is not signed in yet.
struct Door<'a> {
    desk: &'a Desk,
    peer: Option<Arc<Peer>>,
    noted: Noted,
}

impl Door<'_> {
    /// Begins a session under a new token, and leads to the overview.
    async fn begin(&self, name: &str, second_factor: bool) -> Result<Response, Refused> {
        let token = session::token()?;
        let facts = [("method", "password"), ("second_factor", if second_factor { "yes" } else { "no" })];
        self.record(name, AuditOutcome::Success, &facts).await?;
        let mac = session::session_mac(self.desk, &token);
        self.desk.control.begin_session(mac, name, second_factor).await?;
        let mut response = Redirect::to(Address::overview().as_str()).into_response();
        for cookie in [set_cookie(SESSION, &token), set_cookie(VISIT, ""), set_cookie(HALF, "")] {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Counts and records a failure; the status, and what is said of it.
    async fn refuse(&self, reason: &'static str) -> Result<(StatusCode, String), Refused> {
        let address = self.peer.as_ref().map(|peer| peer.address);
        let wrong =
            "That is not right, or you may not come in. Look at it again, or ask whoever runs the lake.";
        let (status, reason, said) = match self.desk.guesses.failed(address, self.desk.clock.now()) {
            Verdict::Refused => (StatusCode::UNAUTHORIZED, Some(reason), wrong.to_owned()),
            Verdict::Later { retry_after_s, first } => (
                StatusCode::TOO_MANY_REQUESTS,
                first.then_some("too-many-guesses"),
                format!("Too many tries came from your network. Try again in {retry_after_s} seconds."),
            ),
        };
        if let Some(reason) = reason {
            let network = address.map(guesses::network_of).unwrap_or_default();
            self.record("anonymous", AuditOutcome::Refused, &[("reason", reason), ("network", &network)])
                .await?;
        }
        Ok((status, said))
    }

    async fn record(
        &self,
        actor: &str,
        outcome: AuditOutcome,
        facts: &[(&str, &str)],
    ) -> Result<(), Refused> {
        let event = AuditEvent::new(self.desk.clock.now(), "sign-in", actor, outcome, "console");
        let event = facts.iter().fold(event, |event, (name, value)| event.with(name, value));
        let network = self.peer.as_ref().map(|peer| AuditNetwork {
            client: peer.address.to_string(),
            server: self.desk.server.to_string(),
        });
        let recorded = self.desk.audit.record(AuditEvent { network, ..event }).await;
        recorded.map_err(|error| Refused::unavailable(&error))?;
        self.noted.recorded();
        Ok(())
    }
}
