//! Gathering the events of a log, in any order, into [`Evidence`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use calendar::Span;
use jiff::{SignedDuration, Timestamp};

use crate::event::{Event, Functions, Measurement, Outage, Run, RunState, Site};
use crate::evidence::Evidence;
use crate::series::{Series, Stretch};

/// Most pairs of function and site with measurements.
pub const SERIES_MAX: usize = 100_000;
/// Most changes of state and gaps in the measurements of all functions together.
pub const CHANGES_MAX: usize = 1_000_000;
/// Most outages that were told.
pub const OUTAGES_MAX: usize = 1_000_000;
/// Most blind spans that were told.
pub const BLIND_MAX: usize = 100_000;
/// Most spans in which sites were to look.
pub const SITES_MAX: usize = 100_000;
/// Most windows.
pub const WINDOWS_MAX: usize = 100_000;
/// Most notices.
pub const NOTICES_MAX: usize = 100_000;
/// Most decisions.
pub const DECISIONS_MAX: usize = 100_000;

/// A log has more of something than is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log has more than {most} {what}: {advice}")]
pub struct TooMuch {
    /// What there is too much of.
    pub what: &'static str,
    /// How many are the most.
    pub most: usize,
    /// What to do.
    pub advice: &'static str,
}

/// Takes events one by one and keeps what a settlement needs: transitions, not measurements.
///
/// The order of events does not matter, but for outages, which stay in theirs. Measurements that come in
/// the order of time need the least memory.
#[derive(Debug)]
pub struct Gatherer {
    as_of: Option<Timestamp>,
    told: Evidence,
    series: Vec<Named>,
    sites: Vec<Site>,
    /// The place in `series` by function and site.
    places: HashMap<String, HashMap<String, usize>>,
    /// The place of the newest measurement.
    newest: usize,
    changes: usize,
}

/// The measurements of one function from one site.
#[derive(Debug)]
struct Named {
    function: String,
    site: String,
    series: Series,
    /// Which one came after this one the last time: logs go through their functions in circles.
    next: usize,
}

impl Gatherer {
    /// A gatherer that has nothing yet. With `as_of` it takes only what was known at that instant:
    /// measurements until it, notices sent and decisions made until it; outages that had begun, open when
    /// they ended later; blind spans and measured states until it. Windows are plans and stay.
    pub fn new(as_of: Option<Timestamp>) -> Gatherer {
        Gatherer {
            as_of,
            told: Evidence::default(),
            series: Vec::new(),
            sites: Vec::new(),
            places: HashMap::new(),
            newest: 0,
            changes: 0,
        }
    }

    /// Takes one event.
    ///
    /// # Errors
    /// When a limit is reached; which one, says the error.
    pub fn add(&mut self, event: Event) -> Result<(), TooMuch> {
        match event {
            Event::Measurement(measurement) => return self.measurement(&measurement),
            Event::Run(run) => return self.run(&run),
            Event::Outage(outage) => {
                if let Some(outage) = outage_as_of(outage, self.as_of) {
                    push(&mut self.told.outages, outage, OUTAGES_MAX, "outages")?;
                }
            }
            Event::Blind(mut blind) => {
                let past = Span::new(Timestamp::MIN, self.as_of.unwrap_or(Timestamp::MAX));
                if let Some(span) = past.ok().and_then(|past| blind.span.intersect(past)) {
                    blind.span = span;
                    push(&mut self.told.blind, blind, BLIND_MAX, "blind spans")?;
                }
            }
            Event::Site(site) => {
                if self.is_past(site.from) {
                    push(&mut self.sites, site, SITES_MAX, "spans of sites")?;
                }
            }
            Event::Window(window) => push(&mut self.told.windows, window, WINDOWS_MAX, "windows")?,
            Event::Notice(notice) => {
                if self.is_past(notice.sent) {
                    push(&mut self.told.notices, notice, NOTICES_MAX, "notices")?;
                }
            }
            Event::Exclusion(decision) => {
                if self.is_past(decision.decided) {
                    push(&mut self.told.decisions, decision, DECISIONS_MAX, "exclusions")?;
                }
            }
        }
        Ok(())
    }

