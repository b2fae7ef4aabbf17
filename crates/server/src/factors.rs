//! What people show at the console besides a password, as it is kept.

use keys::MacKey;

/// The keyed hash of a recovery code, written as [`credentials::device::plain_recovery_code`] gives it.
#[must_use]
pub fn recovery_code_mac(key: &MacKey, person: &str, plain: &str) -> [u8; 32] {
    key.mac(&[b"recovery-code", person.as_bytes(), plain.as_bytes()])
}
