//! The ready file: everything a script needs to know, written when all of it listens.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

/// What `docs/FORMATS.md` describes under "Ready file".
#[derive(Serialize)]
pub struct Ready {
    /// The first listener of the first composition; `null` in the role `office`.
    pub smtp: Option<SocketAddr>,
    /// The first one with TLS from the first byte.
    pub smtps: Option<SocketAddr>,
    /// As a URL; `null` in the role `relay`.
    pub console: Option<String>,
    /// Where stations dial in; `null` when they may not.
    pub link: Option<SocketAddr>,
    /// Who signs in to the console.
    pub administrator: Option<Administrator>,
    /// Who signs in over SMTP.
    pub api_user: Option<ApiUser>,
    /// The data folder.
    pub data: String,
    /// Our process.
    pub pid: u32,
}

/// A person. The password is known only to the start that made it.
#[derive(Serialize)]
pub struct Administrator {
    /// Such as `admin`.
    pub login: String,
    /// `null` on later starts.
    pub password: Option<String>,
}

/// A program.
#[derive(Serialize)]
pub struct ApiUser {
    /// Such as `api@sandbox.example`.
    pub name: String,
    /// `null` on later starts.
    pub password: Option<String>,
}

/// Writes the file whole: whoever sees it can read all of it. Mode 600, since it may hold
/// passwords.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, ready: &Ready) -> anyhow::Result<()> {
    let failed = || format!("cannot write the ready file {}", path.display());
    let text = serde_json::to_string_pretty(ready).with_context(failed)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".new-{}", std::process::id()));
    let draft = Path::new(&draft);
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(draft);
    file.and_then(|mut file| writeln!(file, "{text}")).with_context(failed)?;
    fs::rename(draft, path).with_context(failed)
}