    /// Takes one measurement: the same as [`add`](Gatherer::add), without giving it away.
    ///
    /// # Errors
    /// As [`add`](Gatherer::add).
    #[inline]
    pub fn measurement(&mut self, look: &Measurement) -> Result<(), TooMuch> {
        if !self.is_past(look.at) {
            return Ok(());
        }
        let place = self.place(&look.function, look.site.as_deref().unwrap_or_default())?;
        self.told.measurements += 1;
        let more = self.series[place].series.look(look.at, look.ok, look.every);
        if more == 0 { Ok(()) } else { self.count(more) }
    }

    /// A run in which all was missed makes the function a measured one of which nothing is known.
    fn run(&mut self, run: &Run) -> Result<(), TooMuch> {
        if !self.is_past(run.from) {
            return Ok(());
        }
        let place = self.place(&run.function, run.site.as_deref().unwrap_or_default())?;
        // How many measurements come before the part, missed ones too.
        let mut before = 0_u64;
        for (count, state) in &run.states {
            let first = nth(run, before);
            if *state != RunState::Missed && self.is_past(first) {
                let count = self.until_as_of(*count, first, run.every);
                self.told.measurements = self.told.measurements.saturating_add(count);
                let last = nth(run, before.saturating_add(count - 1));
                let (first_pace, last_pace) = (run.every, run.every);
                let ok = *state == RunState::Up;
                let stretch = Stretch { first, last, ok, first_pace, last_pace };
                let more = self.series[place].series.add(stretch);
                self.count(more)?;
            }
            before = before.saturating_add(*count);
        }
        Ok(())
    }

    /// So many more changes are kept than before.
    fn count(&mut self, more: isize) -> Result<(), TooMuch> {
        self.changes = self.changes.saturating_add_signed(more);
        let what = "changes and gaps in measurements";
        let advice = "sort it by time, or settle fewer functions or a shorter time at once";
        let too_much = TooMuch { what, most: CHANGES_MAX, advice };
        if self.changes <= CHANGES_MAX { Ok(()) } else { Err(too_much) }
    }

    /// Where the measurements of a function from a site are.
    #[inline]
    fn place(&mut self, function: &str, site: &str) -> Result<usize, TooMuch> {
        let next = self.series.get(self.newest).map_or(0, |newest| newest.next);
        let is = |named: &Named| same(&named.function, function) && same(&named.site, site);
        if self.series.get(next).is_some_and(is) {
            self.newest = next;
            return Ok(next);
        }
        let place = self.find_or_begin(function, site)?;
        self.series[self.newest].next = place;
        self.newest = place;
        Ok(place)
    }

    fn find_or_begin(&mut self, function: &str, site: &str) -> Result<usize, TooMuch> {
        if let Some(place) = self.places.get(function).and_then(|sites| sites.get(site)) {
            return Ok(*place);
        }
        let place = self.series.len();
        let named = Named {
            function: function.to_owned(),
            site: site.to_owned(),
            series: Series::new(),
            next: place,
        };
        push(&mut self.series, named, SERIES_MAX, "functions and sites with measurements")?;
        self.places.entry(function.to_owned()).or_default().insert(site.to_owned(), place);
        Ok(place)
    }

    /// What all events came to.
    pub fn finish(self) -> Evidence {
        let mut evidence = self.told;
        close(&mut evidence.outages);
        evidence.windows.sort_by_key(|window| window.span);
        evidence.notices.sort_by_key(|notice| notice.sent);
        evidence.decisions.sort_by_key(|decision| decision.decided);
        evidence.measured = BTreeMap::new();
        for named in self.series {
            let sites = evidence.measured.entry(named.function).or_default();
            sites.insert(named.site, named.series.finish(self.as_of));
        }
        for site in self.sites {
            // One that was to look and did not is a site of which nothing is known.
            let measured = evidence.measured.entry(site.function.clone()).or_default();
            measured.entry(site.site.clone()).or_default();
            let sites = evidence.sites.entry(site.function).or_default();
            let spans = sites.entry(site.site).or_default();
            let until = site.until.unwrap_or(Timestamp::MAX);
            if let Ok(span) = Span::new(site.from, until) {
                spans.insert(span);
            }
        }
        evidence
    }

