//! What several sites saw of one function, combined by the contract's quorum.
//!
//! A site that did not look is blind: it counts neither as up nor as down, and the function is unknown
//! where the blind ones could make up the number. A site counts only while it was to look.

use std::borrow::Cow;
use std::collections::BTreeMap;

use calendar::{Span, Spans};
use evidence::{Evidence, Functions, Observed};
use terms::{Function, SitesQuorum};

/// The state of one function over all time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionState {
    /// Seen down.
    pub down: Spans,
    /// Neither seen down nor seen up.
    pub unknown: Spans,
}

impl FunctionState {
    /// What of it lies in that part of time.
    pub(crate) fn clip(&self, part: Span) -> FunctionState {
        FunctionState { down: self.down.clip(part), unknown: self.unknown.clip(part) }
    }

    /// Both together.
    pub(crate) fn union(&self, other: &FunctionState) -> FunctionState {
        FunctionState {
            down: self.down.union(&other.down),
            unknown: self.unknown.union(&other.unknown),
        }
    }
}

/// One site of a function.
struct Site<'e> {
    /// When it was to look.
    counts: Cow<'e, Spans>,
    /// Down as it saw it, while it was to look.
    down: Spans,
    /// Down as far as it can be said of it: seen down, or not seen, while it was to look.
    maybe: Spans,
}

/// What the sites of a function saw in `horizon`, by its quorum; `None` when nobody measures it.
#[must_use]
pub fn measured(evidence: &Evidence, function: &Function, horizon: Span) -> Option<FunctionState> {
    let name = function.name.as_str();
    let observed = evidence.measured.get(name)?;
    let told = evidence.sites.get(name);
    let sites = observed.iter().map(|(site, observed)| {
        let counts = counts(told, site, observed, horizon);
        let down: Spans = observed.down.iter().map(|seen| seen.span).collect();
        let blind = blind(evidence, name, site);
        let maybe = observed.known.complement(horizon).union(&blind).union(&down);
        let (down, maybe) = (down.intersect(&counts), maybe.intersect(&counts));
        Site { counts, down, maybe }
    });
    let sites: Vec<Site<'_>> = sites.collect();
    let (surely, possibly) = match function.sites {
        SitesQuorum::Any => at_least(1, &sites, horizon),
        SitesQuorum::AtLeast(n) => at_least(usize::from(n), &sites, horizon),
        SitesQuorum::All => all(&sites, horizon),
    };
    Some(FunctionState { unknown: possibly.minus(&surely), down: surely })
}

/// When a site counts: while it was to look, as the evidence tells. Where that tells of other sites of the
/// function only, while it did look; where it tells of none, always.
fn counts<'e>(
    told: Option<&'e BTreeMap<String, Spans>>,
    site: &str,
    observed: &'e Observed,
    horizon: Span,
) -> Cow<'e, Spans> {
    match told.map(|sites| sites.get(site)) {
        Some(Some(spans)) => Cow::Borrowed(spans),
        Some(None) => {
            let down: Spans = observed.down.iter().map(|seen| seen.span).collect();
            Cow::Owned(observed.known.union(&down))
        }
        None => {
            // What was seen down counts wherever it lies.
            let down = observed.down.iter().map(|seen| seen.span);
            Cow::Owned(down.chain([horizon]).collect())
        }
    }
}

/// When that site alone was told to be blind.
fn blind(evidence: &Evidence, function: &str, site: &str) -> Spans {
    let about = |functions: &Functions| match functions {
        Functions::All => true,
        Functions::One(one) => one == function,
    };
    let blind = evidence.blind.iter().filter(|blind| blind.site.as_deref() == Some(site));
    blind.filter(|blind| about(&blind.function)).map(|blind| blind.span).collect()
}

