//! Lengths, shares, money, dates and instants.

use calendar::{Month, Span};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::{Currency, Lang, Percent, Period, PeriodUnit};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A number with its thousands apart: `200,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 minute`, `10 minutes`.
fn plural(number: u64, unit: &str) -> String {
    format!("{} {unit}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The parts of a length: hours, minutes, seconds with their fraction. Up to three hours a length that
/// is no whole hour stays in minutes, as contracts write it: 90 minutes, 120 minutes.
fn parts(length: SignedDuration) -> [(u64, u32, usize); 3] {
    let (seconds, nanos) = (length.as_secs().unsigned_abs(), length.subsec_nanos().unsigned_abs());
    match seconds {
        s if s < 3 * 3_600 && s != 3_600 => [(0, 0, 0), (s / 60, 0, 1), (s % 60, nanos, 2)],
        s => [(s / 3_600, 0, 0), (s / 60 % 60, 0, 1), (s % 60, nanos, 2)],
    }
}

/// A number with the fraction that so many billionths are: `3.001`.
fn decimal(number: u64, nanos: u32) -> String {
    if nanos == 0 {
        return count(number);
    }
    format!("{}.{}", count(number), format!("{nanos:09}").trim_end_matches('0'))
}

/// `10分`, `1時間`, `120分`, `24時間`, `3.001秒`; `10 minutes`. Exact; a minus in front of a negative one.
pub fn length(length: SignedDuration, lang: Lang) -> String {
    joined(length, lang, ["時間", "分", "秒"], ["hour", "minute", "second"])
}

/// `3営業時間`, `3 business hours`.
pub fn business_length(length: SignedDuration, lang: Lang) -> String {
    let en = ["business hour", "business minute", "second"];
    let seconds = length.as_secs().unsigned_abs();
    if seconds >= 3_600 && seconds.is_multiple_of(3_600) {
        return match lang {
            Lang::Ja => format!("{}営業時間", count(seconds / 3_600)),
            Lang::En => plural(seconds / 3_600, en[0]),
        };
    }
    match lang {
        Lang::Ja => format!("営業時間で{}", self::length(length, lang)),
        Lang::En => joined(length, lang, ["", "", ""], en),
    }
}

fn joined(length: SignedDuration, lang: Lang, ja: [&str; 3], en: [&str; 3]) -> String {
    let parts = parts(length);
    let sign = if length.is_negative() { "-" } else { "" };
    let there = parts.iter().filter(|(number, nanos, _)| *number > 0 || *nanos > 0);
    let word = |(number, nanos, unit): &(u64, u32, usize)| match (lang, nanos) {
        (Lang::Ja, _) => format!("{}{}", decimal(*number, *nanos), ja[*unit]),
        (Lang::En, 0) => plural(*number, en[*unit]),
        (Lang::En, _) => format!("{} {}s", decimal(*number, *nanos), en[*unit]),
    };
    let words: Vec<String> = there.map(word).collect();
    match (words.is_empty(), lang) {
        (true, Lang::Ja) => format!("0{}", ja[2]),
        (true, Lang::En) => plural(0, en[2]),
        (false, Lang::Ja) => format!("{sign}{}", words.concat()),
        (false, Lang::En) => format!("{sign}{}", words.join(" ")),
    }
}

/// A length in whole minutes and what is over, as contracts count a month: `43,200分`.
pub fn minutes(length: SignedDuration, lang: Lang) -> String {
    let seconds = length.as_secs().unsigned_abs();
    let (rest, nanos) = (seconds % 60, length.subsec_nanos().unsigned_abs());
    let minutes = match lang {
        Lang::Ja => format!("{}分", count(seconds / 60)),
        Lang::En => plural(seconds / 60, "minute"),
    };
    match (rest, nanos, lang) {
        (0, 0, _) => minutes,
        (_, _, Lang::Ja) => format!("{minutes}{}秒", decimal(rest, nanos)),
        (_, _, Lang::En) => format!("{minutes} {} seconds", decimal(rest, nanos)),
    }
}

/// `2週間`, `6か月`; `2 weeks`.
pub fn period(period: Period, lang: Lang) -> String {
    let number = u64::from(period.count);
    let (ja, en) = match period.unit {
        PeriodUnit::Day => ("日", "day"),
        PeriodUnit::Week => ("週間", "week"),
        PeriodUnit::Month => ("か月", "month"),
        PeriodUnit::Year => ("年", "year"),
    };
    match lang {
        Lang::Ja => format!("{}{ja}", count(number)),
        Lang::En => plural(number, en),
    }
}

/// `99.9 %`
pub fn percent(percent: Percent) -> String {
    let text = percent.to_string();
    format!("{} %", text.trim_end_matches('%'))
}

/// `1,234円`, `€12.34`; `¥1,234`. The amount is in the currency's smallest unit.
pub fn money(amount: i64, currency: Currency, lang: Lang) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    match (currency, lang) {
        (Currency::Jpy, Lang::Ja) => format!("{sign}{}円", count(amount)),
        (Currency::Jpy, Lang::En) => format!("{sign}¥{}", count(amount)),
        (Currency::Eur, _) => format!("{sign}€{}.{:02}", count(amount / 100), amount % 100),
    }
}

/// `2026年11月30日`, `30 November 2026`
pub fn date(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Lang::En => format!("{} {} {}", date.day(), month_name(date), date.year()),
    }
}

fn month_name(date: Date) -> &'static str {
    let index = usize::try_from(date.month() - 1).unwrap_or_default();
    MONTHS.get(index).copied().unwrap_or_default()
}

