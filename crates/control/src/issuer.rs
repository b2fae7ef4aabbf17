//! Outside issuers whose access tokens are taken, and key sets that lie elsewhere.

use crate::{
    Control, ControlError,
    database::{Row, Tx, is_duplicate},
};
use model::Timestamp;

/// An outside issuer (OpenID Connect Discovery 1.0, RFC 8414).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// What it is called here.
    pub name: String,
    /// What it calls itself: the claim `iss` of its tokens.
    pub url: String,
    /// What it calls this lake, the claim `aud`; or the client's own id where its tokens name no audience.
    pub audience: String,
    /// What stands before each scope in its tokens, such as `https://lake.example.nhs.uk/`.
    pub scope_prefix: String,
    /// Whether a token that names no scope of the lake has its provider's grants.
    pub own_grants: bool,
    /// Where its keys are, once its metadata have been read.
    pub key_set: Option<String>,
}

/// A key set that lies elsewhere (RFC 7517 §5), as it was fetched last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetCopy {
    /// Where it lies.
    pub url: String,
    /// The JWK Set, once it has been fetched.
    pub jwks: Option<Vec<u8>>,
    /// When it was fetched.
    pub fetched: Option<Timestamp>,
    /// When it was last tried to.
    pub tried: Option<Timestamp>,
    /// When somebody asked for a newer one, if it has not been tried since.
    pub wanted: Option<Timestamp>,
    /// Why it could not be fetched the last time.
    pub error: String,
}

const SELECT_ISSUER: &str =
    "SELECT name, url, audience, scope_prefix, own_grants, key_set FROM issuer ORDER BY name";

impl Control {
    /// Registers an outside issuer.
    ///
    /// # Errors
    /// [`ControlError::AlreadyExists`] if the name or the address is taken.
    pub async fn add_issuer(&self, issuer: &Issuer) -> Result<(), ControlError> {
        const ACTION: &str = "add an issuer";
        const SQL: &str =
            "INSERT INTO issuer (name, url, audience, scope_prefix, own_grants, key_set, created)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let mut tx = self.begin(ACTION).await?;
        if let Some(url) = &issuer.key_set {
            ensure_key_set(&mut tx, ACTION, url).await?;
        }
        let params = [
            issuer.name.as_str().into(),
            issuer.url.as_str().into(),
            issuer.audience.as_str().into(),
            issuer.scope_prefix.as_str().into(),
            i64::from(issuer.own_grants).into(),
            issuer.key_set.as_deref().into(),
            self.now().0.into(),
        ];
        match tx.run(ACTION, SQL, &params).await {
            Ok(_) => tx.commit(ACTION).await,
            Err(error) if is_duplicate(&error) => {
                Err(ControlError::AlreadyExists { what: "issuer", name: issuer.name.clone() })
            }
            Err(error) => Err(error),
        }
    }

    /// All outside issuers, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn issuers(&self) -> Result<Vec<Issuer>, ControlError> {
        self.database.rows("list issuers", SELECT_ISSUER, &[]).await?.iter().map(read_issuer).collect()
    }

    /// Takes no more of an issuer's tokens; what providers were registered with it is revoked.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such issuer.
    pub async fn remove_issuer(&self, name: &str) -> Result<(), ControlError> {
        const ACTION: &str = "remove an issuer";
        const REVOKE: &str = "UPDATE credential SET revoked = $2
            WHERE kind = 'issuer' AND revoked IS NULL AND substr(id, 1, length($1) + 1) = $1 || '/'";
        let mut tx = self.begin(ACTION).await?;
        tx.run(ACTION, REVOKE, &[name.into(), self.now().0.into()]).await?;
        match tx.run(ACTION, "DELETE FROM issuer WHERE name = $1", &[name.into()]).await? {
            0 => Err(ControlError::NotFound { what: "issuer", name: name.to_owned() }),
            _ => tx.commit(ACTION).await,
        }
    }

    /// Begins to keep a copy of the key set at `url`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn follow_key_set(&self, url: &str) -> Result<(), ControlError> {
        const ACTION: &str = "follow a key set";
        let mut tx = self.begin(ACTION).await?;
        ensure_key_set(&mut tx, ACTION, url).await?;
        tx.commit(ACTION).await
    }

    /// All key sets that are followed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn key_sets(&self) -> Result<Vec<KeySetCopy>, ControlError> {
        const SQL: &str = "SELECT url, jwks, fetched, tried, wanted, error FROM key_set ORDER BY url";
        self.database.rows("list key sets", SQL, &[]).await?.iter().map(read_key_set).collect()
    }

    /// The copy of the key set at `url`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn key_set(&self, url: &str) -> Result<Option<KeySetCopy>, ControlError> {
        const SQL: &str = "SELECT url, jwks, fetched, tried, wanted, error FROM key_set WHERE url = $1";
        let row = self.database.row("find a key set", SQL, &[url.into()]).await?;
        row.as_ref().map(read_key_set).transpose()
    }

    /// Asks for a newer copy, because a key was named that this one does not have.
    ///
    /// # Errors
    /// The database failed.
    pub async fn want_key_set(&self, url: &str) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE key_set SET wanted = $2 WHERE url = $1 AND wanted IS NULL";
        self.database.run("want a key set", SQL, &[url.into(), self.now().0.into()]).await.map(drop)
    }

    /// Keeps what was fetched. What failed leaves the copy that there is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_key_set(&self, url: &str, fetched: Result<&[u8], &str>) -> Result<(), ControlError> {
        const GOOD: &str = "UPDATE key_set SET jwks = $2, fetched = $3, tried = $3, wanted = NULL, error = ''
            WHERE url = $1";
        const BAD: &str = "UPDATE key_set SET tried = $2, wanted = NULL, error = $3 WHERE url = $1";
        let now = self.now().0;
        let changed = match fetched {
            Ok(jwks) => {
                self.database.run("keep a key set", GOOD, &[url.into(), jwks.into(), now.into()]).await
            }
            Err(why) => self.database.run("keep a key set", BAD, &[url.into(), now.into(), why.into()]).await,
        };
        changed.map(drop)
    }
}

async fn ensure_key_set(tx: &mut Tx, action: &'static str, url: &str) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO key_set (url, jwks, fetched, tried, wanted, error)
        VALUES ($1, NULL, NULL, NULL, NULL, '') ON CONFLICT (url) DO NOTHING";
    tx.run(action, SQL, &[url.into()]).await.map(drop)
}

fn read_issuer(row: &Row) -> Result<Issuer, ControlError> {
    Ok(Issuer {
        name: row.text(0)?,
        url: row.text(1)?,
        audience: row.text(2)?,
        scope_prefix: row.text(3)?,
        own_grants: row.int(4)? != 0,
        key_set: row.maybe_text(5)?,
    })
}

fn read_key_set(row: &Row) -> Result<KeySetCopy, ControlError> {
    Ok(KeySetCopy {
        url: row.text(0)?,
        jwks: row.maybe_bytes(1)?,
        fetched: row.maybe_int(2)?.map(Timestamp),
        tried: row.maybe_int(3)?.map(Timestamp),
        wanted: row.maybe_int(4)?.map(Timestamp),
        error: row.text(5)?,
    })
}
