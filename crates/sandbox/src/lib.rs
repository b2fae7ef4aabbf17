//! A program that sees what it is handed, and nothing else.
//!
//! It reads rows on its standard input and writes rows on its standard output. Around
//! it there are [walls]: no network, no file but programs of the machine and its own,
//! no process but its own, no variable of the environment, and bounds in bytes. The walls
//! are [bubblewrap]'s, which needs no rights of the one who calls it.
//!
//! Whoever drops the future that [`Sandbox::run`] gives ends the program, with all
//! that it has begun; so does the end of this process, however it comes.
//!
//! [walls]: Sandbox
//! [bubblewrap]: https://github.com/containers/bubblewrap

mod error;
mod life;
mod walls;

pub use error::SandboxError;
pub use life::{Ended, Said};

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// What programs may be run, and what they may see and use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sandbox {
    /// Programs that may be begun, by path. None may be by default.
    pub allow: Vec<PathBuf>,
    /// Folders that they may read besides `/usr`.
    pub folders: Vec<PathBuf>,
    /// What each of its processes may have of memory, and all of them of `/tmp`, in bytes.
    pub memory_bytes: u64,
}

/// A program to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// How it is called: the file name of a program that is allowed, then what it is told.
    pub words: Vec<String>,
    /// Files of its own, by name, in the folder that it begins in. It cannot change them.
    pub files: Vec<(String, String)>,
}

impl Sandbox {
    /// The program that goes by a name: the one among those allowed whose file is called so.
    ///
    /// # Errors
    /// It is not allowed, or is not on this machine.
    pub fn program(&self, name: &str) -> Result<&Path, SandboxError> {
        let called = |path: &&PathBuf| path.file_name().is_some_and(|file| file == name);
        let Some(path) = self.allow.iter().find(called) else {
            return Err(SandboxError::NotAllowed { name: name.to_owned(), allowed: self.names() });
        };
        match path.is_file() {
            true => Ok(path),
            false => Err(SandboxError::Missing(path.clone())),
        }
    }

    /// Runs a program: `feed` writes what it reads, `read` reads what it writes, each on a thread of its own.
    /// A program that ends before it has read all that it was fed has not failed by that.
    ///
    /// # Errors
    /// It may not be run, or the walls cannot be put up; `read` did not understand it; or it ended otherwise
    /// than with exit status 0.
    pub async fn run<T: Send + 'static>(
        &self,
        call: &Call,
        feed: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
        read: impl FnOnce(&mut dyn Read) -> Result<T, String> + Send + 'static,
    ) -> Result<Ended<T>, SandboxError> {
        let name = call.words.first().map_or("", String::as_str);
        life::live(self.clone(), self.program(name)?.to_owned(), call.clone(), feed, read).await
    }

    fn names(&self) -> String {
        let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.allow.iter().filter_map(name).collect::<Vec<_>>().join(", ")
    }
}
