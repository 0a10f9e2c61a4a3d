//! What counts of an outage, and why the rest does not.

use calendar::{Span, Spans};
use jiff::{SignedDuration, Timestamp};
use terms::{Availability, MonthSplit, TestedWhen};

use crate::exclude::{self, Taken};
use crate::statement::Treatment;

/// The rules of one part of the month.
pub(crate) struct Rules<'a> {
    /// The part of the month.
    span: Span,
    /// How availability is reckoned; `None`: every second counts.
    availability: Option<&'a Availability>,
    /// What is taken out, anywhere in time, by its beginning.
    taken: &'a [Taken],
    /// For each of these, the latest end of it and those before it.
    ends: Vec<Timestamp>,
    /// All of it together.
    instants: Spans,
}

/// The month and how its parts are judged.
pub(crate) struct Month<'a> {
    pub span: Span,
    /// The time under contract, also outside the month.
    pub term: Option<Span>,
    /// Oldest first; together they are the month.
    pub rules: Vec<Rules<'a>>,
}

impl Month<'_> {
    /// What became of each part of an outage in this month.
    pub fn judge(&self, outage: Span) -> Vec<Treatment> {
        let mut parts = Vec::new();
        let inside = outage.intersect(self.span);
        let covered = self.term.and_then(|term| inside?.intersect(term));
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
        let begins = self.term.and_then(|term| outage.intersect(term)).map(Span::from);
        if whole_first && begins.is_some_and(|begins| begins < self.span.from()) {
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
        let after = Span::new(self.span.until(), until).ok();
        let after = after.and_then(|after| after.intersect(outage)?.intersect(self.term?));
        match (after, self.rules.last()) {
            (Some(after), Some(rules)) => rules.judge(outage, after, &mut Vec::new()),
            _ => SignedDuration::ZERO,
        }
    }
}

impl<'a> Rules<'a> {
    /// The rules of that part of the month; what is taken out must be sorted by its beginning.
    pub fn new(
        span: Span,
        availability: Option<&'a Availability>,
        taken: &'a [Taken],
    ) -> Rules<'a> {
        let mut latest = Timestamp::MIN;
        let ends = taken.iter().map(|taken| {
            latest = latest.max(taken.span.until());
            latest
        });
        Rules {
            span,
            availability,
            taken,
            ends: ends.collect(),
            instants: exclude::instants(taken),
        }
    }

    /// What is taken out of a piece, by its beginning.
    fn taken_from(&self, piece: Span) -> impl Iterator<Item = &'a Taken> {
        let first = self.ends.partition_point(|end| *end <= piece.from());
        let taken =
            self.taken[first..].iter().take_while(move |taken| taken.span.from() < piece.until());
        taken.filter(move |taken| taken.span.intersect(piece).is_some())
    }

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
        // They come by their beginning, so what was reached is taken out already.
        let mut reached = piece.from();
        for taken in self.taken_from(piece) {
            let until = taken.span.until().min(piece.until());
            let time = until.duration_since(taken.span.from().max(reached));
            if time.is_positive() {
                let (name, title, clause) =
                    (taken.name.clone(), taken.title.clone(), taken.clause.clone());
                parts.push(Treatment::Excluded {
                    time,
                    name,
                    title,
                    clause,
                    why: taken.why.clone(),
                });
                reached = until;
            }
        }
        let left = self.instants.clip(piece).complement(piece);
        let Some(minimum) = minimum.filter(|minimum| minimum.tested == TestedWhen::AfterExclusions)
        else {
            return left.total();
        };
        let whole: Spans = [outage].into_iter().collect();
        let pieces = whole.minus(&self.instants.clip(outage));
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
