//! The events of a log: one a line, in JSON, with instants in RFC 3339.

use calendar::Span;
use jiff::{SignedDuration, Timestamp};

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A function was down.
    Outage(Outage),
    /// A function was looked at once.
    Measurement(Measurement),
    /// A function was looked at many times at an even pace: the compact form of measurements.
    Run(Run),
    /// Nobody measured.
    Blind(Blind),
    /// When a site was to look at a function.
    Site(Site),
    /// A maintenance window.
    Window(Window),
    /// Something was told.
    Notice(Notice),
    /// It was decided that a span does not count.
    Exclusion(Decision),
}

/// Which functions an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Functions {
    /// Every function of every service (`"all"`).
    All,
    /// One.
    One(String),
}

/// `{"kind":"outage","function":"smtp","from":…,"until":…}`; without `until` it is still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// What was down.
    pub function: Functions,
    /// First instant down.
    pub from: Timestamp,
    /// First instant up again; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// When it was first recognised, if that is known; at or after `from`.
    pub seen: Option<Timestamp>,
}

/// `{"kind":"measurement","function":"smtp","at":…,"ok":true,"every":"60s"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// What was looked at.
    pub function: String,
    /// From where, when several sites look.
    pub site: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Whether it was up.
    pub ok: bool,
    /// The pace of the check, from 1 second to 1 day. The state holds until the next measurement, or
    /// for this long when there is none within twice of it.
    pub every: SignedDuration,
}

/// `{"kind":"run","function":"smtp","from":…,"every":"60s","states":"1400u 10d 30-"}`: so many
/// measurements up (`u`), down (`d`) or missed (`-`), one each `every` from `from` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What was looked at.
    pub function: String,
    /// From where, when several sites look.
    pub site: Option<String>,
    /// The first measurement.
    pub from: Timestamp,
    /// As in [`Measurement::every`].
    pub every: SignedDuration,
    /// How many of which, in order. Each count is at least 1.
    pub states: Vec<(u64, RunState)>,
}

/// What the measurements of a part of a [`Run`] saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Up.
    Up,
    /// Down.
    Down,
    /// Not measured.
    Missed,
}

/// `{"kind":"blind","from":…,"until":…}`, for one function or, without `function`, for all; with `site`
/// for that site alone, while the others go on looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// Whose state is not known.
    pub function: Functions,
    /// Which site did not look; `None`: nobody did.
    pub site: Option<String>,
    /// When.
    pub span: Span,
}

/// `{"kind":"site","function":"smtp","site":"osaka","from":…,"until":…}`: the site was to look at the
/// function then, so where it did not it was blind; at other times it is no site of the function. A
/// function of which no line says so has all its sites at all times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What was to be looked at.
    pub function: String,
    /// From where.
    pub site: String,
    /// From when on.
    pub from: Timestamp,
    /// Until when; `None`: it still is.
    pub until: Option<Timestamp>,
}

/// `{"kind":"window","id":"m1","from":…,"until":…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its name in notices.
    pub id: String,
    /// When.
    pub span: Span,
}

/// `{"kind":"notice","of":"m1","channel":"email","sent":…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The window (or incident) it is about.
    pub of: String,
    /// Over which channel.
    pub channel: String,
    /// When it was sent.
    pub sent: Timestamp,
}

/// `{"kind":"exclusion","reason":"attack","from":…,"until":…,"by":"…","decided":…}`: a decision with
/// its author and its time, never a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The name of an exclusion of the contract, or another word that it knows.
    pub reason: String,
    /// When it does not count.
    pub span: Span,
    /// Who decided.
    pub by: String,
    /// When it was decided.
    pub decided: Timestamp,
}
