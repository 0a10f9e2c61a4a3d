//! One line of a log as the keys and values of a JSON object, and what is wrong with them in words
//! that say what to write instead.

use std::borrow::Cow;
use std::fmt;

use calendar::Span;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::event::{Functions, RunState};
use crate::pace;

/// Longest name of a function, site, window, channel, reason or person, in bytes.
pub const NAME_MAX: usize = 200;
/// First year of an instant in a log; earlier ones are slips of the pen.
pub const YEAR_FIRST: i16 = 1970;
/// Last year of an instant in a log.
pub const YEAR_LAST: i16 = 2200;

/// Most keys of a line; no event has as many.
const KEYS_MAX: usize = 20;

/// What is wrong, in words; the number of the line is added by the caller.
pub(crate) type Wrong = String;

/// A JSON value, as far as events need it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Whole(i64),
    Text(Cow<'a, str>),
    /// Something that no event has: a fraction, a huge number, a list or an object.
    Other(&'static str),
}

/// The keys and values of one line, in their order.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    /// `an outage`, for messages; empty until the kind is known.
    pub(crate) title: &'static str,
    fields: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Fields<'a> {
    pub(crate) fn read(line: &'a [u8]) -> Result<Fields<'a>, Wrong> {
        let mut json = serde_json::Deserializer::from_slice(line);
        let fields = json.deserialize_any(Keys).and_then(|fields| {
            json.end()?;
            Ok(fields)
        });
        let fields = fields.map_err(|error| not_json(&error))?;
        if fields.len() > KEYS_MAX {
            let count = fields.len();
            return Err(format!("the event has {count} keys: leave at most {KEYS_MAX}"));
        }
        for (at, (key, _)) in fields.iter().enumerate() {
            if fields[..at].iter().any(|(other, _)| other == key) {
                let key = shown(key);
                return Err(format!("`{key}` is there twice: keep one of the two"));
            }
        }
        Ok(Fields { title: "", fields })
    }

    /// Refuses every key that is not in a list.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Wrong> {
        match self.fields.iter().find(|(key, _)| !known.contains(&key.as_ref())) {
            None => Ok(()),
            Some((key, _)) => {
                let hint = meant(key, known, "it may have");
                Err(format!("{} has no key `{}`: {hint}", self.title, shown(key)))
            }
        }
    }

    /// The value of a key; `null` is the same as no such key.
    pub(crate) fn find(&self, key: &str) -> Option<&Value<'a>> {
        let found = self.fields.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value).filter(|value| **value != Value::Null)
    }

    fn need(&self, key: &str, example: &str) -> Result<&Value<'a>, Wrong> {
        let missing = || format!("{} needs `{key}`: add it, as in \"{key}\":{example}", self.title);
        self.find(key).ok_or_else(missing)
    }

    /// A name: text that is not empty, not too long, and without control characters.
    pub(crate) fn name(&self, key: &str, example: &str) -> Result<String, Wrong> {
        name(key, self.need(key, &format!("\"{example}\""))?)
    }

    /// A name that may be missing.
    pub(crate) fn optional_name(&self, key: &str) -> Result<Option<String>, Wrong> {
        self.find(key).map(|value| name(key, value)).transpose()
    }

    /// Which functions; one when `default` is `None` and the key is missing, that is an error.
    pub(crate) fn functions(&self, default: Option<Functions>) -> Result<Functions, Wrong> {
        match (self.optional_name("function")?, default) {
            (Some(all), _) if all == "all" => Ok(Functions::All),
            (Some(one), _) => Ok(Functions::One(one)),
            (None, Some(default)) => Ok(default),
            (None, None) => self.name("function", "smtp").map(Functions::One),
        }
    }

    /// One function: whoever looks, looks at one.
    pub(crate) fn function(&self) -> Result<String, Wrong> {
        match self.name("function", "smtp")? {
            all if all == "all" => {
                Err(format!("{} is of one function, not of `all`: name the function", self.title))
            }
            one => Ok(one),
        }
    }

    pub(crate) fn instant(&self, key: &str) -> Result<Timestamp, Wrong> {
        instant(key, self.need(key, "\"2026-11-03T02:00:00+09:00\"")?)
    }

    pub(crate) fn optional_instant(&self, key: &str) -> Result<Option<Timestamp>, Wrong> {
        self.find(key).map(|value| instant(key, value)).transpose()
    }

    /// `from` and `until`.
    pub(crate) fn span(&self) -> Result<Span, Wrong> {
        let (from, until) = (self.instant("from")?, self.instant("until")?);
        Span::new(from, until).map_err(|_| backwards("until", until, from))
    }

    pub(crate) fn truth(&self, key: &str) -> Result<bool, Wrong> {
        match self.need(key, "true")? {
            Value::Bool(truth) => Ok(*truth),
            other => Err(format!("`{key}` is {other}: write true or false, without quotes")),
        }
    }

    pub(crate) fn pace(&self, key: &str) -> Result<SignedDuration, Wrong> {
        match self.need(key, "\"60s\"")? {
            Value::Text(text) => pace::read(text),
            Value::Whole(seconds) => pace::whole(*seconds),
            other => {
                Err(format!("`{key}` is {other}: write a length, such as \"60s\" or \"5min\""))
            }
        }
    }

    pub(crate) fn states(&self, key: &str) -> Result<Vec<(u64, RunState)>, Wrong> {
        match self.need(key, "\"1400u 10d 30-\"")? {
            Value::Text(text) => pace::read_states(text),
            other => Err(format!("`{key}` is {other}: write counts, such as \"1400u 10d 30-\"")),
        }
    }
}

