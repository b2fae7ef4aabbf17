//! Listening: every address is bound before anything is served, and stopping has an end.

use crate::{
    app::App,
    connection::{Connections, turned},
    request,
    router::router,
    tls::Tls,
};
use socket2::{Domain, Protocol, Socket, Type};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Connections that wait to be accepted, per address.
const BACKLOG: i32 = 1024;

/// How long to wait after a connection could not be accepted: the process has no descriptor left, for instance.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// Why the gateway could not begin to listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program listens there.
    #[error(
        "the address {address} is in use by another program; stop it, or set gateway.listen or console.listen to another address"
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
    tasks: JoinSet<()>,
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
        while self.tasks.join_next().await.is_some() {}
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
    let listeners = bind_all(&app.config.listen, &app.config.listen_private)?;
    let grace = Duration::from_millis(app.config.shutdown_grace_ms);
    let addresses: Vec<SocketAddr> = listeners.iter().map(|(address, ..)| *address).collect();
    let connections = Connections::new(
        router(Arc::clone(&app), &addresses),
        tls.config().into(),
        app.config.max_connections,
        Arc::clone(&app.audit),
        Arc::clone(&app.clock),
        request::address(&app.config, &addresses).into(),
    );
    Ok(accept_all(listeners, connections, grace, shutdown))
}

/// An address, whoever listens there, and whether only a private link leads to it.
pub(crate) type Listening = (SocketAddr, TcpListener, bool);

/// Binds all addresses, or none.
pub(crate) fn bind_all(public: &[SocketAddr], private: &[SocketAddr]) -> Result<Vec<Listening>, ServeError> {
    if public.is_empty() {
        return Err(ServeError::NoAddress);
    }
    let public = public.iter().map(|address| (*address, false));
    let private = private.iter().map(|address| (*address, true));
    public
        .chain(private)
        .map(|(address, private)| bind(address).map(|(address, listener)| (address, listener, private)))
        .collect()
}

/// Serves connections on all of them until `shutdown` is ready, and those that are open then for `grace` more.
pub(crate) fn accept_all<F>(
    listeners: Vec<Listening>,
    connections: Connections,
    grace: Duration,
    shutdown: F,
) -> Serving
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let addresses = listeners.iter().map(|(address, ..)| *address).collect();
    let connections = Arc::new(connections);
    let (stop, stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for (_, listener, private) in listeners {
        tasks.spawn(accept(listener, private, Arc::clone(&connections), grace, stopping.clone()));
    }
    tasks.spawn(async move {
        shutdown.await;
        stop.send_replace(true);
    });
    Serving { addresses, tasks }
}

/// Accepts connections until `stopping` turns true, then waits up to `grace` for those that are open.
async fn accept(
    listener: TcpListener,
    private: bool,
    connections: Arc<Connections>,
    grace: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = open.join_next() => continue,
            () = turned(&mut stopping) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let (connections, stopping) = (Arc::clone(&connections), stopping.clone());
                open.spawn(async move { connections.serve(stream, private, stopping).await });
            }
            // Gone before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be accepted");
                sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
    drop(listener);
    // Dropping the set cuts off whatever is left.
    let _ = timeout(grace, async { while open.join_next().await.is_some() {} }).await;
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
        let listener = TcpListener::from_std(socket.into())?;
        Ok((listener.local_addr()?, listener))
    };
    attempt().map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::AddressInUse { address },
        _ => ServeError::Bind { address, source },
    })
}
