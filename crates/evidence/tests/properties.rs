//! What must hold for any log: writing and reading are inverse, order and notation change no figure,
//! and the figures are those of a plain walk through all measurements in the order of time.

use calendar::{Span, Spans};
use evidence::{
    Blind, Decision, Event, Evidence, Functions, Gatherer, Measurement, Notice, Observed, Outage,
    Run, RunState, Seen, Site, Window, read_line, write_event,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const START: i64 = 1_793_000_000;

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (86_400..7_000_000_000_i64, prop_oneof![3 => Just(0), 1 => 0..1_000_000_000_i32])
        .prop_map(|(second, nano)| Timestamp::new(second, nano).expect("in range"))
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-z-]{0,9}", "[ -~あ-ん]{0,8}[!-~あ-ん]"]
        .prop_filter("`all` is no single name", |name| name != "all")
}

fn functions() -> impl Strategy<Value = Functions> {
    prop_oneof![Just(Functions::All), name().prop_map(Functions::One)]
}

fn pace() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![
        (1..=86_400_i64).prop_map(seconds),
        (1_000..86_400_000_i64).prop_map(SignedDuration::from_millis)
    ]
}

fn span() -> impl Strategy<Value = Span> {
    (instant(), 0..100_000_i64)
        .prop_map(|(from, length)| Span::new(from, from + seconds(length)).expect("forward"))
}

fn states() -> impl Strategy<Value = Vec<(u64, RunState)>> {
    let state = prop_oneof![Just(RunState::Up), Just(RunState::Down), Just(RunState::Missed)];
    proptest::collection::vec((1..20_u64, state), 1..12)
}

fn event() -> impl Strategy<Value = Event> {
    let later = || prop_oneof![Just(None), (0..100_000_i64).prop_map(Some)];
    let site = || proptest::option::of(name());
    prop_oneof![
        (functions(), instant(), later(), later()).prop_map(|(function, from, until, seen)| {
            let after = |length: i64| from + seconds(length);
            let (until, seen) = (until.map(after), seen.map(after));
            Event::Outage(Outage { function, from, until, seen })
        }),
        (name(), site(), instant(), any::<bool>(), pace()).prop_map(
            |(function, site, at, ok, every)| {
                Event::Measurement(Measurement { function, site, at, ok, every })
            }
        ),
        (name(), site(), instant(), pace(), states()).prop_map(
            |(function, site, from, every, states)| {
                Event::Run(Run { function, site, from, every, states })
            }
        ),
        (functions(), site(), span()).prop_map(|(function, site, span)| Event::Blind(Blind {
            function,
            site,
            span
        })),
        (name(), name(), instant(), proptest::option::of(0..1_000_000_i64)).prop_map(
            |(function, site, from, until)| {
                let until = until.map(|more| from + seconds(more));
                Event::Site(Site { function, site, from, until })
            }
        ),
        (name(), span()).prop_map(|(id, span)| Event::Window(Window { id, span })),
        (name(), "[a-z]{1,5}(-[a-z]{1,5})?", instant())
            .prop_map(|(of, channel, sent)| Event::Notice(Notice { of, channel, sent })),
        (name(), span(), name(), instant()).prop_map(|(reason, span, by, decided)| {
            Event::Exclusion(Decision { reason, span, by, decided })
        }),
    ]
}

fn look(at: Timestamp, ok: bool, every: SignedDuration) -> Measurement {
    Measurement { function: "smtp".into(), site: None, at, ok, every }
}

/// Measurements by a plan: paces change, some are missed, each comes a little early or late.
fn plan() -> impl Strategy<Value = Vec<Measurement>> {
    let part = (prop_oneof![Just(60_i64), Just(300), Just(10)], states(), 0..3_600_i64);
    proptest::collection::vec((part, any::<u64>()), 1..4).prop_map(|parts| {
        let (mut at, mut looks) = (START, Vec::new());
        for ((pace, states, pause), mut noise) in parts {
            for (count, state) in states {
                for _ in 0..count {
                    noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    // At most a thirtieth of the pace early or late.
                    let late = (noise >> 33) as i64 % (pace / 15 + 1) - pace / 30;
                    if state != RunState::Missed {
                        let ok = state == RunState::Up;
                        looks.push(look(second(at + late), ok, seconds(pace)));
                    }
                    at += pace;
                }
            }
            at += pause;
        }
        looks
    })
}

fn gather(as_of: Option<Timestamp>, events: impl IntoIterator<Item = Event>) -> Evidence {
    let mut gatherer = Gatherer::new(as_of);
    for event in events {
        gatherer.add(event).expect("not too much");
    }
    gatherer.finish()
}

