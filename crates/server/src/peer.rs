//! Who is at the other end of a connection, as far as the connection itself tells.

use aws_lc_rs::digest;
use axum_server::accept::Accept;
use futures::future::BoxFuture;
use http::Request;
use std::{
    io,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tower::Service;

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
    type Service = Identified<A::Service>;
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
            Ok((stream, Identified { inner, peer: Arc::new(peer) }))
        })
    }
}

/// A connection's service, whose requests carry their [`Peer`].
#[derive(Clone)]
pub(crate) struct Identified<S> {
    inner: S,
    peer: Arc<Peer>,
}

impl<S, B> Service<Request<B>> for Identified<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(Arc::clone(&self.peer));
        self.inner.call(request)
    }
}
