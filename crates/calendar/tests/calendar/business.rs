//! Deadlines in business hours and business days, by the worked cases.

use calendar::{BusinessCalendar, Closure, Span, Spans};
use jiff::SignedDuration;

use crate::{at, day, hours, office, shown, span, table, tokyo, zone};

/// Contract 003, Art. 3: 4 business hours for priority 1, 1 business day (7 h) for priority 2,
/// 5 business days for priority 3, 3 business hours for the first notice of a fault.
#[test]
fn deadlines_in_business_hours() {
    let cases = [
        // the 23rd is a holiday; ends when the office closes for lunch, not after it
        ("H1", "2026-11-20 16:00", 4, "Tue 2026-11-24 12:00"),
        ("H2 before lunch", "2026-11-19 11:30", 4, "Thu 2026-11-19 16:30"),
        ("H2 at lunch", "2026-11-19 12:30", 4, "Thu 2026-11-19 17:00"),
        ("H4 a minute early", "2026-11-19 09:59", 4, "Thu 2026-11-19 15:00"),
        ("H4 at closing time", "2026-11-19 18:00", 4, "Fri 2026-11-20 15:00"),
        ("H6", "2026-11-21 10:00", 7, "Tue 2026-11-24 18:00"),
        // 21, 22 (citizens' holiday) and 23 September are closed
        ("H7", "2026-09-18 15:00", 35, "Wed 2026-09-30 15:00"),
        ("H10", "2026-11-17 14:00", 7, "Wed 2026-11-18 14:00"),
        ("H11 evening", "2026-11-16 16:30", 3, "Tue 2026-11-17 11:30"),
        ("H11 long weekend", "2026-11-20 17:00", 3, "Tue 2026-11-24 12:00"),
    ];
    for (case, from, time, due) in cases {
        let end = office().advance(at(from), hours(time), &Spans::new()).unwrap();
        assert_eq!((shown(end.value), end.provisional), (due.to_owned(), false), "{case}");
        let back = office().retreat(end.value, hours(time)).unwrap();
        let open = office().next_open(at(from)).unwrap();
        assert_eq!(shown(back.value), shown(open.value), "{case}, back again");
    }
}

#[test]
fn hours_before_a_deadline() {
    let cases = [
        ("H20: one business hour before H1 is due", "2026-11-24 12:00", 1, "Tue 2026-11-24 11:00"),
        ("over lunch", "2026-11-24 14:00", 2, "Tue 2026-11-24 11:00"),
        ("what is used up at lunch began after it", "2026-11-24 15:00", 2, "Tue 2026-11-24 13:00"),
        ("over a long weekend", "2026-11-24 10:30", 1, "Fri 2026-11-20 17:30"),
        ("nothing", "2026-11-22 03:00", 0, "Sun 2026-11-22 03:00"),
    ];
    for (case, due, time, from) in cases {
        assert_eq!(shown(office().retreat(at(due), hours(time)).unwrap().value), from, "{case}");
    }
}

#[test]
fn no_time_at_all_ends_where_it_begins() {
    for time in [0, -3] {
        let end = office().advance(at("2026-11-21 10:00"), hours(time), &Spans::new()).unwrap();
        assert_eq!(shown(end.value), "Sat 2026-11-21 10:00");
    }
}

#[test]
fn a_paused_clock_stands_still() {
    // Waiting for the customer from Thursday 11:00 until Friday 14:00.
    let pauses = Spans::from_iter([span("2026-11-19 11:00", "2026-11-20 14:00")]);
    let cases = [
        ("used up before it", "2026-11-19 10:00", 1, "Thu 2026-11-19 11:00"),
        ("runs on after it", "2026-11-19 10:00", 4, "Fri 2026-11-20 17:00"),
        ("begins in it", "2026-11-19 16:00", 1, "Fri 2026-11-20 15:00"),
    ];
    for (case, from, time, due) in cases {
        let end = office().advance(at(from), hours(time), &pauses).unwrap();
        assert_eq!(shown(end.value), due, "{case}");
    }
}

