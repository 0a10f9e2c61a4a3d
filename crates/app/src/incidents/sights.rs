//! How checks stand, for those who decide by them in an incident.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use store::{Answer, Observation, probe_of};

use super::down::is_late;
use crate::checks::series;
use crate::{AppError, Office};

/// The newest run of every check from each of its sites.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    runs: HashMap<String, Observation>,
    /// From where each check is looked at now.
    sites: BTreeMap<String, Vec<String>>,
    /// How many sites must see it fail, where that is not one.
    quorums: HashMap<String, usize>,
    now: Timestamp,
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// It succeeds.
    pub good: bool,
    /// Since when.
    pub first: Timestamp,
    /// When it was last looked at.
    pub last: Timestamp,
}

impl Sight {
    /// When this was first seen after an instant; `None` when nobody has looked since.
    pub fn after(&self, since: Timestamp) -> Option<Timestamp> {
        let at = if self.first > since { self.first } else { self.last };
        (at > since).then_some(at)
    }
}

impl Sights {
    /// Reads them once for all incidents.
    pub async fn now(office: &Office, now: Timestamp) -> Result<Sights, AppError> {
        let runs = office.store.newest_runs().await?;
        let runs = runs.into_iter().map(|run| (run.probe.clone(), run)).collect();
        let mut sites: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for noted in office.store.check_sites().await? {
            if noted.until.is_none() {
                sites.entry(noted.check).or_default().push(noted.site);
            }
        }
        let quorum = office.watching.configured.iter().map(|check| {
            let quorum = check.settings.quorum.map_or(1, usize::from);
            (check.name.clone(), quorum)
        });
        Ok(Sights { runs, sites, quorums: quorum.collect(), now })
    }

    /// How a check stands by its quorum of sites; `None` when too few could look lately.
    pub fn of(&self, check: &str) -> Option<Sight> {
        let quorum = self.quorums.get(check).copied().unwrap_or(1);
        match self.sites.get(check) {
            Some(sites) => {
                let seen = |site: &String| self.from(&series(check, site));
                agreed(&sites.iter().map(seen).collect::<Vec<_>>(), quorum)
            }
            // Nobody has noted from where; the office looks at what it has.
            None => self.from(check),
        }
    }

    /// What one site saw; `None` when it could not look, or has not been heard lately.
    fn from(&self, series: &str) -> Option<Sight> {
        let run = self.runs.get(&probe_of(series)).filter(|run| run.answer != Answer::Unseen)?;
        if is_late(run.last, run.pace, self.now) {
            return None;
        }
        Some(Sight { good: run.answer == Answer::Good, first: run.first, last: run.last })
    }
}

/// What sites agree on: it fails when as many as the quorum see that, and succeeds when so many see that
/// that the rest could not make the quorum up. `None` between the two.
fn agreed(sites: &[Option<Sight>], quorum: usize) -> Option<Sight> {
    let quorum = quorum.clamp(1, sites.len().max(1));
    let enough_good = (sites.len() + 1).saturating_sub(quorum);
    let seen = |good: bool| sites.iter().flatten().copied().filter(move |it| it.good == good);
    let (failing, succeeding): (Vec<_>, Vec<_>) = (seen(false).collect(), seen(true).collect());
    agreement(failing, quorum).or_else(|| agreement(succeeding, enough_good))
}

/// From when on so many saw the same, and until when.
fn agreement(same: Vec<Sight>, enough: usize) -> Option<Sight> {
    let good = same.first()?.good;
    let place = enough.checked_sub(1)?;
    let (mut first, mut last): (Vec<_>, Vec<_>) = same.iter().map(|it| (it.first, it.last)).unzip();
    first.sort_unstable();
    last.sort_unstable_by(|a, b| b.cmp(a));
    Some(Sight { good, first: *first.get(place)?, last: *last.get(place)? })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    /// A site in letters: `u` or `d` with the seconds of its first and last look, or `?`.
    fn site(text: &str) -> Option<Sight> {
        let (good, rest) = match text.split_at_checked(1)? {
            ("u", rest) => (true, rest),
            ("d", rest) => (false, rest),
            _ => return None,
        };
        let (first, last) = rest.split_once('-').expect("two times");
        let second = |text: &str| at(text.parse().expect("a number"));
        Some(Sight { good, first: second(first), last: second(last) })
    }

    #[test]
    fn sites_agree_by_a_quorum() {
        for (sites, quorum, expected) in [
            ("u1-9", 1, "u1-9"),
            ("d1-9", 1, "d1-9"),
            ("?", 1, "?"),
            // One of two is enough: it fails while either sees that, and both must see that it is over.
            ("u1-9 d3-8", 1, "d3-8"),
            ("u1-9 u3-8", 1, "u3-8"),
            ("u1-9 ?", 1, "?"),
            ("d1-9 ?", 1, "d1-9"),
            // Both must see it: one that succeeds is enough to be over.
            ("u1-9 d3-8", 2, "u1-9"),
            ("d1-9 d3-8", 2, "d3-8"),
            ("d1-9 ?", 2, "?"),
            ("u1-9 ?", 2, "u1-9"),
            // Two of three.
            ("d1-9 d4-7 u2-8", 2, "d4-7"),
            ("d1-9 u4-7 u2-8", 2, "u4-7"),
            ("d1-9 u4-7 ?", 2, "?"),
            ("u5-9 u4-7 ?", 2, "u5-7"),
            // More than there are sites is all of them.
            ("d1-9 d3-8", 5, "d3-8"),
        ] {
            let seen: Vec<_> = sites.split(' ').map(site).collect();
            assert_eq!(agreed(&seen, quorum), site(expected), "{sites} by {quorum}");
        }
    }
}
