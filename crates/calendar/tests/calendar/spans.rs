//! The algebra of spans, against a row of two hundred seconds that are in or out.

use calendar::{Backwards, Span, Spans};
use jiff::Timestamp;
use proptest::prelude::*;

const SECONDS: i64 = 200;

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn span(from: i64, until: i64) -> Span {
    Span::new(second(from), second(until)).unwrap()
}

fn spans(pairs: &[(i64, i64)]) -> Spans {
    pairs.iter().map(|(from, until)| span(*from, *until)).collect()
}

/// One flag for each second.
type Row = Vec<bool>;

fn row(inside: impl Fn(i64) -> bool) -> Row {
    (0..SECONDS).map(inside).collect()
}

fn row_of(spans: &Spans) -> Row {
    row(|at| spans.iter().any(|span| span.contains(second(at))))
}

/// The set of a row: what every operation must answer, member by member.
fn set_of(row: &Row) -> Spans {
    let mut members = Vec::new();
    let mut since = None;
    for at in 0..=SECONDS {
        match (row.get(at as usize).copied().unwrap_or(false), since) {
            (true, None) => since = Some(at),
            (false, Some(from)) => {
                members.push((from, at));
                since = None;
            }
            _ => {}
        }
    }
    let set = spans(&members);
    // The model does not lean on what it tests: the members are as they were put in.
    let kept: Vec<Span> = members.iter().map(|(from, until)| span(*from, *until)).collect();
    assert_eq!(set.iter().collect::<Vec<_>>(), kept);
    set
}

fn pairs() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let pair =
        (0..SECONDS, 0..30_i64).prop_map(|(from, length)| (from, (from + length).min(SECONDS)));
    prop::collection::vec(pair, 0..20)
}

fn covered(pairs: &[(i64, i64)]) -> Row {
    row(|at| pairs.iter().any(|(from, until)| (*from..*until).contains(&at)))
}

proptest! {
    #[test]
    fn a_set_is_what_was_put_in_in_any_order(pairs in pairs()) {
        let expected = set_of(&covered(&pairs));
        prop_assert_eq!(&spans(&pairs), &expected);
        let mut inserted = Spans::new();
        for (from, until) in &pairs {
            inserted.insert(span(*from, *until));
        }
        prop_assert_eq!(&inserted, &expected);
        prop_assert_eq!(inserted.is_empty(), inserted.iter().next().is_none());
        let seconds = covered(&pairs).iter().filter(|inside| **inside).count();
        prop_assert_eq!(inserted.total().as_secs(), seconds as i64);
        for at in 0..SECONDS {
            prop_assert_eq!(inserted.contains(second(at)), covered(&pairs)[at as usize]);
        }
    }

    #[test]
    fn two_sets(a in pairs(), b in pairs()) {
        let (left, right) = (covered(&a), covered(&b));
        let (a, b) = (spans(&a), spans(&b));
        let both = |rule: fn(bool, bool) -> bool| {
            set_of(&left.iter().zip(&right).map(|(l, r)| rule(*l, *r)).collect())
        };
        prop_assert_eq!(a.union(&b), both(|l, r| l || r));
        prop_assert_eq!(a.intersect(&b), both(|l, r| l && r));
        prop_assert_eq!(a.minus(&b), both(|l, r| l && !r));
    }

    #[test]
    fn a_set_and_a_span(a in pairs(), from in 0..SECONDS, length in 0..80_i64) {
        let within = span(from, (from + length).min(SECONDS));
        let (inside, a) = (covered(&a), spans(&a));
        let within_row = row(|at| within.contains(second(at)));
        let both = |rule: fn(bool, bool) -> bool| {
            set_of(&inside.iter().zip(&within_row).map(|(i, w)| rule(*i, *w)).collect())
        };
        prop_assert_eq!(a.clip(within), both(|i, w| i && w));
        prop_assert_eq!(a.complement(within), both(|i, w| !i && w));
        let touching: Vec<Span> = a.iter().filter(|m| m.intersect(within).is_some()).collect();
        prop_assert_eq!(a.touching(within).iter().collect::<Vec<_>>(), touching);
    }

    #[test]
    fn in_at_least_k_of_many(many in prop::collection::vec(pairs(), 0..5), k in 0_usize..6) {
        let rows: Vec<Row> = many.iter().map(|pairs| covered(pairs)).collect();
        let sets: Vec<Spans> = many.iter().map(|pairs| spans(pairs)).collect();
        let deep = row(|at| rows.iter().filter(|row| row[at as usize]).count() >= k.max(1));
        prop_assert_eq!(Spans::at_least(k, &sets.iter().collect::<Vec<_>>()), set_of(&deep));
    }

    #[test]
    fn two_spans(a in 0..60_i64, b in 0..60_i64, c in 0..60_i64, d in 0..60_i64) {
        let (one, two) = (span(a.min(b), a.max(b)), span(c.min(d), c.max(d)));
        let common = row(|at| one.contains(second(at)) && two.contains(second(at)));
        let found: Spans = one.intersect(two).into_iter().collect();
        prop_assert_eq!(row_of(&found), common.clone());
        prop_assert_eq!(one.intersect(two).is_some(), common.contains(&true));
        let apart = one.until() < two.from() || two.until() < one.from();
        prop_assert_eq!(one.touches(two), !apart);
    }
}

#[test]
fn a_span_does_not_run_backwards() {
    let refused = Span::new(second(5), second(4));
    assert_eq!(refused, Err(Backwards { from: second(5), until: second(4) }));
    let empty = span(5, 5);
    assert!(empty.is_empty() && !empty.contains(second(5)) && empty.duration().is_zero());
}

#[test]
fn adjoining_spans_are_one() {
    assert_eq!(spans(&[(0, 5), (5, 9)]), spans(&[(0, 9)]));
    assert_eq!(spans(&[(0, 5), (6, 9)]).len(), 2);
    // A22: an outage that begins when the maintenance ends counts whole.
    assert_eq!(spans(&[(5, 9)]).minus(&spans(&[(0, 5)])), spans(&[(5, 9)]));
}
