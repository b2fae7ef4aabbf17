//! How many connections may be open together.

use axum_server::accept::Accept;
use futures::future::BoxFuture;
use http::Request;
use std::{
    io,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

/// Accepts by `inner` while fewer than a fixed number of connections are open, and closes the rest.
#[derive(Clone)]
pub(crate) struct LimitConnections<A> {
    inner: A,
    open: Arc<Semaphore>,
}

impl<A> LimitConnections<A> {
    pub(crate) const fn new(inner: A, open: Arc<Semaphore>) -> Self {
        Self { inner, open }
    }
}

impl<A, I, S> Accept<I, S> for LimitConnections<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
    A::Stream: Send,
    A::Service: Send,
{
    type Stream = A::Stream;
    type Service = Counted<A::Service>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        // Taken before the handshake: unfinished handshakes count as well.
        let permit = Arc::clone(&self.open).try_acquire_owned();
        let accepting = self.inner.accept(stream, service);
        Box::pin(async move {
            let permit = permit.map_err(|_| io::Error::other("too many connections are open"))?;
            let (stream, inner) = accepting.await?;
            Ok((stream, Counted { inner, _permit: Arc::new(permit) }))
        })
    }
}

/// A connection's service, which counts as open until it is dropped.
#[derive(Clone)]
pub(crate) struct Counted<S> {
    inner: S,
    _permit: Arc<OwnedSemaphorePermit>,
}

impl<S, B> Service<Request<B>> for Counted<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        self.inner.call(request)
    }
}
