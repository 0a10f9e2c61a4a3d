//! Days and months as spans, where clocks change and where they do not.

use calendar::{Month, Opening, day_span};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{ZONES, day, hours, span, tokyo, zone};

#[test]
fn hours_of_a_day() {
    let cases = [
        ("an ordinary day", "Asia/Tokyo", "2026-11-22", 24),
        ("clocks go forward", "Europe/Berlin", "2026-03-29", 23),
        ("clocks go back", "Europe/Berlin", "2026-10-25", 25),
        ("clocks go forward at midnight", "America/Sao_Paulo", "2018-11-04", 23),
        ("clocks go back at 01:00", "America/Havana", "2026-11-01", 25),
        ("back over midnight", "America/St_Johns", "2009-11-01", 25),
        ("the day before", "America/St_Johns", "2009-10-31", 24),
        ("a day left out", "Pacific/Apia", "2011-12-30", 0),
    ];
    for (case, place, date, length) in cases {
        assert_eq!(day_span(day(date), &zone(place)).duration(), hours(length), "{case}");
    }
}

#[test]
fn openings_where_clocks_change() {
    let (spring, autumn) = ("2026-03-29", "2026-10-25");
    let cases = [
        ("around the gap", spring, "01:00-04:00", 120),
        ("all in the gap", spring, "02:00-03:00", 0),
        ("some of the gap", spring, "02:15-02:45", 0),
        ("out of the gap", spring, "02:30-04:00", 60),
        ("into the gap", spring, "01:00-02:30", 60),
        ("far from the gap", spring, "10:00-12:00", 120),
        ("the double hour", autumn, "02:00-03:00", 120),
        ("around the double hour", autumn, "01:00-04:00", 240),
        // the reading that is shown twice counts at its first showing, for both neighbours
        ("until in the double hour", autumn, "01:00-02:30", 90),
        ("from in the double hour", autumn, "02:30-04:00", 150),
        ("the whole day", autumn, "00:00-24:00", 25 * 60),
    ];
    for (case, date, opening, minutes) in cases {
        let span = opening.parse::<Opening>().unwrap().on(day(date), &zone("Europe/Berlin"));
        assert_eq!(span.duration().as_mins(), minutes, "{case}");
    }
}

#[test]
fn months_of_tokyo() {
    let cases = [
        ("30 days", "2026-11", 43_200),
        ("31 days", "2026-12", 44_640),
        ("28 days", "2026-02", 40_320),
        ("29 days", "2028-02", 41_760),
        // G5: the leap second at 2017-01-01 08:59:60 lengthens no month
        ("with a leap second", "2017-01", 44_640),
    ];
    for (case, month, minutes) in cases {
        let span = month.parse::<Month>().unwrap().span(&tokyo());
        assert_eq!(span.duration().as_mins(), minutes, "{case}");
    }
    let november = Month::new(2026, 11).unwrap();
    assert_eq!(november.span(&tokyo()), span("2026-11-01 00:00", "2026-12-01 00:00"));
    assert_eq!((november.first(), november.last()), (day("2026-11-01"), day("2026-11-30")));
}

#[test]
fn counting_in_months() {
    let month = |text: &str| text.parse::<Month>().unwrap();
    let cases = [
        ("2026-11", 1, "2026-12"),
        ("2026-11", 2, "2027-01"),
        ("2026-01", -1, "2025-12"),
        ("2026-11", -23, "2024-12"),
        ("2200-11", 5, "2200-12"),
        ("1970-02", i32::MIN, "1970-01"),
    ];
    for (from, n, to) in cases {
        assert_eq!(month(from).plus(n), month(to), "{from} and {n}");
    }
    assert_eq!(month("2026-11").months_until(month("2027-02")), 3);
    assert_eq!(month("2026-11").months_until(month("2026-10")), -1);
    let year: Vec<Month> = month("2026-11").through(month("2027-01")).collect();
    assert_eq!(year, ["2026-11", "2026-12", "2027-01"].map(month));
    assert_eq!(month("2026-11").through(month("2026-10")).count(), 0);
}

#[test]
fn months_end_somewhere() {
    let utc = zone("UTC");
    assert_eq!(Month::of(Timestamp::MIN, &utc), Month::MIN);
    assert_eq!(Month::of(Timestamp::MAX, &utc), Month::MAX);
}

proptest! {
    /// Every instant lies in exactly one month and one day, and they adjoin.
    #[test]
    fn months_and_days_partition_time(
        place in prop::sample::select(&ZONES[..]), second in 0_i64..7_000_000_000, nanos in 0..1_000_000_000,
    ) {
        let zone = zone(place);
        let at = Timestamp::new(second, nanos).unwrap();
        let month = Month::of(at, &zone);
        prop_assume!(Month::MIN < month && month < Month::MAX);
        prop_assert!(month.span(&zone).contains(at));
        prop_assert_eq!(month.span(&zone).until(), month.plus(1).span(&zone).from());
        prop_assert_eq!(month.span(&zone).from(), day_span(month.first(), &zone).from());
        let date = zone.to_datetime(at).date();
        let (before, this) = (day_span(date.yesterday().unwrap(), &zone), day_span(date, &zone));
        let after = day_span(date.tomorrow().unwrap(), &zone);
        prop_assert_eq!(before.until(), this.from());
        prop_assert_eq!(this.until(), after.from());
        prop_assert!(this.contains(at) || after.contains(at));
    }
}

/// The month's end over which clocks are set back, minute by minute, seen from both sides.
#[test]
fn a_month_keeps_the_hour_shown_again() {
    let zone = zone("America/St_Johns");
    let november = Month::new(2009, 11).unwrap();
    let midnight = november.span(&zone).from();
    for minutes in -120..120 {
        let at = midnight + jiff::SignedDuration::from_mins(minutes);
        let expected = if minutes < 0 { november.plus(-1) } else { november };
        assert_eq!(Month::of(at, &zone), expected, "{minutes}");
    }
}