/// «`until` … is before `from` …».
pub(crate) fn backwards(key: &str, at: Timestamp, from: Timestamp) -> Wrong {
    format!("`{key}` ({at}) is before `from` ({from}): swap or correct them")
}

/// The nearest known word, or all of them behind `all` when none is near.
pub(crate) fn meant(word: &str, known: &[&str], all: &str) -> String {
    // The comparison takes time by the square of the length.
    let near = |known: &&&str| strsim::damerau_levenshtein(word, known);
    let best = known.iter().filter(|_| word.len() <= NAME_MAX).min_by_key(near);
    match best {
        Some(best) if strsim::damerau_levenshtein(word, best) <= 1 + word.len() / 4 => {
            format!("did you mean `{best}`?")
        }
        _ => format!("{all} {}", known.join(", ")),
    }
}

/// A text of the log as a message shows it: in one line and not too long.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let mut shown: String = text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a text can be a name.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= NAME_MAX && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

fn name(key: &str, value: &Value<'_>) -> Result<String, Wrong> {
    let Value::Text(text) = value else {
        return Err(format!("`{key}` is {value}: write a name in quotes"));
    };
    match text {
        text if is_name(text) => Ok(text.to_string()),
        text if text.len() > NAME_MAX => {
            let length = text.len();
            Err(format!("`{key}` has {length} bytes: shorten it to at most {NAME_MAX}"))
        }
        text if text.trim().is_empty() => Err(format!("`{key}` is empty: write a name")),
        text => Err(format!("`{key}` is \"{}\": take out the control characters", shown(text))),
    }
}

fn instant(key: &str, value: &Value<'_>) -> Result<Timestamp, Wrong> {
    let Value::Text(text) = value else {
        return Err(format!(
            "`{key}` is {value}: write an instant in quotes, such as \"2026-11-03T02:00:00+09:00\""
        ));
    };
    let Ok(instant) = text.parse::<Timestamp>() else {
        let text_shown = shown(text);
        return Err(match text.parse::<DateTime>() {
            Ok(_) if text.contains(':') => {
                format!("`{key}` (\"{text_shown}\") has no offset: write an offset, such as +09:00")
            }
            _ => format!(
                "`{key}` (\"{text_shown}\") is not an instant: write RFC 3339, such as \
                 2026-11-03T02:00:00+09:00"
            ),
        });
    };
    if !(YEAR_FIRST..=YEAR_LAST).contains(&year(instant)) {
        return Err(format!(
            "`{key}` ({instant}) is out of reach: write a year from {YEAR_FIRST} to {YEAR_LAST}"
        ));
    }
    Ok(instant)
}

/// The year of an instant in UTC.
pub(crate) fn year(at: Timestamp) -> i16 {
    Offset::UTC.to_datetime(at).year()
}

fn not_json(error: &serde_json::Error) -> Wrong {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place).unwrap_or(&text) {
        _ if error.is_eof() => {
            "the line ends before its JSON does: write each event whole, on one line".to_owned()
        }
        own if own.starts_with(NOT_AN_OBJECT) => NOT_AN_OBJECT.to_owned(),
        own => {
            let column = error.column();
            format!(
                "not JSON at column {column} ({own}): write one object on the line, nothing else"
            )
        }
    }
}

const NOT_AN_OBJECT: &str =
    "an event is an object: write it in braces, as in {\"kind\":\"outage\",…}";

/// A value as a message names it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Whole(number) => write!(f, "{number}"),
            Value::Text(text) => write!(f, "\"{}\"", shown(text)),
            Value::Other(what) => f.write_str(what),
        }
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Vec<(Cow<'de, str>, Value<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some(Any(key)) = map.next_key()? {
            let Value::Text(key) = key else { return Err(M::Error::custom("a key is not text")) };
            let Any(value) = map.next_value()?;
            fields.push((key, value));
        }
        Ok(fields)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, _: S) -> Result<Self::Value, S::Error> {
        Err(S::Error::custom(NOT_AN_OBJECT))
    }

    fn visit_borrowed_str<E: Error>(self, _: &'de str) -> Result<Self::Value, E> {
        Err(E::custom(NOT_AN_OBJECT))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom(NOT_AN_OBJECT))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Err(E::custom(NOT_AN_OBJECT))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(E::custom(NOT_AN_OBJECT))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Err(E::custom(NOT_AN_OBJECT))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(E::custom(NOT_AN_OBJECT))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Err(E::custom(NOT_AN_OBJECT))
    }
}

/// Any JSON value, read without copying where that is possible.
struct Any<'a>(Value<'a>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Any<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Any<'a>, D::Error> {
        json.deserialize_any(AnyValue).map(Any)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(number).map_or(Value::Other("a huge number"), Value::Whole))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Other("a number with a fraction"))
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Value<'de>, S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other("a list"))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Value<'de>, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other("an object"))
    }
}
