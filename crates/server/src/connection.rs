//! One connection: counted, greeted by TLS, told who is at its other end, served. What is refused before it is a request
//! leaves a record, as refused requests do.

use crate::{
    guesses::Guesses,
    peer::{Peer, certificate_thumbprint},
};
use axum::{Extension, Router};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use model::{AuditEvent, AuditNetwork, AuditOutcome, AuditSink, Clock};
use std::{error::Error, io, net::IpAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::AsyncBufReadExt as _,
    net::TcpStream,
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tower::Layer as _;

/// How long a connection may take to say something, and a request's headers to arrive.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);

/// How long a TLS handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// What all connections have in common.
pub(crate) struct Connections {
    router: Router,
    tls: TlsAcceptor,
    http: auto::Builder<TokioExecutor>,
    open: Semaphore,
    refusals: Refusals,
}

/// Why a connection came to nothing. Who closes it without a word, or takes too long with the next one, is let go
/// without a record: that is how machines look whether a port is open, and how they leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// As many as may be are open.
    TooMany,
    /// What came is not TLS.
    NotTls,
    /// The other side offers nothing of what is spoken here: an old version, for instance.
    TlsOffer,
    /// The other side gave up: it does not trust the certificate, for instance.
    TlsAlert,
    /// The handshake failed in another way, or took too long.
    Tls,
    /// What came is not HTTP, or could be read in two ways.
    Http,
    /// The headers are larger than is read.
    HeadersTooLarge,
}

/// Waits until `flag` is true.
pub(crate) async fn turned(flag: &mut watch::Receiver<bool>) {
    // Whoever could turn it may be gone; then it is time, too.
    let _ = flag.wait_for(|flag| *flag).await;
}

impl Refusal {
    /// The word for the record.
    const fn reason(self) -> &'static str {
        match self {
            Self::TooMany => "too-many-connections",
            Self::NotTls => "not-tls",
            Self::TlsOffer => "tls-offer",
            Self::TlsAlert => "tls-alert",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::HeadersTooLarge => "headers-too-large",
        }
    }

    fn of_handshake(error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(rustls::Error::InvalidMessage(_)) => Self::NotTls,
            Some(rustls::Error::PeerIncompatible(_)) => Self::TlsOffer,
            Some(rustls::Error::AlertReceived(_)) => Self::TlsAlert,
            _ => Self::Tls,
        }
    }

    /// None of an end that is nobody's fault: a connection that was closed, cut or left idle.
    fn of_http(error: &(dyn Error + Send + Sync + 'static)) -> Option<Self> {
        let error = error.downcast_ref::<hyper::Error>()?;
        if error.is_parse_too_large() {
            return Some(Self::HeadersTooLarge);
        }
        let broken_off = |error: &h2::Error| error.is_io() || error.is_remote();
        let http2 = error.source().and_then(|source| source.downcast_ref::<h2::Error>());
        (error.is_parse() || http2.is_some_and(|error| !broken_off(error))).then_some(Self::Http)
    }
}

/// Where refused connections are recorded. Beyond some number a minute, one record stands for all further ones of a
/// network, so that strangers cannot fill the trail.
struct Refusals {
    audit: Arc<dyn AuditSink>,
    clock: Arc<dyn Clock>,
    server: Arc<str>,
    counted: Guesses,
}

impl Refusals {
    async fn record(&self, refusal: Refusal, client: IpAddr) {
        // When all connections are taken, whoever comes next is not the cause.
        let counted_for = (refusal != Refusal::TooMany).then_some(client);
        let outcome = AuditOutcome::Refused;
        let event =
            AuditEvent::new(self.clock.now(), "connection.refuse", "anonymous", outcome, "connection")
                .with("reason", refusal.reason());
        let Some(mut event) = self.counted.told(counted_for, client, event) else { return };
        event.network = Some(AuditNetwork { client: client.to_string(), server: self.server.to_string() });
        // Nothing was done that would have to be taken back; the sink has logged why.
        if self.audit.record(event).await.is_err() {
            tracing::warn!(reason = refusal.reason(), "a refused connection has no record");
        }
    }
}

impl Connections {
    /// Serves `router` behind `tls`, `most` connections at a time. Records go to `audit` and say that the client came
    /// to `server`.
    pub(crate) fn new(
        router: Router,
        tls: TlsAcceptor,
        most: usize,
        audit: Arc<dyn AuditSink>,
        clock: Arc<dyn Clock>,
        server: Arc<str>,
    ) -> Self {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
        http.http2().timer(TokioTimer::new()).keep_alive_interval(HEADERS_WITHIN);
        let open = Semaphore::new(most.min(Semaphore::MAX_PERMITS));
        let refusals = Refusals { audit, clock, server, counted: Guesses::default() };
        Self { router, tls, http, open, refusals }
    }

    /// Serves one connection to its end; when `stopping` turns true, to the end of the requests on their way.
    pub(crate) async fn serve(&self, stream: TcpStream, private: bool, mut stopping: watch::Receiver<bool>) {
        let Ok(client) = stream.peer_addr().map(|address| address.ip().to_canonical()) else { return };
        // Taken before the handshake: unfinished handshakes count as well.
        let Ok(_counts_as_open) = self.open.try_acquire() else {
            drop(stream);
            return self.refusals.record(Refusal::TooMany, client).await;
        };
        let greeted = tokio::select! {
            greeted = self.greet(stream) => greeted,
            () = turned(&mut stopping) => return,
        };
        let refusal = match greeted {
            Ok(Some(stream)) => self.answer(stream, client, private, stopping).await.err(),
            Ok(None) => None,
            Err(refusal) => Some(refusal),
        };
        if let Some(refusal) = refusal {
            self.refusals.record(refusal, client).await;
        }
    }

    /// The TLS handshake, and the first byte after it. None if the other side does not say anything.
    async fn greet(&self, stream: TcpStream) -> Result<Option<TlsStream<TcpStream>>, Refusal> {
        let says_something = timeout(HEADERS_WITHIN, stream.peek(&mut [0])).await;
        if !matches!(says_something, Ok(Ok(1..))) || stream.set_nodelay(true).is_err() {
            return Ok(None);
        }
        let mut stream = match timeout(HANDSHAKE_WITHIN, self.tls.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(Refusal::of_handshake(&error)),
            Err(_) => return Err(Refusal::Tls),
        };
        // With TLS 1.3 a client that does not like the certificate says so after the server's side is done.
        match timeout(HEADERS_WITHIN, stream.fill_buf()).await {
            Ok(Ok([_, ..])) => Ok(Some(stream)),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Refusal::of_handshake(&error))
            }
            _ => Ok(None),
        }
    }

    /// Answers requests until either side ends the connection.
    async fn answer(
        &self,
        stream: TlsStream<TcpStream>,
        client: IpAddr,
        private: bool,
        mut stopping: watch::Receiver<bool>,
    ) -> Result<(), Refusal> {
        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let certificate = certificate.map(|certificate| certificate_thumbprint(certificate));
        let peer = Arc::new(Peer { address: client, private, certificate });
        let service = TowerToHyperService::new(Extension(peer).layer(self.router.clone()));
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = turned(&mut stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        ended.map_err(|error| Refusal::of_http(error.as_ref())).or_else(|refusal| refusal.map_or(Ok(()), Err))
    }
}
