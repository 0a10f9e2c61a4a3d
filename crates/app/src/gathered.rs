//! The evidence of a contract: what logs told, and what our own probes saw of its functions.
//!
//! Reading the records waits and takes no time; opening, gathering and judging what was read takes a
//! processor, so it is done away from the threads that serve sockets, one contract at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use calendar::Span;
use evidence::{
    Blind, Event, Evidence, Functions, Gatherer, Measurement, Notice, Observed, Outage, Run, Site,
    Window,
};
use jiff::{SignedDuration, Timestamp};
use store::{CheckSite, Observation, SealedEvent, Store};
use terms::Name;

use crate::checks::{SiteSeries, of_source};
use crate::contracts::WatchedContract;
use crate::logs::ALWAYS;
use crate::sightings::{Sightings, events};
use crate::{AppError, Office, Refusal, blocking, windows};

/// How far around a span is looked: an outage that reaches into it is judged by its whole length.
pub(crate) const MARGIN: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How many times as far is looked when a measured outage began earlier still or ends later.
const MARGIN_GROWS: i32 = 4;
/// Farther than that nobody looks: ten years, as long as measurements are kept.
const MARGIN_MAX: SignedDuration = SignedDuration::from_hours(3_653 * 24);

/// An instant without its fraction of a second: what people are told to have been known then.
pub(crate) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// A span with that much time before and after it.
pub(crate) fn around(span: Span, margin: SignedDuration) -> Span {
    let from = span.from().checked_sub(margin).unwrap_or(Timestamp::MIN);
    let until = span.until().checked_add(margin).unwrap_or(Timestamp::MAX);
    Span::new(from, until).unwrap_or(span)
}

/// Judges everything that is known of a contract in a span, as it was known at `as_of`. `judge` runs
/// where it may take its time, alone.
pub(crate) async fn judged<T: Send + 'static>(
    office: &Office,
    watched: &Arc<WatchedContract>,
    span: Span,
    as_of: Timestamp,
    seen: &mut Sightings,
    judge: impl FnOnce(&WatchedContract, &Evidence) -> T + Send + 'static,
) -> Result<T, AppError> {
    let mut margin = MARGIN;
    let evidence = loop {
        let looked_at = around(span, margin);
        let read = read(office, watched, looked_at, seen).await?;
        let (evidence, is_cut) = alone(office, move || {
            let evidence = read.gather(as_of)?;
            let is_cut = is_cut(&evidence, looked_at, as_of);
            Ok((evidence, is_cut))
        })
        .await?;
        if !is_cut || margin >= MARGIN_MAX {
            break evidence;
        }
        margin = margin.saturating_mul(MARGIN_GROWS).min(MARGIN_MAX);
    };
    let watched = Arc::clone(watched);
    alone(office, move || Ok(judge(&watched, &evidence))).await
}

/// As [`judged`], of what lies in the span alone: an outage that reaches out of it is cut. For those
/// who look often and at now.
pub(crate) async fn glanced<T: Send + 'static>(
    office: &Office,
    watched: &Arc<WatchedContract>,
    span: Span,
    as_of: Timestamp,
    seen: &mut Sightings,
    judge: impl FnOnce(&WatchedContract, &Evidence) -> T + Send + 'static,
) -> Result<T, AppError> {
    let read = read(office, watched, span, seen).await?;
    let watched = Arc::clone(watched);
    alone(office, move || Ok(judge(&watched, &read.gather(as_of)?))).await
}

/// Runs heavy work away from the threads that serve sockets, one at a time. It keeps its turn until
/// it is done, whether or not somebody still waits for it.
async fn alone<T: Send + 'static>(
    office: &Office,
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let turn = Arc::clone(&office.judging).acquire_owned().await.map_err(AppError::records)?;
    blocking(move || {
        let _turn = turn;
        work()
    })
    .await
}

