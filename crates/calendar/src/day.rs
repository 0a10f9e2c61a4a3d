//! Civil days and clock readings as instants of a zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::Span;

/// The day as a span: from its first instant in the zone until the first instant of the next. 23 or
/// 25 hours where clocks change, empty where a place left a day out (Apia, 2011-12-30).
pub fn day_span(date: Date, zone: &TimeZone) -> Span {
    let next = date.tomorrow().unwrap_or(Date::MAX);
    Span::forward(first_instant(date.into(), zone), first_instant(next.into(), zone))
}

/// The first instant at which clocks in the zone show this reading or a later one. In a gap, where
/// clocks skip the reading, that is the instant of the skip; of a reading shown twice it is the
/// first. So adjoining stretches of clock time are adjoining spans, whatever the clocks do.
pub(crate) fn first_instant(reading: DateTime, zone: &TimeZone) -> Timestamp {
    let edge = if reading.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    match zone.to_ambiguous_timestamp(reading).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(reading).unwrap_or(edge),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(reading).unwrap_or(edge),
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the later offset, a skipped reading lies before the skip.
            let before_skip = after.to_timestamp(reading).unwrap_or(edge);
            zone.following(before_skip).next().map_or(before_skip, |skip| skip.timestamp())
        }
    }
}
