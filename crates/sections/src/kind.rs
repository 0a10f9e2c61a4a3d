//! What one value may be, and the sentence that says so when it is not.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use toml::de::DeValue;

use crate::nearest::nearest;
use crate::shape::Shape;

/// Most items of one list, so that no file makes us compare without end.
pub const ITEMS_MAX: usize = 1_000;

/// A kind of value: what it may be, and what it then means.
pub trait Kind {
    /// What the value means.
    type Out;

    /// Completes the sentence "expected …".
    fn expected(&self) -> String;

    /// For the description of the file.
    fn shape(&self) -> Shape;

    /// `None` when the value is something else.
    fn take(&self, value: &DeValue<'_>) -> Option<Self::Out>;

    /// What was probably meant by a value that is something else, as the file would have it.
    fn meant(&self, _value: &DeValue<'_>) -> Option<String> {
        None
    }
}

/// A text in quotes that means something.
pub struct Word<T> {
    /// Completes the sentence "expected …".
    pub expected: &'static str,
    /// `None` when the text is something else.
    pub parse: fn(&str) -> Option<T>,
}

impl<T> Kind for Word<T> {
    type Out = T;

    fn expected(&self) -> String {
        self.expected.to_owned()
    }

    fn shape(&self) -> Shape {
        Shape::Text { expected: self.expected }
    }

    fn take(&self, value: &DeValue<'_>) -> Option<T> {
        value.as_str().and_then(self.parse)
    }
}

/// One of a few words.
pub struct Choice<'w, T>(pub &'w [(&'static str, T)]);

impl<T: Copy> Kind for Choice<'_, T> {
    type Out = T;

    fn expected(&self) -> String {
        let all: Vec<String> = self.0.iter().map(|(word, _)| format!("{word:?}")).collect();
        format!("one of {}", all.join(", "))
    }

    fn shape(&self) -> Shape {
        Shape::Words(self.0.iter().map(|(word, _)| *word).collect())
    }

    fn take(&self, value: &DeValue<'_>) -> Option<T> {
        let text = value.as_str()?;
        self.0.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning)
    }

    fn meant(&self, value: &DeValue<'_>) -> Option<String> {
        let text = value.as_str()?;
        let slips = 1.max(text.len() / 3);
        nearest(text, self.0.iter().map(|(word, _)| *word), slips).map(|word| format!("{word:?}"))
    }
}

/// A whole number in a range.
pub struct Number(pub RangeInclusive<u64>);

impl Kind for Number {
    type Out = u64;

    fn expected(&self) -> String {
        format!("a number from {} to {}", self.0.start(), self.0.end())
    }

    fn shape(&self) -> Shape {
        Shape::Number { least: *self.0.start(), most: *self.0.end() }
    }

    fn take(&self, value: &DeValue<'_>) -> Option<u64> {
        let number = value.as_integer()?;
        u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|n| self.0.contains(n))
    }
}

/// `true` or `false`.
pub struct Truth;

impl Kind for Truth {
    type Out = bool;

    fn expected(&self) -> String {
        "true or false, without quotes".to_owned()
    }

    fn shape(&self) -> Shape {
        Shape::Truth
    }

    fn take(&self, value: &DeValue<'_>) -> Option<bool> {
        value.as_bool()
    }
}

/// First and last year that a date may have.
const YEARS: RangeInclusive<u16> = 1970..=2200;

/// A day of the civil calendar, from 1970 to 2200: a TOML local date.
pub struct Day;

impl Kind for Day {
    type Out = Date;

    fn expected(&self) -> String {
        "a date without quotes or time, from 1970 to 2200, such as 2026-11-01".to_owned()
    }

    fn shape(&self) -> Shape {
        Shape::Day
    }

    fn take(&self, value: &DeValue<'_>) -> Option<Date> {
        let moment = value.as_datetime()?;
        let date = moment.date.filter(|date| YEARS.contains(&date.year))?;
        if moment.time.is_some() || moment.offset.is_some() {
            return None;
        }
        let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
        Date::new(i16::try_from(date.year).ok()?, month, day).ok()
    }
}

/// One kind of value or another, with the same meaning.
pub struct Either<A, B>(pub A, pub B);

impl<A: Kind, B: Kind<Out = A::Out>> Kind for Either<A, B> {
    type Out = A::Out;

    fn expected(&self) -> String {
        format!("{}, or {}", self.0.expected(), self.1.expected())
    }

    fn shape(&self) -> Shape {
        Shape::Either(vec![self.0.shape(), self.1.shape()])
    }

    fn take(&self, value: &DeValue<'_>) -> Option<A::Out> {
        self.0.take(value).or_else(|| self.1.take(value))
    }

    fn meant(&self, value: &DeValue<'_>) -> Option<String> {
        self.0.meant(value).or_else(|| self.1.meant(value))
    }
}

/// A value as a finding quotes it.
pub(crate) fn quote(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let short: String = text.chars().take(60).collect();
            format!("{short:?}")
        }
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}
