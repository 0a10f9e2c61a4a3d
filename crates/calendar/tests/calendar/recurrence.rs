//! Windows that come each month.

use calendar::{
    BusinessCalendar, Closure, Month, MonthRule, Opening, Reckoned, RecurringWindow, Span, Spans,
    WhenClosed,
};
use jiff::civil::Weekday;
use proptest::prelude::*;

use crate::{ZONES, office, shown, span, table, tokyo, zone};

fn window(rule: &str, when_closed: WhenClosed) -> RecurringWindow {
    let opening = "22:00-24:00".parse().unwrap();
    RecurringWindow { rule: rule.parse().unwrap(), opening, when_closed }
}

/// The windows of a month of Tokyo, as its clocks show their beginnings; `?` when provisional.
fn begins(window: RecurringWindow, month: &str, calendar: Option<&BusinessCalendar>) -> String {
    let within = month.parse::<Month>().unwrap().span(&tokyo());
    let begins = |found: &Reckoned<Span>| {
        let doubt = if found.provisional { "?" } else { "" };
        shown(found.value.from()) + doubt
    };
    let found = window.windows(within, &tokyo(), calendar);
    found.iter().map(begins).collect::<Vec<_>>().join(", ")
}

/// Contract 003, Art. 2 (3): each fourth Thursday, put off to a business day when it is none.
#[test]
fn maintenance_of_contract_003() {
    let monthly = window("4th thursday", WhenClosed::NextBusinessDay);
    let cases = [
        ("H14: not the last Thursday, the 29th", "2026-10", "Thu 2026-10-22 22:00"),
        ("H16", "2030-02", "Thu 2030-02-28 22:00?"),
        ("Emperor's birthday", "2023-02", "Fri 2023-02-24 22:00"),
        ("Labour Thanksgiving Day", "2028-11", "Fri 2028-11-24 22:00?"),
    ];
    for (case, month, expected) in cases {
        assert_eq!(begins(monthly, month, Some(&office())), expected, "{case}");
    }
    // H16: ends with the month, and nothing leaks into March.
    let february = Month::new(2030, 2).unwrap();
    let found = monthly.windows(february.span(&tokyo()), &tokyo(), Some(&office()));
    assert_eq!(found[0].value.until(), february.plus(1).span(&tokyo()).from());
    assert_eq!(begins(monthly, "2030-03", Some(&office())), "Thu 2030-03-28 22:00?");
}

/// H17: of an outage 21:50-00:10 on that night, 20 minutes lie outside.
#[test]
fn an_outage_longer_than_the_window() {
    let outage = span("2026-10-22 21:50", "2026-10-23 00:10");
    let found = window("4th thursday", WhenClosed::NextBusinessDay).windows(
        outage,
        &tokyo(),
        Some(&office()),
    );
    let windows: Spans = found.iter().map(|window| window.value).collect();
    let outside = Spans::from_iter([outage]).minus(&windows);
    assert_eq!((outside.len(), outside.total().as_mins()), (2, 20));
}

#[test]
fn rules_of_a_month() {
    let cases = [
        ("last sunday", "2026-11", "Sun 2026-11-29 22:00"),
        ("last thursday", "2026-10", "Thu 2026-10-29 22:00"),
        ("5th friday", "2026-10", "Fri 2026-10-30 22:00"),
        ("5th friday", "2026-11", ""),
        ("day 15", "2026-11", "Sun 2026-11-15 22:00"),
        ("day 31", "2027-02", "Sun 2027-02-28 22:00"),
    ];
    for (rule, month, expected) in cases {
        assert_eq!(begins(window(rule, WhenClosed::Keep), month, None), expected, "{rule}");
    }
}

#[test]
fn on_a_day_off() {
    let office = office();
    let cases = [
        (WhenClosed::Keep, "2026-11", "Sun 2026-11-15 22:00"),
        (WhenClosed::NextBusinessDay, "2026-11", "Mon 2026-11-16 22:00"),
        (WhenClosed::Skip, "2026-11", ""),
        (WhenClosed::Skip, "2026-12", "Tue 2026-12-15 22:00"),
    ];
    for (when_closed, month, expected) in cases {
        let window = window("day 15", when_closed);
        assert_eq!(begins(window, month, Some(&office)), expected, "{when_closed}");
        assert_eq!(begins(window, "2026-12", None), "Tue 2026-12-15 22:00", "{when_closed}");
    }
}

