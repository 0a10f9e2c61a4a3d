//! Whether somebody was told in time, and over a channel that counts.
//!
//! A notice has effect when it is sent; whether it was read, or bounced, does not matter (001
//! art. 18(2)).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::{Name, NoticeRoute, Reckoned};

use crate::civil;
use crate::clock::{Due, End};

/// What became of the duty to give notice ahead of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// Sent in time over a channel that counts.
    InTime {
        /// The channel.
        channel: String,
        /// When it was sent; the earliest that was in time.
        sent: Timestamp,
    },
    /// Sent over a channel that counts, but too late.
    Late {
        /// The channel.
        channel: String,
        /// When it was sent; the earliest.
        sent: Timestamp,
        /// The last second in which it would have been in time.
        latest: Timestamp,
    },
    /// Sent only over channels that do not count.
    WrongChannel {
        /// The channel.
        channel: String,
        /// When it was sent; the earliest.
        sent: Timestamp,
        /// The last second in which a channel that counts would have been in time.
        latest: Timestamp,
    },
    /// Not sent at all.
    Missing {
        /// The last second in which it would have been in time.
        latest: Timestamp,
    },
}

impl Noticed {
    /// Whether the duty was met.
    pub fn in_time(&self) -> bool {
        matches!(self, Noticed::InTime { .. })
    }
}

/// Until when a notice on this route is in time for something that begins at `start`.
///
/// - Without a length: any instant before it begins (000: 事前), so at the beginning is too late.
/// - By instant: the length before it at the same time of day, that instant included (001's default
///   reading of "two weeks before").
/// - By day: any time of the day that lies the length before its day (003's default reading of "one
///   week before").
pub fn latest(route: &NoticeRoute, start: Timestamp, zone: &TimeZone) -> End {
    match (route.lead.at_least, route.lead.reckoned) {
        (None, _) => End::Before(start),
        (Some(period), Reckoned::ByInstant) => End::At(civil::before(start, period, zone)),
        (Some(period), Reckoned::ByDay) => {
            let day = civil::day_before(civil::day_of(start, zone), period);
            End::Before(civil::end_of(day, zone).min(start))
        }
    }
}

/// What became of the duty to give notice of something that begins at `start`, by everything that
/// was sent about it: channel and instant, in any order. One route in time is enough.
pub fn noticed(
    routes: &[NoticeRoute],
    start: Timestamp,
    sent: &[(&str, Timestamp)],
    zone: &TimeZone,
) -> Noticed {
    let mut in_order = sent.to_vec();
    in_order.sort_by_key(|(_, at)| *at);
    let end = |channel: &str| {
        let fitting = routes.iter().filter(|route| fits(route, channel));
        fitting.map(|route| latest(route, start, zone)).max_by_key(|end| end.last_second())
    };
    let met = |channel: &str, at| end(channel).is_some_and(|end| end.met_by(at));
    if let Some((channel, sent)) = in_order.iter().find(|(channel, at)| met(channel, *at)) {
        return Noticed::InTime { channel: (*channel).to_owned(), sent: *sent };
    }
    let late = in_order.iter().find_map(|(channel, at)| Some((channel, at, end(channel)?)));
    if let Some((channel, sent, end)) = late {
        let channel = (*channel).to_owned();
        return Noticed::Late { channel, sent: *sent, latest: end.last_second() };
    }
    let ends = routes.iter().map(|route| latest(route, start, zone).last_second());
    let latest = ends.max().unwrap_or(End::Before(start).last_second());
    match in_order.first() {
        Some((channel, sent)) => {
            Noticed::WrongChannel { channel: (*channel).to_owned(), sent: *sent, latest }
        }
        None => Noticed::Missing { latest },
    }
}

/// What became of the duty to give notice after an event, by everything that was sent about it:
/// channel and instant, in any order. `channels` are those that count; empty: any.
pub fn noticed_after(due: Due, channels: &[Name], sent: &[(&str, Timestamp)]) -> Noticed {
    let latest = due.shown();
    let earliest = |counts: bool| {
        let fitting = sent.iter().filter(|(channel, _)| counts_on(channels, channel) == counts);
        fitting.min_by_key(|(_, at)| *at)
    };
    match (earliest(true), earliest(false)) {
        (Some((channel, sent)), _) if due.met_by(*sent) => {
            Noticed::InTime { channel: (*channel).to_owned(), sent: *sent }
        }
        (Some((channel, sent)), _) => {
            Noticed::Late { channel: (*channel).to_owned(), sent: *sent, latest }
        }
        (None, Some((channel, sent))) => {
            Noticed::WrongChannel { channel: (*channel).to_owned(), sent: *sent, latest }
        }
        (None, None) => Noticed::Missing { latest },
    }
}

/// Whether a channel counts on a route.
fn fits(route: &NoticeRoute, channel: &str) -> bool {
    counts_on(&route.channels, channel)
}

/// Whether a channel is among those that count; all do when none is named.
pub fn counts_on(channels: &[Name], channel: &str) -> bool {
    channels.is_empty() || channels.iter().any(|name| name.as_str() == channel)
}
