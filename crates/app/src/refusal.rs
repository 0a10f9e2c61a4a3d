//! Why a verb refuses what a person asked for, as a value: the command line prints its English
//! sentence, the console says it in the reader's language.

use crate::accounts::AccountKind;

/// What was asked for cannot be. The sentence says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A login with other characters, none, or too many.
    #[error("a login has 1 to {longest} letters (a-z), digits, dots, hyphens, underscores or @")]
    Login {
        /// Characters.
        longest: usize,
    },
    /// The name of an API user that is no address.
    #[error("the name of an API user has the form of an address, such as api@example.jp: {why}")]
    ApiUserName {
        /// What is wrong with it.
        why: mail::AddressError,
    },
    /// A password that is too short; for an API user it may also lack letters or digits.
    #[error("the password needs at least {least} characters{}", match kind {
        AccountKind::Administrator => "",
        AccountKind::ApiUser => ", with letters and digits",
    })]
    WeakPassword {
        /// Whose.
        kind: AccountKind,
        /// Characters.
        least: usize,
    },
    /// A password that would take too long to hash.
    #[error("the password may have at most {most} bytes")]
    LongPassword {
        /// Bytes.
        most: usize,
    },
    /// No room for another account.
    #[error("there are {most} accounts: remove one first")]
    AccountsFull {
        /// How many there may be.
        most: usize,
    },
    /// The name is taken.
    #[error("there is an account {name} already: choose another name, or set its password")]
    AccountTaken {
        /// Which one.
        name: String,
    },
    /// No account of that name.
    #[error("there is no account {name}: look at the list")]
    NoAccount {
        /// Which one.
        name: String,
    },
    /// Without it nobody could sign in.
    #[error("{name} is the last administrator: add another one first")]
    LastAdministrator {
        /// Who.
        name: String,
    },
    /// No turn to hash a password within the time a person waits.
    #[error("too many people sign in at this moment: try again in a minute")]
    Busy,
    /// No room for another sending domain.
    #[error("there are {most} domains: remove one first")]
    DomainsFull {
        /// How many there may be.
        most: usize,
    },
    /// The domain is there.
    #[error("{name} is a sending domain already")]
    DomainTaken {
        /// Which one.
        name: String,
    },
    /// No such sending domain.
    #[error("{name} is not one of our sending domains: add it first")]
    NoDomain {
        /// Which one.
        name: String,
    },
    /// A domain in its own letters.
    #[error("write {name} in its ASCII form (xn--…): DNS and signatures know only that")]
    DomainNotAscii {
        /// As it was typed.
        name: String,
    },
    /// No domain at all.
    #[error("{name:?} is not a domain name such as example.jp")]
    NotADomain {
        /// As it was typed.
        name: String,
    },
    /// `from` after `until`.
    #[error("the search begins after it ends: exchange the two times")]
    SearchBackwards,
    /// Too many rows, or none.
    #[error("a page has 1 to {most} rows")]
    Rows {
        /// How many there may be.
        most: u16,
    },
    /// `after` is nothing that a page before told.
    #[error("that page is not known: begin with the first")]
    UnknownPage,
    /// A part of an address.
    #[error(
        "addresses are kept encrypted, so only a whole address (taro@example.jp) or a whole \
         domain (@example.jp) can be looked for"
    )]
    PartOfAddress,
    /// A graph of nothing, or of more than there is.
    #[error("a graph shows a span of up to {days} days that ends after it begins")]
    GraphSpan {
        /// Retention.
        days: i32,
    },
    /// No contract of that name.
    #[error("there is no contract {name} in the configuration: add it as a [[contract]]")]
    NoContract {
        /// As it was asked for.
        name: String,
    },
    /// No statement of that month or service.
    #[error(
        "there is no statement of {month}: the contract was not in force, or has no such service"
    )]
    NoStatement {
        /// Such as `2026-11`.
        month: String,
    },
    /// A contract has more evidence than is kept.
    #[error("{contract} has {most} {what} in the records: no more are kept")]
    EvidenceFull {
        /// Of which contract.
        contract: String,
        /// What there is too much of, in English.
        what: &'static str,
        /// How many there may be.
        most: i64,
    },
    /// A contract has more evidence than can be looked at.
    #[error("the evidence of {contract} is too much to look at: {why}")]
    TooMuchEvidence {
        /// Of which contract.
        contract: String,
        /// What there is too much of, in English.
        why: String,
    },
    /// A log with more measurements or other events than are imported at once.
    #[error("the log has more than {most} events: import it in parts")]
    LogTooLong {
        /// How many there may be.
        most: usize,
    },
    /// The name of a check with other letters, none, or too many.
    #[error("the name of a check has 1 to {longest} letters (a-z), digits, hyphens or dots")]
    CheckName {
        /// Letters.
        longest: usize,
    },
    /// Settings of a check that make no sense.
    #[error("the check cannot be run: {why}")]
    CheckSettings {
        /// What is wrong with them.
        why: crate::checks::SettingsError,
    },
    /// A command, which only the configuration may name.
    #[error("a plugin runs a command with our rights: write it into the configuration")]
    CheckByConfiguration,
    /// The name is taken.
    #[error("there is a check {name} already: choose another name")]
    CheckTaken {
        /// Which one.
        name: String,
    },
    /// No check of that name in the console.
    #[error("there is no check {name} that was added in the console: look at the list")]
    NoCheck {
        /// Which one.
        name: String,
    },
    /// No room for another check.
    #[error("there are {most} checks: remove one first")]
    ChecksFull {
        /// How many there may be.
        most: usize,
    },
    /// This program has no watcher.
    #[error("nobody looks in this program: start it with `yakusoku up` or `yakusoku office`")]
    NobodyLooks,
    /// The relay would not; its own sentence, in English.
    #[error("{0}")]
    ByRelay(String),
}
