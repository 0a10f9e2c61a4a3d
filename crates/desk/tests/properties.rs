//! What must hold of every clock: it is monotone, and its deadline is where its time has run.

use std::sync::Arc;

use calendar::{BusinessCalendar, HolidayTable, Span, Spans};
use desk::{End, Ground, due, warn_at};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use terms::{
    BusinessDayIs, CalendarRule, Clock, OutsideHours, Period, PeriodUnit, Terms, Text, Within,
};

const HOUR: i64 = 3_600;

fn business_terms() -> Terms {
    let day =
        || vec!["10:00-12:00".parse().expect("an opening"), "13:00-18:00".parse().expect("one")];
    let rule = CalendarRule {
        name: "business".parse().expect("a name"),
        title: Text::both("business hours"),
        weekly: [day(), day(), day(), day(), day(), vec![], vec![]],
        japanese_holidays: true,
        closures: vec!["12-30..01-03".parse().expect("a closure")],
    };
    Terms { calendars: vec![rule], ..Terms::default() }
}

fn clock(within: Within) -> Clock {
    Clock {
        starts: Text::both("it is asked"),
        done: None,
        within,
        calendar: Some("business".parse().expect("a name")),
        outside: OutsideHours::NextOpening,
        business_day: BusinessDayIs::Date,
        to_end_of_day: false,
        pauses: Vec::new(),
        event: None,
        priority: None,
        warn_before: None,
    }
}

/// Clocks of every kind.
fn any_clock() -> impl Strategy<Value = Clock> {
    let unit = prop_oneof![
        Just(PeriodUnit::Day),
        Just(PeriodUnit::Week),
        Just(PeriodUnit::Month),
        Just(PeriodUnit::Year)
    ];
    let within = prop_oneof![
        (0..200 * HOUR).prop_map(|s| Within::Plain(SignedDuration::from_secs(s))),
        (0..60 * HOUR).prop_map(|s| Within::BusinessTime(SignedDuration::from_secs(s))),
        (1_u32..12).prop_map(Within::BusinessDays),
        (1_u16..20, unit).prop_map(|(count, unit)| Within::Period(Period { count, unit })),
        (0_u8..3, proptest::option::of(1_u8..=31))
            .prop_map(|(months_after, day)| Within::DayOfMonth { months_after, day }),
    ];
    (within, any::<bool>(), any::<bool>()).prop_map(|(within, open_time, to_end_of_day)| Clock {
        business_day: if open_time { BusinessDayIs::OpenTime } else { BusinessDayIs::Date },
        to_end_of_day,
        ..clock(within)
    })
}

/// Instants of 2026 and 2027, often on the hour, where edges are.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    let first = 1_767_225_600; // 2026-01-01T00:00:00Z
    let hours = (0..2 * 365 * 24_i64).prop_map(move |hour| first + hour * HOUR);
    let odd = prop_oneof![Just(0_i64), Just(1), Just(-1), 0..HOUR];
    (hours, odd).prop_map(|(at, odd)| Timestamp::from_second(at + odd).expect("an instant"))
}

/// Up to four pauses.
fn any_pauses() -> impl Strategy<Value = Spans> {
    let pause = (any_instant(), 1..100 * HOUR).prop_map(|(from, length)| {
        Span::new(from, from + SignedDuration::from_secs(length)).expect("forward")
    });
    proptest::collection::vec(pause, 0..4).prop_map(|pauses| pauses.into_iter().collect())
}

fn on<R>(check: impl FnOnce(&Ground, &BusinessCalendar) -> R) -> R {
    let (terms, zone) = (business_terms(), TimeZone::get("Asia/Tokyo").expect("a zone"));
    let holidays: Arc<HolidayTable> = HolidayTable::japan();
    let ground = Ground { terms: &terms, zone: &zone, holidays: &holidays };
    check(&ground, &ground.calendar(Some(&terms.calendars[0].name)))
}

/// All open time of a span that lies in no pause.
fn running(calendar: &BusinessCalendar, span: Span, pauses: &Spans) -> SignedDuration {
    let paused = pauses.clip(span);
    let stood = paused.iter().map(|pause| calendar.open_time(pause));
    calendar.open_time(span) - stood.fold(SignedDuration::ZERO, |sum, one| sum + one)
}

