//! The process on a machine away from the office: measures it, reads its logs, acts when ordered, and
//! brings all that to the office.
//!
//! It knows no contract, promise or limit. What it saw lies in a journal on its own disk until the
//! office has it. It does what its own file allows and nothing else: an order names an action and
//! carries no arguments. One thread; whoever calls gives the clock.

mod database;
mod deliver;
mod journal;
mod logs;
mod machine;
mod measure;
mod orders;
mod preview;
mod program;
mod reader;
mod run;
mod settings;
mod waiting;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use link::{Token, TokenError};

pub use preview::{Preview, preview};
pub use run::{is_known_as, run};
pub use settings::{
    Action, Database, Finding, Log, LogSource, Office, Patterns, Program, Settings, SizeBy, Watched,
};

/// The name under which we ask.
const NAME: &str = "yakusoku-agent";

/// Tells the time.
pub type Clock = fn() -> Timestamp;

/// Why the agent cannot run.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The state folder cannot be used.
    #[error("cannot use the state folder {path}")]
    State {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another agent has it.
    #[error(
        "another agent uses the state folder {path}: stop it, or give this one its own `state`"
    )]
    Taken {
        /// Which folder.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others could read a secret, or change what orders can start.
    #[error("{path} can be {what} by others: run `chmod {mode} {path}`")]
    Permissions {
        /// Which file.
        path: PathBuf,
        /// Read or written.
        what: &'static str,
        /// As it should be.
        mode: &'static str,
    },
    /// The token's file holds no token.
    #[error("{path} holds no token")]
    Token {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TokenError,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// The token of the settings' file.
///
/// # Errors
/// When it cannot be read, others can read it too, or it holds no token.
pub fn token(settings: &Settings) -> Result<Token, AgentError> {
    let path = settings.token_file.clone();
    let text = guarded(&path, 0o007, ("read", "o-rwx"))?;
    Token::parse(&text).map_err(|source| AgentError::Token { path, source })
}

/// The text of the agent's own file, which nobody but its owner may change: it says what orders can
/// start.
///
/// # Errors
/// When it cannot be read, or others can change it.
pub fn settings_text(path: &Path) -> Result<String, AgentError> {
    guarded(path, 0o022, ("written", "go-w"))
}

fn guarded(
    path: &Path,
    mask: u32,
    (what, mode): (&'static str, &'static str),
) -> Result<String, AgentError> {
    let failed = |source| AgentError::File { path: path.to_owned(), source };
    let seen = fs::metadata(path).map_err(failed)?;
    if seen.permissions().mode() & mask != 0 {
        return Err(AgentError::Permissions { path: path.to_owned(), what, mode });
    }
    fs::read_to_string(path).map_err(failed)
}
