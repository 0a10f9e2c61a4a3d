//! When: half-open spans and their algebra, months and days in a place, business hours, holidays
//! and recurring windows.
//!
//! Values in, values out: no clock is read here, `now` and the zone are always the caller's. The
//! crate does not know what a contract is, nor why anybody asks.

mod business;
mod closure;
mod day;
mod holidays;
mod month;
mod opening;
mod reckoned;
mod recurrence;
mod span;
mod spans;

pub use business::{BusinessCalendar, SEARCH_DAYS};
pub use closure::{Closure, ClosureError, DayOfYear};
pub use day::day_span;
pub use holidays::{HolidayError, HolidayTable};
pub use month::{Month, MonthError};
pub use opening::{Opening, OpeningError};
pub use reckoned::Reckoned;
pub use recurrence::{MOVE_DAYS, MonthRule, MonthRuleError, RecurringWindow};
pub use recurrence::{WhenClosed, WhenClosedError};
pub use span::{Backwards, Span, SpanError};
pub use spans::Spans;
