//! The log on standard error: lines for a person at a terminal, JSON for a collector.
//!
//! Neither ever holds an address, a subject or a secret; those are in the records, sealed.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines to read
    Text,
    /// One JSON object a line
    Json,
}

/// Chooses what is told.
const VARIABLE: &str = "YAKUSOKU_LOG";
/// Libraries that would tell the names they look up or the statements they run stay quiet.
const USUAL: &str =
    "info,hickory_net=error,hickory_proto=error,hickory_resolver=error,sqlx=error,rustls=error";

/// Starts logging. `YAKUSOKU_LOG` chooses what is told, such as `debug` or `relay=debug,info`.
pub fn start(format: Option<LogFormat>) {
    let terminal = std::io::stderr().is_terminal();
    let format = format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let asked = std::env::var(VARIABLE).unwrap_or_default();
    let filter = EnvFilter::new(if asked.is_empty() { USUAL } else { &asked });
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(terminal).with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
