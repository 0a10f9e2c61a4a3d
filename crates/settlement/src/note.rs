//! What a settlement notes beside its figure: findings, the credit and its claim.

use std::collections::BTreeSet;

use calendar::{Span, Spans};
use desk::{Ground, due, promise_clock};
use evidence::Functions;
use jiff::{SignedDuration, Timestamp};
use terms::{RemedyForm, Strength};

use crate::credit::{credit, tier};
use crate::finding::Finding;
use crate::settle::Settling;
use crate::statement::{Claim, Judged, Judging, Treatment, Verdict};
use crate::{Credit, Figure};

impl Settling<'_> {
    /// Findings that are seen on the result.
    pub(crate) fn note(&mut self, month: Span, outages: &[Judged], net: Figure) {
        let question = self.question;
        if self.segments[0].service.is_none() {
            self.findings.push(Finding::UnknownService { service: question.service.clone() });
        }
        if self.period.is_none() {
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

    fn is_ours(&self, functions: &Functions) -> bool {
        match functions {
            Functions::All => true,
            Functions::One(name) => {
                self.functions.iter().any(|function| function.name.as_str() == name)
            }
        }
    }

    /// Functions and windows that the evidence names and the contract or the evidence does not know.
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
        let windows: BTreeSet<&str> =
            self.evidence.windows.iter().map(|window| window.id.as_str()).collect();
        let lost = self.evidence.notices.iter().filter(|notice| month.contains(notice.sent));
        let lost: BTreeSet<&str> =
            lost.map(|notice| notice.of.as_str()).filter(|of| !windows.contains(of)).collect();
        self.findings.extend(
            strangers
                .into_iter()
                .map(|name| Finding::UnknownFunction { function: name.to_owned() }),
        );
        self.findings
            .extend(lost.into_iter().map(|of| Finding::NoticeWithoutWindow { of: of.to_owned() }));
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
        for function in &self.functions {
            let sites = self.evidence.measured.get(function.name.as_str());
            let every = sites.and_then(|sites| sites.values().map(|site| site.slowest).max());
            // Two failed measurements apart by this much are needed within the shortest outage.
            if let Some(every) = every.filter(|every| *every * 2 > minimum.length) {
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
    ) -> (Credit, Option<Claim>) {
        let Some(judging) = judging else { return (Credit::None, None) };
        let terms = self.segments[0].terms;
        let remedy =
            terms.remedy_for(&judging.name).filter(|_| judging.strength == Strength::Guarantee);
        let Some((_, remedy)) = remedy else {
            if verdict == Verdict::Broken {
                self.findings.push(Finding::NoRemedy);
            }
            return (Credit::None, None);
        };
        if let RemedyForm::Tiers(tiers) = &remedy.form
            && let Some(worst) = tier(tiers, lower)
            && tier(tiers, net) != Some(worst)
        {
            self.findings.push(Finding::CreditOpen { up_to: worst.percent });
        }
        if verdict != Verdict::Broken {
            return (Credit::None, None);
        }
        let owed = credit(remedy, net, self.question.fees);
        let claim = remedy.claim.as_ref().and_then(|name| {
            let promise = terms.promise(name)?;
            let ground =
                Ground { terms, zone: self.question.zone(), holidays: self.question.holidays };
            let last = self.question.whole_month().until() - SignedDuration::from_secs(1);
            let due = due(promise_clock(promise)?, &ground, last, &Spans::new()).due()?;
            Some(Claim { promise: name.clone(), clause: promise.clause.clone(), due })
        });
        if claim.as_ref().is_some_and(|claim| claim.due.provisional) {
            let official_until = self.question.holidays.official_until();
            self.findings.push(Finding::ProvisionalHolidays { official_until });
        }
        (owed, claim)
    }
}
