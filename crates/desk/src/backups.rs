//! Which copies may be removed, and which one is restored.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::{Backup, Keep};

use crate::civil;

/// One run of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its name in records.
    pub id: String,
    /// The instant whose state it copied.
    pub made: Timestamp,
    /// Why it ran.
    pub by: RunBy,
    /// How far it came.
    pub state: RunState,
}

/// Why a backup ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunBy {
    /// Its time had come.
    Schedule,
    /// A person asked for it.
    Hand,
}

/// How far a run came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Not a whole copy.
    Failed,
    /// A whole copy that nobody has checked yet.
    Copied,
    /// A copy whose content was checked.
    Verified {
        /// When.
        at: Timestamp,
        /// The digest of the manifest that it was checked against.
        manifest: String,
    },
}

impl Run {
    /// Whether its content was checked.
    pub fn is_verified(&self) -> bool {
        matches!(self.state, RunState::Verified { .. })
    }
}

/// The runs that may be removed, oldest first. Nothing when the terms do not say how long copies are
/// kept, and never the last verified copy.
///
/// - Generations: the newest verified runs of the schedule are kept, so many as the terms say; with
///   [`Backup::manual_runs_evict`] the runs by hand count too. A run that is not verified yet pushes
///   nothing out: of eight daily copies the oldest goes after the eighth was verified.
/// - For a period: each copy is kept so long.
///
/// A failed run goes when a later one is verified; any other that is no generation goes with the
/// generations of its time.
pub fn removable<'a>(
    backup: &Backup,
    runs: &'a [Run],
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<&'a Run> {
    let (Some(keep), Some(last)) = (backup.keep, restored(runs)) else {
        return Vec::new();
    };
    let oldest_kept = match keep {
        Keep::Generations(count) => oldest_generation(backup, runs, count),
        Keep::For(_) => None,
    };
    let outlived = |run: &Run| match keep {
        Keep::Generations(_) => oldest_kept.is_some_and(|kept| run.made < kept),
        Keep::For(period) => civil::after(run.made, period, zone) <= now,
    };
    let goes =
        |run: &&Run| run.made < last.made && (run.state == RunState::Failed || outlived(run));
    let mut removable: Vec<_> = runs.iter().filter(goes).collect();
    removable.sort_by_key(|run| run.made);
    removable
}

/// When the oldest of the newest `count` generations was made; `None` while there are fewer.
fn oldest_generation(backup: &Backup, runs: &[Run], count: u16) -> Option<Timestamp> {
    let counts = |run: &&Run| backup.manual_runs_evict || run.by == RunBy::Schedule;
    let generations = runs.iter().filter(|run| run.is_verified()).filter(counts);
    let mut made: Vec<_> = generations.map(|run| run.made).collect();
    made.sort_unstable_by(|a, b| b.cmp(a));
    made.get(usize::from(count).saturating_sub(1)).copied()
}

/// The copy that a failed server is restored from: the last verified one, whoever asked for it
/// (004, level 3: 最後に取得したデータ). A newer copy that nobody has checked is not it.
pub fn restored(runs: &[Run]) -> Option<&Run> {
    runs.iter().filter(|run| run.is_verified()).max_by_key(|run| run.made)
}
