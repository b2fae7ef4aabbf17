//! A program from its beginning to its end.

use crate::{Call, Sandbox, SandboxError, walls};
use std::{
    collections::VecDeque,
    fs,
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The last of what a program says that is kept, in bytes.
const KEPT_BYTES: usize = 16 << 10;

/// How often it is looked whether a program has ended that writes no more.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A program that has run to its end.
#[derive(Debug)]
pub struct Ended<T> {
    /// What it wrote, as it was read.
    pub read: T,
    /// What it said beside that.
    pub said: Said,
}

/// What a program has written on its standard error. It may hold what is in the rows that it was handed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The last of it.
    pub last: String,
    /// How much it was.
    pub bytes: u64,
}

/// Holds a program: once it is dropped, the program ends.
struct Leash(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    child: Option<Child>,
    let_go: bool,
}

impl Drop for Leash {
    fn drop(&mut self) {
        let mut held = lock(&self.0);
        held.let_go = true;
        kill(&mut held);
    }
}

/// Runs a program on a thread of its own, which lives as long: a program ends with the thread that has begun it.
pub(crate) async fn live<T: Send + 'static>(
    sandbox: Sandbox,
    program: PathBuf,
    call: Call,
    feed: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
    read: impl FnOnce(&mut dyn Read) -> Result<T, String> + Send + 'static,
) -> Result<Ended<T>, SandboxError> {
    let leash = Leash(Arc::default());
    let held = Arc::clone(&leash.0);
    let (done, heard) = oneshot::channel();
    let begun = thread::Builder::new().name("program".to_owned()).spawn(move || {
        let own = folder(&call.files).map_err(io_error("write the program's files"));
        let ended = own.and_then(|own| {
            let words = [program.display().to_string()].into_iter().chain(call.words.into_iter().skip(1));
            run(&sandbox, own.path(), &words.collect::<Vec<_>>(), &held, (feed, read))
        });
        // Nobody hears it who has dropped the leash.
        let _ = done.send(ended);
    });
    begun.map_err(io_error("begin a thread"))?;
    let ended = heard.await.unwrap_or_else(|_| Err(SandboxError::Output("the rows broke off".to_owned())));
    drop(leash);
    ended
}

/// A folder with the program's files.
fn folder(files: &[(String, String)]) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("carelake-program-").tempdir()?;
    for (name, text) in files {
        fs::write(folder.path().join(name), text)?;
    }
    Ok(folder)
}

fn run<T>(
    sandbox: &Sandbox,
    own: &Path,
    words: &[String],
    held: &Mutex<Held>,
    (feed, read): (
        impl FnOnce(&mut dyn Write) -> io::Result<()> + Send,
        impl FnOnce(&mut dyn Read) -> Result<T, String>,
    ),
) -> Result<Ended<T>, SandboxError> {
    let mut command = walls::around(sandbox, own, words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(source) => return Err(walls_or(sandbox, own, io_error("begin the program")(source))),
    };
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut input), Some(mut output), Some(messages)) = pipes else {
        return Err(io_error("speak to the program")(ErrorKind::BrokenPipe.into()));
    };
    {
        let mut held = lock(held);
        held.child = Some(child);
        if held.let_go {
            kill(&mut held);
        }
    }
    let (fed, read, said, status) = thread::scope(|threads| {
        let feeding = threads.spawn(move || feed(&mut input));
        let hearing = threads.spawn(move || hear(messages));
        let read = read(&mut output);
        drop(output);
        if read.is_err() {
            kill(&mut lock(held));
        }
        let status = wait(held);
        (feeding.join(), read, hearing.join().unwrap_or_default(), status)
    });
    let status = status.map_err(io_error("wait for the program"))?;
    // A program that failed is told before what its last rows looked like; one that was ended for its rows is not.
    let ended_for_its_rows = read.is_err() && status.code().is_none();
    if !status.success() && !ended_for_its_rows {
        let failed = SandboxError::Failed { how: status.to_string(), said };
        return Err(walls_or(sandbox, own, failed));
    }
    let read = read.map_err(SandboxError::Output)?;
    match fed {
        Ok(Err(error)) if error.kind() != ErrorKind::BrokenPipe => {
            Err(io_error("hand the program its rows")(error))
        }
        Err(_) => Err(SandboxError::Output("the rows could not be written".to_owned())),
        Ok(_) => Ok(Ended { read, said }),
    }
}

/// That the walls cannot be put up, if that is why something failed.
fn walls_or(sandbox: &Sandbox, own: &Path, error: SandboxError) -> SandboxError {
    walls::missing(sandbox, own).map_or(error, SandboxError::Walls)
}

/// Hears all that a program says, and keeps the last of it.
fn hear(mut messages: impl Read) -> Said {
    let (mut kept, mut bytes) = (VecDeque::new(), 0);
    let mut piece = [0; 4096];
    loop {
        match messages.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(more) => {
                bytes += more as u64;
                kept.extend(&piece[..more]);
                kept.drain(..kept.len().saturating_sub(KEPT_BYTES));
            }
        }
    }
    Said { last: String::from_utf8_lossy(kept.make_contiguous()).into_owned(), bytes }
}

/// Waits until a program has ended; it can be killed meanwhile.
fn wait(held: &Mutex<Held>) -> io::Result<ExitStatus> {
    loop {
        if let Some(child) = &mut lock(held).child
            && let Some(status) = child.try_wait()?
        {
            return Ok(status);
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn kill(held: &mut Held) {
    if let Some(child) = &mut held.child {
        // What has ended already cannot be killed.
        let _ = child.kill();
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn io_error(action: &'static str) -> impl FnOnce(io::Error) -> SandboxError {
    move |source| SandboxError::Io { action, source }
}