#[test]
fn a_clock_that_always_runs() {
    let always = BusinessCalendar::always(tokyo());
    let cases = [
        // contract 004: on site within two hours, year-end or not
        ("S5", "2026-12-30 22:10", 2, "Thu 2026-12-31 00:10"),
        ("H21: over midnight", "2026-11-19 22:30", 4, "Fri 2026-11-20 02:30"),
        ("until midnight", "2026-11-19 20:00", 4, "Fri 2026-11-20 00:00"),
        ("for a year", "2026-01-01 00:00", 24 * 365, "Fri 2027-01-01 00:00"),
    ];
    for (case, from, time, due) in cases {
        let end = always.advance(at(from), hours(time), &Spans::new()).unwrap();
        assert_eq!((shown(end.value), end.provisional), (due.to_owned(), false), "{case}");
        assert_eq!(always.open_time(span(from, &due[4..])), hours(time), "{case}");
        assert_eq!(always.next_open(at(from)).unwrap().value, at(from), "{case}");
    }
}

/// On 2009-11-01 the clocks of St. John's went from 00:01 back to 23:01 of the day before.
#[test]
fn a_clock_that_always_runs_through_an_hour_shown_again() {
    let always = BusinessCalendar::always(zone("America/St_Johns"));
    let midnight = always.openings(day("2009-11-01")).iter().next().unwrap().from();
    for minutes in -120..120 {
        let now = midnight + SignedDuration::from_mins(minutes);
        assert!(always.is_open(now), "{minutes}");
        let end = always.advance(now, hours(2), &Spans::new()).unwrap();
        assert_eq!(end.value, now + hours(2), "{minutes}");
        assert_eq!(always.retreat(end.value, hours(2)).unwrap().value, now, "{minutes}");
        assert_eq!(always.open_time(Span::new(now, end.value).unwrap()), hours(2), "{minutes}");
    }
}

#[test]
fn open_at_the_first_instant_closed_at_the_last() {
    let cases = [
        ("Thu 09:59:59", "2026-11-19 09:59:59", false),
        ("Thu 10:00", "2026-11-19 10:00", true),
        ("Thu 11:59:59.999", "2026-11-19 11:59:59.999", true),
        ("Thu 12:00, lunch", "2026-11-19 12:00", false),
        ("Thu 18:00, H4", "2026-11-19 18:00", false),
        ("Sat", "2026-11-21 11:00", false),
        ("Labour Thanksgiving Day", "2026-11-23 11:00", false),
    ];
    for (case, instant, open) in cases {
        assert_eq!(office().is_open(at(instant)), open, "{case}");
    }
    assert_eq!(
        shown(office().next_open(at("2026-11-20 18:00")).unwrap().value),
        "Tue 2026-11-24 10:00"
    );
}

#[test]
fn business_days() {
    let cases = [
        // contract 004: changes within 3 business days, fault reports within 2
        ("S7 asked on Friday", "2026-11-20", 3, "2026-11-26"),
        ("S7 asked on Saturday", "2026-11-21", 3, "2026-11-26"),
        ("X5 (2)", "2026-11-05", 2, "2026-11-09"),
        ("X5 (4)", "2026-11-18", 2, "2026-11-20"),
        ("X5 (5), over on 1 December", "2026-12-01", 2, "2026-12-03"),
        ("the day itself", "2026-11-20", 0, "2026-11-20"),
        ("the next one", "2026-11-21", 0, "2026-11-24"),
    ];
    for (case, from, n, due) in cases {
        let due = calendar::Reckoned { value: day(due), provisional: false };
        assert_eq!(office().business_day_after(day(from), n), Some(due), "{case}");
    }
}

