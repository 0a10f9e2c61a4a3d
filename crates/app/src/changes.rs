//! What changes while the office runs, for those who show it: pages ask again for what they show. A
//! change carries no content, so that whoever hears of it sees no more than the page it looks at.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{broadcast, watch};

use crate::Office;

/// Changes that a listener may be behind; one that is farther behind is told that everything may have
/// changed.
pub const BEHIND_MAX: usize = 256;

/// Something that people look at has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// What a contract is judged by.
    Evidence,
    /// The contracts, or what of them we measure.
    Contracts,
    /// An incident, by its number.
    Incident(i64),
    /// Windows, notices and their sendings.
    Notices,
    /// These checks have looked.
    Looks(Arc<BTreeSet<String>>),
    /// The list of checks.
    Checks,
    /// Somebody signed out, or an account changed.
    Sessions,
}

/// Where changes are told and heard.
pub struct Changes {
    told: broadcast::Sender<Change>,
    is_over: watch::Sender<bool>,
}

impl Default for Changes {
    fn default() -> Changes {
        Changes { told: broadcast::Sender::new(BEHIND_MAX), is_over: watch::Sender::new(false) }
    }
}

impl Changes {
    /// Tells everybody who listens; nobody has to.
    pub fn tell(&self, change: Change) {
        // Refused only when nobody listens.
        let _ = self.told.send(change);
    }

    /// Hears every change from now on.
    #[must_use]
    pub fn listen(&self) -> Listener {
        Listener { told: self.told.subscribe(), is_over: self.is_over.subscribe() }
    }

    /// Nothing more will be told: the office stops.
    pub fn close(&self) {
        self.is_over.send_replace(true);
    }
}

/// Hears changes, one by one.
pub struct Listener {
    told: broadcast::Receiver<Change>,
    is_over: watch::Receiver<bool>,
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// This has changed.
    Change(Change),
    /// More was told than is kept: anything may have changed.
    Missed,
    /// The office stops.
    Over,
}

impl Listener {
    /// The next change. May be given up while it waits without losing any.
    pub async fn next(&mut self) -> Heard {
        if *self.is_over.borrow() {
            return Heard::Over;
        }
        tokio::select! {
            told = self.told.recv() => match told {
                Ok(change) => Heard::Change(change),
                Err(broadcast::error::RecvError::Lagged(_)) => Heard::Missed,
                Err(broadcast::error::RecvError::Closed) => Heard::Over,
            },
            _ = self.is_over.wait_for(|is_over| *is_over) => Heard::Over,
        }
    }
}

impl Office {
    /// What contracts are judged by has changed: the board is made anew, and pages show it.
    pub(crate) fn evidence_changed(&self) {
        self.boards.evidence_changed();
        self.changes.tell(Change::Evidence);
    }

    /// As [`evidence_changed`](Office::evidence_changed), with the timeline of an incident.
    pub(crate) fn incident_changed(&self, id: i64) {
        self.changes.tell(Change::Incident(id));
        self.evidence_changed();
    }

    /// As [`evidence_changed`](Office::evidence_changed), with windows, notices or their sendings.
    pub(crate) fn notices_changed(&self) {
        self.changes.tell(Change::Notices);
        self.evidence_changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_are_heard_in_their_order() {
        let changes = Changes::default();
        changes.tell(Change::Notices);
        let mut listener = changes.listen();
        changes.tell(Change::Evidence);
        changes.tell(Change::Incident(3));
        assert_eq!(listener.next().await, Heard::Change(Change::Evidence), "from now on");
        assert_eq!(listener.next().await, Heard::Change(Change::Incident(3)));
        for _ in 0..=BEHIND_MAX {
            changes.tell(Change::Checks);
        }
        assert_eq!(listener.next().await, Heard::Missed);
        changes.close();
        assert_eq!(listener.next().await, Heard::Over);
        assert_eq!(changes.listen().next().await, Heard::Over, "also for who comes later");
    }
}
