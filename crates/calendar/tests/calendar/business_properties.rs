//! What holds for every business calendar, in every zone.

use calendar::{BusinessCalendar, Closure, HolidayTable, Opening, Span, Spans};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::{ZONES, zone};

/// 2026-01-01, in seconds; the made-up instants lie in the two years after it, so that every zone
/// changes its clocks meanwhile.
const BEGIN: i64 = 1_767_225_600;
const TWO_YEARS: i64 = 2 * 365 * 24 * 3600;
const DAY: i64 = 24 * 3600;

fn instant(range: std::ops::Range<i64>) -> impl Strategy<Value = Timestamp> {
    range.prop_map(|second| Timestamp::from_second(BEGIN + second).unwrap())
}

fn hours() -> impl Strategy<Value = Vec<Opening>> {
    let opening = (0_u16..1440, 1_u16..=1440).prop_filter_map("not empty", |(from, length)| {
        Opening::new(from, (from + length).min(1440))
    });
    prop::collection::vec(opening, 0..4)
}

fn calendar() -> impl Strategy<Value = BusinessCalendar> {
    let weekly = prop::array::uniform7(hours());
    (prop::sample::select(&ZONES[..]), weekly, any::<bool>(), any::<bool>()).prop_map(
        |(name, mut weekly, holidays, new_year)| {
            // One day a week it opens, so that deadlines come in time.
            weekly[2].push(Opening::new(540, 1020).unwrap());
            let new_year: Closure = match new_year {
                true => "12-29..01-03".parse().unwrap(),
                false => "2026-08-13".parse().unwrap(),
            };
            let holidays = holidays.then(HolidayTable::japan);
            BusinessCalendar { zone: zone(name), weekly, holidays, closures: vec![new_year] }
        },
    )
}

fn pauses() -> impl Strategy<Value = Spans> {
    let pause = (instant(0..TWO_YEARS + 90 * DAY), 0..20 * DAY).prop_map(|(from, seconds)| {
        Span::new(from, from + SignedDuration::from_secs(seconds)).unwrap()
    });
    prop::collection::vec(pause, 0..12).prop_map(Spans::from_iter)
}

fn open_time() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![0..4 * 3600_i64, 0..20 * 8 * 3600_i64].prop_map(SignedDuration::from_secs)
}

/// All open instants of a span, day by day, without the crate's own search.
fn open(calendar: &BusinessCalendar, within: Span) -> Spans {
    let date = |at| calendar.zone.to_datetime(at).date();
    let days = date(within.from()).yesterday().unwrap().series(jiff::Span::new().days(1));
    let until = date(within.until()).tomorrow().unwrap();
    let open: Spans =
        days.take_while(|day| *day <= until).flat_map(|day| openings(calendar, day)).collect();
    open.clip(within)
}

fn openings(calendar: &BusinessCalendar, day: jiff::civil::Date) -> Vec<Span> {
    calendar.openings(day).iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Between `from` and the deadline lies exactly the promised time, and its last instant is
    /// open: no earlier deadline would do.
    #[test]
    fn advance_uses_up_exactly_the_time(
        calendar in calendar(), from in instant(0..TWO_YEARS), time in open_time(), pauses in pauses(),
    ) {
        let end = calendar.advance(from, time, &pauses).unwrap().value;
        let running = open(&calendar, Span::new(from, end).unwrap()).minus(&pauses);
        prop_assert_eq!(running.total(), time);
        if !time.is_zero() {
            prop_assert!(running.contains(end - SignedDuration::from_nanos(1)));
        }
    }

    #[test]
    fn without_pauses_open_time_undoes_advance(
        calendar in calendar(), from in instant(0..TWO_YEARS), time in open_time(),
    ) {
        let end = calendar.advance(from, time, &Spans::new()).unwrap().value;
        let span = Span::new(from, end).unwrap();
        prop_assert_eq!(calendar.open_time(span), time);
        prop_assert_eq!(calendar.open_time(span), open(&calendar, span).total());
    }

    #[test]
    fn more_time_or_a_later_start_never_ends_earlier(
        calendar in calendar(), pauses in pauses(),
        from in instant(0..TWO_YEARS), later in 0..10 * DAY, time in open_time(), more in open_time(),
    ) {
        let later = from + SignedDuration::from_secs(later);
        let end = |from, time| calendar.advance(from, time, &pauses).unwrap().value;
        prop_assert!(end(from, time) <= end(from, time + more));
        prop_assert!(end(from, time) <= end(later, time));
    }

    /// As for `advance`, seen from the other end.
    #[test]
    fn retreat_leaves_exactly_the_time(
        calendar in calendar(), due in instant(90 * DAY..TWO_YEARS), time in open_time(),
    ) {
        let from = calendar.retreat(due, time).unwrap().value;
        let running = open(&calendar, Span::new(from, due).unwrap());
        prop_assert_eq!(running.total(), time);
        if !time.is_zero() {
            prop_assert!(running.contains(from));
        }
    }

    #[test]
    fn the_next_open_instant_is_open_and_nothing_before_it_is(
        calendar in calendar(), now in instant(0..TWO_YEARS),
    ) {
        let next = calendar.next_open(now).unwrap().value;
        prop_assert!(calendar.is_open(next));
        prop_assert!(open(&calendar, Span::new(now, next).unwrap()).is_empty());
        prop_assert_eq!(calendar.is_open(now), next == now);
    }
}