#[test]
fn closures_close() {
    let mut office = office();
    office.closures = ["12-29..01-03", "2026-08-13..2026-08-14"]
        .map(|text| text.parse::<Closure>().unwrap())
        .to_vec();
    let cases = [
        ("over New Year", "2026-12-28", "2027-01-04"),
        ("this summer", "2026-08-12", "2026-08-17"),
        ("next summer", "2027-08-12", "2027-08-13"),
    ];
    for (case, from, next) in cases {
        assert_eq!(office.business_day_after(day(from), 1).unwrap().value, day(next), "{case}");
    }
}

/// G14: the sports days of 2020 were moved to July by a law of 2018. What was official before
/// stays as it was; what was not says so, and comes out differently with the newer table.
#[test]
fn a_newer_table_moves_only_what_was_provisional() {
    let mut before = office();
    before.holidays = Some(table("2019-12-31", &["2019-10-14", "2020-07-20", "2020-10-12"]));
    let mut after = office();
    after.holidays = Some(table("2020-12-31", &["2019-10-14", "2020-07-23", "2020-07-24"]));
    let cases = [
        ("old", &before, "2019-10-11", "2019-10-17", false),
        ("old, newer table", &after, "2019-10-11", "2019-10-17", false),
        ("July", &before, "2020-07-22", "2020-07-27", true),
        ("July, newer table", &after, "2020-07-22", "2020-07-29", false),
    ];
    for (case, calendar, from, due, provisional) in cases {
        let due = calendar::Reckoned { value: day(due), provisional };
        assert_eq!(calendar.business_day_after(day(from), 3), Some(due), "{case}");
    }
}

/// H22: beyond the last published year a deadline is provisional, wherever it was begun.
#[test]
fn beyond_the_published_holidays() {
    let none = Spans::new();
    let cases = [
        ("last official afternoon", "2027-12-31 13:00", 5, "Fri 2027-12-31 18:00", false),
        ("a minute further", "2027-12-31 13:01", 5, "Mon 2028-01-03 10:01", true),
    ];
    for (case, from, time, due, provisional) in cases {
        let end = office().advance(at(from), hours(time), &none).unwrap();
        assert_eq!((shown(end.value), end.provisional), (due.to_owned(), provisional), "{case}");
    }
    let monday = at("2028-01-03 11:00");
    assert!(office().next_open(monday).unwrap().provisional);
    assert!(office().retreat(monday, hours(2)).unwrap().provisional);
    assert!(!office().retreat(at("2028-01-01 00:00"), hours(2)).unwrap().provisional);
    let mut without_holidays = office();
    without_holidays.holidays = None;
    assert!(!without_holidays.next_open(monday).unwrap().provisional);
}

#[test]
fn an_office_that_never_opens_has_no_deadlines() {
    let never = BusinessCalendar { weekly: Default::default(), ..office() };
    let now = at("2026-11-19 10:00");
    assert_eq!(never.next_open(now), None);
    assert_eq!(never.advance(now, hours(1), &Spans::new()), None);
    assert_eq!(never.retreat(now, hours(1)), None);
    assert_eq!(never.business_day_after(day("2026-11-19"), 0), None);
    assert_eq!(never.day_length(), None);
    let paused = Spans::from_iter([span("2026-01-01", "2050-01-01")]);
    assert_eq!(office().advance(now, hours(1), &paused), None);
    assert_eq!(office().advance(now, SignedDuration::MAX, &Spans::new()), None);
}

#[test]
fn the_length_of_a_business_day() {
    assert_eq!(office().day_length(), Some(hours(7)));
    assert_eq!(BusinessCalendar::always(tokyo()).day_length(), Some(hours(24)));
    let mut overlapping = office();
    let week = ["09:00-12:00", "10:00-11:00", "11:00-16:00"].map(|text| text.parse().unwrap());
    overlapping.weekly = std::array::from_fn(|_| week.to_vec());
    assert_eq!(overlapping.day_length(), Some(hours(7)));
    let mut short_friday = office();
    short_friday.weekly[4].pop();
    assert_eq!(short_friday.day_length(), None);
}
