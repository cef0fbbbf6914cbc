//! Measuring a thing against a baseline in the same run: the ratio is what can be compared between
//! machines. Plain clocks, no harness.
#![allow(dead_code)] // each bench uses what it needs

use std::time::{Duration, Instant};

/// Rounds, in each of which the thing and its baseline run one after the other.
const ROUNDS: usize = 50;
/// About how long each of the two runs in a round.
const ROUND: Duration = Duration::from_millis(10);

/// For work of the processor: prints how long one call of `thing` takes, and how many times as long
/// as one of `baseline`. Both are the fastest of many short rounds in which the two take turns,
/// since whatever else the machine does can only make a round slower.
pub fn compare(name: &str, thing: &mut dyn FnMut(), baseline: &mut dyn FnMut()) {
    let (calls, baseline_calls) = (calls_per_round(thing), calls_per_round(baseline));
    let (mut time_s, mut base_s) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        base_s = base_s.min(timed(baseline_calls, baseline));
        time_s = time_s.min(timed(calls, thing));
    }
    println!("{name:<58} {:>12}  ratio {:>8.2}", shown(time_s), time_s / base_s);
}

/// For what waits for a disk: the thing and its baseline take turns, `turns` of each to a round.
/// Prints the median time of a round, and the median, least and greatest ratio. The first round is
/// not counted.
pub fn compare_turns(
    name: &str,
    rounds: usize,
    turns: usize,
    thing: &mut dyn FnMut() -> Duration,
    baseline: &mut dyn FnMut() -> Duration,
) {
    let (mut times, mut ratios) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (mut base_s, mut time_s) = (0.0, 0.0);
        for _ in 0..turns {
            base_s += baseline().as_secs_f64();
            time_s += thing().as_secs_f64();
        }
        if round > 0 {
            times.push(time_s);
            ratios.push(time_s / base_s);
        }
    }
    times.sort_by(f64::total_cmp);
    ratios.sort_by(f64::total_cmp);
    let (time_s, ratio) = (times[times.len() / 2], ratios[ratios.len() / 2]);
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    println!("{name:<58} {:>12}  ratio {ratio:>8.2}  ({least:.2} to {most:.2})", shown(time_s));
}

fn shown(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

fn calls_per_round(call: &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    while timed(calls, call) * f64::from(calls) * 2.0 < ROUND.as_secs_f64() && calls < 1 << 20 {
        calls *= 2;
    }
    calls
}

/// Seconds that one call takes, on average over so many.
fn timed(calls: u32, call: &mut dyn FnMut()) -> f64 {
    let begun = Instant::now();
    (0..calls).for_each(|_| call());
    begun.elapsed().as_secs_f64() / f64::from(calls)
}
