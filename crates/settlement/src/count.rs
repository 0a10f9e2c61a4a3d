//! What counts of an outage, and why the rest does not.

use calendar::{Span, Spans};
use jiff::SignedDuration;
use terms::{Availability, MonthSplit, TestedWhen};

use crate::exclude::{self, Taken};
use crate::statement::Treatment;

/// The rules of one part of the month.
pub(crate) struct Rules<'a> {
    /// The part of the month.
    pub span: Span,
    /// How availability is reckoned; `None`: every second counts.
    pub availability: Option<&'a Availability>,
    /// What is taken out, anywhere in time.
    pub taken: &'a [Taken],
}

/// The month and how its parts are judged.
pub(crate) struct Month<'a> {
    pub span: Span,
    /// The part under contract.
    pub covered: Option<Span>,
    /// Oldest first; together they are the month.
    pub rules: Vec<Rules<'a>>,
}

impl Month<'_> {
    /// What became of each part of an outage in this month.
    pub fn judge(&self, outage: Span) -> Vec<Treatment> {
        let mut parts = Vec::new();
        let inside = outage.intersect(self.span);
        let covered =
            inside.zip(self.covered).and_then(|(inside, covered)| inside.intersect(covered));
        let mut counted = SignedDuration::ZERO;
        if let Some(covered) = covered {
            for rules in &self.rules {
                if let Some(piece) = covered.intersect(rules.span) {
                    counted += rules.judge(outage, piece, &mut parts);
                }
            }
        }
        let length = |span: Option<Span>| span.map_or(SignedDuration::ZERO, Span::duration);
        let not_covered = length(inside) - length(covered);
        let other_month = outage.duration() - length(inside);
        self.truncate(outage, counted, other_month, &mut parts);
        parts.push(Treatment::NotUnderContract(not_covered));
        parts.retain(|part| !part.time().is_zero());
        parts
    }

    /// How much of all these outages counts.
    pub fn counted(&self, outages: &Spans) -> SignedDuration {
        let touching = outages.touching(self.span);
        let parts = touching.iter().flat_map(|outage| self.judge(outage));
        let counted = parts.filter(|part| matches!(part, Treatment::Counted(_)));
        counted.fold(SignedDuration::ZERO, |sum, part| sum + part.time())
    }

    /// Adds what is counted and what truncating leaves over.
    fn truncate(
        &self,
        outage: Span,
        counted: SignedDuration,
        other_month: SignedDuration,
        parts: &mut Vec<Treatment>,
    ) {
        let begins_in = |rules: &&Rules<'_>| rules.span.intersect(outage).is_some();
        let availability = self.rules.iter().find(begins_in).and_then(|rules| rules.availability);
        let unit = availability.and_then(|availability| availability.truncate_to);
        let Some(unit) = unit else {
            parts.insert(0, Treatment::Counted(counted));
            parts.push(Treatment::OtherMonth(other_month));
            return;
        };
        let whole_first =
            availability.is_some_and(|a| a.month_split == MonthSplit::TruncateThenSplit);
        if whole_first && outage.from() < self.span.from() {
            parts.push(Treatment::WhereItBegan(counted));
            parts.push(Treatment::OtherMonth(other_month));
            return;
        }
        // Truncated as a whole, an outage takes its part of the next month along.
        let along = if whole_first { self.counted_after(outage) } else { SignedDuration::ZERO };
        let kept = whole_units(counted + along, unit);
        parts.insert(0, Treatment::Counted(kept));
        parts.push(Treatment::Truncated { time: counted + along - kept, to: unit });
        parts.push(Treatment::OtherMonth(other_month - along));
    }

    /// What of an outage counts after the month's end, by the rules at its end.
    fn counted_after(&self, outage: Span) -> SignedDuration {
        let until = outage.until().max(self.span.until());
        let after =
            Span::new(self.span.until(), until).ok().and_then(|after| after.intersect(outage));
        match (after, self.rules.last()) {
            (Some(after), Some(rules)) => rules.judge(outage, after, &mut Vec::new()),
            _ => SignedDuration::ZERO,
        }
    }
}

impl Rules<'_> {
    /// How much of a piece of an outage counts; what does not is added to `parts`.
    fn judge(&self, outage: Span, piece: Span, parts: &mut Vec<Treatment>) -> SignedDuration {
        let minimum = self.availability.and_then(|availability| availability.minimum);
        if let Some(minimum) =
            minimum.filter(|minimum| minimum.tested == TestedWhen::BeforeExclusions)
            && outage.duration() < minimum.length
        {
            parts.push(Treatment::TooShort { time: piece.duration(), minimum: minimum.length });
            return SignedDuration::ZERO;
        }
        let mut left: Spans = [piece].into_iter().collect();
        for taken in self.taken.iter().filter(|taken| taken.span.intersect(piece).is_some()) {
            let rest = left.minus(&[taken.span].into_iter().collect());
            let (name, title, clause) =
                (taken.name.clone(), taken.title.clone(), taken.clause.clone());
            let time = left.total() - rest.total();
            parts.push(Treatment::Excluded { time, name, title, clause, why: taken.why.clone() });
            left = rest;
        }
        let Some(minimum) = minimum.filter(|minimum| minimum.tested == TestedWhen::AfterExclusions)
        else {
            return left.total();
        };
        let whole: Spans = [outage].into_iter().collect();
        let pieces = whole.minus(&exclude::instants(self.taken));
        let long: Spans =
            pieces.iter().filter(|piece| piece.duration() >= minimum.length).collect();
        let counts = left.intersect(&long);
        let time = left.total() - counts.total();
        parts.push(Treatment::TooShort { time, minimum: minimum.length });
        counts.total()
    }
}

fn whole_units(time: SignedDuration, unit: SignedDuration) -> SignedDuration {
    let rest = time.as_nanos().checked_rem_euclid(unit.as_nanos()).unwrap_or(0);
    time - SignedDuration::from_nanos_i128(rest)
}
