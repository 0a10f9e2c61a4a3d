//! What the events of a log come to, function by function.

use std::collections::BTreeMap;

use calendar::{Span, Spans};
use jiff::{SignedDuration, Timestamp};

use crate::event::{Blind, Decision, Notice, Outage, Window};

/// Everything a settlement looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Outages as they were told, in the order of the log.
    pub outages: Vec<Outage>,
    /// What measurements came to: by function, then by site (`""` when the log names none).
    pub measured: BTreeMap<String, BTreeMap<String, Observed>>,
    /// When each site was to look, by function and site; a function that is not here has all its
    /// sites at all times.
    pub sites: BTreeMap<String, BTreeMap<String, Spans>>,
    /// Told blind spans.
    pub blind: Vec<Blind>,
    /// Maintenance windows, by their first instant.
    pub windows: Vec<Window>,
    /// Notices, by the instant of sending.
    pub notices: Vec<Notice>,
    /// Decisions, by the instant of deciding.
    pub decisions: Vec<Decision>,
    /// How many measurements there were.
    pub measurements: u64,
}

/// What the measurements of one function from one site came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// When its state was known: everything between measurements that are no more than twice their
    /// pace apart, and one pace after a measurement that has no such next.
    pub known: Spans,
    /// Detected outages, by their first failed measurement; they do not overlap.
    pub down: Vec<Seen>,
    /// Its paces: from which instant on each was kept, in order; neighbours differ.
    pub paces: Vec<(Timestamp, SignedDuration)>,
}

impl Observed {
    /// The longest pace kept at any time in a span; `None` when nothing was measured until its end.
    pub fn slowest_in(&self, span: Span) -> Option<SignedDuration> {
        let begun = self.paces.partition_point(|(from, _)| *from < span.until());
        let before = self.paces.partition_point(|(from, _)| *from <= span.from());
        self.paces[before.saturating_sub(1)..begun].iter().map(|(_, pace)| *pace).max()
    }
}

/// A run of failed measurements: detected from the first failed one until the first good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Detected from, detected until.
    pub span: Span,
    /// The fault was there at least from the first to the last failed measurement.
    pub at_least: SignedDuration,
    /// And at most from the last good one before to the first good one after; to the ends of what was
    /// known, where there is none.
    pub at_most: SignedDuration,
}

impl Evidence {
    /// The first instant of anything in it.
    pub fn first(&self) -> Option<Timestamp> {
        let told = self.outages.iter().map(|outage| outage.from);
        let measured = self.measured.values().flat_map(BTreeMap::values);
        told.chain(measured.filter_map(|o| o.known.iter().next().map(Span::from))).min()
    }
}
