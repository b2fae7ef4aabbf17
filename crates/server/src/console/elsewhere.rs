//! Signing in at an outside OpenID Connect provider: by code, with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9700).
//!
//! Who they are there is who they are here: by issuer and subject, never by name. Somebody who is not known yet becomes a
//! person if a group of theirs opens a role. SAML 2.0 would be another [`IdentityProvider`].

use super::{
    answer::{Refused, html},
    desk::Desk,
    lake::AskError,
    session::{self, Fields, set_lax_cookie},
    sign_in::{Method, Stranger},
    slip::Slip,
};
use ::console::{
    Address,
    pages::{SignIn, SignedIn},
};
use async_trait::async_trait;
use aws_lc_rs::{constant_time, digest};
use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use control::{NewPerson, Person, is_person_name};
use http::{HeaderName, HeaderValue, header};
use model::AuditOutcome;

/// State, nonce and verifier of whoever is on the way there and back. It alone is sent on a way that began at another site.
const AWAY: Slip = Slip { cookie: "__Host-carelake-away", purpose: b"console-away", lasts_ms: 10 * 60_000 };

/// An outside provider at which people sign in.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// What people call it, such as `NHS login`.
    fn title(&self) -> &str;

    /// How the lake knows whoever the provider calls `subject`: its issuer and that, apart by a space.
    fn outside(&self, subject: &str) -> String;

    /// Where somebody is sent to sign in.
    async fn address(&self, away: &Away<'_>) -> Result<String, AskError>;

    /// Who has come back with `code`. [`AskError::Question`] where nobody is to be believed.
    async fn who(&self, code: &str, away: &Away<'_>) -> Result<Newcomer, AskError>;
}

/// What is sent along, and must come back the same.
#[derive(Clone, Copy, Debug)]
pub struct Away<'a> {
    /// Tells this sign-in from others.
    pub state: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    /// The secret of which the provider is first shown the hash only (RFC 7636 §4.1).
    pub verifier: &'a str,
    /// Where they come back to.
    pub back: &'a str,
}

impl Away<'_> {
    /// What the provider is shown of the secret (RFC 7636 §4.2).
    #[must_use]
    pub fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.verifier.as_bytes()))
    }
}

/// Somebody who has signed in elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// Issuer and subject, apart by a space.
    pub outside: String,
    /// What they are called there, if that can be a name here.
    pub name: Option<String>,
    /// Their full name.
    pub display: Option<String>,
    /// The roles that their groups open.
    pub roles: Vec<String>,
    /// Whether they have shown a second factor there.
    pub second_factor: bool,
}

fn back(desk: &Desk) -> String {
    let base = desk.config.base_url.as_deref().unwrap_or(&desk.server);
    format!("{}{}", base.trim_end_matches('/'), Address::signed_in_elsewhere())
}

/// `GET /sign-in/elsewhere`
pub(super) async fn leave(stranger: Stranger) -> Result<Response, Refused> {
    let desk = &stranger.desk;
    let provider =
        desk.people.as_ref().ok_or_else(|| Refused::NotFound("other way to sign in".to_owned()))?;
    let (state, nonce, verifier) = (session::token()?, session::token()?, session::token()?);
    let back = back(desk);
    let away = Away { state: &state, nonce: &nonce, verifier: &verifier, back: &back };
    let address = provider.address(&away).await?;
    let slip = AWAY.write(desk, [&state, &nonce, &verifier]);
    let mut response = Redirect::to(&address).into_response();
    response.headers_mut().append(header::SET_COOKIE, set_lax_cookie(AWAY.cookie, &slip));
    Ok(response)
}

/// `GET /sign-in/elsewhere/back`
pub(super) async fn come_back(stranger: Stranger, Query(asked): Query<Fields>) -> Result<Response, Refused> {
    let desk = &stranger.desk;
    let provider =
        desk.people.as_ref().ok_or_else(|| Refused::NotFound("other way to sign in".to_owned()))?;
    let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let Some([state, nonce, verifier]) = AWAY.read(desk, &stranger.headers) else {
        return refuse(&stranger).await;
    };
    let same = constant_time::verify_slices_are_equal(state.as_bytes(), of("state").as_bytes()).is_ok();
    if !same || of("code").is_empty() {
        return refuse(&stranger).await;
    }
    let back = back(desk);
    let away = Away { state, nonce, verifier, back: &back };
    let newcomer = match provider.who(of("code"), &away).await {
        Ok(newcomer) => newcomer,
        Err(AskError::Question(why)) => {
            tracing::warn!(why, "somebody who signed in elsewhere is not believed");
            return refuse(&stranger).await;
        }
        Err(error) => return Err(error.into()),
    };
    let Some(person) = known(&stranger, &newcomer).await? else { return refuse(&stranger).await };
    let Newcomer { roles, second_factor, .. } = newcomer;
    let (response, next) = match person.has_device && !second_factor {
        true => (stranger.ask_for_code(&person.name, Method::Elsewhere, &roles), Address::second_factor()),
        false => {
            let begun = stranger.begin(&person.name, Method::Elsewhere, second_factor, &roles).await?;
            (begun, Address::overview())
        }
    };
    // A cookie that is kept for this site alone is not sent on the rest of the way that began at the other.
    let cookies: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    let mut page = html(&stranger.frame(""), &SignedIn { next: next.clone() });
    for cookie in cookies.into_iter().chain([set_lax_cookie(AWAY.cookie, "")]) {
        page.headers_mut().append(header::SET_COOKIE, cookie);
    }
    let refresh =
        HeaderValue::try_from(format!("0; url={next}")).map_err(|error| Refused::unavailable(&error))?;
    page.headers_mut().insert(HeaderName::from_static("refresh"), refresh);
    Ok(page)
}

/// Who that is here, if they may come in. Somebody new becomes a person, if a group of theirs opens a role and nobody has
/// their name: whoever has it is another, until somebody who may says otherwise.
async fn known(stranger: &Stranger, newcomer: &Newcomer) -> Result<Option<Person>, Refused> {
    let desk = &stranger.desk;
    let now = desk.clock.now();
    if let Some(person) = desk.control.person_from(&newcomer.outside).await? {
        return Ok(Some(person).filter(|person| person.counts(now)));
    }
    let name = newcomer.name.as_ref().map(|name| name.to_lowercase());
    let Some(name) = name.as_ref().filter(|name| is_person_name(name) && !newcomer.roles.is_empty()) else {
        return Ok(None);
    };
    if desk.control.person(name).await?.is_some() {
        tracing::warn!(
            name,
            "somebody from elsewhere has the name of a person: `carelake user link` makes them one"
        );
        return Ok(None);
    }
    let new = NewPerson {
        name: name.clone(),
        display: newcomer.display.clone().unwrap_or_else(|| name.clone()),
        roles: Vec::new(),
        expires: None,
        outside: Some(newcomer.outside.clone()),
    };
    stranger.record(("user.add", name), name, AuditOutcome::Success, &[("method", "openid")]).await?;
    desk.control.add_person(&new).await?;
    Ok(desk.control.person(name).await?)
}

async fn refuse(stranger: &Stranger) -> Result<Response, Refused> {
    let (status, problem) = stranger.refuse().await?;
    let page = SignIn { problem: Some(problem), ..SignIn::default() };
    let mut response: Response = (status, stranger.show(page)?).into_response();
    response.headers_mut().append(header::SET_COOKIE, set_lax_cookie(AWAY.cookie, ""));
    Ok(response)
}