    #[inline]
    fn is_past(&self, at: Timestamp) -> bool {
        self.as_of.is_none_or(|as_of| at <= as_of)
    }

    /// How many of so many measurements, the first of which is past, are past.
    fn until_as_of(&self, count: u64, first: Timestamp, every: SignedDuration) -> u64 {
        let Some(as_of) = self.as_of else { return count };
        let since = as_of.duration_since(first).as_nanos();
        let past = since / every.as_nanos().max(1) + 1;
        u64::try_from(past).map_or(count, |past| past.min(count))
    }
}

/// The instant of a run's measurement, counted from 0; at most the end of time.
fn nth(run: &Run, number: u64) -> Timestamp {
    let nanos = run.every.as_nanos().saturating_mul(i128::from(number));
    let after = SignedDuration::try_from_nanos_i128(nanos).unwrap_or(SignedDuration::MAX);
    run.from.saturating_add(after).unwrap_or(Timestamp::MAX)
}

/// Drops outages that were told open and, from the same instant on, closed: the later line ends the
/// earlier one. One that is told twice is kept twice, since overlaps are united anyway.
fn close(outages: &mut Vec<Outage>) {
    let key = |outage: &Outage| (outage.function.clone(), outage.from);
    let closed = outages.iter().filter(|outage| outage.until.is_some()).map(key);
    let closed: BTreeSet<(Functions, Timestamp)> = closed.collect();
    outages.retain(|outage| outage.until.is_some() || !closed.contains(&key(outage)));
}

/// An outage as it was known at an instant; `None` when it had not begun.
fn outage_as_of(mut outage: Outage, as_of: Option<Timestamp>) -> Option<Outage> {
    let Some(as_of) = as_of else { return Some(outage) };
    outage.until = outage.until.filter(|until| *until <= as_of);
    outage.seen = outage.seen.filter(|seen| *seen <= as_of);
    (outage.from < as_of).then_some(outage)
}

fn push<T>(all: &mut Vec<T>, one: T, most: usize, what: &'static str) -> Result<(), TooMuch> {
    if all.len() >= most {
        let advice = "settle fewer functions or a shorter time at once";
        return Err(TooMuch { what, most, advice });
    }
    all.push(one);
    Ok(())
}

/// Whether two names are equal. Names are short, and they are compared for every measurement: a call
/// into the system's comparison takes several times as long as all the rest.
#[inline]
fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    // The last eight or four bytes may have been compared before, which does no harm.
    if let (Some(one_last), Some(other_last)) = (one.last_chunk::<8>(), other.last_chunk()) {
        let (one, other) = (one.as_chunks::<8>().0, other.as_chunks().0);
        return one_last == other_last && one.iter().zip(other).all(|(one, other)| one == other);
    }
    match (one.last_chunk::<4>(), other.last_chunk()) {
        (Some(one_last), Some(other_last)) => {
            one_last == other_last && one.first_chunk::<4>() == other.first_chunk()
        }
        _ => one.iter().zip(other).all(|(one, other)| one == other),
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn names_are_the_same_when_every_byte_is() {
        for length in 0..40 {
            let name: String = ('a'..='z').cycle().take(length).collect();
            assert!(same(&name, &name.clone()));
            assert!(!same(&name, &format!("{name}x")));
            for place in 0..length {
                let mut other = name.clone();
                other.replace_range(place..=place, "-");
                assert!(!same(&name, &other), "{name} {other}");
            }
        }
    }
}
