//! The short cut for what a log has most of: measurements in the form in which they are written.
//!
//! Whatever looks a little different, wrong or strange goes the long way through JSON; nothing is
//! refused here, and what is read here reads the same there (`tests/fuzz_log_reader.rs`).

use jiff::{SignedDuration, Timestamp};

use crate::event::Measurement;
use crate::fields::NAME_MAX;
use crate::pace::PACE_MAX;

/// A measurement whose keys are in the order of [`write_event`](crate::write_event), without a blank
/// or with one after each colon and comma; with plain names, whole seconds and no leap second.
pub(crate) fn measurement(line: &[u8]) -> Option<Measurement> {
    let mut rest = Rest(line);
    rest.skip(b"{\"kind\":")?;
    rest.blank();
    rest.skip(b"\"measurement\",")?;
    rest.blank();
    rest.key(b"\"function\":")?;
    let function = rest.name()?;
    rest.comma()?;
    let site = match rest.key(b"\"site\":") {
        Some(()) => {
            let site = rest.name()?;
            rest.comma()?;
            Some(site)
        }
        None => None,
    };
    rest.key(b"\"at\":")?;
    let at = rest.instant()?;
    rest.comma()?;
    rest.key(b"\"ok\":")?;
    let ok = match rest.skip(b"true") {
        Some(()) => true,
        None => rest.skip(b"false").map(|()| false)?,
    };
    rest.comma()?;
    rest.key(b"\"every\":")?;
    let every = rest.seconds()?;
    rest.skip(b"}")?;
    // `all` is no function that can be measured: the long way says so.
    let whole = rest.0.is_empty() && function != "all";
    let site = site.map(str::to_owned);
    whole.then(|| Measurement { function: function.to_owned(), site, at, ok, every })
}

/// What is left of a line.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn blank(&mut self) {
        self.0 = self.0.strip_prefix(b" ").unwrap_or(self.0);
    }

    fn key(&mut self, key: &[u8]) -> Option<()> {
        self.skip(key)?;
        self.blank();
        Some(())
    }

    fn comma(&mut self) -> Option<()> {
        self.key(b",")
    }

    /// A name in quotes, of printable ASCII without an escape.
    fn name(&mut self) -> Option<&'a str> {
        let inner = self.0.strip_prefix(b"\"")?;
        let length = inner.iter().position(|b| !matches!(b, b'!' | b'#'..=b'[' | b']'..=b'~'))?;
        let (name, rest) = inner.split_at(length);
        self.0 = rest.strip_prefix(b"\"")?;
        (1..=NAME_MAX).contains(&length).then(|| str::from_utf8(name).ok()).flatten()
    }

    /// `"60s"`.
    fn seconds(&mut self) -> Option<SignedDuration> {
        let inner = self.0.strip_prefix(b"\"")?;
        let digits = inner.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
        let (number, rest) = inner.split_at(digits);
        self.0 = rest.strip_prefix(b"s\"")?;
        let seconds = number.iter().fold(0, |sum, b| sum * 10 + i64::from(b - b'0'));
        let within = (1..=PACE_MAX.as_secs()).contains(&seconds);
        within.then(|| SignedDuration::from_secs(seconds))
    }

    /// `"2026-11-03T02:00:00Z"` or with an offset such as `+09:00`.
    fn instant(&mut self) -> Option<Timestamp> {
        const DATE_TIME: usize = 19;
        let inner = self.0.strip_prefix(b"\"")?;
        let (civil, rest) = inner.split_at_checked(DATE_TIME)?;
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if marks.iter().any(|(place, mark)| civil[*place] != *mark) {
            return None;
        }
        let (year, month) = (pair(civil, 0)? * 100 + pair(civil, 2)?, pair(civil, 5)?);
        let (day, hour) = (pair(civil, 8)?, pair(civil, 11)?);
        let (minute, second) = (pair(civil, 14)?, pair(civil, 17)?);
        // Years at the ends of what is allowed go the long way: an offset may carry them over.
        let in_reach = (1971..2200).contains(&year) && (1..=12).contains(&month);
        if !in_reach
            || day < 1
            || day > days(year, month)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        let local = (days_since_1970(year, month, day) * 24 + hour) * 3_600 + minute * 60 + second;
        let (offset, rest) = match rest {
            [b'Z', b'"', rest @ ..] => (0, rest),
            [sign @ (b'+' | b'-'), offset @ ..] => {
                let (clock, rest) = offset.split_at_checked(5)?;
                let (hours, minutes) = (pair(clock, 0)?, pair(clock, 3)?);
                if clock[2] != b':' || hours > 23 || minutes > 59 {
                    return None;
                }
                let ahead = hours * 3_600 + minutes * 60;
                (if *sign == b'+' { ahead } else { -ahead }, rest.strip_prefix(b"\"")?)
            }
            _ => return None,
        };
        self.0 = rest;
        Timestamp::from_second(local - offset).ok()
    }
}

/// Two digits.
fn pair(text: &[u8], place: usize) -> Option<i64> {
    match text.get(place..place + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        }
        _ => None,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month.
fn days(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 until a date of the years from 1970 on.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    /// Days of a common year before each month.
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400 - 477;
    let this_leap = i64::from(month > 2 && is_leap(year));
    (year - 1970) * 365 + leap_days + BEFORE[month as usize - 1] + this_leap + day - 1
}
