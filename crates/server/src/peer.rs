//! Who is at the other end of a connection, as far as the connection itself tells.

use aws_lc_rs::digest;
use axum::{Extension, middleware::AddExtension};
use axum_server::accept::Accept;
use futures::future::BoxFuture;
use std::{io, net::IpAddr, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tower::Layer;

/// The other end of a connection. Every request that comes over it carries this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address. What a header says of other addresses is not believed.
    pub address: IpAddr,
    /// Whether it came to one of the gateway's private addresses.
    pub private: bool,
    /// The SHA-256 of the certificate that it proved to hold the key of, if it showed one (RFC 8705 §3.1).
    pub certificate: Option<[u8; 32]>,
}

/// The SHA-256 of a certificate in DER, its thumbprint (RFC 8705 §3.1).
#[must_use]
pub fn certificate_thumbprint(der: &[u8]) -> [u8; 32] {
    let mut thumbprint = [0; 32];
    thumbprint.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    thumbprint
}

/// Accepts by `inner`, and tells every request who is at the other end.
#[derive(Clone)]
pub(crate) struct IdentifyPeer<A> {
    inner: A,
    private: bool,
}

impl<A> IdentifyPeer<A> {
    pub(crate) const fn new(inner: A, private: bool) -> Self {
        Self { inner, private }
    }
}

impl<A, S> Accept<TcpStream, S> for IdentifyPeer<A>
where
    A: Accept<TcpStream, S, Stream = TlsStream<TcpStream>>,
    A::Future: Send + 'static,
    A::Service: Send,
{
    type Stream = A::Stream;
    type Service = AddExtension<A::Service, Arc<Peer>>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepting = self.inner.accept(stream, service);
        let private = self.private;
        Box::pin(async move {
            let (stream, inner) = accepting.await?;
            let (connection, tls) = stream.get_ref();
            let certificate = tls.peer_certificates().and_then(|chain| chain.first());
            let peer = Peer {
                address: connection.peer_addr()?.ip().to_canonical(),
                private,
                certificate: certificate.map(|certificate| certificate_thumbprint(certificate)),
            };
            Ok((stream, Extension(Arc::new(peer)).layer(inner)))
        })
    }
}
