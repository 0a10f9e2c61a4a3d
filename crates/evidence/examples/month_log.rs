//! Writes a month of one-minute measurements to stdout, the same every time: the load of
//! `bench/settle`.
//!
//! `cargo run --release -p evidence --example month_log -- jsonl|run|transitions [FUNCTIONS] [DAYS]`
//!
//! `jsonl` has a line for each measurement, minute by minute as a watch would write them; `run` has the
//! same as counts; `transitions` has the outages and blind spans that they come to.

use std::io::{BufWriter, Write};

use calendar::Span;
use evidence::{
    Blind, Event, Functions, Gatherer, Measurement, Outage, Run, RunState, write_event,
};
use jiff::{SignedDuration, Timestamp};

/// 2026-11-01 00:00 in Tokyo.
const BEGIN: &str = "2026-11-01T00:00:00+09:00";
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);
const PACE: SignedDuration = SignedDuration::from_mins(1);
/// One outage in so many minutes, by and large; each of 1 to 60 minutes.
const MINUTES_TO_OUTAGE: u64 = 15_000;
/// One blind span in so many minutes, by and large; each of 1 to 120 minutes.
const MINUTES_TO_BLIND: u64 = 30_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let form = arguments.next().unwrap_or_default();
    let mut number =
        |default: u64| arguments.next().map_or(default, |n| n.parse().expect("a number"));
    let (functions, days) = (number(1_000), number(30));
    let begin: Timestamp = BEGIN.parse().expect("an instant");
    let runs = (0..functions).map(|function| run(function, begin, days * 24 * 60));
    let out = &mut BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    match form.as_str() {
        "jsonl" => measurements(runs.collect(), out),
        "run" => runs.for_each(|run| line(&Event::Run(run), out)),
        "transitions" => transitions(runs, begin, out),
        _ => panic!("say jsonl, run or transitions"),
    }
}

fn line(event: &Event, out: &mut impl Write) {
    writeln!(out, "{}", write_event(event)).expect("written");
}

/// What one function did, minute by minute.
fn run(function: u64, from: Timestamp, minutes: u64) -> Run {
    let mut seed = function.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |end: u64| {
        // xorshift64*: the same numbers every time.
        seed ^= seed >> 12;
        seed ^= seed << 25;
        seed ^= seed >> 27;
        (seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    };
    let mut states: Vec<(u64, RunState)> = Vec::new();
    let mut left = minutes;
    while left > 0 {
        let (length, state) = match below(MINUTES_TO_OUTAGE.min(MINUTES_TO_BLIND)) {
            0 => (1 + below(60), RunState::Down),
            1 if below(2) == 0 => (1 + below(120), RunState::Missed),
            _ => (1, RunState::Up),
        };
        let length = length.min(left);
        left -= length;
        match states.last_mut() {
            Some((count, last)) if *last == state => *count += length,
            _ => states.push((length, state)),
        }
    }
    Run { function: format!("f{function:04}"), site: None, from, every: PACE, states }
}

fn measurements(runs: Vec<Run>, out: &mut impl Write) {
    let minutes = runs.first().map_or(0, |run| run.states.iter().map(|(count, _)| *count).sum());
    let mut parts: Vec<(usize, u64)> = vec![(0, 0); runs.len()];
    for minute in 0..minutes {
        for (run, (part, done)) in runs.iter().zip(&mut parts) {
            let (count, state) = run.states[*part];
            *done += 1;
            if *done == count {
                (*part, *done) = (*part + 1, 0);
            }
            if state != RunState::Missed {
                let (function, site, ok) = (run.function.clone(), None, state == RunState::Up);
                let at = run.from + PACE * minute as i32;
                line(&Event::Measurement(Measurement { function, site, at, ok, every: PACE }), out);
            }
        }
    }
}

fn transitions(runs: impl Iterator<Item = Run>, begin: Timestamp, out: &mut impl Write) {
    let mut gatherer = Gatherer::new(None);
    runs.for_each(|run| gatherer.add(Event::Run(run)).expect("not too much"));
    // Where the days end before the month does, nothing is known of the rest.
    let month = Span::new(begin, begin + MONTH).expect("forward");
    for (function, sites) in gatherer.finish().measured {
        let function = Functions::One(function);
        for observed in sites.values() {
            for span in observed.known.complement(month).iter() {
                line(&Event::Blind(Blind { function: function.clone(), site: None, span }), out);
            }
            for seen in &observed.down {
                let (from, until) = (seen.span.from(), Some(seen.span.until()));
                let function = function.clone();
                line(&Event::Outage(Outage { function, from, until, seen: None }), out);
            }
        }
    }
}