/// What the records say of a contract, not yet opened.
struct ReadEvidence {
    store: Store,
    watched: Arc<WatchedContract>,
    span: Span,
    told: Vec<SealedEvent>,
    days: Vec<String>,
    /// Windows that persons planned, and notices of them.
    planned: Vec<Event>,
    seen: Arc<Vec<Observation>>,
    sites: Arc<Vec<CheckSite>>,
    /// Whether a log was ever imported.
    is_told_of: bool,
}

async fn read(
    office: &Office,
    watched: &Arc<WatchedContract>,
    span: Span,
    seen: &mut Sightings,
) -> Result<ReadEvidence, AppError> {
    let name = watched.contract.name.as_str();
    let (from, until) = (span.from(), span.until());
    Ok(ReadEvidence {
        store: office.store.clone(),
        watched: Arc::clone(watched),
        span,
        told: office.store.sealed_events(name, from, until, ALWAYS).await?,
        days: office.store.measured_days(name, from, until).await?,
        planned: planned(office, name, from).await?,
        is_told_of: office.store.is_told_of(name).await?,
        sites: seen.sites(office).await?,
        seen: match watched.measured.is_empty() {
            true => Arc::default(),
            false => seen.over(office, span).await?,
        },
    })
}

impl ReadEvidence {
    fn gather(&self, as_of: Timestamp) -> Result<Evidence, AppError> {
        let name = self.watched.contract.name.as_str();
        let mut gatherer = Gatherer::new(Some(as_of));
        let mut spoken_of = SpokenOf::default();
        let mut line = |text: &str| -> Result<(), AppError> {
            // Read before it was recorded, so it reads again.
            let event = evidence::read_line(text.as_bytes(), 1).map_err(AppError::records)?;
            let Some(event) = event else { return Ok(()) };
            spoken_of.note(&event);
            add(&mut gatherer, event, name)
        };
        for event in &self.told {
            line(&self.store.open_event(event)?)?;
        }
        for text in self.days.iter().flat_map(|day| day.lines()) {
            line(text)?;
        }
        for event in &self.planned {
            add(&mut gatherer, event.clone(), name)?;
        }
        for function in unknown(&self.watched, &spoken_of, self.is_told_of) {
            let function = Functions::One(function.to_string());
            let blind = Blind { function, site: None, span: self.span };
            add(&mut gatherer, Event::Blind(blind), name)?;
        }
        for measured in &self.watched.measured {
            let mut is_seen = spoken_of.tells(&measured.function);
            for site in of_source(&measured.source, &self.sites, &self.seen) {
                for event in self.seen_from(&site, &measured.function) {
                    is_seen = true;
                    add(&mut gatherer, event, name)?;
                }
            }
            if !is_seen {
                // We were to look and did not: that it was up is said by nobody.
                let function = Functions::One(measured.function.to_string());
                let blind = Blind { function, site: None, span: self.span };
                add(&mut gatherer, Event::Blind(blind), name)?;
            }
        }
        Ok(gatherer.finish())
    }

    /// When a site was to look at a function, and what it saw.
    fn seen_from(&self, site: &SiteSeries, function: &Name) -> Vec<Event> {
        let revisions: Vec<Timestamp> = self.watched.revisions().collect();
        let up_when = |at| self.watched.up_when(function, at);
        let asked = site.spans.iter().map(|(from, until)| {
            let (function, site) = (function.to_string(), site.site.clone());
            Event::Site(Site { function, site, from: *from, until: *until })
        });
        let runs = self.seen.iter().filter(|run| run.probe == site.key);
        let seen = runs.flat_map(|run| events(run, (function, &site.site), &revisions, up_when));
        asked.chain(seen).collect()
    }
}

/// Whether a measured outage goes on over an end of what was looked at.
fn is_cut(evidence: &Evidence, looked_at: Span, as_of: Timestamp) -> bool {
    let sites = evidence.measured.values().flat_map(|sites| sites.values());
    sites.into_iter().any(|observed| is_site_cut(observed, looked_at, as_of))
}

