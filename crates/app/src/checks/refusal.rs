//! Why a check of the console is not taken, changed or run, as values.

use super::SettingsError;

/// What was asked for a check cannot be. The sentence says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckRefusal {
    /// The name of a check with other letters, none, or too many.
    #[error("the name of a check has 1 to {longest} letters (a-z), digits, hyphens or dots")]
    Name {
        /// Letters.
        longest: usize,
    },
    /// Settings of a check that make no sense.
    #[error("the check cannot be run: {why}")]
    Settings {
        /// What is wrong with them.
        why: SettingsError,
    },
    /// A command, which only the configuration may name.
    #[error("a plugin runs a command with our rights: write it into the configuration")]
    ByConfiguration,
    /// The name is taken.
    #[error("there is a check {name} already: choose another name")]
    Taken {
        /// Which one.
        name: String,
    },
    /// No check of that name in the console.
    #[error("there is no check {name} that was added in the console: look at the list")]
    Unknown {
        /// Which one.
        name: String,
    },
    /// No room for another check.
    #[error("there are {most} checks: remove one first")]
    Full {
        /// How many there may be.
        most: usize,
    },
    /// A customer has as many checks as he may.
    #[error("there are {most} checks already: remove one first")]
    CustomerFull {
        /// How many there may be.
        most: usize,
    },
    /// A customer's check may not look that often.
    #[error("a check looks every {least} seconds at the most: choose a longer pace")]
    Pace {
        /// In seconds.
        least: u64,
    },
    /// A contract is judged by the check, so that only an administrator may change it.
    #[error("the check {name} counts for a contract: ask us to change it")]
    Mapped {
        /// Which one.
        name: String,
    },
    /// A customer tried too often.
    #[error("{most} looks were tried within a minute: wait a minute")]
    Tries {
        /// How many there may be.
        most: u32,
    },
    /// This program has no watcher.
    #[error("nobody looks in this program: start it with `yakusoku up` or `yakusoku office`")]
    NobodyLooks,
}
