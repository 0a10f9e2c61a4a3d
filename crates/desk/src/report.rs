//! Reports that are given at least so often.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::Report;

use crate::civil;
use crate::clock::{Due, End};

/// By when the report after the last one is due; before the first, `last` is the start of the
/// contract. Once a whole period has passed without one, it is late (004 art. 29: at least once a
/// year).
pub fn report_due(report: &Report, last: Timestamp, zone: &TimeZone) -> Due {
    Due { end: End::Before(civil::after(last, report.every, zone)), provisional: false }
}