fn is_site_cut(observed: &Observed, looked_at: Span, as_of: Timestamp) -> bool {
    let pace = observed.slowest_in(looked_at).unwrap_or_default();
    let reach = pace.saturating_mul(2);
    let (from, until) = (looked_at.from(), looked_at.until());
    let is_near = |at: Timestamp, end: Timestamp| at.duration_since(end).abs() <= reach;
    // A site that begins with an outage has nothing before it.
    let first = observed.known.iter().next().map(Span::from);
    observed.down.iter().any(|seen| {
        let reaches_back = seen.span.until() > from
            && (seen.span.from() < from || is_near(seen.span.from(), from))
            && first.is_some_and(|first| first < seen.span.from());
        let reaches_on = until < as_of
            && seen.span.from() < until
            && (seen.span.until() > until || is_near(seen.span.until(), until));
        reaches_back || reaches_on
    })
}

/// The windows that persons planned and did not cancel, and every notice that was sent: a notice
/// counts from the second in which the other side took it.
async fn planned(office: &Office, name: &str, since: Timestamp) -> Result<Vec<Event>, AppError> {
    let mut events = Vec::new();
    for record in office.store.plans(since).await? {
        let concerns = record.plan.contracts.iter().any(|contract| contract == name);
        if concerns && record.cancelled.is_none() {
            let span = Span::new(record.plan.from, record.plan.until).map_err(AppError::records)?;
            events.push(Event::Window(Window { id: windows::id(record.number), span }));
        }
    }
    let notices = office.store.notices(name, since).await?;
    for (notice, number) in notices.iter().filter_map(|it| Some((it, it.draft.plan?))) {
        let of = windows::id(number);
        for (channel, at) in windows::sent(std::slice::from_ref(notice)) {
            let (of, channel) = (of.clone(), channel.to_owned());
            events.push(Event::Notice(Notice { of, channel, sent: whole_second(at) }));
        }
    }
    Ok(events)
}

/// Functions that logs speak of.
#[derive(Default)]
struct SpokenOf {
    all: bool,
    some: BTreeSet<String>,
}

impl SpokenOf {
    fn tells(&self, function: &Name) -> bool {
        self.all || self.some.contains(function.as_str())
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Measurement(Measurement { function, .. }) | Event::Run(Run { function, .. }) => {
                self.some.insert(function.clone());
            }
            Event::Site(Site { function, .. }) => {
                self.some.insert(function.clone());
            }
            Event::Outage(Outage { function: Functions::One(function), .. }) => {
                self.some.insert(function.clone());
            }
            Event::Outage(Outage { function: Functions::All, .. }) => self.all = true,
            _ => {}
        }
    }
}

/// A log without measurements of a function tells its outages, and it was up at all other times. Where
/// we measure a service ourselves that cannot be said of a function that we leave out and no log
/// speaks of, nor of any function of a contract that has neither our measurements nor a log: nobody
/// knows.
fn unknown<'w>(
    watched: &'w WatchedContract,
    spoken_of: &SpokenOf,
    is_told_of: bool,
) -> BTreeSet<&'w Name> {
    if (watched.measured.is_empty() && is_told_of) || spoken_of.all {
        return BTreeSet::new();
    }
    let is_measured =
        |name: &Name| watched.measured.iter().any(|measured| measured.function == *name);
    let versions = watched.contract.versions.iter();
    let services = versions.flat_map(|version| &version.terms.services);
    let functions = services.flat_map(|service| &service.functions).map(|function| &function.name);
    functions.filter(|name| !is_measured(name) && !spoken_of.some.contains(name.as_str())).collect()
}

fn add(gatherer: &mut Gatherer, event: Event, contract: &str) -> Result<(), AppError> {
    gatherer.add(event).map_err(|too_much| {
        let contract = contract.to_owned();
        AppError::Refused(Refusal::TooMuchEvidence { contract, why: too_much.to_string() })
    })
}
