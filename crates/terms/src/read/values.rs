//! What one value of a contract file may be, and the sentence that says so when it is not.

use calendar::{Closure, MonthRule, Opening};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use sections::{Section, Word};

use crate::read::within::{
    parse_keep, parse_length, parse_period, parse_schedule, parse_warning, parse_within,
};
use crate::{Clause, Keep, Name, Percent, Period, Schedule, Text, Within};

/// Longest text or clause, in characters.
pub const TEXT_MAX: usize = 2_000;

/// What something is called.
pub const NAME: Word<Name> = Word {
    expected: "a name of 1 to 60 letters a-z, digits, `-` and `.`, beginning and ending with a letter or digit, and not \"all\"",
    parse: |text| text.parse().ok(),
};
/// A number that a tax office gave.
pub const TAX_NUMBER: Word<String> = Word {
    expected: "a number for tax such as \"T1234567890123\": up to 40 letters, digits, `-` and spaces",
    parse: |text| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ' ';
        let sound = (1..=40).contains(&text.len()) && text.chars().all(fits);
        sound.then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
    },
};
/// Where something is said.
pub const CLAUSE: Word<Clause> = Word {
    expected: "where the document says it, such as \"第19条(2)\"",
    parse: |text| sound(text).map(Clause),
};
/// A text in both languages at once.
pub const TEXT: Word<Text> = Word {
    expected: "a text in quotes, or { ja = \"…\", en = \"…\" }",
    parse: |text| sound(text).map(Text::both),
};
const ONE_TEXT: Word<String> = Word { expected: "a text in quotes", parse: sound };
/// A share; whoever reads says when it may not exceed 100 %.
pub const PERCENT: Word<Percent> = Word {
    expected: "a percentage such as \"99.9%\", with up to six digits after the point",
    parse: |text| text.parse().ok(),
};
/// A share of a whole.
pub const SHARE: Word<Percent> = Word {
    expected: "a percentage from \"0%\" to \"100%\", with up to six digits after the point",
    parse: |text| text.parse().ok().filter(|percent| *percent <= Percent::HUNDRED),
};
/// A plain length of time.
pub const LENGTH: Word<SignedDuration> = Word {
    expected: "a length of time from \"1s\", such as \"90s\", \"10min\" or \"1h\"",
    parse: parse_length,
};
/// A length on the civil calendar.
pub const PERIOD: Word<Period> = Word {
    expected: "a period such as \"1 day\", \"2 weeks\", \"6 months\" or \"1 year\"",
    parse: parse_period,
};
/// By when.
pub const WITHIN: Word<Within> = Word {
    expected: "a time such as \"120min\", \"4 business hours\", \"2 business days\", \"1 week\", \"end of month\", \"end of next month\", \"day 15 of next month\" or \"promptly\"",
    parse: parse_within,
};
/// How long before a due time.
pub const WARNING: Word<Within> = Word {
    expected: "a time such as \"30min\", \"1 business hour\" or \"1 business day\"",
    parse: parse_warning,
};
/// How long or how many copies are kept.
pub const KEEP: Word<Keep> = Word {
    expected: "how many or how long, such as \"7 generations\", \"7 days\" or \"1 month\"",
    parse: parse_keep,
};
/// When copies are made.
pub const SCHEDULE: Word<Schedule> = Word {
    expected: "a period such as \"1 day\", or \"continuous\", or \"agreed\"",
    parse: parse_schedule,
};
/// Where days and months are.
pub const ZONE: Word<TimeZone> =
    Word { expected: "a time zone such as \"Asia/Tokyo\"", parse: |text| TimeZone::get(text).ok() };
/// A part of a day.
pub const OPENING: Word<Opening> = Word {
    expected: "a part of a day such as \"10:00-12:00\" or \"22:00-24:00\"",
    parse: |text| text.parse().ok(),
};
/// A part of a day that may go on over midnight.
pub const WINDOW: Word<Opening> = Word {
    expected: "a part of a day such as \"22:00-24:00\", or over midnight \"23:00-02:00\"",
    parse: |text| Opening::over_midnight(text).ok(),
};
/// Days on which a company is closed.
pub const CLOSURE: Word<Closure> = Word {
    expected: "days such as \"12-30..01-03\" or \"08-13\" (each year), or \"2026-08-13..2026-08-15\" (once)",
    parse: parse_closure,
};
/// Which day of each month.
pub const MONTH_RULE: Word<MonthRule> = Word {
    expected: "a day of the month such as \"4th thursday\", \"last sunday\" or \"day 15\"",
    parse: |text| text.parse().ok(),
};
/// A version of TLS.
pub const TLS: Word<(u8, u8)> = Word {
    expected: "a version of TLS: \"1.0\", \"1.1\", \"1.2\" or \"1.3\"",
    parse: |text| {
        let minor = text.strip_prefix("1.")?.parse().ok()?;
        (text.len() == 3 && minor <= 3).then_some((1, minor))
    },
};
/// The file that this one extends.
pub const FILE: Word<String> =
    Word { expected: "a file beside this one, such as \"base.toml\"", parse: sound };

/// Neither empty nor endless, without the spaces around it.
fn sound(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= TEXT_MAX;
    fits.then(|| text.to_owned())
}

fn parse_closure(text: &str) -> Option<Closure> {
    let closure = text.parse().ok()?;
    match closure {
        Closure::Once { first, last } if last < first => None,
        _ => Some(closure),
    }
}

/// A text for people, in one language or two.
pub fn read_text(section: &Section<'_>, key: &'static str) -> Option<Text> {
    section.value_or_section(key, &TEXT, |both| {
        let ja = both.value("ja", &ONE_TEXT);
        let en = both.value("en", &ONE_TEXT);
        if both.is_there() && !both.has("ja") && !both.has("en") {
            both.object_whole("needs `ja` or `en`");
        }
        both.finish();
        match (ja, en) {
            (Some(ja), Some(en)) => Some(Text { ja, en }),
            (one, other) => one.or(other).map(Text::both),
        }
    })
}

/// As [`read_text`], and a finding when the key is not there.
pub fn need_text(section: &Section<'_>, key: &'static str) -> Option<Text> {
    let text = read_text(section, key);
    section.demand(key, TEXT.expected);
    text
}
