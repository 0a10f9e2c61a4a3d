//! Deadlines: by when something must be done, in plain, business and civil time.
//!
//! A deadline is a function of the clock's terms, the event and the pauses. It is reckoned anew
//! whenever somebody asks, so it cannot go stale.

use calendar::{BusinessCalendar, Month, Reckoned, Span, Spans, day_span};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use terms::{
    BusinessDayIs, Clock, Kind, Lang, OutsideHours, Period, PeriodUnit, Promise, Timing, Within,
};

use crate::civil;
use crate::ground::Ground;

/// The last moment of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Still in time at this instant: plain and business time (002 §4: posted at 11:00:00 is in
    /// time, at 11:00:01 late).
    At(Timestamp),
    /// In time before this instant: the end of a day.
    Before(Timestamp),
}

impl End {
    /// Whether something done at that instant is in time.
    pub fn met_by(self, at: Timestamp) -> bool {
        match self {
            End::At(last) => at <= last,
            End::Before(end) => at < end,
        }
    }

    /// The last whole second in time: 23:59:59 for the end of a day.
    pub fn last_second(self) -> Timestamp {
        match self {
            End::At(last) => last,
            End::Before(end) => end.checked_sub(SignedDuration::from_secs(1)).unwrap_or(end),
        }
    }

    /// The instant itself, whether in time or not.
    pub fn instant(self) -> Timestamp {
        let (End::At(instant) | End::Before(instant)) = self;
        instant
    }
}

/// A deadline that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its last moment.
    pub end: End,
    /// It depends on a holiday that was not officially published yet and may still move.
    pub provisional: bool,
}

impl Due {
    /// Whether something done at that instant is in time.
    pub fn met_by(&self, at: Timestamp) -> bool {
        self.end.met_by(at)
    }

    /// How people are told it: the last whole second in time.
    pub fn shown(&self) -> Timestamp {
        self.end.last_second()
    }
}

/// By when, or why there is no such time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// There is one.
    Due(Due),
    /// There is none.
    None(NoDeadline),
}

impl Deadline {
    /// The deadline when there is one.
    pub fn due(self) -> Option<Due> {
        match self {
            Deadline::Due(due) => Some(due),
            Deadline::None(_) => None,
        }
    }
}

/// Why there is no deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDeadline {
    /// The event fell outside the hours in which the promise holds (003 art. 3.1 (4)).
    OutsideHours,
    /// The promise names no number (001 art. 18(1): "promptly").
    Promptly,
    /// Within [`SEARCH_DAYS`](calendar::SEARCH_DAYS) the calendar does not open often enough, or
    /// the clock stands all the time.
    NeverOpens,
}

impl NoDeadline {
    /// The reason, as a sentence without its full stop.
    pub fn text(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (NoDeadline::OutsideHours, Lang::Ja) => "対応時間外の事象のため、期限はありません",
            (NoDeadline::OutsideHours, Lang::En) => {
                "no deadline: the event fell outside the hours in which this promise holds"
            }
            (NoDeadline::Promptly, Lang::Ja) => {
                "契約は「速やかに」とし、期限の数字を定めていません"
            }
            (NoDeadline::Promptly, Lang::En) => {
                "no deadline: the contract says \"promptly\" and names no number"
            }
            (NoDeadline::NeverOpens, Lang::Ja) => {
                "十年以内に期限に達する営業時間がありません。営業日カレンダーと保留期間を確認してください"
            }
            (NoDeadline::NeverOpens, Lang::En) => {
                "no deadline: within ten years the clock does not run for long enough; check the \
                 calendar and the pauses"
            }
        }
    }
}

/// The clock of a promise: of kind `clock`, or of a notice that is given after an event.
pub fn promise_clock(promise: &Promise) -> Option<&Clock> {
    match &promise.kind {
        Kind::Clock(clock) => Some(clock),
        Kind::Notice(notice) => match &notice.timing {
            Timing::After { clock, .. } => Some(clock),
            Timing::Ahead(_) => None,
        },
        _ => None,
    }
}