/// Down where `needed` sites see it down; where fewer count, nobody knows what the missing ones would
/// have seen.
fn at_least(needed: usize, sites: &[Site<'_>], horizon: Span) -> (Spans, Spans) {
    let everything = Spans::from_iter([horizon]);
    let counting: Vec<&Spans> = sites.iter().map(|site| site.counts.as_ref()).collect();
    let down: Vec<&Spans> = sites.iter().map(|site| &site.down).collect();
    let missing: Vec<Spans> =
        (1..=needed).map(|k| everything.minus(&Spans::at_least(k, &counting))).collect();
    let maybe: Vec<&Spans> = sites.iter().map(|site| &site.maybe).chain(&missing).collect();
    (Spans::at_least(needed, &down), Spans::at_least(needed, &maybe))
}

/// Down where every site that counts sees it down.
fn all(sites: &[Site<'_>], horizon: Span) -> (Spans, Spans) {
    let union = |pick: fn(&Site<'_>) -> Spans| {
        sites.iter().fold(Spans::new(), |sum, site| sum.union(&pick(site)))
    };
    let unseen = Spans::from_iter([horizon]).minus(&union(|site| site.counts.as_ref().clone()));
    let surely = union(|site| site.down.clone()).minus(&union(|s| s.counts.minus(&s.down)));
    let possibly = union(|site| site.maybe.clone()).minus(&union(|s| s.counts.minus(&s.maybe)));
    (surely, possibly.union(&unseen))
}

#[cfg(test)]
mod tests {
    use evidence::{Blind, Event, Gatherer, Run, RunState};
    use jiff::{SignedDuration, Timestamp};
    use terms::{Text, UpWhen};

    use super::*;

    fn minute(minute: i64) -> Timestamp {
        let midnight: Timestamp = "2026-11-22T00:00:00Z".parse().expect("an instant");
        midnight + SignedDuration::from_mins(minute)
    }

    /// An hour of looks a minute apart: a letter each, `u` up, `d` down, `-` not looked; `.` is before the
    /// site was to look, or after. The words are `SITE LETTERS`, each letter five minutes.
    fn evidence(story: &[&str]) -> Evidence {
        let mut gatherer = Gatherer::new(None);
        let mut add = |event| gatherer.add(event).expect("room");
        for line in story {
            let (site, letters) = line.split_once(' ').expect("SITE LETTERS");
            let (function, name) = ("web".to_owned(), site.to_owned());
            let begins = letters.chars().take_while(|letter| *letter == '.').count() as i64;
            let ends = letters.trim_end_matches('.').len() as i64;
            let state = |letter| match letter {
                'u' => RunState::Up,
                'd' => RunState::Down,
                _ => RunState::Missed,
            };
            let states = letters.trim_matches('.').chars().map(|letter| (5, state(letter)));
            add(Event::Run(Run {
                function: function.clone(),
                site: Some(name.clone()),
                from: minute(begins * 5),
                every: SignedDuration::from_mins(1),
                states: states.collect(),
            }));
            if story.iter().any(|line| line.contains('.')) {
                let (from, until) = (minute(begins * 5), Some(minute(ends * 5)));
                add(Event::Site(evidence::Site { function, site: name, from, until }));
            }
        }
        gatherer.finish()
    }

    /// What a quorum makes of it, in the same letters; `?` is unknown.
    fn seen(evidence: &Evidence, sites: SitesQuorum) -> String {
        let title = Text { ja: "Web".into(), en: "Web".into() };
        let name = "web".parse().expect("a name");
        let function = Function { name, title, up_when: UpWhen::Answered, sites };
        let horizon = Span::new(minute(0), minute(40)).expect("a span");
        let state = measured(evidence, &function, horizon).expect("measured");
        let letter = |n: i64| {
            // In the middle of the five minutes.
            let at = minute(n * 5) + SignedDuration::from_secs(150);
            match (state.down.contains(at), state.unknown.contains(at)) {
                (true, _) => 'd',
                (false, true) => '?',
                (false, false) => 'u',
            }
        };
        (0..8).map(letter).collect()
    }

    #[test]
    fn a_quorum_of_sites() {
        use SitesQuorum::{All, Any, AtLeast};
        // (what it says, what each site saw, the quorum, what it comes to)
        let cases: [(&str, &[&str], SitesQuorum, &str); 16] = [
            ("one site is believed", &["office uuddu-uu"], Any, "uuddu?uu"),
            (
                "any: one that fails is enough",
                &["office uuuuuuuu", "osaka uudduuuu"],
                Any,
                "uudduuuu",
            ),
            (
                "two: one that fails is not",
                &["office uuuuuuuu", "osaka uudduuuu"],
                AtLeast(2),
                "uuuuuuuu",
            ),
            ("two that fail are", &["office udddduuu", "osaka uudduuuu"], AtLeast(2), "uudduuuu"),
            ("all: each must fail", &["office udddduuu", "osaka uudduuuu"], All, "uudduuuu"),
            (
                "any: a blind one may have seen it",
                &["office uuuuuuuu", "osaka uu--uuuu"],
                Any,
                "uu??uuuu",
            ),
            (
                "two: a blind one cannot make two",
                &["office uuuuuuuu", "osaka uu--uuuu"],
                AtLeast(2),
                "uuuuuuuu",
            ),
            (
                "two: it can with one that fails",
                &["office uudddduu", "osaka uu--uuuu"],
                AtLeast(2),
                "uu??uuuu",
            ),
            (
                "two of three, one blind",
                &["a uudddduu", "b uuuddduu", "c --------"],
                AtLeast(2),
                "uu?ddduu",
            ),
            ("all: it is not down while one is up", &["a uudduuuu", "b uu--uuuu"], All, "uu??uuuu"),
            ("all blind", &["a uu--uuuu", "b uu--uuuu"], AtLeast(2), "uu??uuuu"),
            ("two are needed, one looks", &["office uudduuuu"], AtLeast(2), "uu??uuuu"),
            (
                "a site that joins was not blind before",
                &["office uudduuuu", "osaka ....uudu"],
                Any,
                "uudduudu",
            ),
            (
                "nor does it make two",
                &["office uudduudu", "osaka ....uudu"],
                AtLeast(2),
                "uu??uudu",
            ),
            (
                "a site that leaves is not blind after",
                &["office uudduuuu", "osaka uudd...."],
                All,
                "uudduuuu",
            ),
            ("nobody was to look", &["office ..uuuu..", "osaka ....uu.."], Any, "??uuuu??"),
        ];
        for (says, story, quorum, expected) in cases {
            let seen = seen(&evidence(story), quorum);
            let seen: String = seen.chars().take(expected.len()).collect();
            assert_eq!(seen, expected, "{says}: {story:?}");
        }
    }

    #[test]
    fn who_was_told_to_be_blind_is_blind_alone() {
        let told = |site: Option<&str>| {
            let mut evidence = evidence(&["office uuuuuuuu", "osaka uuuuuuuu"]);
            let span = Span::new(minute(10), minute(20)).expect("a span");
            let site = site.map(str::to_owned);
            evidence.blind.push(Blind { function: Functions::All, site, span });
            evidence
        };
        for (site, quorum, expected) in [
            (Some("osaka"), SitesQuorum::Any, "uu??uuuu"),
            (Some("osaka"), SitesQuorum::AtLeast(2), "uuuuuuuu"),
            (Some("sapporo"), SitesQuorum::Any, "uuuuuuuu"),
        ] {
            assert_eq!(seen(&told(site), quorum), expected, "{site:?} {quorum:?}");
        }
    }

    #[test]
    fn a_log_that_names_no_site_counts_where_it_measured() {
        let mut story = evidence(&["office ....uudu"]);
        let log = evidence(&["log uuudu---"]).measured.remove("web").expect("measured");
        let log = log.into_values().next().expect("a site");
        story.measured.entry("web".to_owned()).or_default().insert(String::new(), log);
        assert_eq!(seen(&story, SitesQuorum::Any), "uuuduudu");
    }
}
