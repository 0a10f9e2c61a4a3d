//! From where checks are looked at: the office itself, and nodes by their names.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use store::{CheckSite, Observation, Wanted, probe_of};

use super::settings::{Settings, SettingsError, Way};
use crate::{AppError, Office, Source};

/// The office's own site.
pub const OFFICE: &str = "office";
/// Sites that look at one check.
pub const SITES_MAX: usize = 16;
/// Letters of a site's name, which is that of a node.
pub const SITE_NAME_MAX: usize = 64;

const EXPECTED: &str = "\"office\" and names of nodes, each once";
const EXPECTED_QUORUM: &str = "1 to the number of its `sites`";
const EXPECTED_OF_HEARTBEAT: &str = "nothing: the other side calls the office";

/// The name under which looks of a check from a site are kept: the check's own for the office, as it was
/// before there were nodes.
#[must_use]
pub fn series(check: &str, site: &str) -> String {
    if site == OFFICE { check.to_owned() } else { format!("{check}@{site}") }
}

impl Settings {
    /// From where it is looked at; the office when nothing is said.
    pub fn looked_at_from(&self) -> impl Iterator<Item = &str> {
        let office = self.sites.is_empty().then_some(OFFICE);
        office.into_iter().chain(self.sites.iter().map(String::as_str))
    }

    /// Whether it is looked at from there.
    #[must_use]
    pub fn is_looked_at_from(&self, site: &str) -> bool {
        self.looked_at_from().any(|known| known == site)
    }

    pub(super) fn check_sites(&self) -> Result<(), SettingsError> {
        let wrong = |value: &str, expected| {
            Err(SettingsError::Unknown { key: "sites", value: value.to_owned(), expected })
        };
        let mut seen = BTreeSet::new();
        for site in &self.sites {
            if !is_site(site) || !seen.insert(site) || seen.len() > SITES_MAX {
                return wrong(site, EXPECTED);
            }
            if self.kind == Way::Heartbeat && site != OFFICE {
                return wrong(site, EXPECTED_OF_HEARTBEAT);
            }
        }
        match self.quorum {
            Some(quorum) if !(1..=self.looked_at_from().count()).contains(&usize::from(quorum)) => {
                let (key, value) = ("quorum", quorum.to_string());
                Err(SettingsError::Unknown { key, value, expected: EXPECTED_QUORUM })
            }
            _ => Ok(()),
        }
    }
}

/// As the name of a station: letters, digits, dots, hyphens and underscores.
fn is_site(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=SITE_NAME_MAX).contains(&text.len()) && text.bytes().all(letter)
}

/// Notes which sites look at which check from now on.
///
/// # Errors
/// When the records fail.
pub(super) async fn note<'c>(
    office: &Office,
    checks: impl Iterator<Item = (&'c str, &'c Settings)>,
    now: Timestamp,
) -> Result<(), AppError> {
    let mut wanted = BTreeSet::new();
    for (check, settings) in checks {
        wanted.extend(settings.looked_at_from().map(|site| Wanted {
            check: check.to_owned(),
            site: site.to_owned(),
            series: series(check, site),
        }));
    }
    office.store.set_check_sites(&wanted, now).await?;
    let known = office.store.check_sites().await?;
    let asked = known.into_iter().map(|it| (it.check, it.site)).collect();
    *office.watching.asked() = asked;
    Ok(())
}

/// The series of every site that looks at a check or ever did.
///
/// # Errors
/// When the records fail.
pub(crate) async fn every_series(office: &Office, check: &str) -> Result<Vec<String>, AppError> {
    let mut all = BTreeSet::from([check.to_owned()]);
    let noted = office.store.check_sites().await?;
    let of_check = noted.iter().filter(|it| it.check == check);
    all.extend(of_check.map(|it| series(check, &it.site)));
    Ok(all.into_iter().collect())
}

/// A site of a function, as evidence has it.
pub(crate) struct SiteSeries {
    /// Its name.
    pub site: String,
    /// The word under which what it saw is kept.
    pub key: String,
    /// When it was to look; without an end it still is.
    pub spans: Vec<(Timestamp, Option<Timestamp>)>,
}

/// The sites that look at what is measured by a source. What nobody noted looks from the office, since
/// its first run.
pub(crate) fn of_source(
    source: &Source,
    noted: &[CheckSite],
    runs: &[Observation],
) -> Vec<SiteSeries> {
    let mut sites: BTreeMap<&str, Vec<(Timestamp, Option<Timestamp>)>> = BTreeMap::new();
    if let Source::Check(check) = source {
        let from = noted.partition_point(|it| it.check.as_str() < check.as_str());
        for it in noted[from..].iter().take_while(|it| it.check == *check) {
            sites.entry(&it.site).or_default().push((it.since, it.until));
        }
        if !sites.is_empty() {
            let key = |site: &str| probe_of(&series(check, site));
            let one = |(site, spans): (&str, _)| SiteSeries {
                key: key(site),
                site: site.to_owned(),
                spans,
            };
            return sites.into_iter().map(one).collect();
        }
    }
    let key = source.key();
    let first = runs.iter().filter(|run| run.probe == key).map(|run| run.first).min();
    let spans = first.map(|first| (first, None)).into_iter().collect();
    vec![SiteSeries { site: OFFICE.to_owned(), key, spans }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(sites: &[&str], kind: Way) -> Settings {
        let sites = sites.iter().map(|site| (*site).to_owned()).collect();
        Settings { sites, kind, ..Settings::default() }
    }

    #[test]
    fn where_checks_are_looked_at_from() {
        let from = |sites: &[&str]| {
            settings(sites, Way::Http).looked_at_from().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(from(&[]), "office");
        assert_eq!(from(&["osaka"]), "osaka");
        assert_eq!(from(&["osaka", "office"]), "osaka office");
    }

    #[test]
    fn a_quorum_is_of_the_sites_that_look() {
        for (sites, quorum, is_right) in [
            (&[][..], Some(1), true),
            (&[], Some(2), false),
            (&["office", "osaka"], Some(2), true),
            (&["office", "osaka"], Some(0), false),
            (&["office", "osaka"], None, true),
        ] {
            let settings = Settings { quorum, ..settings(sites, Way::Http) };
            assert_eq!(settings.check_sites().is_ok(), is_right, "{sites:?} {quorum:?}");
        }
    }

    #[test]
    fn sites_that_make_no_sense() {
        for (sites, kind, is_right) in [
            (&["office", "osaka"][..], Way::Http, true),
            (&["osaka", "osaka"], Way::Http, false),
            (&["a@b"], Way::Http, false),
            (&[""], Way::Http, false),
            (&["office"], Way::Heartbeat, true),
            (&["osaka"], Way::Heartbeat, false),
        ] {
            assert_eq!(settings(sites, kind).check_sites().is_ok(), is_right, "{sites:?}");
        }
    }
}
