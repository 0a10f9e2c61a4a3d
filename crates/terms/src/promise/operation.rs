//! What is watched, done, copied, kept, served and reported.

use calendar::RecurringWindow;
use jiff::SignedDuration;

use crate::{Name, Percent, Period, Text};

/// A page answers within so long (002 §2). Slower answers miss this promise; they are never downtime.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseTime {
    /// What is asked.
    pub function: Name,
    /// An answer after exactly this long meets it.
    pub within: SignedDuration,
    /// The share of answers that must meet it; every one when `None`.
    pub share: Option<Percent>,
}

/// Windows that recur every month (003 art. 2.3: fourth Thursday, 22:00 to 24:00).
#[derive(Clone, Debug, PartialEq)]
pub struct Maintenance {
    /// When, and what happens on a day that is no business day.
    pub window: RecurringWindow,
    /// The calendar that knows business days; required when windows move or are skipped.
    pub calendar: Option<Name>,
}

/// Hours in which something is provided.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    /// A calendar of the contract; `None` is 24 hours on 365 days.
    pub calendar: Option<Name>,
}

/// Something is looked at so often.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What is looked at: `ping`, `http`, `smtp`, `postgresql`, `disk`, `inode`, `log` and the like.
    pub what: Vec<Name>,
    /// The function whose state it tells, when it tells one.
    pub function: Option<Name>,
    /// How often; from 1 second.
    pub every: SignedDuration,
    /// What is told, when it is a threshold.
    pub threshold: Option<Threshold>,
    /// Whether each partition, database and the like is judged by itself.
    pub each: Option<Name>,
    /// The ladder that answers it.
    pub escalation: Option<Name>,
}

/// A use at or above which somebody is told (004: 達した場合).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Reached at exactly this share.
    pub at_least: Percent,
}

/// What is done about a fault, level by level (004: 障害対応レベル).
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// Lowest level first; at least one.
    pub steps: Vec<LadderStep>,
    /// The ladder to go over to when the condition of a step does not hold (004: no login).
    pub otherwise: Option<Name>,
    /// What ends it: "network reachable and remote login seen".
    pub done: Text,
    /// Whom to reach first outside this calendar's hours; action waits for it (004: 深夜休日の障害連絡).
    pub contact_first_outside: Option<Name>,
}

/// One level of a ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct LadderStep {
    /// From 1.
    pub level: u8,
    /// The action, as the allow-lists of actions call it: `restart-service`, `reset`, `file-system-check`.
    pub action: Name,
    /// In words.
    pub title: Text,
    /// What must be so for this step, such as `login`.
    pub needs: Option<Name>,
}

/// Copies are made and kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Backup {
    /// What is copied.
    pub what: Text,
    /// When.
    pub schedule: Schedule,
    /// How long or how many; `None` where the contract does not say.
    pub keep: Option<Keep>,
    /// Where to, when that is promised: another place, another availability zone.
    pub place: Option<Text>,
    /// Whether a run by hand may push a scheduled generation out (004's default reading: no).
    pub manual_runs_evict: bool,
}

/// When copies are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// Once in each such period.
    Every(Period),
    /// As data change.
    Continuous,
    /// As agreed with each customer.
    Agreed,
}

/// How long copies are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keep {
    /// So many successful runs (004: seven generations).
    Generations(u16),
    /// So long (003: seven days; 002: six months).
    For(Period),
}

/// How much is served.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// Of what: `messages-received`, `connections`, `message-size`.
    pub what: Name,
    /// Up to so much.
    pub limit: u64,
    /// Of these.
    pub unit: Unit,
    /// In each such time, when it is a rate.
    pub per: Option<SignedDuration>,
    /// The exclusion for what happens above it (001 art. 25(5)).
    pub exclusion: Option<Name>,
    /// What happens above it, in words.
    pub beyond: Option<Text>,
}

/// What a capacity counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// 通
    Messages,
    /// 接続
    Connections,
    /// Bytes
    Bytes,
    /// 件, 個
    Pieces,
}

/// How long data are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Retention {
    /// Which data.
    pub what: Text,
    /// For so long; then they are deleted. `None`: until the contract ends.
    pub keep: Option<Period>,
}

/// The weakest that is accepted (002 §7: nothing below TLS 1.2).
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityFloor {
    /// Lowest version of TLS that may succeed, as major and minor: `(1, 2)`.
    pub tls_at_least: (u8, u8),
}

/// Something is reported so often (004 art. 29: at least yearly).
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// At least once in each such period.
    pub every: Period,
    /// Where it is shown.
    pub channel: Option<Name>,
}

impl ResponseTime {
    /// Whether an answer after that long meets it: exactly as long does (002 §2: 3秒以下).
    pub fn is_met_by(&self, answered_after: SignedDuration) -> bool {
        answered_after <= self.within
    }
}

impl SecurityFloor {
    /// Whether a handshake with that version of TLS, as major and minor, may succeed. One that does
    /// and may not is a fault of compliance; it is never downtime.
    pub fn accepts(&self, tls: (u8, u8)) -> bool {
        tls >= self.tls_at_least
    }
}