#[test]
fn moved_over_the_end_of_the_month() {
    let mut office = office();
    office.closures = vec!["2026-10-30..2026-11-05".parse::<Closure>().unwrap()];
    let last_day = window("day 31", WhenClosed::NextBusinessDay);
    assert_eq!(begins(last_day, "2026-10", Some(&office)), "");
    let november = "Fri 2026-11-06 22:00, Mon 2026-11-30 22:00";
    assert_eq!(begins(last_day, "2026-11", Some(&office)), november);
    // Closed for so long that the next month has its own window first.
    office.closures = vec!["2026-10-31..2026-12-15".parse::<Closure>().unwrap()];
    assert_eq!(begins(last_day, "2026-11", Some(&office)), "");
    assert_eq!(
        begins(last_day, "2026-12", Some(&office)),
        "Wed 2026-12-16 22:00, Thu 2026-12-31 22:00"
    );
}

#[test]
fn two_windows_that_move_to_one_day_are_one() {
    let mut office = office();
    office.closures = vec!["2026-01-31..2026-03-02".parse::<Closure>().unwrap()];
    let last_day = window("day 31", WhenClosed::NextBusinessDay);
    let march = "Tue 2026-03-03 22:00, Tue 2026-03-31 22:00";
    assert_eq!(begins(last_day, "2026-03", Some(&office)), march);
}

#[test]
fn provisional_only_where_a_holiday_table_was_asked() {
    let mut office = office();
    office.holidays = Some(table("2026-12-31", &[]));
    let moving = window("day 15", WhenClosed::NextBusinessDay);
    assert_eq!(begins(moving, "2027-01", Some(&office)), "Fri 2027-01-15 22:00?");
    let fixed = window("day 15", WhenClosed::Keep);
    assert_eq!(begins(fixed, "2027-01", Some(&office)), "Fri 2027-01-15 22:00");
    assert_eq!(begins(moving, "2027-01", None), "Fri 2027-01-15 22:00");
}

fn rule() -> impl Strategy<Value = MonthRule> {
    let weekday = (1_i8..=7).prop_map(|number| Weekday::from_monday_one_offset(number).unwrap());
    prop_oneof![
        (1_u8..=5, weekday.clone())
            .prop_map(|(nth, weekday)| MonthRule::NthWeekday { nth, weekday }),
        weekday.prop_map(MonthRule::LastWeekday),
        (1_u8..=31).prop_map(MonthRule::Day),
    ]
}

fn closures() -> impl Strategy<Value = Vec<Closure>> {
    let closure = (1_i8..=12, 1_i8..=28, 0_i32..60).prop_map(|(month, day, days)| {
        let first = jiff::civil::date(2026, month, day);
        Closure::Once { first, last: first + jiff::Span::new().days(days) }
    });
    prop::collection::vec(closure, 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Asking for a year finds what asking month by month finds.
    #[test]
    fn a_year_is_its_months(
        place in prop::sample::select(&ZONES[..]), rule in rule(), closures in closures(),
        opening in (0_u16..1440).prop_map(|from| Opening::new(from, 1440).unwrap()),
        when_closed in prop::sample::select(
            &[WhenClosed::Keep, WhenClosed::NextBusinessDay, WhenClosed::Skip][..]),
    ) {
        let zone = zone(place);
        let calendar = BusinessCalendar { zone: zone.clone(), closures, ..office() };
        let window = RecurringWindow { rule, opening, when_closed };
        let months = Month::new(2026, 1).unwrap().through(Month::new(2026, 12).unwrap());
        let by_month: Vec<_> = months
            .flat_map(|month| window.windows(month.span(&zone), &zone, Some(&calendar)))
            .collect();
        let year = Span::new(
            Month::new(2026, 1).unwrap().span(&zone).from(),
            Month::new(2026, 12).unwrap().span(&zone).until(),
        ).unwrap();
        prop_assert_eq!(window.windows(year, &zone, Some(&calendar)), by_month);
    }
}
