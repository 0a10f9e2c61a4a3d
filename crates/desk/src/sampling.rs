//! How long something was down that is only looked at now and then.

use jiff::{SignedDuration, Timestamp};

/// What the looks around a time down saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    /// The last look before it that saw the thing up; `None` when nobody had looked.
    pub last_up: Option<Timestamp>,
    /// The first look that saw it down.
    pub first_down: Timestamp,
    /// The last look that saw it down; the first when there was one only.
    pub last_down: Timestamp,
    /// The first look after it that saw it up; `None` while it is down.
    pub next_up: Option<Timestamp>,
}

/// The time down lies strictly between these lengths, but for a length of exactly `at_least` when
/// several looks saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// No shorter than from the first look that saw it down to the last.
    pub at_least: SignedDuration,
    /// Shorter than from the last look that saw it up to the first that saw it up again; `None`
    /// when one of the two is missing.
    pub below: Option<SignedDuration>,
}

/// How long something was down, as far as the looks can tell (004: a ping every ten minutes).
pub fn bounds(looks: Looks) -> Bounds {
    Bounds {
        at_least: looks.last_down.duration_since(looks.first_down),
        below: looks.last_up.zip(looks.next_up).map(|(up, again)| again.duration_since(up)),
    }
}
