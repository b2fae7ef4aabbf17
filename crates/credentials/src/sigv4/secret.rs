//! The secret of a client, and the key for one day, region and service that is made of it.

use super::authorization::Scope;
use aws_lc_rs::hmac;
use std::fmt;
use zeroize::Zeroizing;

/// What the key is made of begins with this.
const PREFIX: &[u8] = b"AWS4";

/// A client's secret access key. Wiped from memory when dropped, and never shown.
pub struct SigningSecret(Zeroizing<Vec<u8>>);

impl SigningSecret {
    /// The secret as it was handed to the client, which makes signatures with these very characters.
    #[must_use]
    pub fn new(secret_access_key: &str) -> Self {
        // As long as it will ever be: growing would leave a copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(PREFIX.len() + secret_access_key.len()));
        bytes.extend_from_slice(PREFIX);
        bytes.extend_from_slice(secret_access_key.as_bytes());
        Self(bytes)
    }

    /// The signature of `string_to_sign` under the key for `scope`.
    pub(super) fn signature(&self, scope: &Scope, string_to_sign: &str) -> [u8; 32] {
        let day = mac(&self.0, &scope.date);
        let region = mac(&*day, &scope.region);
        let service = mac(&*region, &scope.service);
        let signing = mac(&*service, Scope::END);
        *mac(&*signing, string_to_sign)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

/// HMAC-SHA256. AWS-LC wipes its own state; the result is written where it will be wiped.
#[expect(clippy::expect_used, reason = "the buffer is of the length of the hash")]
fn mac(key: &[u8], message: &str) -> Zeroizing<[u8; 32]> {
    let mut code = Zeroizing::new([0; 32]);
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign_to_buffer(&key, message.as_bytes(), &mut *code).expect("32 bytes hold a SHA-256");
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", SigningSecret::new("wJalrXUtnFEMI")), "SigningSecret");
    }
}
