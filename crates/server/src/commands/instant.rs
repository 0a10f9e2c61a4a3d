//! Instants on the command line: RFC 3339, or a clock reading in the contract's zone.

use std::str::FromStr;

use calendar::{Month, Span};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::exit::Misused;

/// An instant as a person writes it; which one it is depends on a zone when it has no offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// With an offset, such as `2026-11-20T16:00+09:00` or `…Z`.
    Instant(Timestamp),
    /// Without: what a clock on the wall shows.
    Reading(DateTime),
}

impl Given {
    /// The instant, in that zone when it came without an offset.
    ///
    /// # Errors
    /// When clocks in the zone skip the reading or show it twice.
    pub fn in_zone(self, zone: &TimeZone) -> Result<Timestamp, Misused> {
        match self {
            Given::Instant(at) => in_range(at, zone),
            Given::Reading(reading) => {
                let place = zone.iana_name().unwrap_or("the contract's zone");
                let ambiguous = zone.to_ambiguous_timestamp(reading);
                if ambiguous.is_ambiguous() {
                    let [before, after] = around(zone, reading);
                    let text = format!(
                        "{reading} is skipped or shown twice by clocks in {place}, which change \
                         then: write it with its offset, {before} or {after}"
                    );
                    return Err(Misused(text));
                }
                let beyond = |_| Misused(format!("{reading} is beyond all instants there are"));
                in_range(ambiguous.compatible().map_err(beyond)?, zone)
            }
        }
    }
}

/// The same instant, if it lies in the years that calendars know.
fn in_range(at: Timestamp, zone: &TimeZone) -> Result<Timestamp, Misused> {
    let year = at.to_zoned(zone.clone()).year();
    let known = Month::MIN.year()..=Month::MAX.year();
    if known.contains(&year) {
        return Ok(at);
    }
    let (first, last) = (known.start(), known.end());
    let at = at.display_with_offset(zone.to_offset(at));
    Err(Misused(format!("{at} is out of range: years from {first} to {last} can be reckoned with")))
}

/// A reading around a change of clocks with the offset before it, and with the one after it.
fn around(zone: &TimeZone, reading: DateTime) -> [String; 2] {
    let offsets = match zone.to_ambiguous_timestamp(reading).offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset, offset],
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
            [before, after]
        }
    };
    offsets.map(|offset| match offset.to_timestamp(reading) {
        Ok(at) => at.display_with_offset(offset).to_string(),
        Err(_) => reading.to_string(),
    })
}

impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Given, String> {
        let how = || {
            "write an instant as 2026-11-20T16:00+09:00, or without offset in the \
                      contract's zone as 2026-11-20T16:00"
        };
        // Both parsers take a day alone; its first instant is seldom what was meant.
        if !text.contains(':') {
            return Err(how().to_owned());
        }
        if let Ok(at) = text.parse() {
            return Ok(Given::Instant(at));
        }
        // With a `Z` or a zone's name, a clock reading is no reading any more.
        let plain = !text.contains(['Z', 'z', '[', '+']);
        text.parse().ok().filter(|_| plain).map(Given::Reading).ok_or_else(|| how().to_owned())
    }
}

/// A span as a person writes it: `FROM/UNTIL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenSpan {
    from: Given,
    until: Given,
}

impl GivenSpan {
    /// The span, in that zone where it came without offsets.
    ///
    /// # Errors
    /// When it runs backwards, or as [`Given::in_zone`].
    pub fn in_zone(self, zone: &TimeZone) -> Result<Span, Misused> {
        let (from, until) = (self.from.in_zone(zone)?, self.until.in_zone(zone)?);
        Span::new(from, until).map_err(|backwards| Misused(backwards.to_string()))
    }
}

impl FromStr for GivenSpan {
    type Err = String;

    fn from_str(text: &str) -> Result<GivenSpan, String> {
        let how = || "write a span as FROM/UNTIL, as in 2026-11-20T16:00/2026-11-24T10:00";
        let (from, until) = text.split_once('/').ok_or_else(how)?;
        Ok(GivenSpan { from: from.parse()?, until: until.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).expect("a zone");
        match text.parse::<Given>() {
            Ok(given) => match given.in_zone(&zone) {
                Ok(at) => at.to_string(),
                Err(error) => error.to_string(),
            },
            Err(error) => error,
        }
    }

    #[test]
    fn instants_and_readings() {
        let cases = [
            ("2026-11-20T16:00+09:00", "2026-11-20T07:00:00Z"),
            ("2026-11-20T16:00:30Z", "2026-11-20T16:00:30Z"),
            ("2026-11-20T16:00", "2026-11-20T07:00:00Z"),
            ("2026-11-20 16:00:01", "2026-11-20T07:00:01Z"),
            ("2026-11-20T16:00-05:00", "2026-11-20T21:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text, "Asia/Tokyo"), expected, "{text}");
        }
        for text in ["2026-11-20", "16:00", "tomorrow", "2026-13-01T00:00", "2026-11-20T25:00Z"] {
            assert!(shown(text, "Asia/Tokyo").starts_with("write an instant"), "{text}");
        }
    }

    #[test]
    fn a_reading_that_clocks_skip_or_show_twice_needs_an_offset() {
        for text in ["2026-03-29T02:30", "2026-10-25T02:30"] {
            let answer = shown(text, "Europe/Berlin");
            assert!(answer.contains("+02:00"), "{text}: {answer}");
        }
        assert_eq!(shown("2026-10-25T02:30+01:00", "Europe/Berlin"), "2026-10-25T01:30:00Z");
    }

    #[test]
    fn spans() {
        let zone = TimeZone::get("Asia/Tokyo").expect("a zone");
        let span = |text: &str| -> Result<String, String> {
            let span: GivenSpan = text.parse()?;
            span.in_zone(&zone).map(|span| span.to_string()).map_err(|error| error.to_string())
        };
        let expected = "2026-11-20T07:00:00Z/2026-11-20T08:00:00Z";
        assert_eq!(span("2026-11-20T16:00/2026-11-20T17:00+09:00").as_deref(), Ok(expected));
        assert!(span("2026-11-20T16:00").is_err_and(|text| text.contains("FROM/UNTIL")));
        let backwards = span("2026-11-20T16:00/2026-11-20T15:00");
        assert!(backwards.is_err_and(|text| text.contains("swap")));
    }
}
