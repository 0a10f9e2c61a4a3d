//! The settlement of one month.

use calendar::Span;
use evidence::Evidence;
use jiff::{SignedDuration, Timestamp};
use terms::{Availability, Combine, Denominator, Function, RevisedTarget};

use crate::Figure;
use crate::count::{Month, Rules};
use crate::down::{ServiceState, combine, function_state, sampled_bounds};
use crate::exclude::{self, Taken, taken};
use crate::finding::Finding;
use crate::question::{Question, Segment};
use crate::sites::FunctionState;
use crate::statement::{Judged, Judging, Partial, Statement, Verdict};

/// Settles one month of one service. Never fails: what cannot be judged is a finding.
///
/// The evidence must hold outages over the ends of the month whole. Evidence that is later than
/// [`Question::as_of`] must have been left out by its gatherer.
pub fn settle(question: &Question<'_>, evidence: &Evidence) -> Statement {
    Settling::begin(question, evidence).finish()
}

/// What is known while a month is settled.
pub(crate) struct Settling<'a> {
    pub(crate) question: &'a Question<'a>,
    pub(crate) evidence: &'a Evidence,
    /// The parts of the month by version; at least one.
    pub(crate) segments: Vec<Segment<'a>>,
    /// For each segment, what is taken out.
    taken: Vec<Vec<Taken>>,
    /// The part of the month under contract, to the cut; `None` when there is nothing to measure yet.
    period: Option<Span>,
    /// How far the evidence is looked at.
    horizon: Span,
    /// The functions that count in any part of the month, with their state in the parts in which they do.
    pub(crate) functions: Vec<(&'a Function, FunctionState)>,
    service: ServiceState,
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Settling<'a> {
    fn begin(question: &'a Question<'a>, evidence: &'a Evidence) -> Settling<'a> {
        let month = question.whole_month();
        let around = around(month, evidence);
        let until =
            question.as_of.map_or(month.until(), |as_of| as_of.clamp(month.from(), month.until()));
        let period = question.covered().and_then(|covered| {
            let known = Span::new(covered.from(), until.max(covered.from())).ok()?;
            known.intersect(covered)
        });
        let seen_until = question.as_of.unwrap_or(around.until()).max(around.from());
        let mut settling = Settling {
            question,
            evidence,
            segments: question.segments(),
            taken: Vec::new(),
            period,
            horizon: Span::new(around.from(), seen_until).unwrap_or(month),
            functions: Vec::new(),
            service: ServiceState::default(),
            findings: Vec::new(),
        };
        settling.take_out(around);
        settling.look_at_functions();
        settling
    }

    /// Finds what is taken out in each part of the month.
    fn take_out(&mut self, around: Span) {
        for segment in &self.segments {
            let availability = segment.promise.map(|(_, availability)| availability);
            let mut findings = Vec::new();
            let (question, terms) = (self.question, segment.terms);
            self.taken.push(taken(
                question,
                terms,
                availability,
                self.evidence,
                around,
                &mut findings,
            ));
            findings.retain(|finding| !self.findings.contains(finding));
            self.findings.append(&mut findings);
        }
    }

    /// Finds the state of the functions and of the service: in each part of the month by the version in
    /// force in it, joined where the parts meet. Before and after the month it is as at its ends.
    fn look_at_functions(&mut self) {
        let (last, everything) = (self.segments.len() - 1, self.horizon);
        // What nobody measured after the month matters as far as it may complete a shortest outage.
        let minimum = self.first_availability().and_then(|availability| availability.minimum);
        let minimum = minimum.map_or(SignedDuration::ZERO, |minimum| minimum.length);
        let unknown_until = self.question.whole_month().until() + minimum;
        for (place, segment) in self.segments.iter().enumerate() {
            let from = if place == 0 { Timestamp::MIN } else { segment.span.from() };
            let until = if place == last { Timestamp::MAX } else { segment.span.until() };
            let Ok(part) = Span::new(from, until) else { continue };
            let functions = counted_functions(segment);
            let states: Vec<FunctionState> = functions
                .iter()
                .map(|function| {
                    function_state(self.evidence, function, everything, unknown_until).clip(part)
                })
                .collect();
            let rule =
                segment.promise.map_or(Combine::Any, |(_, availability)| availability.combine);
            self.service = self.service.union(&combine(&states, rule));
            for (function, state) in functions.into_iter().zip(states) {
                match self.functions.iter_mut().find(|(known, _)| known.name == function.name) {
                    Some((_, known)) => *known = known.union(&state),
                    None => self.functions.push((function, state)),
                }
            }
        }
    }

    fn finish(mut self) -> Statement {
        let question = self.question;
        let month = question.whole_month();
        let net_rules = self.month(true);
        let gross_rules = self.month(false);
        let denominator = self.denominator(month);
        let (outages, partial) = (self.outages(&net_rules), self.partial(month));
        let counted = outages.iter().map(Judged::counted).fold(SignedDuration::ZERO, |a, b| a + b);
        let net = Figure { counted, denominator };
        let possible = net_rules.counted(&self.service.possibly).max(net.counted);
        let lower = Figure { counted: possible, denominator };
        let gross = Figure {
            counted: gross_rules.counted(&self.service.surely),
            denominator: self.gross_denominator(month),
        };
        let judging = self.judging();
        let target = judging.as_ref().and_then(|judging| judging.target);
        let verdict = match target {
            None => Verdict::NoTarget,
            Some(_) if question.covered().is_none() => Verdict::NoTarget,
            // A month that is yet to come has no verdict but the contract's promise.
            Some(_) if !self.has_begun() => Verdict::Undetermined,
            Some(target) if !net.meets(target) => Verdict::Broken,
            Some(target) if lower.meets(target) => Verdict::Kept,
            Some(_) => Verdict::Undetermined,
        };
        let coverage = self.coverage();
        self.note(month, &outages, net);
        let (credit, credit_at_most, claim) = self.owed(verdict, judging.as_ref(), net, lower);
        let contract = question.contract;
        let service = self.segments.iter().find_map(|segment| segment.service);
        Statement {
            contract: contract.name.clone(),
            contract_title: contract.title.clone(),
            provider: contract.parties.provider.clone(),
            customer: contract.parties.customer.clone(),
            service: question.service.clone(),
            service_title: service.map_or_else(
                || terms::Text::both(question.service.as_str()),
                |service| service.title.clone(),
            ),
            promise: judging,
            month: question.month,
            month_span: month,
            zone: question.zone().clone(),
            currency: contract.currency,
            versions: question.versions().iter().map(|(_, version)| version.in_force).collect(),
            provisional: question.as_of.filter(|as_of| *as_of < month.until()),
            verdict,
            net,
            gross,
            lower,
            coverage,
            budget_left: target
                .filter(|_| question.covered().is_some())
                .map(|target| net.budget_left(target)),
            outages,
            partial,
            taken: self.taken_in(month),
            credit,
            credit_at_most,
            claim,
            findings: self.findings,
        }
    }

    /// Whether any of the month under contract lies before the cut.
    pub(crate) fn has_begun(&self) -> bool {
        self.period.is_some()
    }

    /// The rules of the month, with or without exclusions.
    fn month(&self, net: bool) -> Month<'_> {
        let rules = self.segments.iter().zip(&self.taken).map(|(segment, taken)| {
            let availability = segment.promise.map(|(_, availability)| availability);
            Rules::new(segment.span, availability, if net { taken } else { &[] })
        });
        let span = self.question.whole_month();
        Month { span, term: self.question.term(), rules: rules.collect() }
    }

    /// The first part of the month that promises availability, or the first of all.
    fn first_judging(&self) -> &Segment<'a> {
        let first = self.segments.iter().find(|segment| segment.promise.is_some());
        first.unwrap_or(&self.segments[0])
    }

    /// The part of the month whose version judges it: its target, its remedy and its claim.
    pub(crate) fn judging_segment(&self) -> &Segment<'a> {
        let first = self.first_judging();
        let at_end = |(_, availability): (_, &Availability)| {
            availability.revised_target == RevisedTarget::AtMonthEnd
        };
        let last = self.segments.iter().rfind(|segment| segment.promise.is_some());
        if first.promise.is_some_and(at_end) { last.unwrap_or(first) } else { first }
    }

    pub(crate) fn first_availability(&self) -> Option<&'a Availability> {
        self.first_judging().promise.map(|(_, availability)| availability)
    }

    /// The part of a span that makes up the denominator in a month that is covered in part.
    fn in_denominator(&self, span: Span) -> Option<Span> {
        let whole =
            self.first_availability().is_none_or(|a| a.partial_month == terms::PartialMonth::Whole);
        if whole { Some(span) } else { self.question.covered()?.intersect(span) }
    }

    fn gross_denominator(&self, month: Span) -> SignedDuration {
        match self.first_availability().map(|availability| availability.denominator) {
            Some(Denominator::Fixed(length)) => length,
            _ => self.in_denominator(month).map_or(SignedDuration::ZERO, Span::duration),
        }
    }

    fn denominator(&self, month: Span) -> SignedDuration {
        if let Some(Denominator::Fixed(length)) = self.first_availability().map(|a| a.denominator) {
            return length;
        }
        let mut sum = SignedDuration::ZERO;
        for (segment, taken) in self.segments.iter().zip(&self.taken) {
            let Some(span) =
                segment.span.intersect(month).and_then(|span| self.in_denominator(span))
            else {
                continue;
            };
            let operating =
                segment.promise.is_some_and(|(_, a)| a.denominator == Denominator::OperatingTime);
            let planned =
                exclude::instants(taken.iter().filter(|taken| operating && taken.is_planned()));
            sum += span.duration() - planned.clip(span).total();
        }
        sum
    }

    fn outages(&self, rules: &Month<'_>) -> Vec<Judged> {
        let touching = self.service.surely.touching(self.question.whole_month());
        // Told without an end, or seen down until the cut.
        let told = self.evidence.outages.iter().filter(|outage| outage.until.is_none());
        let lasting =
            self.question.as_of.is_some() || told.into_iter().any(|o| self.is_ours(&o.function));
        let ours: Vec<&Function> = self.functions.iter().map(|(function, _)| *function).collect();
        let judged = touching.iter().map(|span| {
            let down =
                self.functions.iter().filter(|(_, state)| !state.down.touching(span).is_empty());
            Judged {
                span,
                functions: down.map(|(function, _)| function.name.clone()).collect(),
                bounds: sampled_bounds(self.evidence, &ours, span),
                open: lasting && span.until() >= self.horizon.until(),
                treatments: rules.judge(span),
            }
        });
        judged.collect()
    }

    /// Where functions were down and the service was not.
    fn partial(&self, month: Span) -> Vec<Partial> {
        let mut partial = Vec::new();
        for (function, state) in &self.functions {
            for span in state.down.clip(month).iter() {
                let time = span.duration() - self.service.surely.clip(span).total();
                if !time.is_zero() {
                    partial.push(Partial { function: function.name.clone(), span, time });
                }
            }
        }
        partial.sort_by_key(|partial| partial.span);
        partial
    }

    fn taken_in(&self, month: Span) -> Vec<Taken> {
        let parts = self.segments.iter().zip(&self.taken);
        let mut all: Vec<Taken> = parts
            .flat_map(|(segment, taken)| {
                taken.iter().filter(|taken| taken.span.intersect(segment.span).is_some())
            })
            .filter(|taken| taken.span.intersect(month).is_some())
            .cloned()
            .collect();
        all.sort_by(|a, b| (a.span, &a.name).cmp(&(b.span, &b.name)));
        all.dedup();
        all
    }

    fn judging(&self) -> Option<Judging> {
        let (promise, availability) = self.judging_segment().promise?;
        Some(Judging {
            name: promise.name.clone(),
            title: promise.title.clone(),
            clause: promise.clause.clone(),
            strength: promise.strength,
            target: availability.target,
        })
    }

    /// Known time over the time under contract, to the cut.
    fn coverage(&mut self) -> Figure {
        let Some(period) = self.period else {
            return Figure { counted: SignedDuration::ZERO, denominator: SignedDuration::ZERO };
        };
        let unknown = self.service.possibly.minus(&self.service.surely).clip(period).total();
        if !unknown.is_zero() {
            self.findings.push(Finding::BlindTime { time: unknown });
        }
        Figure { counted: unknown, denominator: period.duration() }
    }
}

/// From the first of the evidence to the last instant that may matter to the month.
fn around(month: Span, evidence: &Evidence) -> Span {
    let blind = evidence.blind.iter().map(|blind| blind.span);
    let from = evidence.first().into_iter().chain(blind.clone().map(Span::from)).min();
    let ends = evidence.outages.iter().filter_map(|outage| outage.until);
    let until = ends.chain(blind.map(Span::until)).max();
    let from = from.map_or(month.from(), |first| first.min(month.from()));
    let until = until.map_or(month.until(), |last| last.max(month.until()));
    Span::new(from, until).unwrap_or(month)
}

/// The functions whose state makes the service's: those that the promise names, or all.
fn counted_functions<'a>(segment: &Segment<'a>) -> Vec<&'a Function> {
    let Some(service) = segment.service else { return Vec::new() };
    let named = segment.promise.map_or(&[][..], |(_, availability)| &availability.functions[..]);
    let counts = |function: &&Function| named.is_empty() || named.contains(&function.name);
    service.functions.iter().filter(counts).collect()
}
