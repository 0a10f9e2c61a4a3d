//! Notices: somebody is told by some time, over some channel.

use crate::promise::Clock;
use crate::{Lead, Name};

/// Somebody is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Of what.
    pub about: About,
    /// By when.
    pub timing: Timing,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// 計画停止・メンテナンス
    Maintenance,
    /// A change of functions or specification
    Update,
    /// 廃止
    Abolition,
    /// 障害
    Incident,
    /// A suspension of the service by the provider
    Suspension,
}

/// When a notice must have been given.
#[derive(Clone, Debug, PartialEq)]
pub enum Timing {
    /// Ahead of what it is about, on any one of these routes. At least one.
    Ahead(Vec<NoticeRoute>),
    /// After the event, on any one of these channels (empty: any channel).
    After {
        /// By when.
        clock: Clock,
        /// Channels that count.
        channels: Vec<Name>,
    },
}

/// One way to give a notice in time. It has effect when it is sent (001 art. 18(2)).
#[derive(Clone, Debug, PartialEq)]
pub struct NoticeRoute {
    /// Any of these; empty: any channel at all.
    pub channels: Vec<Name>,
    /// How long ahead on this route.
    pub lead: Lead,
}
