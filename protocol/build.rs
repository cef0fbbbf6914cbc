//! Writes the numbering plans that the pinned phone library has, a line for each calling code, so that a program that
//! meets a telephone number need not have the library check all its patterns: that takes 80 ms.

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor};
use std::collections::BTreeMap;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut codes: BTreeMap<u16, BTreeMap<&str, &Metadata>> = BTreeMap::new();
    for region in DATABASE.iter() {
        codes.entry(region.country_code()).or_default().insert(region.id(), region);
    }
    let lines = codes.iter().map(|(code, regions)| line(*code, regions.values().copied()));
    let directory = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&directory).join("plans.txt"), lines.collect::<String>())?;
    Ok(())
}

/// The calling code, its trunk prefix, the lengths of its numbers as bits, and an alternation of the ranges in use.
fn line<'a>(code: u16, regions: impl Iterator<Item = &'a Metadata>) -> String {
    let (mut trunk, mut lengths, mut ranges) = ("", 0_u32, Vec::new());
    for region in regions {
        trunk = region.national_prefix().unwrap_or(trunk);
        for kind in kinds(region) {
            ranges.push(kind.national_number().as_str().split_ascii_whitespace().collect::<String>());
            for length in kind.possible_length().iter().filter(|length| **length < 32) {
                lengths |= 1 << length;
            }
        }
    }
    format!("{code}\t{trunk}\t{lengths}\t{}\n", ranges.join("|"))
}

/// The kinds of numbers that a person or an office can be called at.
fn kinds(region: &Metadata) -> impl Iterator<Item = &Descriptor> {
    let all = region.descriptors();
    [
        all.fixed_line(),
        all.mobile(),
        all.toll_free(),
        all.premium_rate(),
        all.shared_cost(),
        all.personal_number(),
        all.voip(),
        all.pager(),
        all.uan(),
        all.voicemail(),
    ]
    .into_iter()
    .flatten()
}
