//! Listening: every address is bound before anything is served, and stopping has an end.

use crate::{app::App, connections::LimitConnections, peer::IdentifyPeer, router::router, tls::Tls};
use axum_server::{
    Handle,
    accept::NoDelayAcceptor,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::rt::TokioTimer;
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet};

/// Connections that wait to be accepted, per address.
const BACKLOG: i32 = 1024;

/// How long a request's headers may take to arrive.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);

/// Why the gateway could not begin to listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program listens there.
    #[error(
        "the address {address} is in use by another program; stop it, or set gateway.listen to another address"
    )]
    AddressInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The system did not give the address.
    #[error("listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The configuration names no address.
    #[error("gateway.listen names no address")]
    NoAddress,
}

/// A gateway that is serving.
pub struct Serving {
    addresses: Vec<SocketAddr>,
    tasks: JoinSet<io::Result<()>>,
}

impl Serving {
    /// The addresses that it listens on, the private ones last, in the order of the configuration, ports filled in.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Waits until it has stopped: requests on their way are answered, or cut off after the
    /// configured grace.
    pub async fn stopped(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok(Err(error)) = ended {
                tracing::error!(%error, "a listener failed");
            }
        }
    }
}

/// Binds every address, then serves `app` on them until `shutdown` is ready.
///
/// # Errors
/// An address could not be bound; then none is served.
pub async fn serve<F>(app: Arc<App>, tls: &Tls, shutdown: F) -> Result<Serving, ServeError>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    if app.config.listen.is_empty() {
        return Err(ServeError::NoAddress);
    }
    let public = app.config.listen.iter().map(|address| (*address, false));
    let private = app.config.listen_private.iter().map(|address| (*address, true));
    let listeners = public
        .chain(private)
        .map(|(address, private)| bind(address).map(|(address, listener)| (address, listener, private)))
        .collect::<Result<Vec<_>, _>>()?;
    let tls = RustlsConfig::from_config(tls.config());
    let handle = Handle::new();
    let open = Arc::new(Semaphore::new(app.config.max_connections.min(Semaphore::MAX_PERMITS)));
    let grace = Duration::from_millis(app.config.shutdown_grace_ms);
    let addresses: Vec<SocketAddr> = listeners.iter().map(|(address, ..)| *address).collect();
    let router = router(app, &addresses);
    let mut tasks = JoinSet::new();
    for (address, listener, private) in listeners {
        let acceptor = RustlsAcceptor::new(tls.clone()).acceptor(NoDelayAcceptor::new());
        let acceptor = IdentifyPeer::new(acceptor, private);
        let mut server = axum_server::from_tcp(listener)
            .map_err(|source| ServeError::Bind { address, source })?
            .acceptor(LimitConnections::new(acceptor, Arc::clone(&open)))
            .handle(handle.clone());
        let builder = server.http_builder();
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEADERS_WITHIN);
        tasks.spawn(server.serve(router.clone().into_make_service()));
    }
    tasks.spawn(async move {
        shutdown.await;
        handle.graceful_shutdown(Some(grace));
        Ok(())
    });
    Ok(Serving { addresses, tasks })
}

/// Binds one address. An IPv6 address takes IPv6 only, so that `0.0.0.0` and `[::]` can stand
/// side by side on every system.
fn bind(address: SocketAddr) -> Result<(SocketAddr, TcpListener), ServeError> {
    let attempt = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // A restart need not wait for connections of the last run to be forgotten.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        Ok((listener.local_addr()?, listener))
    };
    attempt().map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::AddressInUse { address },
        _ => ServeError::Bind { address, source },
    })
}
