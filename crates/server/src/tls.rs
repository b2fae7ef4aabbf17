//! TLS 1.3, and nothing older; a certificate that can be replaced while it is served with.

use rustls::{
    DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature},
    server::{
        ClientHello, ResolvesServerCert,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

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

/// How the gateway speaks TLS. Clones share their certificate.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    certificate: Arc<Certificate>,
}

impl Tls {
    /// TLS 1.3 only (RFC 8446), by AWS-LC, offering HTTP/2 and HTTP/1.1 (RFC 7301), with a certificate chain and
    /// its key in PEM. A client may show a certificate: that it holds the key is checked here, whose it is by
    /// whoever takes the request (RFC 8705 §2.2).
    ///
    /// # Errors
    /// See [`TlsError`]; none shows the key.
    pub fn new(cert_pem: &[u8], key_pem: &[u8]) -> Result<Self, TlsError> {
        // The provider is named because another one is in the dependency graph too.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let certificate = Arc::new(Certificate(RwLock::new(certified(&provider, cert_pem, key_pem)?)));
        let algorithms = provider.signature_verification_algorithms;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TlsError::Unusable)?
            .with_client_cert_verifier(Arc::new(HoldsItsKey(algorithms)))
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), certificate })
    }

    /// Serves with another certificate and key from the next connection on. What cannot be served with leaves the
    /// present ones.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn replace(&self, cert_pem: &[u8], key_pem: &[u8]) -> Result<(), TlsError> {
        let certified = certified(self.config.crypto_provider(), cert_pem, key_pem)?;
        *self.certificate.0.write().unwrap_or_else(PoisonError::into_inner) = certified;
        Ok(())
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

fn certified(
    provider: &CryptoProvider,
    cert_pem: &[u8],
    key_pem: &[u8],
) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(cert_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::Certificate(rustls_pki_types::pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(TlsError::Key)?;
    // Also refuses a key that is not the certificate's.
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(TlsError::Unusable)
}

/// The certificate that is served with just now.
struct Certificate(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

/// Takes any certificate whose key the client holds, and does without one. A certificate means something only
/// where a provider is registered with just that one.
#[derive(Debug)]
struct HoldsItsKey(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for HoldsItsKey {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        // INVARIANT: only TLS 1.3 is configured.
        Err(rustls::Error::General("TLS 1.2 is not spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
