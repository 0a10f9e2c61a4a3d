//! What a look at the incidents came to: what it did, and what it could not do. One trouble never holds
//! the rest of the look up.

use super::ring::Rung;
use crate::AppError;

/// Most troubles of one look that are told one by one; all are counted.
pub const TROUBLES_TOLD_MAX: usize = 100;

/// What the timer did.
#[derive(Debug, Default)]
pub struct Tended {
    /// Incidents opened.
    pub opened: u64,
    /// Entries written into open ones.
    pub entries: u64,
    /// What failed.
    pub troubles: Troubles,
}

impl Tended {
    /// Counts what became of an alarm.
    pub(super) fn rung(&mut self, alarm: &str, done: Result<Rung, AppError>) {
        let rung = self.troubles.note(|| format!("alarm {alarm}"), done);
        self.opened += u64::from(rung == Some(Rung::Opened));
    }
}

/// What failed in a look; everything else was done.
#[derive(Debug, Default)]
pub struct Troubles {
    /// The first [`TROUBLES_TOLD_MAX`].
    pub told: Vec<Trouble>,
    /// How many there were.
    pub total: u64,
}

/// Something that failed.
#[derive(Debug)]
pub struct Trouble {
    /// What it is about, such as `incident 12`.
    pub about: String,
    /// Why.
    pub why: AppError,
}

impl Troubles {
    /// Notes why something failed; what came of it otherwise.
    pub(super) fn note<T>(
        &mut self,
        about: impl FnOnce() -> String,
        done: Result<T, AppError>,
    ) -> Option<T> {
        match done {
            Ok(done) => Some(done),
            Err(why) => {
                self.total += 1;
                if self.told.len() < TROUBLES_TOLD_MAX {
                    self.told.push(Trouble { about: about(), why });
                }
                None
            }
        }
    }
}
