//! Clocks: something is done by some time.

use crate::{BusinessDayIs, Name, Text, Within};

/// Something is done within some time of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    /// What starts it, in words: "judged to be a fault of the product" (003 art. 3.2).
    pub starts: Text,
    /// Which event of an incident starts it; `None`: a person says when it starts, or it is not about
    /// incidents.
    pub event: Option<Event>,
    /// For incidents of this priority only, 1 the most urgent.
    pub priority: Option<u8>,
    /// What stops it, in words.
    pub done: Option<Text>,
    /// How long.
    pub within: Within,
    /// The calendar for business time and days, and for [`Clock::outside`]. Required for these.
    pub calendar: Option<Name>,
    /// An event outside the calendar's hours.
    pub outside: OutsideHours,
    /// What a business day is, when they are counted.
    pub business_day: BusinessDayIs,
    /// A civil period is due at the end of its last day, not at the event's time of day.
    pub to_end_of_day: bool,
    /// States in which the clock stands, such as `waiting-for-customer`.
    pub pauses: Vec<Name>,
    /// Warn so long before it is due; on the clock's own time.
    pub warn_before: Option<Within>,
}

/// What becomes of a clock whose event falls outside the hours of its calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutsideHours {
    /// It runs from the next opening.
    NextOpening,
    /// There is no deadline (003 art. 3.1 (4): "only when recognised in business hours").
    NoDeadline,
}

/// An event of an incident that starts a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The first outage began (002 §4: 障害が発生した時点).
    Outage,
    /// The provider came to know of it (003 art. 3.1 (4): 障害を認知).
    Recognition,
    /// Somebody judged whose fault it is and how urgent (003 art. 3.2).
    Judgement,
    /// The customer was told something and is waited for (003 art. 3.2: 返答がなかった時); the clock
    /// ends with the answer, and the incident when it runs out.
    WaitingForCustomer,
    /// It was repaired (004: 障害復旧後).
    Recovery,
}
