//! A part of a day by the clock on the wall.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Span;
use crate::day::first_instant;

const MINUTES_A_DAY: u16 = 24 * 60;

/// A part of a day in minutes from 00:00: half-open, not empty, until at most 24:00; a maintenance
/// window may go on [over midnight](Opening::over_midnight).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Opening {
    from_minute: u16,
    until_minute: u16,
}

/// A text is not a part of a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a part of a day: write HH:MM-HH:MM, as in 10:00-12:00 or 22:00-24:00, \
     the end after the beginning"
)]
pub struct OpeningError(String);

impl Opening {
    /// From 00:00 until 24:00.
    pub const WHOLE_DAY: Opening = Opening { from_minute: 0, until_minute: MINUTES_A_DAY };

    /// A part of a day by its minutes from 00:00; `None` when it is empty, backwards or goes past
    /// 24:00 (minute 1440).
    pub fn new(from_minute: u16, until_minute: u16) -> Option<Opening> {
        let fits = from_minute < until_minute && until_minute <= MINUTES_A_DAY;
        fits.then_some(Opening { from_minute, until_minute })
    }

    /// Its first minute, counted from 00:00, 0 to 1439.
    pub fn from_minute(self) -> u16 {
        self.from_minute
    }

    /// A part of a day that may go on into the next for up to 24 hours in all: `23:00-02:00`, or as
    /// timetables write it `23:00-26:00`.
    ///
    /// # Errors
    /// When the text is neither, or the whole is longer than a day or empty.
    pub fn over_midnight(text: &str) -> Result<Opening, OpeningError> {
        let read = || {
            let (from, until) = text.split_once('-')?;
            let (from, until) = (minute_of_day(from)?, minutes_of(until)?);
            let until = if until < from { until + MINUTES_A_DAY } else { until };
            let fits = from < MINUTES_A_DAY && from < until && until - from <= MINUTES_A_DAY;
            fits.then_some(Opening { from_minute: from, until_minute: until })
        };
        read().ok_or_else(|| OpeningError(text.to_owned()))
    }

    /// The first minute after it, counted from 00:00, 1 to 1440; more when it goes over midnight.
    pub fn until_minute(self) -> u16 {
        self.until_minute
    }

    /// The instants of a day at which clocks in the zone show a time in it. Where clocks change
    /// inside it, it is shorter or longer than it looks, and empty when they skip all of it.
    pub fn on(self, date: Date, zone: &TimeZone) -> Span {
        let instant = |minute: u16| {
            let midnight = match minute {
                MINUTES_A_DAY.. => date.tomorrow().unwrap_or(Date::MAX),
                _ => date,
            };
            let minute = minute % MINUTES_A_DAY;
            // Both are in range: the minute is below 24 x 60.
            let (hour, minute) = ((minute / 60) as i8, (minute % 60) as i8);
            first_instant(midnight.at(hour, minute, 0, 0), zone)
        };
        Span::forward(instant(self.from_minute), instant(self.until_minute))
    }
}

/// `10:00-12:00`.
impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from_minute, self.until_minute);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

impl FromStr for Opening {
    type Err = OpeningError;

    fn from_str(text: &str) -> Result<Opening, OpeningError> {
        let read = || {
            let (from, until) = text.split_once('-')?;
            Opening::new(minute_of_day(from)?, minute_of_day(until)?)
        };
        read().ok_or_else(|| OpeningError(text.to_owned()))
    }
}

/// The minutes of `HH:MM`, at most those of 24:00.
fn minute_of_day(text: &str) -> Option<u16> {
    minutes_of(text).filter(|minutes| *minutes <= MINUTES_A_DAY)
}

/// The minutes of `HH:MM`, less than those of 48:00.
fn minutes_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| match part.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
        }
        _ => None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all < 2 * MINUTES_A_DAY).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_go_over_midnight_and_business_hours_do_not() {
        let cases = [
            ("22:00-24:00", Some("22:00-24:00")),
            ("23:00-02:00", Some("23:00-26:00")),
            ("23:00-26:00", Some("23:00-26:00")),
            ("00:00-24:00", Some("00:00-24:00")),
            ("12:00-12:00", None),
            ("23:00-47:30", None),
            ("24:00-26:00", None),
            ("23:00-2:00", None),
        ];
        for (text, expected) in cases {
            let got = Opening::over_midnight(text).map(|opening| opening.to_string());
            assert_eq!(got.ok().as_deref(), expected, "{text}");
        }
        assert!("23:00-02:00".parse::<Opening>().is_err());
        let zone = TimeZone::get("Asia/Tokyo").expect("a zone");
        let night = Opening::over_midnight("23:00-02:00").expect("a window");
        let span = night.on(jiff::civil::date(2026, 11, 30), &zone);
        assert_eq!(
            span.display_in(&zone).to_string(),
            "2026-11-30T23:00:00+09:00/2026-12-01T02:00:00+09:00"
        );
    }
}
