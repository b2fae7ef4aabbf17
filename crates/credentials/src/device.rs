//! Devices that make codes of six digits (TOTP, RFC 6238), and the codes that stand in for a lost one.

use aws_lc_rs::rand;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

/// Bytes of a device's secret, as RFC 4226 §4 recommends.
const SECRET_BYTES: usize = 20;

/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;

/// A secret could not be made, or is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device's secret cannot be made or read")]
pub struct DeviceError;

/// A device that makes codes: SHA-1, 30 seconds, six digits, which is what all of them can do.
pub struct Device(Totp);

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Device")
    }
}

impl Device {
    /// A new secret.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn generate() -> Result<Zeroizing<Vec<u8>>, DeviceError> {
        let mut secret = Zeroizing::new(vec![0; SECRET_BYTES]);
        rand::fill(secret.as_mut_slice()).map_err(|_| DeviceError)?;
        Ok(secret)
    }

    /// The device of `person` that has this secret.
    ///
    /// # Errors
    /// The secret has fewer than 16 bytes, or the name holds a colon.
    pub fn new(person: &str, secret: &[u8]) -> Result<Self, DeviceError> {
        let device = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(secret.to_vec())
            .with_account_name(person)
            .with_issuer(Some("carelake"));
        device.build().map(Self).map_err(|_| DeviceError)
    }

    /// What an authenticator takes it in by: `otpauth://totp/…`. It holds the secret.
    ///
    /// # Errors
    /// The name is empty.
    pub fn address(&self) -> Result<Zeroizing<String>, DeviceError> {
        self.0.to_url().map(Zeroizing::new).map_err(|_| DeviceError)
    }

    /// The time step whose code this is, of the present one, the one before and the one after (RFC 6238 §5.2). Whoever
    /// asks uses that step up, so that a code counts once.
    #[must_use]
    pub fn step(&self, code: &str, unix_seconds: u64) -> Option<u64> {
        let code: String = code.chars().filter(|one| !one.is_whitespace()).take(8).collect();
        let digits = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        if digits { self.0.check(&code, unix_seconds) } else { None }
    }
}

/// New recovery codes: 16 characters each (80 bits), in groups of four.
///
/// # Errors
/// The system has no randomness.
pub fn recovery_codes() -> Result<Vec<Zeroizing<String>>, DeviceError> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let mut bytes = Zeroizing::new([0; 16]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| DeviceError)?;
        let mut code = Zeroizing::new(String::with_capacity(19));
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && at % 4 == 0 {
                code.push('-');
            }
            code.push(char::from(LETTERS[usize::from(byte % 32)]));
        }
        codes.push(code);
    }
    Ok(codes)
}

/// A recovery code as it is hashed: small letters and digits only. `None` for what cannot be one.
#[must_use]
pub fn plain_recovery_code(typed: &str) -> Option<Zeroizing<String>> {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let plain = Zeroizing::new(plain.to_ascii_lowercase());
    (plain.len() == 16).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1, cut to six digits.
        let device = Device::new("ann", b"12345678901234567890").unwrap();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(device.step(code, seconds), Some(seconds / 30), "{seconds}");
            assert_eq!(device.step(code, seconds + 30), Some(seconds / 30), "a step late");
            assert_eq!(device.step(code, seconds + 90), None, "three steps late");
        }
        assert_eq!(device.step(" 287 082 ", 59), Some(1));
        for wrong in ["", "28708", "2870821", "abcdef", "２８７０８２"] {
            assert_eq!(device.step(wrong, 59), None, "{wrong}");
        }
    }

    #[test]
    fn a_device_is_taken_in_by_its_address() {
        let secret = Device::generate().unwrap();
        let address = Device::new("ann", &secret).unwrap().address().unwrap();
        assert!(address.starts_with("otpauth://totp/carelake:ann?secret="), "{}", *address);
        assert!(Device::new("ann", b"short").is_err());
    }

    #[test]
    fn recovery_codes_are_read_as_they_are_typed() {
        let codes = recovery_codes().unwrap();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let plain = plain_recovery_code(&codes[0]).unwrap();
        assert_eq!(plain_recovery_code(&codes[0].to_uppercase().replace('-', " ")).unwrap(), plain);
        assert_eq!(plain_recovery_code("abcd-efgh"), None);
    }
}
