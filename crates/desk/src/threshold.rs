//! Uses that reach a threshold: disks, inodes, databases.

use terms::{Percent, Threshold};

/// How much of one partition, database or the like is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Of which one: a mount point, a name of a database.
    pub of: String,
    /// In use, in any unit.
    pub used: u64,
    /// Of so much, in the same unit. 0 where there is no such limit, as of inodes on some file
    /// systems.
    pub total: u64,
}

/// Whether a use reaches a share of the total: at exactly the share it does (004: 達した場合).
/// Without a total nothing is reached.
pub fn reached(used: u64, total: u64, at_least: Percent) -> bool {
    let share = i128::from(at_least.0) * i128::from(total);
    total > 0 && i128::from(used) * i128::from(Percent::HUNDRED.0) >= share
}

/// The uses that somebody must be told of, each judged by itself: a full partition is not
/// outweighed by an empty one.
pub fn over(threshold: Threshold, uses: &[Use]) -> impl Iterator<Item = &Use> {
    uses.iter().filter(move |one| reached(one.used, one.total, threshold.at_least))
}
