//! Times, lengths, shares and money as people read them.

use calendar::{Month, Span};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::{Currency, Lang, Percent, Strength};

/// A length in the units that it needs: `1時間30分`, `25分30秒`; in English `1 h 30 min`. A sign in
/// front when it is negative.
pub fn length(length: SignedDuration, lang: Lang) -> String {
    let (sign, length) = if length.is_negative() { ("-", length.abs()) } else { ("", length) };
    let seconds = length.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = fraction(seconds % 60, length.subsec_nanos());
    let mut parts: Vec<String> = Vec::new();
    let mut add = |number: String, ja: &str, en: &str| {
        parts.push(match lang {
            Lang::Ja => format!("{number}{ja}"),
            Lang::En => format!("{number} {en}"),
        });
    };
    if hours > 0 {
        add(thousands(hours), "時間", "h");
    }
    if minutes > 0 {
        add(minutes.to_string(), "分", "min");
    }
    if rest != "0" || (hours == 0 && minutes == 0) {
        add(rest, "秒", "s");
    }
    let glue = if lang == Lang::Ja { "" } else { " " };
    format!("{sign}{}", parts.join(glue))
}

/// A length in minutes, as contracts count a month: `43,200分`; other units only for what is over.
pub fn minutes(length: SignedDuration, lang: Lang) -> String {
    let whole = length.as_secs() / 60;
    let over = fraction(length.as_secs() % 60, length.subsec_nanos());
    let minutes = thousands(whole);
    match (lang, over.as_str()) {
        (Lang::Ja, "0") => format!("{minutes}分"),
        (Lang::Ja, over) => format!("{minutes}分{over}秒"),
        (Lang::En, "0") => format!("{minutes} min"),
        (Lang::En, over) => format!("{minutes} min {over} s"),
    }
}

fn fraction(seconds: i64, nanos: i32) -> String {
    if nanos == 0 {
        return seconds.to_string();
    }
    format!("{seconds}.{nanos:09}").trim_end_matches('0').to_owned()
}

/// A number with commas between thousands.
fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// A day: `2026年11月30日(月)`, `Mon 2026-11-30`.
pub fn day(day: Date, lang: Lang) -> String {
    let weekday = weekday(day.weekday(), lang);
    match lang {
        Lang::Ja => format!("{}年{}月{}日({weekday})", day.year(), day.month(), day.day()),
        Lang::En => format!("{weekday} {day}"),
    }
}

fn weekday(weekday: Weekday, lang: Lang) -> &'static str {
    match (weekday, lang) {
        (Weekday::Monday, Lang::Ja) => "月",
        (Weekday::Tuesday, Lang::Ja) => "火",
        (Weekday::Wednesday, Lang::Ja) => "水",
        (Weekday::Thursday, Lang::Ja) => "木",
        (Weekday::Friday, Lang::Ja) => "金",
        (Weekday::Saturday, Lang::Ja) => "土",
        (Weekday::Sunday, Lang::Ja) => "日",
        (Weekday::Monday, Lang::En) => "Mon",
        (Weekday::Tuesday, Lang::En) => "Tue",
        (Weekday::Wednesday, Lang::En) => "Wed",
        (Weekday::Thursday, Lang::En) => "Thu",
        (Weekday::Friday, Lang::En) => "Fri",
        (Weekday::Saturday, Lang::En) => "Sat",
        (Weekday::Sunday, Lang::En) => "Sun",
    }
}

/// An instant where the contract is, to the second: `2026年11月30日(月) 23:50:00`, `Mon 2026-11-30 23:50:00`.
pub fn instant(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let local = at.to_zoned(zone.clone());
    let time = local.time();
    let mut clock = format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    if time.subsec_nanosecond() != 0 {
        let fraction = format!("{:09}", time.subsec_nanosecond());
        clock = format!("{clock}.{}", fraction.trim_end_matches('0'));
    }
    format!("{} {clock}", day(local.date(), lang))
}

/// A span where the contract is; the day of its end only when it is another.
pub fn span(span: Span, zone: &TimeZone, lang: Lang) -> String {
    let (from, until) = (instant(span.from(), zone, lang), instant(span.until(), zone, lang));
    let date = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let until = if date(span.from()) == date(span.until()) {
        until.rsplit(' ').next().unwrap_or_default().to_owned()
    } else {
        until
    };
    match lang {
        Lang::Ja => format!("{from}〜{until}"),
        Lang::En => format!("{from} – {until}"),
    }
}

/// A month: `2026年11月`, `November 2026`.
pub fn month(month: Month, lang: Lang) -> String {
    const ENGLISH: [&str; 12] = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ];
    match lang {
        Lang::Ja => format!("{}年{}月", month.year(), month.month()),
        Lang::En => {
            let place = usize::try_from(month.month() - 1).unwrap_or_default();
            format!("{} {}", ENGLISH.get(place).unwrap_or(&""), month.year())
        }
    }
}

/// A share as the contract writes it: `99.9 %`.
pub fn percent(percent: Percent) -> String {
    percent.to_string().replace('%', " %")
}

/// An amount: `1,234円`, `¥1,234`, `€12.34`.
pub fn money(amount: i64, currency: Currency, lang: Lang) -> String {
    match (currency, lang) {
        (Currency::Jpy, Lang::Ja) => format!("{}円", thousands(amount)),
        (Currency::Jpy, Lang::En) => format!("¥{}", thousands(amount)),
        (Currency::Eur, _) => {
            let sign = if amount < 0 { "-" } else { "" };
            let cents = amount.unsigned_abs();
            let euros = i64::try_from(cents / 100).unwrap_or(i64::MAX);
            format!("{sign}€{}.{:02}", thousands(euros), cents % 100)
        }
    }
}

/// Whether missing it is a breach, in a word.
pub fn strength(strength: Strength, lang: Lang) -> &'static str {
    match (strength, lang) {
        (Strength::Guarantee, Lang::Ja) => "保証",
        (Strength::Guarantee, Lang::En) => "guarantee",
        (Strength::Objective, Lang::Ja) => "目標",
        (Strength::Objective, Lang::En) => "objective",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_say_them() {
        let cases = [
            (0, "0秒", "0 s"),
            (59, "59秒", "59 s"),
            (600, "10分", "10 min"),
            (1_530, "25分30秒", "25 min 30 s"),
            (5_400, "1時間30分", "1 h 30 min"),
            (2_592_000, "720時間", "720 h"),
            (-60, "-1分", "-1 min"),
        ];
        for (seconds, ja, en) in cases {
            let length_of = SignedDuration::from_secs(seconds);
            assert_eq!(length(length_of, Lang::Ja), ja);
            assert_eq!(length(length_of, Lang::En), en);
        }
        assert_eq!(length(SignedDuration::from_millis(3_001), Lang::Ja), "3.001秒");
        assert_eq!(minutes(SignedDuration::from_secs(2_592_000), Lang::Ja), "43,200分");
    }

    #[test]
    fn money_has_its_currency() {
        assert_eq!(money(1_234_567, Currency::Jpy, Lang::Ja), "1,234,567円");
        assert_eq!(money(-5, Currency::Eur, Lang::En), "-€0.05");
    }
}
