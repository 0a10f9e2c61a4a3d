//! The verbs: one function for each thing a person or a timer can do.
//!
//! Each loads what it needs, lets a lower floor decide, and records. `now` is always an argument.

pub mod accounts;
pub mod deliveries;
pub mod domains;
pub mod queue;
pub mod sandbox;

use std::path::PathBuf;
use std::sync::Arc;

use vault::Vault;

/// What every verb works on.
pub struct Office {
    /// Seals and opens.
    pub vault: Arc<Vault>,
    /// Where the relay keeps its things.
    pub relay: RelayFolder,
    /// Compositions by name, and what they do with mail, for the screens.
    pub compositions: Vec<mail::roster::Composition>,
    // pub store: store::Store,
}

/// The relay's folder: `roster.json`, `journal/`, `sandbox/`, `control.sock` are in it.
#[derive(Clone, Debug)]
pub struct RelayFolder(pub PathBuf);

/// Why a verb could not be done. Display is one sentence for the person who asked; the source has
/// the details.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The person asked for something that cannot be; the sentence says what to do.
    #[error("{0}")]
    Refused(String),
    /// The records could not be read or written.
    #[error("the records cannot be reached")]
    Records(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The relay did not answer.
    #[error("the relay does not answer: is it running?")]
    Relay(#[source] std::io::Error),
}
