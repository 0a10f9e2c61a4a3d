//! The record of an incident: what happened, entry by entry. Nothing is edited; a correction is an entry
//! that takes another one back.

use jiff::Timestamp;
use terms::Name;

/// The least urgent priority; 1 is the most urgent.
pub const PRIORITY_MAX: u8 = 9;

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the timeline, from 1 without gaps.
    pub number: u32,
    /// When it happened.
    pub at: Timestamp,
    /// When it was written down; later than `at` when somebody remembered it.
    pub noted: Timestamp,
    /// Who wrote it; `None`: the office itself.
    pub by: Option<String>,
    /// What happened.
    pub happened: Happened,
}

/// What opened an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Our own measurements.
    Check,
    /// An outage of an imported log.
    Log,
    /// A person.
    Hand,
    /// It was split off another one.
    Split,
    /// Something that tells of trouble without being a function of the contract: a threshold, a check
    /// that no contract measures, an alert of another program.
    Alarm,
}

/// How a step of a runbook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepEnd {
    /// It was repaired while it was waited for, or a person did what the step says.
    Done,
    /// The station could not do it, or would not.
    Failed,
    /// It was waited for in vain.
    TimedOut,
    /// Nobody knows whether the order was carried out; it is never given again by itself.
    Unknown,
    /// A person left it out.
    Skipped,
}

/// What an alarm that has ended means for its incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is repaired.
    ByItself,
    /// A person says whether it is.
    ByPerson,
}

/// What happened in an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It was opened under this title.
    Opened {
        /// In a few words.
        title: String,
        /// What opened it.
        source: Source,
    },
    /// We came to know of it (003: 障害を認知).
    Recognised,
    /// How urgent it is was judged (003 art. 3.2: 判断した時点).
    Judged {
        /// 1 to [`PRIORITY_MAX`], 1 the most urgent.
        priority: u8,
    },
    /// A function went down.
    OutageBegan {
        /// Which one.
        function: Name,
    },
    /// A function is up again.
    OutageEnded {
        /// Which one.
        function: Name,
    },
    /// A step of a ladder was taken.
    StepTaken {
        /// The ladder.
        ladder: Name,
        /// The level on it.
        level: u8,
        /// Until when it is waited for.
        wait_until: Timestamp,
    },
    /// The step was seen not to help.
    StepFailed {
        /// The ladder.
        ladder: Name,
        /// The level on it.
        level: u8,
    },
    /// A step of a runbook has its turn. Of an order this is written down before it is given.
    StepBegan {
        /// The runbook.
        runbook: Name,
        /// The step, from 1.
        step: u16,
        /// Until when it is waited for.
        until: Timestamp,
    },
    /// The order of a step was given to its station.
    Ordered {
        /// The runbook.
        runbook: Name,
        /// The step, from 1.
        step: u16,
        /// The number of the order.
        order: i64,
    },
    /// A step of a runbook is over.
    StepEnded {
        /// The runbook.
        runbook: Name,
        /// The step, from 1.
        step: u16,
        /// How it ended.
        how: StepEnd,
        /// What was said of it; may be empty.
        detail: String,
    },
    /// A person stopped the runbook: nothing of it begins by itself any more.
    RunbookStopped,
    /// A person lets the runbook go on.
    RunbookResumed,
    /// An alarm began.
    AlarmBegan {
        /// Which one: `alert/prometheus/…`, `check/backup`.
        alarm: String,
        /// In a line.
        text: String,
        /// What its end means.
        closing: Closing,
    },
    /// An alarm is over.
    AlarmEnded {
        /// Which one.
        alarm: String,
    },
    /// Somebody of ours has heard the call and sees to it.
    Acknowledged,
    /// A condition was looked at.
    ConditionSeen {
        /// Such as `login`.
        condition: Name,
        /// Whether it holds.
        holds: bool,
    },
    /// Somebody tried to reach the emergency contact.
    ContactTried {
        /// Whether somebody answered.
        reached: bool,
    },
    /// Somebody of ours was called to do what has its turn.
    Called {
        /// Who; `None` when nobody is on call.
        who: Option<String>,
        /// What has its turn.
        turn: String,
        /// Since when it has.
        since: Timestamp,
    },
    /// A remark.
    Noted {
        /// What was remarked.
        text: String,
    },
    /// A word about its course that everybody may read: customers, and visitors of status pages.
    Published {
        /// What is said.
        text: String,
    },
    /// The customer was told.
    NoticeTold {
        /// Over which channel.
        channel: Name,
        /// Where the proof of sending is.
        reference: String,
    },
    /// A clock was started by a person.
    ClockStarted {
        /// Of which promise.
        promise: Name,
    },
    /// What a clock waits for was done.
    ClockMet {
        /// Of which promise.
        promise: Name,
    },
    /// People were told of a deadline.
    ClockTold {
        /// Of which promise.
        promise: Name,
        /// The last second in time, as it was told.
        due: Timestamp,
    },
    /// People were warned that a clock is about to run out.
    ClockWarned {
        /// Of which promise.
        promise: Name,
        /// The last second in time, as it was when they were warned.
        due: Timestamp,
    },
    /// A state began in which clocks may stand, such as `waiting-for-customer`.
    StateBegan {
        /// Which one.
        state: Name,
    },
    /// The state ended.
    StateEnded {
        /// Which one.
        state: Name,
    },
    /// People asked to be left alone.
    Muted {
        /// Until when.
        until: Timestamp,
    },
    /// It goes on in another incident.
    MergedInto {
        /// Its number.
        incident: i64,
    },
    /// Another incident goes on in this one.
    Merged {
        /// Its number.
        incident: i64,
    },
    /// A part of it goes on in another incident.
    SplitOff {
        /// The functions that went over.
        functions: Vec<Name>,
        /// The number of the other one.
        incident: i64,
    },
    /// It was split off another incident.
    SplitFrom {
        /// Its number.
        incident: i64,
    },
    /// It was repaired, as the ladder says what that means.
    Recovered,
    /// A report was handed in.
    ReportIssued {
        /// The report's number in this incident.
        report: u32,
    },
    /// Nobody works on it any more.
    Closed,
    /// An earlier entry was wrong and does not count.
    TakenBack {
        /// Its number.
        entry: u32,
    },
}

impl Happened {
    /// Whether an entry of this kind may be taken back: what makes it an incident stays, and what other
    /// incidents, orders and reports rest on.
    #[must_use]
    pub fn may_be_taken_back(&self) -> bool {
        !matches!(
            self,
            Happened::Opened { .. }
                | Happened::TakenBack { .. }
                | Happened::MergedInto { .. }
                | Happened::Merged { .. }
                | Happened::SplitOff { .. }
                | Happened::SplitFrom { .. }
                | Happened::StepBegan { .. }
                | Happened::StepEnded { .. }
                | Happened::Ordered { .. }
                | Happened::ReportIssued { .. }
        )
    }
}
