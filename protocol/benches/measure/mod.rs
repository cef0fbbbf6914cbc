//! Measuring a thing against a baseline in the same run: the ratio is what can be compared between
//! machines. Plain clocks, no harness.

use std::time::{Duration, Instant};

/// Rounds, in each of which the thing and its baseline run one after the other.
const ROUNDS: usize = 15;
/// About how long one of the two runs in a round.
const ROUND: Duration = Duration::from_millis(40);

/// Prints how long one call of `thing` takes, and how many times as long as one of `baseline`. Both
/// are medians over rounds in which the two take turns.
#[allow(dead_code)] // each bench uses what it needs
pub fn compare(name: &str, thing: &mut dyn FnMut(), baseline: &mut dyn FnMut()) {
    let (calls, baseline_calls) = (calls_per_round(thing), calls_per_round(baseline));
    let mut times = Vec::new();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let base_s = timed(baseline_calls, baseline);
        let thing_s = timed(calls, thing);
        times.push(thing_s);
        ratios.push(thing_s / base_s);
    }
    line(name, &mut times, &mut ratios);
}

/// The same for things that cannot be called again and again: each call prepares itself, and gives
/// the time of the part that counts. The first call of each is not counted.
#[allow(dead_code)] // each bench uses what it needs
pub fn compare_timed(
    name: &str,
    rounds: usize,
    thing: &mut dyn FnMut() -> Duration,
    baseline: &mut dyn FnMut() -> Duration,
) {
    let (mut times, mut ratios) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (base, this) = (baseline().as_secs_f64(), thing().as_secs_f64());
        if round > 0 {
            times.push(this);
            ratios.push(this / base);
        }
    }
    line(name, &mut times, &mut ratios);
}

fn line(name: &str, times: &mut [f64], ratios: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    ratios.sort_by(f64::total_cmp);
    let (time, ratio) = (times[times.len() / 2], ratios[ratios.len() / 2]);
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    println!("{name:<58} {:>12}  ratio {ratio:>8.2}  ({least:.2} to {most:.2})", shown(time));
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
    loop {
        let took = timed(calls, call) * f64::from(calls);
        if took * 2.0 >= ROUND.as_secs_f64() || calls > 1 << 20 {
            return calls;
        }
        calls *= 2;
    }
}

/// Seconds that one call takes, on average over so many.
fn timed(calls: u32, call: &mut dyn FnMut()) -> f64 {
    let begun = Instant::now();
    (0..calls).for_each(|_| call());
    begun.elapsed().as_secs_f64() / f64::from(calls)
}