/// By when a clock of one month in that zone is due, in the zone's own time.
fn a_month_after(civil: &str, zone: &str) -> String {
    let zone = TimeZone::get(zone).expect("a zone");
    let (terms, holidays) = (Terms::default(), HolidayTable::japan());
    let ground = Ground { terms: &terms, zone: &zone, holidays: &holidays };
    let month = Within::Period(Period { count: 1, unit: PeriodUnit::Month });
    let event: jiff::civil::DateTime = civil.parse().expect("a date and a time");
    let event = event.to_zoned(zone.clone()).expect("an instant").timestamp();
    let clock = Clock { calendar: None, ..clock(month) };
    let due = due(&clock, &ground, event, &Spans::new()).due().expect("a deadline");
    due.shown().to_zoned(zone).strftime("%F %T%:z").to_string()
}

#[test]
fn a_period_ends_at_the_time_of_day_or_with_the_month() {
    for (event, zone, expected) in [
        ("2026-01-28T15:00", "Asia/Tokyo", "2026-02-28 15:00:00+09:00"),
        ("2026-01-30T15:00", "Asia/Tokyo", "2026-02-28 23:59:59+09:00"),
        ("2026-01-31T15:00", "Asia/Tokyo", "2026-02-28 23:59:59+09:00"),
        // The clock change of 25 October moves the offset, not the time of day.
        ("2026-10-10T15:00", "Europe/Berlin", "2026-11-10 15:00:00+01:00"),
    ] {
        assert_eq!(a_month_after(event, zone), expected, "{event} {zone}");
    }
}

proptest! {
    #[test]
    fn a_later_event_is_never_due_earlier(
        clock in any_clock(), one in any_instant(), other in any_instant(), near in 0..50 * HOUR,
        pauses in any_pauses(),
    ) {
        on(|ground, _| {
            for later in [one.max(other), one + SignedDuration::from_secs(near)] {
                let earlier = one.min(later);
                let first = due(&clock, ground, earlier, &pauses).due().map(|due| due.end.instant());
                let second = due(&clock, ground, later, &pauses).due().map(|due| due.end.instant());
                prop_assert!(first <= second, "{earlier} {first:?}, {later} {second:?}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn business_time_has_run_when_it_is_due(
        from in any_instant(), seconds in 1..60 * HOUR, pauses in any_pauses(),
    ) {
        on(|ground, calendar| {
            let length = SignedDuration::from_secs(seconds);
            let due = due(&clock(Within::BusinessTime(length)), ground, from, &pauses).due();
            let End::At(end) = due.expect("a deadline").end else { panic!("an end of a day") };
            let span = Span::new(from, end).expect("forward");
            prop_assert_eq!(running(calendar, span, &pauses), length);
            Ok(())
        })?;
    }

    #[test]
    fn plain_time_has_run_when_it_is_due(
        from in any_instant(), seconds in 1..200 * HOUR, pauses in any_pauses(),
    ) {
        on(|ground, _| {
            let length = SignedDuration::from_secs(seconds);
            let always = Clock { calendar: None, ..clock(Within::Plain(length)) };
            let due = due(&always, ground, from, &pauses).due().expect("a deadline");
            let span = Span::new(from, due.end.instant()).expect("forward");
            let ran: Spans = std::iter::once(span).collect();
            prop_assert_eq!(ran.minus(&pauses).total(), length);
            Ok(())
        })?;
    }

    #[test]
    fn what_is_shown_is_the_last_second_in_time(
        clock in any_clock(), from in any_instant(), pauses in any_pauses(),
    ) {
        on(|ground, _| {
            let due = due(&clock, ground, from, &pauses).due().expect("a deadline");
            prop_assert!(due.met_by(due.shown()));
            prop_assert!(!due.met_by(due.shown() + SignedDuration::from_secs(1)));
            Ok(())
        })?;
    }

    #[test]
    fn a_warning_leaves_the_time_that_it_says(
        from in any_instant(), seconds in 1..60 * HOUR, left in 1..8 * HOUR, pauses in any_pauses(),
    ) {
        on(|ground, calendar| {
            let length = SignedDuration::from_secs(seconds);
            let left = SignedDuration::from_secs(left);
            let warned = Clock {
                warn_before: Some(Within::BusinessTime(left)),
                ..clock(Within::BusinessTime(length))
            };
            let end = due(&warned, ground, from, &pauses).due().expect("a deadline").end.instant();
            let warn = warn_at(&warned, ground, from, &pauses).expect("a warning");
            let span = Span::new(warn, end).expect("forward");
            prop_assert_eq!(running(calendar, span, &pauses), left.min(length));
            // At a sensible moment: the clock runs, unless it was to warn from the beginning.
            let runs = calendar.is_open(warn) && !pauses.contains(warn);
            prop_assert!(runs || warn == from);
            Ok(())
        })?;
    }
}