/// `2026年11月`, `November 2026`
pub fn month(month: Month, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("{}年{}月", month.year(), month.month()),
        Lang::En => format!("{} {}", month_name(month.first()), month.year()),
    }
}

/// A span in a place; the day of its end only when it is another, and midnight at its end as 24:00.
pub fn span(span: Span, zone: &TimeZone, lang: Lang) -> String {
    let (there, end) = (span.from().to_zoned(zone.clone()), span.until().to_zoned(zone.clone()));
    let from = instant(span.from(), zone, lang);
    let midnight = end.time() == Time::midnight() && !span.is_empty();
    let until = match there.date() {
        day if day == end.date() => time(&end),
        day if midnight && day.tomorrow().ok() == Some(end.date()) => "24:00".to_owned(),
        _ => instant(span.until(), zone, lang),
    };
    match lang {
        Lang::Ja => format!("{from}〜{until}"),
        Lang::En => format!("{from} – {until}"),
    }
}

/// `23:59`; with seconds when there are any.
fn time(there: &Zoned) -> String {
    let minute = format!("{:02}:{:02}", there.hour(), there.minute());
    match (there.second(), there.subsec_nanosecond()) {
        (0, 0) => minute,
        (second, 0) => format!("{minute}:{second:02}"),
        (second, nanos) => {
            let fraction = format!("{nanos:09}");
            format!("{minute}:{second:02}.{}", fraction.trim_end_matches('0'))
        }
    }
}

/// `2026年11月30日(月) 23:59`, `Monday, 30 November 2026, 23:59`; with seconds when there are any.
pub fn instant(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let there = at.to_zoned(zone.clone());
    let day = date(there.date(), lang);
    let weekday = weekday(there.weekday(), lang);
    let time = time(&there);
    match lang {
        Lang::Ja => format!("{day}({weekday}) {time}"),
        Lang::En => format!("{weekday}, {day}, {time}"),
    }
}

/// `月`, `Monday`
pub fn weekday(weekday: Weekday, lang: Lang) -> &'static str {
    const JA: [&str; 7] = ["月", "火", "水", "木", "金", "土", "日"];
    const EN: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let index = usize::try_from(weekday.to_monday_zero_offset()).unwrap_or_default();
    match lang {
        Lang::Ja => JA[index],
        Lang::En => EN[index],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil;

    #[test]
    fn lengths() {
        let cases = [
            (600, "10分", "10 minutes"),
            (60, "1分", "1 minute"),
            (3, "3秒", "3 seconds"),
            (3_600, "1時間", "1 hour"),
            (5_400, "90分", "90 minutes"),
            (7_200, "120分", "120 minutes"),
            (10_800, "3時間", "3 hours"),
            (86_400, "24時間", "24 hours"),
            (11_130, "3時間5分30秒", "3 hours 5 minutes 30 seconds"),
            (0, "0秒", "0 seconds"),
        ];
        for (seconds, ja, en) in cases {
            let given = SignedDuration::from_secs(seconds);
            assert_eq!(length(given, Lang::Ja), ja);
            assert_eq!(length(given, Lang::En), en);
        }
    }

    #[test]
    fn exact_lengths() {
        assert_eq!(length(SignedDuration::from_millis(3_001), Lang::Ja), "3.001秒");
        assert_eq!(length(SignedDuration::from_millis(3_001), Lang::En), "3.001 seconds");
        assert_eq!(length(SignedDuration::from_secs(-60), Lang::Ja), "-1分");
        assert_eq!(minutes(SignedDuration::from_secs(2_592_000), Lang::Ja), "43,200分");
        assert_eq!(minutes(SignedDuration::from_secs(61), Lang::En), "1 minute 1 seconds");
    }

    #[test]
    fn business_lengths() {
        let cases = [
            (10_800, "3営業時間", "3 business hours"),
            (3_600, "1営業時間", "1 business hour"),
            (7_200, "2営業時間", "2 business hours"),
            (1_800, "営業時間で30分", "30 business minutes"),
        ];
        for (seconds, ja, en) in cases {
            let given = SignedDuration::from_secs(seconds);
            assert_eq!(business_length(given, Lang::Ja), ja);
            assert_eq!(business_length(given, Lang::En), en);
        }
    }

    #[test]
    fn amounts() {
        assert_eq!(money(1_234, Currency::Jpy, Lang::Ja), "1,234円");
        assert_eq!(money(1_234_567, Currency::Jpy, Lang::En), "¥1,234,567");
        assert_eq!(money(1_234, Currency::Eur, Lang::Ja), "€12.34");
        assert_eq!(money(-5, Currency::Eur, Lang::En), "-€0.05");
        assert_eq!(count(999), "999");
        assert_eq!(count(200_000), "200,000");
        assert_eq!(percent(Percent(99_900_000)), "99.9 %");
        assert_eq!(percent(Percent::HUNDRED), "100 %");
    }

    #[test]
    fn days_and_instants() {
        let day = civil::date(2026, 11, 30);
        let zone = TimeZone::get("Asia/Tokyo").expect("known");
        let at = day.at(23, 59, 0, 0).to_zoned(zone.clone()).expect("exists").timestamp();
        assert_eq!(date(day, Lang::Ja), "2026年11月30日");
        assert_eq!(date(day, Lang::En), "30 November 2026");
        assert_eq!(instant(at, &zone, Lang::Ja), "2026年11月30日(月) 23:59");
        assert_eq!(instant(at, &zone, Lang::En), "Monday, 30 November 2026, 23:59");
        let late = at + SignedDuration::from_secs(59);
        assert_eq!(instant(late, &zone, Lang::Ja), "2026年11月30日(月) 23:59:59");
    }
}
