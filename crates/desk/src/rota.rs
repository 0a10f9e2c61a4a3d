//! Who is on call: people take turns of a week each.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

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
    /// The day on which the turn began that an instant lies in.
    pub fn begins(&self, at: Timestamp) -> Option<Date> {
        let civil = at.to_zoned(self.zone.clone());
        let early = i64::from(civil.time() < self.hand_over);
        let days = i64::from(self.first.until(civil.date()).ok()?.get_days()) - early;
        self.first.checked_add(Span::new().days(days.div_euclid(7) * 7)).ok()
    }

    /// When the turn begins that is so many weeks after the one of a day.
    pub fn week_after(&self, begins: Date, weeks: i64) -> Option<Timestamp> {
        let day = begins.checked_add(Span::new().weeks(weeks)).ok()?;
        Some(day.to_datetime(self.hand_over).to_zoned(self.zone.clone()).ok()?.timestamp())
    }

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
