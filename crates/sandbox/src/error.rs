//! Why a program was not run to its end.

use crate::Said;
use std::{io, path::PathBuf};

/// Why a program was not run to its end. No message holds what a program wrote.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Nobody has allowed it.
    #[error("`{name}` is no program that may be run here; {}", allowed_in_words(.allowed))]
    NotAllowed {
        /// How it was called.
        name: String,
        /// What is allowed, in words.
        allowed: String,
    },
    /// It is allowed, and is not there.
    #[error("the program `{}` is not on this machine", .0.display())]
    Missing(PathBuf),
    /// What shuts programs in is missing, or may not do so here.
    #[error("programs cannot be shut in on this machine: {0}")]
    Walls(String),
    /// The program could not be begun or spoken to.
    #[error("{action}")]
    Io {
        /// What was done.
        action: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// What it wrote was not understood.
    #[error("{0}")]
    Output(String),
    /// It ended otherwise than with exit status 0.
    #[error("the program ended with {how}, and wrote {} bytes of messages, which a preview shows", .said.bytes)]
    Failed {
        /// How it ended, such as `exit status 1`.
        how: String,
        /// What it said, for those only who may see its rows.
        said: Said,
    },
}

fn allowed_in_words(allowed: &str) -> String {
    match allowed {
        "" => "whoever keeps the lake names programs in `[programs] allow`".to_owned(),
        _ => format!("there are {allowed}"),
    }
}
