//! Sets of instants and their algebra. Outages, windows, pauses and blind time are all of this
//! kind, so nothing is counted twice when two of them overlap.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};

use crate::Span;

/// A set of instants, held as sorted spans that neither overlap nor adjoin; none is empty. Two
/// sets with the same instants are therefore equal.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Spans {
    members: Vec<Span>,
}

impl Spans {
    /// The set without an instant.
    pub fn new() -> Spans {
        Spans::default()
    }

    /// Adds all instants of a span. Constant time, amortised, when spans come in order.
    pub fn insert(&mut self, span: Span) {
        if span.is_empty() {
            return;
        }
        // Everything from `first` on ends at or after the new span's beginning …
        let first = match self.members.last() {
            Some(last) if last.until() < span.from() => self.members.len(),
            Some(last) if last.from() <= span.from() => self.members.len() - 1,
            _ => self.members.partition_point(|member| member.until() < span.from()),
        };
        // … and everything before `end` begins at or before its end: those melt into one.
        let end =
            first + self.members[first..].partition_point(|member| member.from() <= span.until());
        match self.members.get(first..end) {
            None | Some([]) => self.members.insert(first, span),
            Some(melting) => {
                let from = melting[0].from().min(span.from());
                let until = melting[melting.len() - 1].until().max(span.until());
                self.members[first] = Span::forward(from, until);
                self.members.drain(first + 1..end);
            }
        }
    }

    /// The member spans in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Span> + ExactSizeIterator + '_ {
        self.members.iter().copied()
    }

    /// Whether no instant lies in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many separate spans it consists of.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The instants that lie in either set.
    pub fn union(&self, other: &Spans) -> Spans {
        let (mut ours, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        let mut union = Spans::new();
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(our), Some(their)) if our <= their => ours.next(),
                (_, Some(_)) => theirs.next(),
                (_, None) => ours.next(),
            };
            match next {
                Some(span) => union.insert(span),
                None => return union,
            }
        }
    }

    /// The instants that lie in both sets.
    pub fn intersect(&self, other: &Spans) -> Spans {
        let (mut ours, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        let mut both = Spans::new();
        while let (Some(our), Some(their)) = (ours.peek(), theirs.peek()) {
            if let Some(common) = our.intersect(*their) {
                both.members.push(common);
            }
            match our.until().cmp(&their.until()) {
                Ordering::Less => ours.next(),
                Ordering::Equal | Ordering::Greater => theirs.next(),
            };
        }
        both
    }

    /// The instants of this set that do not lie in the other.
    pub fn minus(&self, other: &Spans) -> Spans {
        let mut rest = Spans::new();
        let mut theirs = other.members.as_slice();
        for our in self.iter() {
            let mut from = our.from();
            while let [their, later @ ..] = theirs {
                if their.from() >= our.until() {
                    break;
                }
                if from < their.from() {
                    rest.members.push(Span::forward(from, their.from()));
                }
                from = from.max(their.until());
                if their.until() > our.until() {
                    break;
                }
                theirs = later;
            }
            if from < our.until() {
                rest.members.push(Span::forward(from, our.until()));
            }
        }
        rest
    }

    /// The instants that lie in a span.
    pub fn clip(&self, within: Span) -> Spans {
        let members = self.overlapping(within).iter();
        Spans { members: members.filter_map(|member| member.intersect(within)).collect() }
    }

    /// The instants of a span that do not lie in the set.
    pub fn complement(&self, within: Span) -> Spans {
        Spans::from_iter([within]).minus(self)
    }

    /// How long all of it lasts together.
    pub fn total(&self) -> SignedDuration {
        self.iter().map(Span::duration).fold(SignedDuration::ZERO, SignedDuration::saturating_add)
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        let next = self.members.partition_point(|member| member.until() <= at);
        self.members.get(next).is_some_and(|member| member.contains(at))
    }

    /// The member spans that have an instant in common with a span, whole, not clipped.
    pub fn touching(&self, span: Span) -> Spans {
        Spans { members: self.overlapping(span).to_vec() }
    }

    /// The instants that lie in at least `k` of the sets; 0 is taken as 1.
    pub fn at_least(k: usize, sets: &[&Spans]) -> Spans {
        let mut turns: Vec<(Timestamp, bool)> = sets
            .iter()
            .flat_map(|set| set.iter())
            .flat_map(|span| [(span.from(), true), (span.until(), false)])
            .collect();
        turns.sort_unstable();
        let (mut depth, mut enough_since, mut enough) = (0_usize, None, Spans::new());
        for (at, enters) in turns {
            // At one instant the leaving come first: what adjoins is joined again by `insert`.
            depth = if enters { depth + 1 } else { depth.saturating_sub(1) };
            match enough_since {
                None if depth >= k.max(1) => enough_since = Some(at),
                Some(from) if depth < k.max(1) => {
                    enough.insert(Span::forward(from, at));
                    enough_since = None;
                }
                _ => {}
            }
        }
        enough
    }

    /// The members that have an instant in common with a span.
    fn overlapping(&self, span: Span) -> &[Span] {
        if span.is_empty() {
            return &[];
        }
        let first = self.members.partition_point(|member| member.until() <= span.from());
        let rest = &self.members[first..];
        &rest[..rest.partition_point(|member| member.from() < span.until())]
    }
}

impl Extend<Span> for Spans {
    fn extend<I: IntoIterator<Item = Span>>(&mut self, spans: I) {
        for span in spans {
            self.insert(span);
        }
    }
}

impl FromIterator<Span> for Spans {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Spans {
        // Sorted first, so that spans in any order cost no shifting.
        let mut spans: Vec<Span> = spans.into_iter().collect();
        spans.sort_unstable();
        let mut set = Spans::new();
        set.extend(spans);
        set
    }
}
