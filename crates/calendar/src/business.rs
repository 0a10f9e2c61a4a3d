//! The days and hours in which a company works, and deadlines that run in them.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::{Closure, HolidayTable, Opening, Reckoned, Span, Spans, day_span};

/// How many days are looked at, ten years' worth, before the answer is that there is none.
pub const SEARCH_DAYS: u32 = 3660;

/// When a company works. Holidays and closures beat the weekly hours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BusinessCalendar {
    /// Where its clocks hang.
    pub zone: TimeZone,
    /// Its hours on Monday, Tuesday and so on until Sunday; none for a day off.
    pub weekly: [Vec<Opening>; 7],
    /// The holidays on which it is closed; `None` when it works on holidays.
    pub holidays: Option<Arc<HolidayTable>>,
    /// Its own days off.
    pub closures: Vec<Closure>,
}

impl BusinessCalendar {
    /// Always open, 24 x 365.
    pub fn always(zone: TimeZone) -> BusinessCalendar {
        let weekly = std::array::from_fn(|_| vec![Opening::WHOLE_DAY]);
        BusinessCalendar { zone, weekly, holidays: None, closures: Vec::new() }
    }

    /// Whether the company opens on a day.
    pub fn is_business_day(&self, date: Date) -> bool {
        let holiday = self.holidays.as_ref().is_some_and(|table| table.is_holiday(date));
        let closed = self.closures.iter().any(|closure| closure.covers(date));
        !holiday && !closed && !self.hours(date).is_empty()
    }

    /// When it is open on a day; nothing on a day off.
    pub fn openings(&self, date: Date) -> Spans {
        if !self.is_business_day(date) {
            return Spans::new();
        }
        self.hours(date).iter().map(|opening| opening.on(date, &self.zone)).collect()
    }

    /// Whether it is open at an instant. At closing time it is closed.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.openings(self.day_of(at)).contains(at)
    }

    /// The first open instant, `at` itself when that is one. `None` when none comes within
    /// [`SEARCH_DAYS`].
    pub fn next_open(&self, at: Timestamp) -> Option<Reckoned<Timestamp>> {
        self.days_from(self.day_of(at)).find_map(|date| {
            let openings = self.openings(date);
            let later = openings.iter().find(|opening| at < opening.until())?;
            Some(self.reckoned(later.from().max(at), date))
        })
    }

    /// The earliest instant at which that much open time, not counting pauses, has passed since
    /// `from`: four hours that are used up when the office closes for lunch end at lunch, not
    /// after it. `from` itself when the time is zero or negative. `None` when the time is not used
    /// up within [`SEARCH_DAYS`].
    pub fn advance(
        &self,
        from: Timestamp,
        open_time: SignedDuration,
        pauses: &Spans,
    ) -> Option<Reckoned<Timestamp>> {
        if open_time <= SignedDuration::ZERO {
            return Some(Reckoned { value: from, provisional: false });
        }
        let mut left = open_time;
        let since = Span::forward(from, Timestamp::MAX);
        for date in self.days_from(self.day_of(from)) {
            let open = self.openings(date).clip(since);
            for span in open.minus(&pauses.clip(day_span(date, &self.zone))).iter() {
                if left <= span.duration() {
                    let end = span.from().checked_add(left).ok()?;
                    return Some(self.reckoned(end, date));
                }
                left -= span.duration();
            }
        }
        None
    }

    /// The latest instant from which that much open time is left until `due`: what "one business
    /// hour before" means. `due` itself when the time is zero or negative. `None` when there is
    /// not that much within [`SEARCH_DAYS`].
    pub fn retreat(
        &self,
        due: Timestamp,
        open_time: SignedDuration,
    ) -> Option<Reckoned<Timestamp>> {
        if open_time <= SignedDuration::ZERO {
            return Some(Reckoned { value: due, provisional: false });
        }
        let mut left = open_time;
        let before = Span::forward(Timestamp::MIN, due);
        // A day that is still to begin when it is due has no say.
        let last = self.day_of(due.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(due));
        let days = std::iter::successors(Some(last), |date| date.yesterday().ok());
        for date in days.take(SEARCH_DAYS as usize) {
            for span in self.openings(date).clip(before).iter().rev() {
                if left <= span.duration() {
                    // The latest day looked at decides: it is the one the law could still move.
                    return Some(self.reckoned(span.until().checked_sub(left).ok()?, last));
                }
                left -= span.duration();
            }
        }
        None
    }

    /// How much of a span is open time. Takes time in proportion to the days of the span.
    pub fn open_time(&self, span: Span) -> SignedDuration {
        std::iter::successors(Some(self.day_of(span.from())), |date| date.tomorrow().ok())
            .take_while(|date| day_span(*date, &self.zone).from() < span.until())
            .map(|date| self.openings(date).clip(span).total())
            .fold(SignedDuration::ZERO, SignedDuration::saturating_add)
    }

    /// The `n`-th business day strictly after a day; for 0 the day itself when it is a business
    /// day, else the next one. `None` when it does not come within [`SEARCH_DAYS`].
    pub fn business_day_after(&self, date: Date, n: u32) -> Option<Reckoned<Date>> {
        let mut left = n;
        for day in self.days_from(date) {
            if n > 0 && day == date || !self.is_business_day(day) {
                continue;
            }
            left = left.saturating_sub(1);
            if left == 0 {
                return Some(self.reckoned(day, day));
            }
        }
        None
    }

    /// The open time of a business day on which no clock changes, when all weekdays with hours
    /// have the same; `None` when they differ or there is none.
    pub fn day_length(&self) -> Option<SignedDuration> {
        let minutes = |hours: &Vec<Opening>| {
            let mut hours = hours.clone();
            hours.sort_unstable();
            let (mut minutes, mut counted_until) = (0_i64, 0);
            for opening in hours {
                let from = opening.from_minute().max(counted_until);
                counted_until = counted_until.max(opening.until_minute());
                minutes += i64::from(counted_until - from.min(counted_until));
            }
            minutes
        };
        let mut lengths = self.weekly.iter().filter(|hours| !hours.is_empty()).map(minutes);
        let length = lengths.next()?;
        lengths.all(|other| other == length).then(|| SignedDuration::from_mins(length))
    }

    /// The weekly hours of the weekday that a day is.
    fn hours(&self, date: Date) -> &[Opening] {
        // Monday is 0, so the index is below 7.
        &self.weekly[date.weekday().to_monday_zero_offset() as usize]
    }

    /// The day whose [`day_span`] holds an instant. That is the day clocks show, but for the hour
    /// that clocks set back over midnight show again: it belongs to the day that had begun.
    fn day_of(&self, at: Timestamp) -> Date {
        let shown = self.zone.to_datetime(at).date();
        match shown.tomorrow() {
            Ok(next) if day_span(shown, &self.zone).until() <= at => next,
            _ => shown,
        }
    }

    /// A day and the days after it, [`SEARCH_DAYS`] of them.
    fn days_from(&self, first: Date) -> impl Iterator<Item = Date> + use<> {
        std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(SEARCH_DAYS as usize)
    }

    /// A result for which `latest` was the latest day that was looked at.
    fn reckoned<T>(&self, value: T, latest: Date) -> Reckoned<T> {
        let provisional = self.holidays.as_ref().is_some_and(|table| !table.is_final(latest));
        Reckoned { value, provisional }
    }
}
