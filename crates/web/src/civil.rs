//! Times as people read and type them: in the console's zone, to the second.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// `14:05:09` today, `11-21 14:05:09` on another day, `2025-11-21 14:05:09` in another year.
#[must_use]
pub fn clock_or_date(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let format = if at.date() == now.date() {
        "%H:%M:%S"
    } else if at.year() == now.year() {
        "%m-%d %H:%M:%S"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    at.strftime(format).to_string()
}

/// `2026-11-21 14:05:09 +09:00`, with nothing left to guess.
#[must_use]
pub fn in_full(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// What `<input type="datetime-local">` sends: `2026-11-21T14:05`, with or without seconds.
///
/// # Errors
/// When it is something else. In a gap of the zone's clock the later instant is taken.
pub fn typed(text: &str, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
    let civil: DateTime = text.trim().parse()?;
    Ok(civil.to_zoned(zone.clone())?.timestamp())
}

/// A span in the largest unit that tells enough: (`days`, 3), (`hours`, 4) and so on.
#[must_use]
pub fn span(seconds: i64) -> (Unit, u64) {
    let seconds = seconds.unsigned_abs();
    match seconds {
        0..=59 => (Unit::Seconds, seconds),
        60..=3_599 => (Unit::Minutes, seconds / 60),
        3_600..=172_799 => (Unit::Hours, seconds / 3_600),
        _ => (Unit::Days, seconds / 86_400),
    }
}

/// A unit of [`span`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 1 s
    Seconds,
    /// 60 s
    Minutes,
    /// 3,600 s
    Hours,
    /// 86,400 s
    Days,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokyo() -> TimeZone {
        TimeZone::get("Asia/Tokyo").expect("the zone database is built in")
    }

    #[test]
    fn the_date_appears_when_it_is_not_today() {
        let now: Timestamp = "2026-11-22T15:30:00Z".parse().expect("an instant");
        let cases = [
            ("2026-11-22T15:05:09Z", "00:05:09"),
            ("2026-11-22T14:59:59Z", "11-22 23:59:59"),
            ("2025-11-22T15:05:09Z", "2025-11-23 00:05:09"),
        ];
        for (at, expected) in cases {
            let at: Timestamp = at.parse().expect("an instant");
            assert_eq!(clock_or_date(at, now, &tokyo()), expected);
        }
    }

    #[test]
    fn typed_times_are_in_the_zone() {
        let at = typed("2026-11-22T09:00", &tokyo()).expect("a time");
        assert_eq!(at.to_string(), "2026-11-22T00:00:00Z");
        assert_eq!(in_full(at, &tokyo()), "2026-11-22 09:00:00 +09:00");
        assert!(typed("yesterday", &tokyo()).is_err());
    }

    #[test]
    fn spans() {
        let cases = [
            (0, (Unit::Seconds, 0)),
            (-59, (Unit::Seconds, 59)),
            (61, (Unit::Minutes, 1)),
            (7_200, (Unit::Hours, 2)),
            (172_800, (Unit::Days, 2)),
        ];
        for (seconds, expected) in cases {
            assert_eq!(span(seconds), expected);
        }
    }
}
