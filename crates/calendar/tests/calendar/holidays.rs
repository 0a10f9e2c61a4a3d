//! The holidays of Japan that come with the program, and tables that are refused.

use calendar::HolidayTable;

use crate::day;

#[test]
fn where_the_table_comes_from() {
    let japan = HolidayTable::japan();
    assert_eq!(japan.country(), "JP");
    assert_eq!((japan.source(), japan.source_version()), ("npm @holiday-jp/holiday_jp", "2.5.1"));
    assert_eq!(japan.licence(), "MIT, Copyright (c) 2016 holiday-jp");
    assert_eq!((japan.first(), japan.last()), (day("1970-01-01"), day("2050-12-31")));
    assert_eq!((japan.issued(), japan.official_until()), (day("2026-11-22"), day("2027-12-31")));
    assert!(japan.is_final(day("2027-12-31")) && !japan.is_final(day("2028-01-01")));
    assert_eq!(japan.days().count(), 1329);
}

/// Beside each total, what it consists of: first the holidays that the law had in that year.
#[test]
fn holidays_in_a_year() {
    let cases = [
        (1970, 12, "12"),
        (1989, 17, "13, a funeral, a citizens' holiday, 2 substitutes"),
        (1990, 19, "13, the enthronement, a citizens' holiday, 4 substitutes"),
        (1993, 16, "13, a wedding, a citizens' holiday, a substitute"),
        (2015, 17, "15, a citizens' holiday, a substitute"),
        (2019, 22, "15, 2 of the enthronement, 2 citizens' holidays, 3 substitutes"),
        (2020, 18, "16, 2 substitutes"),
        (2021, 17, "16, a substitute"),
        (2026, 18, "16, a citizens' holiday, a substitute"),
        (2027, 17, "16, a substitute"),
    ];
    let japan = HolidayTable::japan();
    for (year, holidays, why) in cases {
        let found = japan.days().filter(|(day, _)| day.year() == year).count();
        assert_eq!(found, holidays, "{year}: {why}");
    }
}

/// The days of 2027 as the Cabinet Office published them on 2026-02-02: the last official year.
#[test]
fn the_last_official_year() {
    let published = [
        "01-01", "01-11", "02-11", "02-23", "03-21", "03-22", "04-29", "05-03", "05-04", "05-05",
        "07-19", "08-11", "09-20", "09-23", "10-11", "11-03", "11-23",
    ];
    let japan = HolidayTable::japan();
    let days = japan.days().map(|(day, _)| day).filter(|day| day.year() == 2027);
    let published = published.map(|text| day(&format!("2027-{text}")));
    assert_eq!(days.collect::<Vec<_>>(), published);
}

#[test]
fn special_days() {
    let cases = [
        ("2019-04-30", Some("休日"), "citizens' holiday between two others"),
        ("2019-05-01", Some("休日（祝日扱い）"), "enthronement"),
        ("2019-05-02", Some("休日"), "citizens' holiday between two others"),
        ("2019-10-22", Some("休日（祝日扱い）"), "enthronement ceremony"),
        ("2019-12-23", None, "no longer the Emperor's birthday"),
        ("2020-07-23", Some("海の日"), "moved for the Olympics"),
        ("2020-07-20", None, "moved away"),
        ("2020-07-24", Some("スポーツの日"), "moved for the Olympics"),
        ("2020-10-12", None, "moved away"),
        ("2020-08-10", Some("山の日"), "moved for the Olympics"),
        ("2020-08-11", None, "moved away"),
        ("2021-07-22", Some("海の日"), "moved for the Olympics"),
        ("2021-07-23", Some("スポーツの日"), "moved for the Olympics"),
        ("2021-08-08", Some("山の日"), "moved for the Olympics"),
        ("2021-08-09", Some("山の日 振替休日"), "substitute for a moved one"),
        ("2026-05-06", Some("こどもの日 振替休日"), "substitute on a Wednesday"),
        ("2026-09-22", Some("休日"), "citizens' holiday between two others"),
        ("2026-11-23", Some("勤労感謝の日"), "a Monday of itself"),
        ("2027-03-22", Some("春分の日 振替休日"), "substitute"),
        ("2026-11-24", None, "an ordinary Tuesday"),
        ("1969-12-31", None, "before the table"),
    ];
    let japan = HolidayTable::japan();
    for (date, name, why) in cases {
        assert_eq!(japan.name(day(date)), name, "{date}: {why}");
        assert_eq!(japan.is_holiday(day(date)), name.is_some(), "{date}: {why}");
    }
}

#[test]
fn refused_tables() {
    let header = "# country: JP\n# source: s\n# source_version: 1\n# licence: MIT\n\
                  # issued: 2026-11-22\n# official_until: 2027-12-31\n\
                  # first: 2026-01-01\n# last: 2027-12-31\n";
    let good = format!("{header}2026-01-01,元日\n2026-01-12,成人の日\n");
    let cases = [
        ("# country: JP\n", "", "line 10: no `country`: add a line `# country: …` at the top"),
        ("JP", "", "line 1: no `country`: add a line `# country: …` at the top"),
        ("2026-11-22", "November", "line 5: `issued` is `November`, not a day: write YYYY-MM-DD"),
        (
            "until: 2027",
            "until: 2028",
            "line 6: `official_until` is after `last`: a day the table does not know cannot be final",
        ),
        ("2026-01-12", "12 Jan", "line 10: `12 Jan` is not a day: write YYYY-MM-DD,NAME"),
        (",成人の日", "", "line 10: 2026-01-12 has no name: write YYYY-MM-DD,NAME"),
        (
            "2026-01-12",
            "2026-01-01",
            "line 10: 2026-01-01 is out of order: sort the days, name each once",
        ),
        (
            "2026-01-12",
            "2028-01-10",
            "line 11: 2028-01-10 is not within `first` and `last`: correct the header",
        ),
    ];
    assert!(HolidayTable::read(&good).is_ok());
    for (what, instead, answer) in cases {
        let refused = HolidayTable::read(&good.replacen(what, instead, 1)).unwrap_err();
        assert_eq!(refused.to_string(), format!("holiday table, {answer}"));
    }
}