/// By when a clock that an event starts at `from` is due. Never earlier for a later event, but for
/// times of day that clocks skip or show twice.
///
/// An event outside the hours of the clock's calendar starts a clock in plain or business time at
/// the next opening; one that counts days goes by the day of the event itself. Pauses are the spans
/// in which the clock stands:
/// - plain and business time, and periods due at a time of day, go on after a pause where they
///   stopped;
/// - days, and periods due at the end of a day: a day on which the clock did not run at all (for
///   business days: in none of its hours) does not count, and a day at whose end the clock stands
///   cannot be the last;
/// - a day of a month stays where it is.
pub fn due(clock: &Clock, ground: &Ground, from: Timestamp, pauses: &Spans) -> Deadline {
    let calendar = ground.calendar(clock.calendar.as_ref());
    if clock.outside == OutsideHours::NoDeadline && !calendar.is_open(from) {
        return Deadline::None(NoDeadline::OutsideHours);
    }
    let end = match clock.within {
        Within::Plain(length) => plain(&calendar, from, length, pauses),
        Within::BusinessTime(length) => business(&calendar, from, length, pauses),
        Within::BusinessDays(days) => match clock.business_day {
            BusinessDayIs::OpenTime => {
                let length = days_of_open_time(&calendar, days);
                length.and_then(|length| business(&calendar, from, length, pauses))
            }
            BusinessDayIs::Date => business_dates(&calendar, from, days, pauses),
        },
        Within::Period(period) if clock.to_end_of_day => {
            civil_days(civil::day_of(from, ground.zone), period, ground.zone, pauses)
        }
        Within::Period(period) => civil_time(from, period, ground.zone, pauses),
        Within::DayOfMonth { months_after, day } => {
            let event = Month::of(from, ground.zone);
            let month = event.plus(i32::from(months_after));
            if event.months_until(month) < i32::from(months_after) {
                // Past the last month there is.
                return Deadline::None(NoDeadline::NeverOpens);
            }
            let last = month.last();
            let day = day.and_then(|day| last.with().day(i8::try_from(day).ok()?).build().ok());
            Some(firm(End::Before(civil::end_of(day.unwrap_or(last), ground.zone))))
        }
        Within::Promptly => return Deadline::None(NoDeadline::Promptly),
    };
    match end {
        Some(Reckoned { value, provisional }) => Deadline::Due(Due { end: value, provisional }),
        None => Deadline::None(NoDeadline::NeverOpens),
    }
}

/// When to warn that a clock is about to run out: the latest instant at which it has
/// [`Clock::warn_before`] left to run, so never while it stands or the office is closed (one
/// business hour before Tuesday noon is Tuesday 11:00, not midnight). The start of the clock when it
/// has less from the beginning. `None` without a warning or a deadline.
pub fn warn_at(
    clock: &Clock,
    ground: &Ground,
    from: Timestamp,
    pauses: &Spans,
) -> Option<Timestamp> {
    let end = due(clock, ground, from, pauses).due()?.end.instant();
    let calendar = ground.calendar(clock.calendar.as_ref());
    let span = Span::new(from.max(long_before(end)), end).ok()?;
    let (left, hours) = match clock.warn_before? {
        Within::Plain(left) => (left, std::iter::once(span).collect()),
        Within::BusinessTime(left) => (left, openings(&calendar, span)),
        Within::BusinessDays(days) => {
            (days_of_open_time(&calendar, days)?, openings(&calendar, span))
        }
        Within::Period(period) => return Some(civil::before(end, period, ground.zone).max(from)),
        Within::DayOfMonth { .. } | Within::Promptly => return None,
    };
    Some(instant_with_left(&hours.minus(pauses), left).unwrap_or(from))
}

/// Plain time, from the next opening when the event fell outside hours.
fn plain(
    calendar: &BusinessCalendar,
    from: Timestamp,
    length: SignedDuration,
    pauses: &Spans,
) -> Option<Reckoned<End>> {
    let start = calendar.next_open(from)?;
    let end = go_on(start.value, length, pauses)?;
    Some(Reckoned { value: End::At(end), provisional: start.provisional })
}

/// Open time of the calendar.
fn business(
    calendar: &BusinessCalendar,
    from: Timestamp,
    length: SignedDuration,
    pauses: &Spans,
) -> Option<Reckoned<End>> {
    let end = calendar.advance(from, length, pauses)?;
    Some(Reckoned { value: End::At(end.value), provisional: end.provisional })
}

/// The open time of so many business days. `None` where weekdays have hours of different length,
/// which the reader of contracts refuses.
fn days_of_open_time(calendar: &BusinessCalendar, days: u32) -> Option<SignedDuration> {
    calendar.day_length()?.checked_mul(i32::try_from(days).ok()?)
}

/// The end of the n-th business day after the day of the event.
fn business_dates(
    calendar: &BusinessCalendar,
    from: Timestamp,
    days: u32,
    pauses: &Spans,
) -> Option<Reckoned<End>> {
    let mut day = civil::day_of(from, &calendar.zone);
    let mut counted = 0;
    let mut next = if days == 0 { 0 } else { 1 };
    for _ in 0..calendar::SEARCH_DAYS {
        let reckoned = calendar.business_day_after(day, next)?;
        (day, next) = (reckoned.value, 1);
        if !calendar.openings(day).minus(pauses).is_empty() {
            counted += 1;
        }
        if counted >= days && runs_at_end_of(day, &calendar.zone, pauses) {
            let value = End::Before(civil::end_of(day, &calendar.zone));
            return Some(Reckoned { value, provisional: reckoned.provisional });
        }
    }
    None
}

