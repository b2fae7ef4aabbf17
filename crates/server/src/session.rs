//! Temporary signing credentials: a key id, a secret, and a session token that carries both, sealed to the door.
//!
//! Nothing is stored: whoever presents the token lets the door read the secret that it is to compare with.

use aws_lc_rs::rand;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use keys::{SealError, SealedFor, SealingKey};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a session token says.
#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    /// The provider's client id.
    pub(crate) client_id: String,
    /// The credential that it was made from; it ends with that.
    pub(crate) credential: String,
    /// What it grants, separated by spaces.
    pub(crate) scope: String,
    secret: Zeroizing<String>,
    expires: i64,
}

/// A key id and its secret. The secret is shown once.
pub struct SigningPair {
    /// What names the key in each request.
    pub access_key_id: String,
    /// What requests are signed with, 40 characters.
    pub secret_access_key: Zeroizing<String>,
}

impl SigningPair {
    /// A new pair; `prefix` tells permanent keys (`CLAK`) from temporary ones (`CLTK`).
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn generate(prefix: &str) -> Result<Self, SealError> {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let (mut name, mut secret) = ([0; 16], Zeroizing::new([0; 30]));
        rand::fill(&mut name).map_err(|_| SealError::Cipher)?;
        rand::fill(secret.as_mut_slice()).map_err(|_| SealError::Cipher)?;
        let letters = name.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
        let access_key_id = prefix.chars().chain(letters.map(|letter| char::from(*letter))).collect();
        let secret_access_key = Zeroizing::new(BASE64_STANDARD_NO_PAD.encode(secret.as_slice()));
        Ok(Self { access_key_id, secret_access_key })
    }
}

impl Session {
    /// A session of `pair` until `expires`, as a session token.
    pub(crate) fn seal(
        door: &SealingKey,
        pair: &SigningPair,
        (client_id, credential, scope): (&str, &str, &str),
        expires: Timestamp,
    ) -> Result<String, SealError> {
        let session = Self {
            client_id: client_id.to_owned(),
            credential: credential.to_owned(),
            scope: scope.to_owned(),
            secret: pair.secret_access_key.clone(),
            expires: expires.0,
        };
        let plain = Zeroizing::new(serde_json::to_vec(&session).map_err(|_| SealError::Cipher)?);
        let sealed = door.seal(SealedFor::SessionToken, pair.access_key_id.as_bytes(), &plain)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What `text` says, if it was sealed here for this key and has not ended.
    pub(crate) fn open(door: &SealingKey, access_key_id: &str, text: &str, now: Timestamp) -> Option<Self> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let plain = door.open(SealedFor::SessionToken, access_key_id.as_bytes(), &sealed).ok()?;
        let session: Self = serde_json::from_slice(&plain).ok()?;
        (now.0 < session.expires).then_some(session)
    }

    /// What its requests are signed with.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_good_for_its_key_and_its_time() {
        let door = SealingKey::generate().unwrap();
        let pair = SigningPair::generate("CLTK").unwrap();
        assert_eq!((pair.access_key_id.len(), pair.secret_access_key.len()), (20, 40));
        let said = ("client", "credential", "system/*.c");
        let token = Session::seal(&door, &pair, said, Timestamp(100)).unwrap();
        let open = |id: &str, now| Session::open(&door, id, &token, Timestamp(now));
        let session = open(&pair.access_key_id, 99).unwrap();
        assert_eq!((session.client_id.as_str(), session.scope.as_str()), ("client", "system/*.c"));
        assert_eq!(session.secret(), pair.secret_access_key.as_str());
        assert!(open(&pair.access_key_id, 100).is_none());
        assert!(open("CLTKAAAAAAAAAAAAAAAA", 99).is_none());
        assert!(!token.contains(pair.secret_access_key.as_str()));
    }
}
