//! What the board says beside a state: what is left of a promise, or what comes next.

use calendar::{Month, Span};
use desk::{Due, Standing};
use jiff::{SignedDuration, Timestamp};
use settlement::{Credit, Figure};
use terms::Currency;

/// What is left of a promise, or next.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    /// Nothing to tell.
    Nothing,
    /// Downtime that is left in this month.
    Budget {
        /// Left.
        left: SignedDuration,
        /// Of so much.
        whole: SignedDuration,
        /// The figure so far.
        net: Figure,
        /// The least that the figure can be.
        lower: Figure,
        /// The first measurement, where some of the month passed before it.
        measured_from: Option<Timestamp>,
    },
    /// A figure without a target.
    Figure(Figure),
    /// Nothing is owed for that month.
    NothingOwed(Month),
    /// Something is owed for that month.
    Owed {
        /// For which month.
        month: Month,
        /// How much.
        credit: Credit,
        /// In what.
        currency: Currency,
        /// The time to claim it is over.
        is_over: bool,
    },
    /// The customer may claim for that month.
    Claim {
        /// For which month.
        month: Month,
        /// Until when.
        due: Due,
        /// The time is over.
        is_over: bool,
    },
    /// Maintenance goes on.
    InWindow(Span),
    /// The next maintenance.
    NextWindow {
        /// When.
        span: Span,
        /// It may still move with a holiday.
        provisional: bool,
    },
    /// Clocks that incidents started.
    Incidents {
        /// The running one that is due first: the number of its incident, until when, and how it
        /// stands.
        nearest: Option<(i64, Due, Standing)>,
        /// How many were met in time this month.
        met: u64,
        /// How many were late this month.
        late: u64,
    },
    /// It is looked at.
    Looked {
        /// When it was last.
        last: Timestamp,
        /// How often.
        every: SignedDuration,
    },
    /// Open on all days at all hours.
    AlwaysOpen,
    /// Open, until then.
    OpenUntil(Timestamp),
    /// Closed, until then.
    Opens {
        /// When.
        at: Timestamp,
        /// It may still move with a holiday.
        provisional: bool,
    },
    /// So many answers of this month were in time.
    Answers {
        /// In time.
        in_time: u64,
        /// Of so many.
        total: u64,
        /// What is in time.
        within: SignedDuration,
    },
    /// A window is announced.
    Noticed {
        /// Its name.
        window: String,
        /// When it is.
        span: Span,
    },
    /// A window must still be announced.
    NoticeBy {
        /// Its name.
        window: String,
        /// When it is.
        span: Span,
        /// The last second in which a notice is in time.
        latest: Timestamp,
    },
    /// A window was not announced in time.
    NotNoticed {
        /// Its name.
        window: String,
        /// When it is.
        span: Span,
        /// The last second in which a notice would have been in time.
        latest: Timestamp,
        /// Over which channel and when it was announced all the same.
        sent: Option<(String, Timestamp)>,
    },
    /// A change or a fault was told in time.
    Told {
        /// When the change comes, or when the fault was.
        event: Timestamp,
        /// When it was told.
        sent: Timestamp,
    },
    /// A change or a fault must still be told.
    TellBy {
        /// When the change comes, or when the fault was.
        event: Timestamp,
        /// The last second in time.
        latest: Timestamp,
    },
    /// A change or a fault was not told in time.
    NotTold {
        /// When the change comes, or when the fault was.
        event: Timestamp,
        /// The last second that was in time.
        latest: Timestamp,
        /// Over which channel and when it was told all the same.
        sent: Option<(String, Timestamp)>,
    },
}
