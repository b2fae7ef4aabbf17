//! Signatures, as something that is handed in.

/// Why a signature could not be made.
#[derive(Debug, thiserror::Error)]
#[error("sign with key `{key_id}`: {reason}")]
pub struct SignError {
    /// The key that was asked.
    pub key_id: String,
    /// What the key's holder said.
    pub reason: String,
}

/// Signs bytes with a key that it does not show (Ed25519, RFC 8032).
pub trait Signer: Send + Sync {
    /// Names the key, so that a verifier can find its public half.
    fn key_id(&self) -> &str;

    /// The public half, 32 bytes.
    fn public_key(&self) -> [u8; 32];

    /// Signs `message`.
    ///
    /// # Errors
    /// The key's holder refused or could not be reached.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;
}