/// The figures by a walk through the measurements in the order of time, each at an instant of its
/// own.
fn walked(looks: &[Measurement]) -> Observed {
    let until = |place: usize| {
        let this: &Measurement = &looks[place];
        match looks.get(place + 1) {
            Some(next) if near(this, next) => next.at,
            _ => this.at + this.every,
        }
    };
    let held = |place: usize| Span::new(looks[place].at, until(place)).expect("forward");
    let known: Spans = (0..looks.len()).map(held).collect();
    let down: Spans = (0..looks.len()).filter(|place| !looks[*place].ok).map(held).collect();
    let seen = down.iter().map(|span| {
        let failed = |look: &&Measurement| span.contains(look.at) && !look.ok;
        let first = looks.iter().find(failed).expect("one failed").at;
        let last = looks.iter().rfind(failed).expect("one failed").at;
        let around = known.touching(span).iter().next().expect("known");
        let good = |look: &&Measurement| look.ok && around.contains(look.at);
        let before = looks.iter().filter(good).rfind(|look| look.at < first);
        let after = looks.iter().filter(good).find(|look| look.at > last);
        let from = before.map_or(around.from(), |look| look.at);
        let until = after.map_or(around.until(), |look| look.at);
        Seen { span, at_least: last.duration_since(first), at_most: until.duration_since(from) }
    });
    let mut paces: Vec<_> = looks.iter().map(|look| (look.at, look.every)).collect();
    paces.dedup_by_key(|(_, pace)| *pace);
    Observed { known: known.clone(), down: seen.collect(), paces }
}

fn near(this: &Measurement, next: &Measurement) -> bool {
    // A pace more than ten times as long does not reach back whole.
    next.at.duration_since(this.at) <= 2 * this.every.max(next.every.min(10 * this.every))
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(event in event()) {
        let line = write_event(&event);
        prop_assert_eq!(read_line(line.as_bytes(), 7), Ok(Some(event)), "{}", line);
    }

    #[test]
    fn figures_are_those_of_a_plain_walk(looks in plan()) {
        let evidence = gather(None, looks.iter().cloned().map(Event::Measurement));
        prop_assert_eq!(evidence.measurements, looks.len() as u64);
        if !looks.is_empty() {
            prop_assert_eq!(&evidence.measured["smtp"][""], &walked(&looks));
        }
    }

    #[test]
    fn the_order_of_measurements_changes_no_figure(
        (sorted, shuffled) in plan().prop_flat_map(|looks| {
            (Just(looks.clone()), Just(looks).prop_shuffle())
        })
    ) {
        let [sorted, shuffled] =
            [sorted, shuffled].map(|looks| gather(None, looks.into_iter().map(Event::Measurement)));
        prop_assert_eq!(sorted, shuffled);
    }

    #[test]
    fn any_measurements_in_any_order_lose_no_failure_and_no_time(
        looks in proptest::collection::vec((0..2_000_i64, any::<bool>(), 1..90_i64), 1..60)
    ) {
        let looks: Vec<Measurement> = looks
            .into_iter()
            .map(|(at, ok, pace)| look(second(START + at), ok, seconds(pace)))
            .collect();
        let evidence = gather(None, looks.iter().cloned().map(Event::Measurement));
        let observed = &evidence.measured["smtp"][""];
        let down: Spans = observed.down.iter().map(|seen| seen.span).collect();
        prop_assert_eq!(down.len(), observed.down.len(), "they do not touch");
        prop_assert!(down.minus(&observed.known).is_empty());
        for look in &looks {
            prop_assert!(observed.known.contains(look.at));
            prop_assert!(look.ok || down.contains(look.at));
        }
        for seen in &observed.down {
            prop_assert!(!seen.at_least.is_negative());
            prop_assert!(seen.at_least <= seen.span.duration());
            prop_assert!(seen.span.duration() <= seen.at_most);
        }
    }

    #[test]
    fn a_run_is_its_measurements(
        runs in proptest::collection::vec((0..50_i64, 10..20_i64, states()), 1..4),
        as_of in proptest::option::of(0..4_000_i64),
    ) {
        let as_of = as_of.map(|at| second(START + at));
        let (mut from, mut events, mut single) = (START, Vec::new(), Vec::new());
        for (pause, pace, states) in runs {
            let begun = second(from);
            for (count, state) in &states {
                for _ in 0..*count {
                    if *state != RunState::Missed {
                        let look = look(second(from), *state == RunState::Up, seconds(pace));
                        single.push(Event::Measurement(look));
                    }
                    from += pace;
                }
            }
            let (function, site, every) = ("smtp".to_owned(), None, seconds(pace));
            events.push(Event::Run(Run { function, site, from: begun, every, states }));
            from += pause;
        }
        let (runs, single) = (gather(as_of, events), gather(as_of, single));
        prop_assert_eq!(runs.measurements, single.measurements);
        // A run in which all was missed says that nothing is known; no measurements say nothing.
        let known = |evidence: Evidence| {
            let all = evidence.measured.into_values().flat_map(|sites| sites.into_values());
            all.filter(|observed| !observed.known.is_empty()).collect::<Vec<_>>()
        };
        prop_assert_eq!(known(runs), known(single));
    }

    #[test]
    fn nothing_is_known_from_the_instant_of_asking_on(looks in plan(), asked in 0..20_000_i64) {
        let as_of = second(START + asked);
        let evidence = gather(Some(as_of), looks.iter().cloned().map(Event::Measurement));
        let past = looks.iter().filter(|look| look.at <= as_of).count();
        prop_assert_eq!(evidence.measurements, past as u64);
        for observed in evidence.measured.values().flat_map(|sites| sites.values()) {
            let spans = observed.known.iter().chain(observed.down.iter().map(|seen| seen.span));
            for span in spans {
                prop_assert!(span.until() <= as_of);
            }
        }
    }
}
