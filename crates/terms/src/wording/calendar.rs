//! Business hours and windows that recur.

use calendar::{Closure, DayOfYear, MonthRule, Opening, RecurringWindow, WhenClosed};
use jiff::civil::Weekday;

use crate::wording::quantity::{date, weekday};
use crate::wording::{pick, remarked};
use crate::{CalendarRule, Lang};

/// `月〜金 10:00〜12:00、13:00〜18:00(祝日、12月30日〜1月3日を除く)`
pub fn calendar_hours(rule: &CalendarRule, lang: Lang) -> String {
    let mut groups: Vec<(Vec<usize>, &Vec<Opening>)> = Vec::new();
    for (day, openings) in rule.weekly.iter().enumerate() {
        if openings.is_empty() {
            continue;
        }
        match groups.iter_mut().find(|(_, known)| *known == openings) {
            Some((days, _)) => days.push(day),
            None => groups.push((vec![day], openings)),
        }
    }
    let always = rule.closures.is_empty() && !rule.japanese_holidays;
    if let [(days, openings)] = &groups[..]
        && days.len() == 7
        && is_whole_day(openings)
        && always
    {
        return pick(lang, "24時間365日", "24 hours, 365 days").to_owned();
    }
    let words: Vec<String> =
        groups.iter().map(|(days, openings)| group(days, openings, lang)).collect();
    let text = words.join(pick(lang, "、", "; "));
    let mut without = Vec::new();
    if rule.japanese_holidays {
        without.push(pick(lang, "祝日", "Japanese public holidays").to_owned());
    }
    without.extend(rule.closures.iter().map(|closure| closure_words(*closure, lang)));
    if without.is_empty() {
        return text;
    }
    let without = match lang {
        Lang::Ja => format!("{}を除く", without.join("、")),
        Lang::En => format!("except {}", without.join(", ")),
    };
    remarked(lang, text, &[without])
}

fn is_whole_day(openings: &[Opening]) -> bool {
    matches!(openings, [one] if one.from_minute() == 0 && one.until_minute() == 24 * 60)
}

fn group(days: &[usize], openings: &[Opening], lang: Lang) -> String {
    let hours: Vec<String> = if is_whole_day(openings) {
        vec![pick(lang, "終日", "all day").to_owned()]
    } else {
        openings.iter().map(|opening| opening_words(*opening, lang)).collect()
    };
    let days = match days.len() {
        7 => pick(lang, "毎日", "every day").to_owned(),
        _ => day_words(days, lang),
    };
    format!("{days} {}", hours.join(pick(lang, "、", " and ")))
}

/// `月〜金`, `月・水・金`: three days or more in a row are a range.
fn day_words(days: &[usize], lang: Lang) -> String {
    let name = |day: usize| i8::try_from(day).map_or("", |day| short(day, lang));
    let mut words = Vec::new();
    let mut rest = days;
    while let Some(first) = rest.first() {
        let run = rest.iter().enumerate().take_while(|(i, day)| **day == first + i).count();
        let (row, others) = rest.split_at(run);
        match row {
            [first, .., last] if run >= 3 => {
                words.push(format!("{}{}{}", name(*first), pick(lang, "〜", "–"), name(*last)));
            }
            _ => words.extend(row.iter().map(|day| name(*day).to_owned())),
        }
        rest = others;
    }
    words.join(pick(lang, "・", ", "))
}

/// `月`, `Mon`; days are counted from Monday.
fn short(day: i8, lang: Lang) -> &'static str {
    let name = Weekday::from_monday_zero_offset(day).map_or("", |day| weekday(day, lang));
    match lang {
        Lang::Ja => name,
        Lang::En => name.get(..3).unwrap_or(name),
    }
}

/// `22:00〜24:00`, `23:00〜翌日2:00`
pub fn opening_words(opening: Opening, lang: Lang) -> String {
    const DAY: u16 = 24 * 60;
    let clock = |minute: u16| format!("{}:{:02}", minute / 60, minute % 60);
    let (from, dash) = (clock(opening.from_minute()), pick(lang, "〜", "–"));
    match (opening.until_minute(), lang) {
        (until, Lang::Ja) if until > DAY => format!("{from}{dash}翌日{}", clock(until - DAY)),
        (until, Lang::En) if until > DAY => {
            format!("{from}{dash}{} the next day", clock(until - DAY))
        }
        (until, _) => format!("{from}{dash}{}", clock(until)),
    }
}

fn closure_words(closure: Closure, lang: Lang) -> String {
    let dash = pick(lang, "〜", " to ");
    match closure {
        Closure::EveryYear { first, last } if first == last => day_of_year(first, lang),
        Closure::EveryYear { first, last } => {
            format!("{}{dash}{}", day_of_year(first, lang), day_of_year(last, lang))
        }
        Closure::Once { first, last } if first == last => date(first, lang),
        Closure::Once { first, last } => format!("{}{dash}{}", date(first, lang), date(last, lang)),
    }
}

/// `12月30日`, `30 December`, from the closure's own `12-30`.
fn day_of_year(day: DayOfYear, lang: Lang) -> String {
    let text = day.to_string();
    // 2024 is a leap year: each day of a year is in it.
    let Ok(day) = format!("2024-{text}").parse() else { return text };
    let whole = date(day, lang);
    let whole = whole.strip_prefix("2024年").unwrap_or(&whole);
    whole.strip_suffix(" 2024").unwrap_or(whole).to_owned()
}

/// `毎月第4木曜日 22:00〜24:00(休業日なら翌営業日)`
pub fn window_words(window: &RecurringWindow, lang: Lang) -> String {
    let text = format!("{} {}", rule_words(window.rule, lang), opening_words(window.opening, lang));
    let remark = match window.when_closed {
        WhenClosed::Keep => return text,
        WhenClosed::NextBusinessDay => {
            pick(lang, "休業日なら翌営業日", "on the next business day when closed")
        }
        WhenClosed::Skip => pick(lang, "休業日なら行わない", "not on a day off"),
    };
    remarked(lang, text, &[remark.to_owned()])
}

fn rule_words(rule: MonthRule, lang: Lang) -> String {
    const ORDINALS: [&str; 5] = ["1st", "2nd", "3rd", "4th", "5th"];
    match (rule, lang) {
        (MonthRule::NthWeekday { nth, weekday: day }, Lang::Ja) => {
            format!("毎月第{nth}{}曜日", weekday(day, lang))
        }
        (MonthRule::NthWeekday { nth, weekday: day }, Lang::En) => {
            let nth = ORDINALS.get(usize::from(nth).wrapping_sub(1)).copied().unwrap_or_default();
            format!("{nth} {} of the month,", weekday(day, lang))
        }
        (MonthRule::LastWeekday(day), Lang::Ja) => format!("毎月最終{}曜日", weekday(day, lang)),
        (MonthRule::LastWeekday(day), Lang::En) => {
            format!("last {} of the month,", weekday(day, lang))
        }
        (MonthRule::Day(day), Lang::Ja) => format!("毎月{day}日"),
        (MonthRule::Day(day), Lang::En) => format!("day {day} of the month,"),
    }
}
