//! Why a verb refuses what a person asked for, as a value: the command line prints its English
//! sentence, the console says it in the reader's language.

use crate::accounts::AccountKind;

/// What was asked for cannot be. The sentence says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A contract that is not kept.
    #[error(transparent)]
    Keep(#[from] crate::kept::KeepError),
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
        AccountKind::Administrator | AccountKind::Customer => "",
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
    /// A customer sees contracts, so he needs one.
    #[error("a customer needs at least one contract to see: name it")]
    CustomerOfNothing,
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
    #[error("there is no contract {name}: add it by `contract add` or as a [[contract]]")]
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
    #[error(
        "{contract} may have {most} {what} in the records, and there would be more: take a log back \
         with --withdraw, or import less"
    )]
    EvidenceFull {
        /// Of which contract.
        contract: String,
        /// What there is too much of, in English.
        what: &'static str,
        /// How many there may be.
        most: i64,
    },
    /// A contract has too many open incidents.
    #[error("{contract} has {most} open incidents, and no more are opened: close what is over")]
    IncidentsFull {
        /// Of which contract.
        contract: String,
        /// How many there may be.
        most: i64,
    },
    /// A timeline is full.
    #[error("incident {id} has {most} entries, and no more are written: go on in a new one")]
    TimelineFull {
        /// Which one.
        id: i64,
        /// How many there may be.
        most: i64,
    },
    /// A contract has more evidence than can be looked at.
    #[error(
        "the evidence of {contract} is too much to look at: {why}; take a log back with \
         yakusoku import --withdraw"
    )]
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
    /// A window without a contract.
    #[error("name at least one contract that the window concerns")]
    WindowOfNobody,
    /// A window that ends when it begins, or lasts too long.
    #[error("a window ends after it begins and lasts up to {days} days")]
    WindowLength {
        /// How long it may last.
        days: i64,
    },
    /// A window in the past.
    #[error("the window is over: what was done then is told by importing a log")]
    WindowOver,
    /// A title that is too long or has control characters.
    #[error("a title is one line of up to {most} letters")]
    WindowTitle {
        /// Letters.
        most: usize,
    },
    /// No such window, or it was cancelled.
    #[error("there is no window {id} that stands: look at `yakusoku window list`")]
    NoWindow {
        /// As it was asked for.
        id: String,
    },
    /// A window that goes on or is over.
    #[error("{id} has begun and cannot be cancelled")]
    WindowBegun {
        /// Its name.
        id: String,
    },
    /// A contract without recipients.
    #[error("nobody is told of {contract}: say who by `contract notify` or in its [[contract]]")]
    NobodyToTell {
        /// Which one.
        contract: String,
    },
    /// Mail addresses, and nobody who carries mail.
    #[error("no courier carries the mail of {contract}: add a [[courier]] of kind `mail`")]
    NoMailCourier {
        /// Which one.
        contract: String,
    },
    /// News of the relay that could only travel through the relay.
    #[error(
        "news of {contract} is about the relay and cannot travel through the relay alone: add a \
         [[courier]] of kind `mail` whose server is another one"
    )]
    NoSecondRoute {
        /// Which one.
        contract: String,
    },
    /// A subject that is empty, too long, or more than a line.
    #[error("a subject is one line of up to {most} letters")]
    NoticeSubject {
        /// Letters.
        most: usize,
    },
    /// A text that is empty or too long.
    #[error("a notice has a text of up to {most} bytes")]
    NoticeText {
        /// Bytes.
        most: usize,
    },
    /// No such draft: it was sent or dropped.
    #[error("notice {number} is not a draft: it was sent or dropped")]
    NoDraft {
        /// Which one.
        number: i64,
    },
    /// No such notice.
    #[error("there is no notice {number}: look at `yakusoku notice list`")]
    NoNotice {
        /// Which one.
        number: i64,
    },
    /// A sending that waits, is on its way, or was sent.
    #[error("notice {number} did not fail to be sent there")]
    NotFailed {
        /// Which one.
        number: i64,
    },
    /// Somebody will have been told.
    #[error("what was told by other means was told before now")]
    ToldInFuture,
    /// A log with more measurements of one function from one site on one day than are kept.
    #[error("the log has more than {most} measurements of {function} on one day: thin them out")]
    DayTooLong {
        /// Of which function.
        function: String,
        /// How many there may be.
        most: u64,
    },
    /// No incident of that number.
    #[error("there is no incident {id}: look at the list")]
    NoIncident {
        /// As it was asked for.
        id: i64,
    },
    /// Nothing more is done in it.
    #[error("incident {id} is closed: take that entry back first, or add a note")]
    IncidentClosed {
        /// Which one.
        id: i64,
    },
    /// Others write into it all the time.
    #[error("others are writing into incident {id}: look at it and try again")]
    IncidentBusy {
        /// Which one.
        id: i64,
    },
    /// It has not been repaired.
    #[error("incident {id} is not recovered: say so first, then close it")]
    NotRecovered {
        /// Which one.
        id: i64,
    },
    /// Its report is still owed.
    #[error("the report of incident {id} is owed: issue it first, then close the incident")]
    ReportFirst {
        /// Which one.
        id: i64,
    },
    /// A function is seen down.
    #[error("{function} is still seen down: it has recovered when it is seen up")]
    StillDown {
        /// Which one.
        function: String,
    },
    /// No such function in the contract.
    #[error("the contract has no function {name}: look at its services")]
    NoFunction {
        /// As it was asked for.
        name: String,
    },
    /// No such service in the contract.
    #[error("the contract has no service {name:?}: look at the contract")]
    NoService {
        /// As it was asked for.
        name: String,
    },
    /// The ladder has no such step, or it was not taken.
    #[error("{ladder} has no step {level} here: look at what has its turn")]
    NoStep {
        /// Which ladder.
        ladder: String,
        /// Which level.
        level: u8,
    },
    /// Outside the customer's hours the emergency contact comes first.
    #[error(
        "it is outside the customer's hours: reach the emergency contact first and write down each \
         try"
    )]
    ContactFirst,
    /// Something stands before a step.
    #[error(transparent)]
    Step(#[from] crate::incidents::StepRefusal),
    /// No such clock can be started or met.
    #[error("{promise} is no clock that can be started or met by hand here: look at the clocks")]
    NoClock {
        /// As it was asked for.
        promise: String,
    },
    /// A priority that there is not.
    #[error("a priority is a number from 1, the most urgent, to {0}")]
    Priority(u8),
    /// A step that the runbook does not have, or that had its turn.
    #[error("step {0} of the runbook cannot be done or left out here: look at the runbook")]
    NoRunbookStep(u16),
    /// A mute that is over before it begins.
    #[error("the mute would be over already: give a later time")]
    MuteBackwards,
    /// An entry that stays.
    #[error("entry {entry} cannot be taken back: there is none, or others rest on it")]
    NotTakenBack {
        /// Its number.
        entry: u32,
    },
    /// A time in the future or long before the incident.
    #[error("that time is in the future or long before the incident: give when it happened")]
    NotThen,
    /// A title or text is missing.
    #[error("write a few words")]
    NoText,
    /// A text that is too long.
    #[error("a text has at most {most} characters: shorten it")]
    LongText {
        /// Characters.
        most: usize,
    },
    /// Two incidents that cannot be one.
    #[error("only two open incidents of one contract can be merged")]
    NotMerged,
    /// Nothing, or everything, would go over.
    #[error("choose at least one function that is in the incident, and leave one")]
    NotSplit,
    /// A report before there is something to report.
    #[error("a report is issued after the recovery, with every part filled in: {missing}")]
    ReportUnfinished {
        /// Which part, by its word.
        missing: &'static str,
    },
    /// The draft has changed meanwhile.
    #[error("somebody else has changed the draft meanwhile: look at it and try again")]
    DraftMoved,
    /// Of a check.
    #[error(transparent)]
    Check(#[from] crate::checks::CheckRefusal),
    /// Of a station.
    #[error(transparent)]
    Station(#[from] crate::stations::StationRefusal),
    /// The relay would not; its own sentence, in English.
    #[error("{0}")]
    ByRelay(String),
}
