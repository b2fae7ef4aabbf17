//! TLS 1.3, and nothing older.

use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::sync::Arc;

/// Why a certificate and key cannot be served with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate chain is not PEM, or empty.
    #[error("read the server certificate")]
    Certificate(#[source] rustls_pki_types::pem::Error),
    /// The key is not PEM.
    #[error("read the server certificate's key")]
    Key(#[source] rustls_pki_types::pem::Error),
    /// The two do not belong together, or are of a kind that TLS 1.3 does not know.
    #[error("use the server certificate with its key")]
    Unusable(#[source] rustls::Error),
}

/// TLS 1.3 only (RFC 8446), by AWS-LC, offering HTTP/2 and HTTP/1.1 (RFC 7301).
///
/// # Errors
/// See [`TlsError`]; none shows the key.
pub fn tls_config(cert_pem: &[u8], key_pem: &[u8]) -> Result<ServerConfig, TlsError> {
    let chain = CertificateDer::pem_slice_iter(cert_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::Certificate(rustls_pki_types::pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(TlsError::Key)?;
    // The provider is named because another one is in the dependency graph too.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
