//! What does not count: recorded decisions, windows noticed in time, recurring windows.

use calendar::{Span, Spans};
use desk::{Ground, Noticed, noticed};
use evidence::Evidence;
use jiff::Timestamp;
use terms::{Availability, Clause, Excluded, Exclusion, Kind, Name, Terms, Text, Timing};

use crate::finding::Finding;
use crate::question::Question;

/// A span that an exclusion of the contract takes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When.
    pub span: Span,
    /// The exclusion.
    pub name: Name,
    /// In a few words.
    pub title: Text,
    /// Where the contract says so.
    pub clause: Clause,
    /// On what ground.
    pub why: TakenWhy,
}

/// On what ground a span is taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenWhy {
    /// A person decided.
    Decision {
        /// Who.
        by: String,
        /// When.
        decided: Timestamp,
        /// The word in the log.
        reason: String,
    },
    /// A window that was noticed as the contract demands.
    Window {
        /// Its name.
        id: String,
        /// Over this channel.
        channel: String,
        /// At this instant.
        sent: Timestamp,
    },
    /// A window that recurs by the contract.
    Recurring,
}

impl Taken {
    /// Whether it is a planned window, which operating time leaves out too.
    pub fn is_planned(&self) -> bool {
        !matches!(self.why, TakenWhy::Decision { .. })
    }
}

/// The exclusions that apply to that promise; every one of the contract when it names none.
fn applying<'t>(
    terms: &'t Terms,
    availability: Option<&'t Availability>,
) -> impl Iterator<Item = &'t Exclusion> {
    let named = availability.map_or(&[][..], |availability| &availability.exclusions[..]);
    terms
        .exclusions
        .iter()
        .filter(move |exclusion| named.is_empty() || named.contains(&exclusion.name))
}

/// Everything that is taken out under these terms, within `span`; what was claimed and is not, is a
/// finding.
pub(crate) fn taken(
    question: &Question<'_>,
    terms: &Terms,
    availability: Option<&Availability>,
    evidence: &Evidence,
    span: Span,
    findings: &mut Vec<Finding>,
) -> Vec<Taken> {
    let mut all: Vec<Taken> = Vec::new();
    for exclusion in applying(terms, availability) {
        match &exclusion.excluded {
            Excluded::Cause { .. } => {}
            Excluded::NoticedWindows { notice } => {
                windows(question, terms, (exclusion, notice), evidence, span, &mut all, findings);
            }
            Excluded::RecurringWindows { maintenance } => {
                recurring(question, terms, (exclusion, maintenance), span, &mut all);
            }
        }
    }
    let month = question.whole_month();
    let known: Vec<&Exclusion> = applying(terms, availability).collect();
    for decision in
        evidence.decisions.iter().filter(|decision| decision.span.intersect(span).is_some())
    {
        match known.iter().find(|exclusion| exclusion.answers_to(&decision.reason)) {
            Some(exclusion) => {
                let why = TakenWhy::Decision {
                    by: decision.by.clone(),
                    decided: decision.decided,
                    reason: decision.reason.clone(),
                };
                all.push(take(exclusion, decision.span, why));
            }
            None if decision.span.intersect(month).is_some() => {
                findings.push(Finding::UnknownReason {
                    reason: decision.reason.clone(),
                    span: decision.span,
                });
            }
            None => {}
        }
    }
    all.sort_by_key(|taken| taken.span);
    all
}

/// The instants of these.
pub(crate) fn instants<'t>(taken: impl IntoIterator<Item = &'t Taken>) -> Spans {
    taken.into_iter().map(|taken| taken.span).collect()
}

fn take(exclusion: &Exclusion, span: Span, why: TakenWhy) -> Taken {
    let (name, title) = (exclusion.name.clone(), exclusion.title.clone());
    Taken { span, name, title, clause: exclusion.clause.clone(), why }
}

fn windows(
    question: &Question<'_>,
    terms: &Terms,
    (exclusion, notice): (&Exclusion, &Name),
    evidence: &Evidence,
    span: Span,
    all: &mut Vec<Taken>,
    findings: &mut Vec<Finding>,
) {
    let Some(Kind::Notice(promised)) = terms.promise(notice).map(|promise| &promise.kind) else {
        return;
    };
    let Timing::Ahead(routes) = &promised.timing else { return };
    for window in evidence.windows.iter().filter(|window| window.span.intersect(span).is_some()) {
        let sent: Vec<(&str, Timestamp)> = evidence
            .notices
            .iter()
            .filter(|notice| notice.of == window.id)
            .map(|notice| (notice.channel.as_str(), notice.sent))
            .collect();
        match noticed(routes, window.span.from(), &sent, question.zone()) {
            Noticed::InTime { channel, sent } => {
                let why = TakenWhy::Window { id: window.id.clone(), channel, sent };
                all.push(take(exclusion, window.span, why));
            }
            why if window.span.intersect(question.whole_month()).is_some() => {
                let (id, clause) = (window.id.clone(), exclusion.clause.clone());
                findings.push(Finding::WindowCounts { id, span: window.span, why, clause });
            }
            _ => {}
        }
    }
}

fn recurring(
    question: &Question<'_>,
    terms: &Terms,
    (exclusion, maintenance): (&Exclusion, &Name),
    span: Span,
    all: &mut Vec<Taken>,
) {
    let Some(Kind::Maintenance(promised)) = terms.promise(maintenance).map(|promise| &promise.kind)
    else {
        return;
    };
    let ground = Ground { terms, zone: question.zone(), holidays: question.holidays };
    let calendar = promised.calendar.as_ref().map(|name| ground.calendar(Some(name)));
    let windows = promised.window.windows(span, question.zone(), calendar.as_ref());
    all.extend(
        windows.into_iter().map(|window| take(exclusion, window.value, TakenWhy::Recurring)),
    );
}
