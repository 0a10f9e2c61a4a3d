//! Lengths, periods and deadlines as a contract file writes them.

use jiff::SignedDuration;

use crate::{Keep, Period, PeriodUnit, Schedule, Within};

/// Longest plain or business time: ten years, so that no sum of instants overflows.
const LENGTH_SECONDS_MAX: i64 = 10 * 366 * 86_400;
/// Most business days of one deadline.
const BUSINESS_DAYS_MAX: u32 = 1_000;
/// Most units of one period, and most generations.
const COUNT_MAX: u16 = 1_000;

const UNITS: [(&str, i64); 3] = [("s", 1), ("min", 60), ("h", 3_600)];
const PERIODS: [(&str, &str, PeriodUnit); 4] = [
    ("day", "days", PeriodUnit::Day),
    ("week", "weeks", PeriodUnit::Week),
    ("month", "months", PeriodUnit::Month),
    ("year", "years", PeriodUnit::Year),
];

/// `"90s"`, `"10min"`, `"1h"`: from one second to ten years.
pub fn parse_length(text: &str) -> Option<SignedDuration> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == text[end..].trim_start())?;
    seconds(text[..end].parse().ok()?, *unit)
}

fn seconds(count: i64, unit: i64) -> Option<SignedDuration> {
    let seconds = count.checked_mul(unit)?;
    (1..=LENGTH_SECONDS_MAX).contains(&seconds).then(|| SignedDuration::from_secs(seconds))
}

/// `"1 day"`, `"2 weeks"`, `"6 months"`, `"1 year"`: from 1 to 1,000.
pub fn parse_period(text: &str) -> Option<Period> {
    let (count, word) = counted(text)?;
    let (.., unit) = PERIODS.iter().find(|(one, many, _)| word == *one || word == *many)?;
    let count = u16::try_from(count).ok().filter(|count| (1..=COUNT_MAX).contains(count))?;
    Some(Period { count, unit: *unit })
}

/// Everything that a clock's `within` may be.
pub fn parse_within(text: &str) -> Option<Within> {
    let by_month = |months_after, day| Some(Within::DayOfMonth { months_after, day });
    match text {
        "promptly" => return Some(Within::Promptly),
        "end of month" => return by_month(0, None),
        "end of next month" => return by_month(1, None),
        _ => {}
    }
    if let Some(rest) = text.strip_prefix("day ") {
        let (day, of) = rest.split_once(' ')?;
        let day = digits(day)?.try_into().ok().filter(|day| (1..=31).contains(day))?;
        return match of {
            "of month" => by_month(0, Some(day)),
            "of next month" => by_month(1, Some(day)),
            _ => None,
        };
    }
    parse_warning(text).or_else(|| parse_period(text).map(Within::Period))
}

/// Plain time, business time or business days.
pub fn parse_warning(text: &str) -> Option<Within> {
    if let Some(length) = parse_length(text) {
        return Some(Within::Plain(length));
    }
    let (count, word) = counted(text)?;
    let time = |unit| seconds(i64::from(count), unit).map(Within::BusinessTime);
    match word {
        "business minute" | "business minutes" => time(60),
        "business hour" | "business hours" => time(3_600),
        "business day" | "business days" => {
            (1..=BUSINESS_DAYS_MAX).contains(&count).then_some(Within::BusinessDays(count))
        }
        _ => None,
    }
}

/// `"7 generations"`, or a period.
pub fn parse_keep(text: &str) -> Option<Keep> {
    match counted(text)? {
        (count, "generation" | "generations") => {
            let count = u16::try_from(count).ok().filter(|count| (1..=COUNT_MAX).contains(count));
            count.map(Keep::Generations)
        }
        _ => parse_period(text).map(Keep::For),
    }
}

/// `"continuous"`, `"agreed"`, or a period.
pub fn parse_schedule(text: &str) -> Option<Schedule> {
    match text {
        "continuous" => Some(Schedule::Continuous),
        "agreed" => Some(Schedule::Agreed),
        _ => parse_period(text).map(Schedule::Every),
    }
}

/// A number, a space and the rest.
fn counted(text: &str) -> Option<(u32, &str)> {
    let (count, word) = text.split_once(' ')?;
    Some((digits(count)?, word))
}

/// Digits only: no sign.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines() {
        let minutes = SignedDuration::from_mins;
        let period = |count, unit| Some(Within::Period(Period { count, unit }));
        let day = |months_after, day| Some(Within::DayOfMonth { months_after, day });
        let cases = [
            ("120min", Some(Within::Plain(minutes(120)))),
            ("1h", Some(Within::Plain(minutes(60)))),
            ("90s", Some(Within::Plain(SignedDuration::from_secs(90)))),
            ("0s", None),
            ("-1h", None),
            ("1.5h", None),
            ("99999999999h", None),
            ("4 business hours", Some(Within::BusinessTime(minutes(240)))),
            ("1 business hour", Some(Within::BusinessTime(minutes(60)))),
            ("30 business minutes", Some(Within::BusinessTime(minutes(30)))),
            ("2 business days", Some(Within::BusinessDays(2))),
            ("0 business days", None),
            ("+2 business days", None),
            ("1 week", period(1, PeriodUnit::Week)),
            ("6 months", period(6, PeriodUnit::Month)),
            ("1001 days", None),
            ("end of month", day(0, None)),
            ("end of next month", day(1, None)),
            ("day 15 of next month", day(1, Some(15))),
            ("day 31 of month", day(0, Some(31))),
            ("day 32 of next month", None),
            ("day 15", None),
            ("promptly", Some(Within::Promptly)),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_within(text), expected, "{text}");
        }
    }

    #[test]
    fn copies() {
        let days = |count| Period { count, unit: PeriodUnit::Day };
        assert_eq!(parse_keep("7 generations"), Some(Keep::Generations(7)));
        assert_eq!(parse_keep("0 generations"), None);
        assert_eq!(parse_keep("7 days"), Some(Keep::For(days(7))));
        assert_eq!(parse_schedule("1 day"), Some(Schedule::Every(days(1))));
        assert_eq!(parse_schedule("continuous"), Some(Schedule::Continuous));
        assert_eq!(parse_schedule("daily"), None);
    }
}
