//! Who is on call: people take turns of a week each.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// When turns change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rota {
    /// The first day of the first person's first turn.
    pub first: Date,
    /// The time of day at which turns change.
    pub hand_over: Time,
    /// Where.
    pub zone: TimeZone,
}

impl Rota {
    /// Which of so many people is on call, counted from 0; `None` without people. Before the first turn
    /// the weeks are counted backwards, so somebody is on call then too.
    pub fn on_call(&self, people: usize, at: Timestamp) -> Option<usize> {
        let people = i64::try_from(people).ok().filter(|people| *people > 0)?;
        let civil = at.to_zoned(self.zone.clone());
        // Before the change of turns a day belongs to the turn of the day before.
        let early = i64::from(civil.time() < self.hand_over);
        let days = i64::from(self.first.until(civil.date()).ok()?.get_days()) - early;
        usize::try_from(days.div_euclid(7).rem_euclid(people)).ok()
    }
}
