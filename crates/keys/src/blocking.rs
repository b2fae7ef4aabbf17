//! Runs work that blocks a thread away from the threads that serve.

use object_store::Result;
use tokio::runtime::Handle;

/// Runs `work` on the runtime's blocking pool, or here where there is no runtime.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T> + Send + 'static,
{
    match Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await?,
        Err(_) => work(),
    }
}
