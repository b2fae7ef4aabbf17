//! Credentials: how a provider shows that it is itself.

use crate::{
    Control, ControlError,
    database::{Row, Tx, is_duplicate},
};
use model::{SourceId, Timestamp};
use std::fmt;

/// What a credential is checked against. Nothing here can be shown by a caller as it is: secrets are hashed or sealed.
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    /// A secret (RFC 6749 §2.3.1): its keyed hash.
    Secret([u8; 32]),
    /// A secret that requests are signed with (AWS Signature Version 4), sealed to the door.
    Signing(Vec<u8>),
    /// Public keys that assertions are signed with (RFC 7523), as a JWK Set (RFC 7517).
    KeySet(Vec<u8>),
    /// The same, at an address.
    KeySetUrl(String),
    /// A certificate (RFC 8705 §2.2): the SHA-256 of its DER form.
    Certificate([u8; 32]),
    /// A client of an outside issuer, whose access tokens count as this provider's.
    Outside {
        /// The issuer's name.
        issuer: String,
        /// The client as the issuer names it.
        client: String,
    },
}

impl Material {
    /// How the provider authenticates with it: `secret`, `sigv4`, `smart`, `mtls` or `issuer`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Secret(_) => "secret",
            Self::Signing(_) => "sigv4",
            Self::KeySet(_) | Self::KeySetUrl(_) => "smart",
            Self::Certificate(_) => "mtls",
            Self::Outside { .. } => "issuer",
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::KeySet(_) => "key-set",
            Self::KeySetUrl(_) => "key-set-url",
            other => other.method(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Secret(bytes) | Self::Certificate(bytes) => bytes.to_vec(),
            Self::Signing(bytes) | Self::KeySet(bytes) => bytes.clone(),
            Self::KeySetUrl(url) => url.clone().into_bytes(),
            Self::Outside { issuer, client } => format!("{issuer}\n{client}").into_bytes(),
        }
    }

    fn read(kind: &str, bytes: Vec<u8>) -> Option<Self> {
        let text = |bytes| String::from_utf8(bytes).ok();
        match kind {
            "secret" => bytes.try_into().ok().map(Self::Secret),
            "sigv4" => Some(Self::Signing(bytes)),
            "key-set" => Some(Self::KeySet(bytes)),
            "key-set-url" => text(bytes).map(Self::KeySetUrl),
            "mtls" => bytes.try_into().ok().map(Self::Certificate),
            "issuer" => {
                let text = text(bytes)?;
                let (issuer, client) = text.split_once('\n')?;
                Some(Self::Outside { issuer: issuer.to_owned(), client: client.to_owned() })
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method())
    }
}

/// A credential to be added.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// What it is named by; nothing else may be.
    pub id: String,
    /// What it is checked against.
    pub material: Material,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
}

/// A credential of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// What it is named by.
    pub id: String,
    /// What it is checked against.
    pub material: Material,
    /// When it was added.
    pub created: Timestamp,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
    /// When it was taken back, if it was.
    pub revoked: Option<Timestamp>,
}

impl Credential {
    /// The id under which a client of an outside issuer is found.
    #[must_use]
    pub fn outside_id(issuer: &str, client: &str) -> String {
        format!("{issuer}/{client}")
    }

    /// Whether it counts at `now`.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

impl Control {
    /// Gives a provider a further credential. Those of the same method that count now end at `others_until`,
    /// if that is given: the overlap of a rotation.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such provider; [`ControlError::AlreadyExists`] if the id is taken.
    pub async fn add_credential(
        &self,
        provider: &SourceId,
        new: NewCredential,
        others_until: Option<Timestamp>,
    ) -> Result<Credential, ControlError> {
        const ACTION: &str = "add a credential";
        const END: &str = "UPDATE credential SET expires = $4 WHERE provider = $1 AND revoked IS NULL
            AND (kind = $2 OR kind = $3) AND (expires IS NULL OR expires > $4)";
        let now = self.now();
        let mut tx = self.begin(ACTION).await?;
        // Locks the provider, so that of two rotations one comes after the other.
        const FIND: &str = "UPDATE provider SET enabled = enabled WHERE name = $1";
        if tx.run(ACTION, FIND, &[provider.as_str().into()]).await? == 0 {
            return Err(ControlError::NotFound { what: "provider", name: provider.to_string() });
        }
        if let Some(until) = others_until {
            let (one, other) = match new.material {
                Material::KeySet(_) | Material::KeySetUrl(_) => ("key-set", "key-set-url"),
                ref material => (material.kind(), material.kind()),
            };
            let params = [provider.as_str().into(), one.into(), other.into(), until.0.into()];
            tx.run(ACTION, END, &params).await?;
        }
        let credential = insert(&mut tx, provider, new, now).await?;
        tx.commit(ACTION).await?;
        Ok(credential)
    }

    /// Takes a credential back, from the next request on.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such credential, or it was taken back before.
    pub async fn revoke_credential(&self, id: &str) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE credential SET revoked = $2 WHERE id = $1 AND revoked IS NULL";
        match self.database.run("revoke a credential", SQL, &[id.into(), self.now().0.into()]).await? {
            0 => Err(ControlError::NotFound { what: "credential", name: id.to_owned() }),
            _ => Ok(()),
        }
    }
}

/// Adds a credential within a transaction. One that was taken back gives its id to the new one.
pub(crate) async fn insert(
    tx: &mut Tx,
    provider: &SourceId,
    new: NewCredential,
    now: Timestamp,
) -> Result<Credential, ControlError> {
    const ACTION: &str = "add a credential";
    const FORGET: &str = "DELETE FROM credential WHERE id = $1 AND revoked IS NOT NULL";
    const INSERT: &str = "INSERT INTO credential (id, provider, kind, material, created, expires, revoked)
        VALUES ($1, $2, $3, $4, $5, $6, NULL)";
    tx.run(ACTION, FORGET, &[new.id.as_str().into()]).await?;
    let bytes = new.material.bytes();
    let params = [
        new.id.as_str().into(),
        provider.as_str().into(),
        new.material.kind().into(),
        bytes.as_slice().into(),
        now.0.into(),
        new.expires.map(|expires| expires.0).into(),
    ];
    match tx.run(ACTION, INSERT, &params).await {
        Ok(_) => {
            let NewCredential { id, material, expires } = new;
            Ok(Credential { id, material, created: now, expires, revoked: None })
        }
        Err(error) if is_duplicate(&error) => {
            Err(ControlError::AlreadyExists { what: "credential", name: new.id })
        }
        Err(error) => Err(error),
    }
}

/// The credential in the six columns from `at` on, unless they are null.
pub(crate) fn read(row: &Row, at: usize) -> Result<Option<Credential>, ControlError> {
    let Some(id) = row.maybe_text(at)? else { return Ok(None) };
    let material = Material::read(&row.text(at + 1)?, row.bytes(at + 2)?);
    Ok(Some(Credential {
        id,
        material: material.ok_or(ControlError::Malformed { what: "credential" })?,
        created: Timestamp(row.int(at + 3)?),
        expires: row.maybe_int(at + 4)?.map(Timestamp),
        revoked: row.maybe_int(at + 5)?.map(Timestamp),
    }))
}
