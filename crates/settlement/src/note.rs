//! What a settlement notes beside its figure: findings, the credit and its claim.

use std::collections::BTreeSet;

use calendar::Span;
use desk::{Ground, claim_due};
use evidence::{Functions, Observed};
use jiff::{SignedDuration, Timestamp};
use terms::{Name, RemedyForm, Strength};

use crate::credit::credit;
use crate::finding::Finding;
use crate::settle::Settling;
use crate::statement::{Claim, Judged, Judging, Treatment, Verdict};
use crate::{Credit, Figure};

impl Settling<'_> {
    /// Findings that are seen on the result.
    pub(crate) fn note(&mut self, month: Span, outages: &[Judged], net: Figure) {
        let question = self.question;
        if self.segments.iter().all(|segment| segment.service.is_none()) {
            self.findings.push(Finding::UnknownService { service: question.service.clone() });
        }
        if question.covered().is_none() {
            self.findings.push(Finding::NotUnderContract);
        }
        if net.denominator.is_zero() {
            self.findings.push(Finding::NoOperatingTime);
        }
        if let Some(as_of) = question.as_of.filter(|as_of| *as_of < month.until()) {
            self.findings.push(Finding::Provisional { as_of });
        }
        for (_, version) in question.versions().into_iter().skip(1) {
            self.findings.push(Finding::Revised { on: version.in_force });
        }
        let open =
            self.evidence.outages.iter().filter(|o| o.until.is_none() && self.is_ours(&o.function));
        let open: BTreeSet<Timestamp> =
            open.map(|o| o.from).filter(|from| *from < month.until()).collect();
        self.findings.extend(open.into_iter().map(|from| Finding::StillOpen { from }));
        self.note_strangers(month);
        self.note_pace(outages);
    }

    pub(crate) fn is_ours(&self, functions: &Functions) -> bool {
        match functions {
            Functions::All => true,
            Functions::One(name) => {
                self.functions.iter().any(|(function, _)| function.name.as_str() == name)
            }
        }
    }

    /// Functions that the evidence names and the contract does not have, functions that nobody measures
    /// beside measured ones, and evidence that says nothing at all.
    fn note_strangers(&mut self, month: Span) {
        let known: BTreeSet<&str> = self
            .segments
            .iter()
            .flat_map(|segment| {
                let functions =
                    segment.terms.services.iter().flat_map(|service| &service.functions);
                functions.map(|function| function.name.as_str())
            })
            .collect();
        let told = self.evidence.outages.iter().filter(|outage| {
            outage.from < month.until() && outage.until.is_none_or(|until| until > month.from())
        });
        let told = told.filter_map(|outage| match &outage.function {
            Functions::One(name) => Some(name.as_str()),
            Functions::All => None,
        });
        let measured = self.evidence.measured.keys().map(String::as_str);
        let strangers: BTreeSet<&str> =
            told.chain(measured).filter(|name| !known.contains(name)).collect();
        self.findings.extend(
            strangers
                .into_iter()
                .map(|name| Finding::UnknownFunction { function: name.to_owned() }),
        );
        let is_measured = |name: &str| self.evidence.measured.contains_key(name);
        let (measured, told): (Vec<&Name>, Vec<&Name>) = self
            .functions
            .iter()
            .map(|(function, _)| &function.name)
            .partition(|name| is_measured(name.as_str()));
        let unmeasured = told.into_iter().filter(|_| !measured.is_empty());
        let unmeasured: Vec<Finding> = unmeasured
            .map(|function| Finding::NotMeasured { function: function.clone() })
            .collect();
        self.findings.extend(unmeasured);
        if self.has_begun() && !self.says_something_of(month) {
            self.findings.push(Finding::NoEvidence);
        }
    }

    /// Whether the evidence has an outage or a measurement in the month, or any word of it.
    fn says_something_of(&self, month: Span) -> bool {
        let evidence = self.evidence;
        let told = evidence.outages.iter().any(|outage| {
            outage.from < month.until() && outage.until.is_none_or(|until| until > month.from())
        });
        let known = |site: &Observed| !site.known.touching(month).is_empty();
        let measured = evidence.measured.values().flat_map(|sites| sites.values()).any(known);
        let planned = evidence.windows.iter().any(|window| window.span.intersect(month).is_some());
        let sent = evidence.notices.iter().any(|notice| month.contains(notice.sent));
        let decided =
            evidence.decisions.iter().any(|decision| decision.span.intersect(month).is_some());
        told || measured || planned || sent || decided
    }

    /// Short outages, and checks too slow to tell a short one from one that counts.
    fn note_pace(&mut self, outages: &[Judged]) {
        let short = outages.iter().flat_map(|outage| &outage.treatments);
        let short: Vec<SignedDuration> = short
            .filter(|part| matches!(part, Treatment::TooShort { .. }))
            .map(Treatment::time)
            .collect();
        if !short.is_empty() {
            let time = short.iter().fold(SignedDuration::ZERO, |sum, time| sum + *time);
            self.findings.push(Finding::Degraded { outages: short.len(), time });
        }
        let Some(minimum) = self.first_availability().and_then(|a| a.minimum) else { return };
        for (function, _) in &self.functions {
            let sites = self.evidence.measured.get(function.name.as_str());
            let month = self.question.whole_month();
            let every = sites
                .and_then(|sites| sites.values().filter_map(|site| site.slowest_in(month)).max());
            // Only two failed measurements within the shortest outage show that it lasted.
            if let Some(every) = every.filter(|every| *every * 2 >= minimum.length) {
                let function = function.name.clone();
                self.findings.push(Finding::TooSlow { function, every, minimum: minimum.length });
            }
        }
    }

    /// The credit, and by when it must be claimed.
    pub(crate) fn owed(
        &mut self,
        verdict: Verdict,
        judging: Option<&Judging>,
        net: Figure,
        lower: Figure,
    ) -> (Credit, Option<Credit>, Option<Claim>) {
        let Some(judging) = judging else { return (Credit::None, None, None) };
        let terms = self.judging_segment().terms;
        let remedy =
            terms.remedy_for(&judging.name).filter(|_| judging.strength == Strength::Guarantee);
        let Some((_, remedy)) = remedy else {
            if verdict == Verdict::Broken {
                self.findings.push(Finding::NoRemedy);
            }
            return (Credit::None, None, None);
        };
        let fees = self.question.fees;
        let most = |figure| match (&remedy.form, judging.target) {
            (RemedyForm::FreeMonths(_), Some(target)) if lower.meets(target) => Credit::None,
            _ => credit(remedy, figure, fees),
        };
        let at_most = Some(most(lower)).filter(|most| *most != Credit::None);
        let owed = match verdict {
            Verdict::Broken => credit(remedy, net, fees),
            // Nothing is owed yet, and the customer's time to ask runs all the same.
            Verdict::Undetermined => Credit::None,
            _ => return (Credit::None, None, None),
        };
        let at_most = at_most.filter(|most| *most != owed);
        let ground = Ground { terms, zone: self.question.zone(), holidays: self.question.holidays };
        let last = self.question.whole_month().until() - SignedDuration::from_secs(1);
        let claim = claim_due(remedy, &ground, last).and_then(|due| {
            let promise = terms.promise(remedy.claim.as_ref()?)?;
            Some(Claim { promise: promise.name.clone(), clause: promise.clause.clone(), due })
        });
        if claim.as_ref().is_some_and(|claim| claim.due.provisional) {
            self.note_provisional();
        }
        (owed, at_most, claim)
    }

    fn note_provisional(&mut self) {
        let official_until = self.question.holidays.official_until();
        let finding = Finding::ProvisionalHolidays { official_until };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}
