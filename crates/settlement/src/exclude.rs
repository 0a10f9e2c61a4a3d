//! What does not count: recorded decisions, windows noticed in time, recurring windows.

use std::collections::{BTreeMap, BTreeSet};

use calendar::{Span, Spans};
use desk::{Ground, Noticed, noticed};
use evidence::Evidence;
use jiff::Timestamp;
use terms::{
    Availability, Clause, Excluded, Exclusion, Kind, Name, NoticeRoute, Terms, Text, Timing,
};

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

/// The exclusions that apply to that promise; every one of the contract when it does not say which.
fn applying<'t>(terms: &'t Terms, availability: Option<&'t Availability>) -> Vec<&'t Exclusion> {
    let named = availability.and_then(|availability| availability.exclusions.as_ref());
    let applies =
        |exclusion: &&Exclusion| named.is_none_or(|named| named.contains(&exclusion.name));
    terms.exclusions.iter().filter(applies).collect()
}

/// Everything that is taken out under these terms, within `span`, by its beginning; what was claimed
/// and is not, is a finding where it touches the month.
pub(crate) fn taken(
    question: &Question<'_>,
    terms: &Terms,
    availability: Option<&Availability>,
    evidence: &Evidence,
    span: Span,
    findings: &mut Vec<Finding>,
) -> Vec<Taken> {
    let applying = applying(terms, availability);
    let mut taking = Taking { question, terms, evidence, span, taken: Vec::new(), findings };
    for exclusion in &applying {
        match &exclusion.excluded {
            Excluded::Cause { .. } => {}
            Excluded::NoticedWindows { notice } => taking.windows(exclusion, notice),
            Excluded::RecurringWindows { maintenance } => taking.recurring(exclusion, maintenance),
        }
    }
    taking.decisions(&applying);
    let mut taken = taking.taken;
    taken.sort_by(|a, b| (a.span, &a.name).cmp(&(b.span, &b.name)));
    taken.dedup();
    taken
}

/// The instants of these.
pub(crate) fn instants<'t>(taken: impl IntoIterator<Item = &'t Taken>) -> Spans {
    taken.into_iter().map(|taken| taken.span).collect()
}

fn take(exclusion: &Exclusion, span: Span, why: TakenWhy) -> Taken {
    let (name, title) = (exclusion.name.clone(), exclusion.title.clone());
    Taken { span, name, title, clause: exclusion.clause.clone(), why }
}

/// What is taken out, as it is found.
struct Taking<'a> {
    question: &'a Question<'a>,
    terms: &'a Terms,
    evidence: &'a Evidence,
    span: Span,
    taken: Vec<Taken>,
    findings: &'a mut Vec<Finding>,
}

impl Taking<'_> {
    fn is_in_month(&self, span: Span) -> bool {
        span.intersect(self.question.whole_month()).is_some()
    }

    /// Windows that were noticed as the contract demands.
    fn windows(&mut self, exclusion: &Exclusion, notice: &Name) {
        let Some(Kind::Notice(promised)) = self.terms.promise(notice).map(|promise| &promise.kind)
        else {
            return;
        };
        let Timing::Ahead(routes) = &promised.timing else { return };
        let mut sent: BTreeMap<&str, Vec<(&str, Timestamp)>> = BTreeMap::new();
        for notice in &self.evidence.notices {
            sent.entry(&notice.of).or_default().push((&notice.channel, notice.sent));
        }
        let mut known: BTreeMap<&str, BTreeSet<Span>> = BTreeMap::new();
        for window in &self.evidence.windows {
            known.entry(&window.id).or_default().insert(window.span);
        }
        for (id, spans) in known {
            let sent = sent.get(id).map_or(&[][..], |sent| &sent[..]);
            match spans.len() {
                1 => spans
                    .into_iter()
                    .for_each(|span| self.window(exclusion, routes, (id, span), sent)),
                _ if spans.iter().any(|span| self.is_in_month(*span)) => {
                    self.findings.push(Finding::WindowMoved { id: id.to_owned() });
                }
                _ => {}
            }
        }
    }

    fn window(
        &mut self,
        exclusion: &Exclusion,
        routes: &[NoticeRoute],
        (id, span): (&str, Span),
        sent: &[(&str, Timestamp)],
    ) {
        if span.intersect(self.span).is_none() {
            return;
        }
        let why = match noticed(routes, span.from(), sent, self.question.zone()) {
            Noticed::InTime { channel, sent } => {
                let why = TakenWhy::Window { id: id.to_owned(), channel, sent };
                self.taken.push(take(exclusion, span, why));
                return;
            }
            why => why,
        };
        // While there is time to give notice, nothing is wrong yet.
        let there_is_time = match (&why, self.question.as_of) {
            (Noticed::Missing { latest } | Noticed::WrongChannel { latest, .. }, Some(as_of)) => {
                as_of <= *latest
            }
            _ => false,
        };
        if self.is_in_month(span) && !there_is_time {
            let (id, clause) = (id.to_owned(), exclusion.clause.clone());
            self.findings.push(Finding::WindowCounts { id, span, why, clause });
        }
    }

    /// Windows that recur by the contract.
    fn recurring(&mut self, exclusion: &Exclusion, maintenance: &Name) {
        let (zone, holidays) = (self.question.zone(), self.question.holidays);
        let ground = Ground { terms: self.terms, zone, holidays };
        for window in desk::windows(&ground, self.span) {
            if window.promise == maintenance {
                let finding =
                    Finding::ProvisionalHolidays { official_until: holidays.official_until() };
                if window.provisional
                    && self.is_in_month(window.span)
                    && !self.findings.contains(&finding)
                {
                    self.findings.push(finding);
                }
                self.taken.push(take(exclusion, window.span, TakenWhy::Recurring));
            }
        }
    }

    /// What persons decided.
    fn decisions(&mut self, applying: &[&Exclusion]) {
        for decision in &self.evidence.decisions {
            if decision.span.intersect(self.span).is_none() {
                continue;
            }
            let (span, reason) = (decision.span, decision.reason.clone());
            match applying.iter().find(|exclusion| exclusion.answers_to(&reason)) {
                Some(exclusion) => {
                    let (by, decided) = (decision.by.clone(), decision.decided);
                    self.taken.push(take(
                        exclusion,
                        span,
                        TakenWhy::Decision { by, decided, reason },
                    ));
                }
                None if self.is_in_month(span) => {
                    let known = applying.iter().any(|exclusion| exclusion.name.as_str() == reason);
                    self.findings.push(match known {
                        true => Finding::NotByDecision { reason, span },
                        false => Finding::UnknownReason { reason, span },
                    });
                }
                None => {}
            }
        }
    }
}
