//! One stretch of time, from an instant until another.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A half-open stretch of time: `from` is inside, `until` is not. Empty when they are equal, never
/// backwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    from: Timestamp,
    until: Timestamp,
}

/// A span would end before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a span cannot end at {until}, before it begins at {from}: swap the two")]
pub struct Backwards {
    /// Where it would begin.
    pub from: Timestamp,
    /// Where it would end.
    pub until: Timestamp,
}

/// A text is not a span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// It does not consist of two instants.
    #[error(
        "`{0}` is not a span: write FROM/UNTIL, as in 2026-11-01T02:00+09:00/2026-11-01T04:00Z"
    )]
    Unreadable(String),
    /// Its instants are in the wrong order.
    #[error(transparent)]
    Backwards(#[from] Backwards),
}

impl Span {
    /// The span [from, until).
    ///
    /// # Errors
    /// When `until` is before `from`.
    pub fn new(from: Timestamp, until: Timestamp) -> Result<Span, Backwards> {
        if until < from { Err(Backwards { from, until }) } else { Ok(Span { from, until }) }
    }

    /// The span [from, until), or the empty one at `from` when that would run backwards.
    pub(crate) fn forward(from: Timestamp, until: Timestamp) -> Span {
        Span { from, until: until.max(from) }
    }

    /// The first instant inside, unless the span is empty.
    pub fn from(self) -> Timestamp {
        self.from
    }

    /// The first instant after it.
    pub fn until(self) -> Timestamp {
        self.until
    }

    /// How long it lasts, never negative.
    pub fn duration(self) -> SignedDuration {
        self.until.duration_since(self.from)
    }

    /// Whether no instant lies in it.
    pub fn is_empty(self) -> bool {
        self.from == self.until
    }

    /// Whether an instant lies in it.
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// What two spans have in common; `None` when that is nothing.
    pub fn intersect(self, other: Span) -> Option<Span> {
        let (from, until) = (self.from.max(other.from), self.until.min(other.until));
        (from < until).then_some(Span { from, until })
    }

    /// Whether they overlap or one begins where the other ends.
    pub fn touches(self, other: Span) -> bool {
        self.from <= other.until && other.from <= self.until
    }

    /// The span as a person in a place reads it: `FROM/UNTIL`, RFC 3339 with that zone's offsets.
    pub fn display_in(self, zone: &TimeZone) -> impl fmt::Display + use<> {
        let [from, until] =
            [self.from, self.until].map(|at| at.display_with_offset(zone.to_offset(at)));
        fmt::from_fn(move |f| write!(f, "{from}/{until}"))
    }
}

/// `FROM/UNTIL`, RFC 3339 in UTC.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.from, self.until)
    }
}

/// `FROM/UNTIL`, each RFC 3339 with any offset.
impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Span, SpanError> {
        let unreadable = || SpanError::Unreadable(text.to_owned());
        let (from, until) = text.split_once('/').ok_or_else(unreadable)?;
        let instant = |part: &str| part.parse::<Timestamp>().map_err(|_| unreadable());
        Ok(Span::new(instant(from)?, instant(until)?)?)
    }
}
