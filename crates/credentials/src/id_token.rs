//! ID tokens of an OpenID Connect provider: who has signed in there (OpenID Connect Core 1.0 §2, §3.1.3.7).

use crate::{
    jwt::{self, OneOrMore, TokenError},
    key_set::{ALGORITHMS, KeySet},
};
use model::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How long ago a token may have been made, in seconds: it comes straight from where it was made.
const OLDEST_S: i64 = 600;

/// The most groups that are read.
const MOST_GROUPS: usize = 512;

/// What is asked of an ID token.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenRules<'a> {
    /// What the provider calls itself.
    pub issuer: &'a str,
    /// What it calls this lake: the client's id.
    pub client: &'a str,
    /// What was sent along to be told again, so that no other sign-in's token is taken for this one's.
    pub nonce: &'a str,
    /// The claim that holds a name to be called by, such as `preferred_username`.
    pub name_claim: &'a str,
    /// The claim that holds the groups that somebody is in, such as `groups`.
    pub groups_claim: &'a str,
}

/// What a good ID token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdToken {
    /// Who: never given to anybody else by its issuer (§2, `sub`).
    pub subject: String,
    /// What they are called there.
    pub name: Option<String>,
    /// Their full name (§5.1, `name`).
    pub display: Option<String>,
    /// The groups that they are in there.
    pub groups: Vec<String>,
    /// How they have shown who they are: the words of `acr` and `amr` (§2, RFC 8176).
    pub proofs: Vec<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: OneOrMore,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    azp: Option<String>,
    acr: Option<String>,
    amr: Option<Vec<String>>,
    name: Option<String>,
    token_use: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// What `token` says, if the provider's `keys` signed it for this lake's own request and it is good at `now`. Clocks
/// may differ by 30 seconds.
///
/// # Errors
/// See [`TokenError`].
pub fn verify(
    token: &str,
    rules: &IdTokenRules<'_>,
    keys: &KeySet,
    now: Timestamp,
) -> Result<IdToken, TokenError> {
    let header = jwt::header(token)?;
    if header.typ.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("jwt")) {
        return Err(TokenError::Claims);
    }
    let claims: Claims = jwt::verified(token, &header, keys, &ALGORITHMS)?;
    let audiences = claims.aud.values();
    // For several, `azp` says for whom it was made; where it is there, it is this client in any case.
    let made_for_us = match &claims.azp {
        Some(party) => party == rules.client,
        None => audiences.len() == 1,
    };
    let good = claims.iss == rules.issuer
        && audiences.iter().any(|audience| audience == rules.client)
        && made_for_us
        && claims.nonce.as_deref() == Some(rules.nonce)
        && claims.token_use.as_deref().is_none_or(|token_use| token_use == "id")
        && !claims.sub.is_empty();
    if !good {
        return Err(TokenError::Claims);
    }
    jwt::good_at(now, claims.exp, [Some(claims.iat), claims.nbf])?;
    if claims.iat < now.seconds() - OLDEST_S {
        return Err(TokenError::Time);
    }
    let text = |name: &str| claims.others.get(name).and_then(Value::as_str).map(str::to_owned);
    let groups = match claims.others.get(rules.groups_claim) {
        Some(Value::Array(groups)) => {
            groups.iter().filter_map(Value::as_str).take(MOST_GROUPS).map(str::to_owned).collect()
        }
        Some(Value::String(group)) => vec![group.clone()],
        _ => Vec::new(),
    };
    Ok(IdToken {
        name: match rules.name_claim {
            "sub" => Some(claims.sub.clone()),
            "name" => claims.name.clone(),
            other => text(other),
        },
        subject: claims.sub,
        display: claims.name,
        groups,
        proofs: claims.acr.into_iter().chain(claims.amr.into_iter().flatten()).collect(),
    })
}