/// The time of day of the event, a period later. Where the month lacks the day of the event, the
/// period ends with the month's last day (Civil Code of Japan, art. 143 (2)).
fn civil_time(
    from: Timestamp,
    period: Period,
    zone: &TimeZone,
    pauses: &Spans,
) -> Option<Reckoned<End>> {
    let by_months = matches!(period.unit, PeriodUnit::Month | PeriodUnit::Year);
    let event = civil::day_of(from, zone);
    let last = civil::day_after(event, period);
    let lacks_the_day = by_months && last.day() != event.day();
    let end = if lacks_the_day {
        End::Before(civil::end_of(last, zone))
    } else {
        End::At(civil::after(from, period, zone))
    };
    let at = go_on(from, end.instant().duration_since(from), pauses)?;
    Some(firm(if lacks_the_day { End::Before(at) } else { End::At(at) }))
}

/// The end of the day that lies a period after the day of the event.
fn civil_days(
    event: Date,
    period: Period,
    zone: &TimeZone,
    pauses: &Spans,
) -> Option<Reckoned<End>> {
    let unpaused = civil::day_after(event, period);
    let mut left = event.until(unpaused).map_or(0, |span| span.get_days());
    let mut day = event;
    let mut standing = 0;
    while standing <= calendar::SEARCH_DAYS {
        if left <= 0 && runs_at_end_of(day, zone, pauses) {
            return Some(firm(End::Before(civil::end_of(day, zone))));
        }
        day = day.tomorrow().ok()?;
        let whole: Spans = std::iter::once(day_span(day, zone)).collect();
        if left > 0 && !whole.minus(pauses).is_empty() {
            left -= 1;
        } else {
            standing += 1;
        }
    }
    None
}

/// Whether a clock runs in the last moment of a day: only then the day's end can be its last.
fn runs_at_end_of(day: Date, zone: &TimeZone, pauses: &Spans) -> bool {
    let moment = SignedDuration::from_nanos(1);
    let last = civil::end_of(day, zone).checked_sub(moment);
    last.is_ok_and(|last| !pauses.contains(last))
}

/// The earliest instant at which so much time has passed that lies in no pause. `None` when the
/// pauses never leave that much.
fn go_on(from: Timestamp, length: SignedDuration, pauses: &Spans) -> Option<Timestamp> {
    let mut end = from.checked_add(length).ok()?;
    for pause in pauses.iter().filter(|pause| pause.until() > from) {
        let begun = pause.from().max(from);
        if begun >= end {
            break;
        }
        end = end.checked_add(pause.until().duration_since(begun)).ok()?;
    }
    Some(end)
}

/// The latest instant of a set after which it has so much time left; `None` when all of it is less.
pub(crate) fn instant_with_left(hours: &Spans, left: SignedDuration) -> Option<Timestamp> {
    let mut left = left;
    for span in hours.iter().rev() {
        if left <= span.duration() {
            return span.until().checked_sub(left).ok();
        }
        left -= span.duration();
    }
    None
}

/// [`SEARCH_DAYS`](calendar::SEARCH_DAYS) before a deadline; no warning is looked for earlier.
fn long_before(end: Timestamp) -> Timestamp {
    let search = SignedDuration::from_hours(24 * i64::from(calendar::SEARCH_DAYS));
    end.checked_sub(search).unwrap_or(Timestamp::MIN)
}

/// All opening hours within a span.
fn openings(calendar: &BusinessCalendar, span: Span) -> Spans {
    let first = civil::day_of(span.from(), &calendar.zone);
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
    let days = days.take_while(|day| day_span(*day, &calendar.zone).from() < span.until());
    let mut hours = Spans::new();
    for day in days {
        hours.extend(calendar.openings(day).clip(span).iter());
    }
    hours
}

/// The time that a clock runs in: the hours of its calendar, or all of it.
pub(crate) fn open_hours(
    clock: &Clock,
    ground: &Ground,
    from: Timestamp,
    end: Timestamp,
    in_hours: bool,
) -> Spans {
    let Ok(span) = Span::new(from.max(long_before(end)), end) else { return Spans::new() };
    match in_hours {
        true => openings(&ground.calendar(clock.calendar.as_ref()), span),
        false => std::iter::once(span).collect(),
    }
}

/// A result that no holiday can move.
fn firm(end: End) -> Reckoned<End> {
    Reckoned { value: end, provisional: false }
}
