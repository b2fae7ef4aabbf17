//! Passwords of people, kept as Argon2id hashes (RFC 9106) in PHC form.

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::SaltString,
};
use aws_lc_rs::rand;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// The fewest characters of a password.
pub const LEAST: usize = 12;

/// The most bytes of a password: hashing more would only cost time.
pub const MOST_BYTES: usize = 1024;

/// Why something cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is too short.
    #[error("a password has 12 characters or more")]
    Short,
    /// It is too long.
    #[error("a password has 1,024 bytes at most")]
    Long,
    /// It holds the name of its person.
    #[error("a password does not hold its person's name")]
    HoldsName,
    /// It is a few characters over and over.
    #[error("a password has five different characters or more")]
    Monotonous,
    /// The system has no randomness or memory left.
    #[error("the password cannot be hashed just now")]
    Unavailable,
}

/// 19 MiB, two passes, one lane: what OWASP's password storage advice gives as the least for Argon2id.
fn hasher() -> Argon2<'static> {
    let params = Params::new(Params::DEFAULT_M_COST, Params::DEFAULT_T_COST, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A new password of 26 characters (130 bits), of small letters and digits that are not taken for each other, which does
/// not hold `name`: by chance, some would.
///
/// # Errors
/// [`PasswordError::Unavailable`].
pub fn generate(name: &str) -> Result<Zeroizing<String>, PasswordError> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    loop {
        let mut bytes = Zeroizing::new([0; 26]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| PasswordError::Unavailable)?;
        let letters = bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        let password: Zeroizing<String> = Zeroizing::new(letters.map(|letter| char::from(*letter)).collect());
        if !holds_name(&password, name) {
            return Ok(password);
        }
    }
}

fn holds_name(small: &str, name: &str) -> bool {
    !name.is_empty() && small.contains(&name.to_lowercase())
}

/// The hash to keep of `password`, which `name` has chosen.
///
/// # Errors
/// It cannot be a password, or the system fails.
pub fn hash(name: &str, password: &str) -> Result<String, PasswordError> {
    let small = Zeroizing::new(password.to_lowercase());
    let different = small.chars().collect::<std::collections::BTreeSet<_>>().len();
    if password.chars().count() < LEAST {
        return Err(PasswordError::Short);
    }
    if password.len() > MOST_BYTES {
        return Err(PasswordError::Long);
    }
    if holds_name(&small, name) {
        return Err(PasswordError::HoldsName);
    }
    if different < 5 {
        return Err(PasswordError::Monotonous);
    }
    hashed(password)
}

fn hashed(password: &str) -> Result<String, PasswordError> {
    let mut salt = [0; 16];
    rand::fill(&mut salt).map_err(|_| PasswordError::Unavailable)?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| PasswordError::Unavailable)?;
    let hash = hasher().hash_password(password.as_bytes(), &salt).map_err(|_| PasswordError::Unavailable)?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that `hash` was made of. Without a hash it is not, and that takes as long: the time
/// does not tell who has an account. It takes tens of milliseconds of one core and 19 MiB.
#[must_use]
pub fn fits(password: &str, hash: Option<&str>) -> bool {
    static DECOY: OnceLock<String> = OnceLock::new();
    let decoy = || DECOY.get_or_init(|| hashed("nobody has this password").unwrap_or_default()).as_str();
    if password.len() > MOST_BYTES {
        return false;
    }
    let Ok(known) = PasswordHash::new(hash.unwrap_or_else(decoy)) else { return false };
    let fits = hasher().verify_password(password.as_bytes(), &known).is_ok();
    fits && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let password = generate("ann").unwrap();
        let one = hash("ann", &password).unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, hash("ann", &password).unwrap(), "salted");
        assert!(fits(&password, Some(&one)));
        assert!(!fits(&format!("{}x", *password), Some(&one)));
        assert!(!fits("", Some(&one)) && !fits(&password, Some("x")) && !fits(&password, None));
        assert!(!fits("nobody has this password", None));
    }

    #[test]
    fn a_new_password_can_be_the_password_of_whoever_it_is_for() {
        // Of passwords that are drawn once, more than half would hold an `a`.
        for _ in 0..50 {
            assert!(!generate("A").unwrap().contains('a'));
        }
    }

    #[test]
    fn what_cannot_be_a_password_is_told_why() {
        for (password, why) in [
            ("elevenchars", PasswordError::Short),
            ("my-Ann-secret", PasswordError::HoldsName),
            ("abcdabcdabcd", PasswordError::Monotonous),
            (&"ab1-".repeat(300), PasswordError::Long),
        ] {
            assert_eq!(hash("ann", password), Err(why), "{password}");
        }
        assert!(hash("ann", "häuser & bäume").is_ok());
    }
}
