//! Access tokens of an outside issuer, such as Cognito, Entra ID or Keycloak (RFC 9068, and what they really send).

use crate::{
    jwt::{self, OneOrMore, TokenError},
    key_set::{ALGORITHMS, KeySet},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use model::{Scope, Timestamp};
use serde::{Deserialize, de::IgnoredAny};

/// What is asked of an issuer's tokens.
#[derive(Clone, Debug)]
pub struct IssuerRules<'a> {
    /// What the issuer calls itself.
    pub issuer: &'a str,
    /// What it calls this lake; the client's own id where its tokens name no audience.
    pub audience: &'a str,
    /// What stands before each scope in its tokens.
    pub scope_prefix: &'a str,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideToken {
    /// The client, as the issuer names it: `client_id` (RFC 8693 §4.3), else `azp` (OpenID Connect), else `appid`
    /// (Entra ID before 2.0), else `sub`, which is the client where no person is involved.
    pub client: String,
    /// The scopes of the lake that it names, in `scope`, `scp` or, for Entra ID's application roles, `roles`.
    pub scopes: Vec<Scope>,
    /// Whether it names any SMART scope at all, though it be none of the lake's: then it was meant to be narrow.
    pub names_scopes: bool,
    /// The certificate that it is bound to (RFC 8705 §3.1).
    pub certificate_thumbprint: Option<[u8; 32]>,
    /// When it ends.
    pub expires: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    aud: Option<OneOrMore>,
    sub: Option<String>,
    client_id: Option<String>,
    azp: Option<String>,
    appid: Option<String>,
    token_use: Option<String>,
    scope: Option<OneOrMore>,
    scp: Option<OneOrMore>,
    roles: Option<Vec<String>>,
    cnf: Option<Confirmation>,
    nonce: Option<IgnoredAny>,
    at_hash: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    thumbprint: Option<String>,
}

#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

/// The issuer that `token` says it is of. Not believed yet: it only tells whose keys to look at.
#[must_use]
pub fn claimed_issuer(token: &str) -> Option<String> {
    jwt::unverified::<Claimed>(token).map(|claimed| claimed.iss)
}

/// What `token` says, if the issuer's `keys` signed it for this lake and it is good at `now`. Clocks may differ by
/// 30 seconds. An ID token, which says who somebody is and grants nothing, is refused.
///
/// # Errors
/// See [`TokenError`].
pub fn verify(
    token: &str,
    rules: &IssuerRules<'_>,
    keys: &KeySet,
    now: Timestamp,
) -> Result<OutsideToken, TokenError> {
    let header = jwt::header(token)?;
    let kinds = ["jwt", "at+jwt", "application/at+jwt"];
    let is_access = |kind: &str| kinds.iter().any(|known| kind.eq_ignore_ascii_case(known));
    if !header.typ.as_deref().is_none_or(is_access) {
        return Err(TokenError::Claims);
    }
    let claims: Claims = jwt::verified(token, &header, keys, &ALGORITHMS)?;
    if claims.iss != rules.issuer || claims.is_id_token() || !claims.is_for(rules.audience) {
        return Err(TokenError::Claims);
    }
    jwt::good_at(now, claims.exp, [claims.nbf, claims.iat])?;
    let certificate_thumbprint = claims.thumbprint()?;
    let scopes = claims.scopes(rules.scope_prefix);
    let contexts = ["system/", "user/", "patient/"];
    let names_scopes = claims.words().any(|word| contexts.iter().any(|context| word.contains(context)));
    let expires = Timestamp(claims.exp.saturating_mul(1000));
    let client = claims.client_id.or(claims.azp).or(claims.appid).or(claims.sub);
    Ok(OutsideToken {
        client: client.ok_or(TokenError::Claims)?,
        scopes,
        names_scopes,
        certificate_thumbprint,
        expires,
    })
}

impl Claims {
    /// Cognito says so in `token_use`; `nonce` and `at_hash` are an ID token's own (OpenID Connect Core §2).
    fn is_id_token(&self) -> bool {
        self.token_use.as_deref().is_some_and(|token_use| token_use != "access")
            || self.nonce.is_some()
            || self.at_hash.is_some()
    }

    /// Cognito's access tokens name no audience: there it is the client that was let in.
    fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Some(named) => named.values().iter().any(|name| name == audience),
            None => {
                self.token_use.as_deref() == Some("access") && self.client_id.as_deref() == Some(audience)
            }
        }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        let listed = [&self.scope, &self.scp].into_iter().flatten().flat_map(OneOrMore::values);
        let roles = self.roles.iter().flatten();
        listed.chain(roles).flat_map(|text| text.split_ascii_whitespace())
    }

    fn scopes(&self, prefix: &str) -> Vec<Scope> {
        self.words().filter_map(|word| word.strip_prefix(prefix)?.parse().ok()).collect()
    }

    /// A binding that cannot be read is no reason to pass over it.
    fn thumbprint(&self) -> Result<Option<[u8; 32]>, TokenError> {
        let Some(confirmation) = &self.cnf else { return Ok(None) };
        // Bound in a way that is not known here, such as DPoP's: taken as it is, it would not be bound (RFC 9449 §7.2).
        let text = confirmation.thumbprint.as_deref().ok_or(TokenError::Claims)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)?;
        bytes.try_into().map(Some).map_err(|_| TokenError::Malformed)
    }
}
