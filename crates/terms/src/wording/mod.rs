//! A contract in a few words, Japanese or English, as a provider's service sheet would say it.
//!
//! [`promise_number`] is the number of a promise; [`overview`] is every line of the contract. The
//! words are for people: nothing reads them back.

mod availability;
mod calendar;
mod deadline;
mod overview;
mod promise;
mod quantity;
mod words;

pub use self::calendar::calendar_hours;
pub use availability::{availability_details, denominator_words, tier_words};
pub use deadline::{clock_deadline, lead_words, notice_words, within_words};
pub use overview::{
    Row, cancellation_words, due_words, excluded_words, fee_words, first_month_words, late_words,
    overview, tax_words,
};
pub use promise::{keep_words, promise_number, schedule_words};
pub use quantity::{
    business_length, count, date, instant, length, minutes, money, month, percent, period, span,
};
pub use words::{about_word, channel_word, fee_kind_word, kind_word, rounding_word, strength_word};

use crate::Lang;

/// One of two texts.
pub(crate) fn pick<'a>(lang: Lang, ja: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// Adds remarks in brackets, when there are any.
fn remarked(lang: Lang, text: String, remarks: &[String]) -> String {
    if remarks.is_empty() {
        return text;
    }
    let all = remarks.join(pick(lang, "、", "; "));
    match lang {
        Lang::Ja => format!("{text}({all})"),
        Lang::En => format!("{text} ({all})"),
    }
}
