//! Why something that a person asked of a station cannot be.

use crate::{AppError, Refusal};

/// What was asked of a station cannot be. The sentence says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StationRefusal {
    /// No listener for stations.
    #[error("stations cannot dial this office: add `listen` in [link] to the configuration")]
    LinkOff,
    /// A name with other letters, none, or too many.
    #[error(
        "the name of a station has 1 to {longest} letters (a-z, A-Z), digits, dots, hyphens or _"
    )]
    Name {
        /// Letters.
        longest: usize,
    },
    /// A site that is empty, too long, or more than a line.
    #[error("a site is one line of up to {longest} letters")]
    Site {
        /// Letters.
        longest: usize,
    },
    /// Too many contracts.
    #[error("a machine is kept under up to {most} contracts")]
    Contracts {
        /// How many.
        most: usize,
    },
    /// The name is taken.
    #[error("there is a station {name} already: choose another name, or revoke that one first")]
    Taken {
        /// Which one.
        name: String,
    },
    /// The name was that of a station of the other kind.
    #[error("{name} was a station of the other kind: choose another name")]
    OtherKind {
        /// Which one.
        name: String,
    },
    /// No station of that name.
    #[error("there is no station {name}: look at `yakusoku station list`")]
    Nobody {
        /// Which one.
        name: String,
    },
    /// Its token is good for nothing.
    #[error("{name} is revoked: add it again for a new token")]
    Revoked {
        /// Which one.
        name: String,
    },
    /// Only agents do anything.
    #[error("{name} is a node and does nothing but look: orders go to agents")]
    NotAnAgent {
        /// Which one.
        name: String,
    },
    /// The name of an action with other letters, none, or too many.
    #[error(
        "the name of an action has 1 to {longest} letters (a-z, A-Z), digits, dots, hyphens or _"
    )]
    Action {
        /// Letters.
        longest: usize,
    },
    /// It does not fetch them.
    #[error("{most} orders wait for {name} already: it does not fetch them")]
    OrdersWaiting {
        /// Which station.
        name: String,
        /// How many may wait.
        most: usize,
    },
    /// No order of that number.
    #[error("there is no order {id}: look at `yakusoku station show`")]
    NoOrder {
        /// As it was asked for.
        id: i64,
    },
}

pub(super) fn refused<T>(why: StationRefusal) -> Result<T, AppError> {
    Err(AppError::Refused(Refusal::Station(why)))
}
