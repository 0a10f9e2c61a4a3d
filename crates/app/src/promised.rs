//! What a contract promises about notices, and how one stands: told in time, late, not yet.

use calendar::{HolidayTable, Spans};
use desk::{Deadline, End, Ground, Noticed, counts_on, due, latest, noticed};
use jiff::Timestamp;
use terms::{About, Contract, Kind, Name, Notice, Promise, Timing};

pub use desk::NoDeadline;

use crate::gathered::whole_second;

/// How the duty to tell somebody something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The contract promises nothing about it.
    NoPromise,
    /// It does, without a deadline that can be missed.
    NoDeadline(NoDeadline),
    /// Told in time over a channel that counts.
    InTime {
        /// The channel.
        channel: String,
        /// When.
        sent: Timestamp,
    },
    /// Not told yet over a channel that counts, and there is time.
    NotYet {
        /// The last second in time.
        latest: Timestamp,
    },
    /// Told over a channel that counts, too late.
    Late {
        /// The channel.
        channel: String,
        /// When.
        sent: Timestamp,
        /// The last second that was in time.
        latest: Timestamp,
    },
    /// Told only over a channel that does not count, and the time is over.
    WrongChannel {
        /// The channel.
        channel: String,
        /// When.
        sent: Timestamp,
        /// The last second that was in time.
        latest: Timestamp,
    },
    /// Not told, and the time is over.
    Missed {
        /// The last second that was in time.
        latest: Timestamp,
    },
}

/// The promise of a contract to tell of such a thing, by the terms in force at `event`.
pub fn notice_promise(
    contract: &Contract,
    about: About,
    event: Timestamp,
) -> Option<(&Promise, &Notice)> {
    contract.terms_at(event).promises.iter().find_map(|promise| match &promise.kind {
        Kind::Notice(notice) if notice.about == about => Some((promise, notice)),
        _ => None,
    })
}

/// How the duty stands by what was sent: channel and instant. Instants are judged by their second, as
/// they are shown: a contract that says 11:00:00 does not mean fractions.
#[must_use]
pub fn standing(
    contract: &Contract,
    about: About,
    event: Timestamp,
    sent: &[(&str, Timestamp)],
    now: Timestamp,
) -> Standing {
    let Some((_, notice)) = notice_promise(contract, about, event) else {
        return Standing::NoPromise;
    };
    let sent: Vec<(&str, Timestamp)> =
        sent.iter().map(|(channel, at)| (*channel, whole_second(*at))).collect();
    let noticed = match &notice.timing {
        Timing::Ahead(routes) => noticed(routes, event, &sent, &contract.zone),
        Timing::After { clock, channels } => {
            let holidays = HolidayTable::japan();
            let terms = contract.terms_at(event);
            let ground = Ground { terms, zone: &contract.zone, holidays: &holidays };
            match due(clock, &ground, event, &Spans::new()) {
                Deadline::Due(due) => desk::noticed_after(due, channels, &sent),
                Deadline::None(why) => return Standing::NoDeadline(why),
            }
        }
    };
    from_noticed(noticed, whole_second(now))
}

fn from_noticed(noticed: Noticed, now: Timestamp) -> Standing {
    match noticed {
        Noticed::InTime { channel, sent } => Standing::InTime { channel, sent },
        Noticed::Late { channel, sent, latest } => Standing::Late { channel, sent, latest },
        Noticed::WrongChannel { latest, .. } | Noticed::Missing { latest } if now <= latest => {
            Standing::NotYet { latest }
        }
        Noticed::WrongChannel { channel, sent, latest } => {
            Standing::WrongChannel { channel, sent, latest }
        }
        Noticed::Missing { latest } => Standing::Missed { latest },
    }
}

/// One way to be in time, before anybody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteAhead<'c> {
    /// Channels that count on it; empty: any.
    pub channels: &'c [Name],
    /// Until when.
    pub end: End,
    /// It is still open.
    pub is_open: bool,
    /// We have a courier for it.
    pub is_served: bool,
}

/// The ways to be in time with the notice of something planned, by channels that we serve.
#[must_use]
pub fn routes_ahead<'c>(
    contract: &'c Contract,
    about: About,
    event: Timestamp,
    served: &[Name],
    now: Timestamp,
) -> Vec<RouteAhead<'c>> {
    let Some((_, notice)) = notice_promise(contract, about, event) else { return Vec::new() };
    let Timing::Ahead(routes) = &notice.timing else { return Vec::new() };
    let now = whole_second(now);
    let ahead = routes.iter().map(|route| {
        let end = latest(route, event, &contract.zone);
        let channels = &route.channels[..];
        let is_served = served.iter().any(|channel| counts_on(channels, channel.as_str()));
        RouteAhead { channels, end, is_open: end.met_by(now), is_served }
    });
    ahead.collect()
}

/// What a notice is about, by its word in a contract.
pub const ABOUTS: [(&str, About); 5] = [
    ("maintenance", About::Maintenance),
    ("update", About::Update),
    ("abolition", About::Abolition),
    ("incident", About::Incident),
    ("suspension", About::Suspension),
];

/// The word of it.
#[must_use]
pub fn about_key(about: About) -> &'static str {
    ABOUTS.iter().find(|(_, known)| *known == about).map_or("", |(word, _)| word)
}
