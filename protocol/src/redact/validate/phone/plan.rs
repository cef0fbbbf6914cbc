//! Numbering plans: which numbers each calling code has, from the metadata of the phone library.
//!
//! `build.rs` writes them down. Their patterns are compiled once, when a calling code is first met, and
//! matched against digits alone.

use regex::bytes::{Regex, RegexBuilder};
use std::sync::{LazyLock, OnceLock};

/// What a numbering plan says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// No such calling code.
    Unknown,
    /// The calling code exists, but it has no numbers of this length.
    Length,
    /// The length fits; the number is not in a range that is in use.
    Possible,
    /// The number is in a range that is in use.
    Valid,
}

/// What the plan of the calling code at the beginning of `digits` says of the rest. A trunk 0
/// after the calling code, as in +44 (0)20, is passed over.
pub(super) fn international(digits: &[u8]) -> Verdict {
    let Some((plan, national)) = split(digits) else { return Verdict::Unknown };
    if plan.is_valid(national) {
        return Verdict::Valid;
    }
    let local = national.strip_prefix(plan.trunk.as_bytes()).filter(|local| local.len() < national.len());
    if local.is_some_and(|local| plan.is_valid(local)) {
        return Verdict::Valid;
    }
    match plan.has_length(national) || local.is_some_and(|local| plan.has_length(local)) {
        true => Verdict::Possible,
        false => Verdict::Length,
    }
}

/// Whether `national`, without a trunk prefix, is a valid number of this calling code.
pub(super) fn is_national(code: usize, national: &[u8]) -> bool {
    PLANS.get(code).and_then(Option::as_ref).is_some_and(|plan| plan.is_valid(national))
}

/// Whether what follows a leading 0 is a valid number in a plan where 0 is dialled before it, or
/// in one whose numbers begin with that 0 themselves, as in Italy.
pub(super) fn follows_trunk_zero(national: &[u8]) -> bool {
    static ANY: LazyLock<Option<Regex>> =
        LazyLock::new(|| union(PLANS.iter().flatten().filter(|plan| plan.trunk == "0")));
    ANY.as_ref().is_some_and(|any| any.is_match(national))
}

/// The regions of one calling code.
struct Plan {
    /// What is dialled before a number inside the country; may be empty.
    trunk: &'static str,
    /// Bit n: some numbers have n digits.
    lengths: u32,
    /// An alternation of the ranges in use.
    ranges: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Plan {
    fn has_length(&self, national: &[u8]) -> bool {
        national.len() < 32 && self.lengths >> national.len() & 1 == 1
    }

    fn is_valid(&self, national: &[u8]) -> bool {
        self.has_length(national)
            && self
                .compiled
                .get_or_init(|| compile(self.ranges))
                .as_ref()
                .is_some_and(|ranges| ranges.is_match(national))
    }
}

/// Plans by calling code; E.164 gives codes of one to three digits, none of which begins another.
static PLANS: LazyLock<Vec<Option<Plan>>> = LazyLock::new(|| {
    let mut plans: Vec<Option<Plan>> = (0..1000).map(|_| None).collect();
    for line in include_str!(concat!(env!("OUT_DIR"), "/plans.txt")).lines() {
        if let Some((code, plan)) = plan(line)
            && let Some(place) = plans.get_mut(code)
        {
            *place = Some(plan);
        }
    }
    plans
});

/// A calling code and its plan, as `build.rs` writes them.
fn plan(line: &'static str) -> Option<(usize, Plan)> {
    let mut fields = line.split('\t');
    let code = fields.next()?.parse().ok()?;
    let (trunk, lengths, ranges) = (fields.next()?, fields.next()?.parse().ok()?, fields.next()?);
    Some((code, Plan { trunk, lengths, ranges, compiled: OnceLock::new() }))
}

fn split(digits: &[u8]) -> Option<(&'static Plan, &[u8])> {
    let mut code = 0;
    for (index, digit) in digits.iter().enumerate().take(3) {
        code = code * 10 + usize::from(digit - b'0');
        if code == 0 {
            return None;
        }
        if let Some(plan) = PLANS.get(code).and_then(Option::as_ref) {
            return Some((plan, &digits[index + 1..]));
        }
    }
    None
}

fn union<'a>(plans: impl Iterator<Item = &'a Plan>) -> Option<Regex> {
    let ranges: Vec<&str> = plans.map(|plan| plan.ranges).collect();
    compile(&ranges.join("|"))
}

/// The alternation as one pattern for a whole number, in which a digit is an ASCII digit.
fn compile(ranges: &str) -> Option<Regex> {
    RegexBuilder::new(&format!("^(?:{ranges})$"))
        .unicode(false)
        .size_limit(1 << 26)
        .dfa_size_limit(1 << 23)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    /// A ruleset is bound to the metadata. When this fails, the crate was raised: that needs a new
    /// validator and a new ruleset (docs/adr/0010), not another value here.
    #[test]
    fn plans_are_those_of_metadata_9_0_33() {
        let mut hash = Sha256::new();
        for (code, plan) in PLANS.iter().enumerate().filter_map(|(code, plan)| Some((code, plan.as_ref()?))) {
            hash.update(format!("{code} {} {} {}\n", plan.trunk, plan.lengths, plan.ranges));
        }
        assert_eq!(data_encoding::HEXLOWER.encode(&hash.finalize()[..8]), "8505d959a0292799");
    }

    #[test]
    fn every_plan_of_the_library_compiles() {
        let plans: Vec<&Plan> = PLANS.iter().flatten().collect();
        assert!(plans.len() > 200, "{}", plans.len());
        assert!(plans.iter().all(|plan| compile(plan.ranges).is_some() && plan.lengths != 0));
        assert!(follows_trunk_zero(b"2079460958"));
    }

    #[test]
    fn a_number_is_judged_by_the_plan_of_its_calling_code() {
        assert_eq!(international(b"442079460958"), Verdict::Valid);
        assert_eq!(international(b"4402079460958"), Verdict::Valid, "with the trunk 0");
        assert_eq!(international(b"390236618300"), Verdict::Valid, "an Italian 0 belongs to the number");
        assert_eq!(international(b"12025550123"), Verdict::Valid);
        assert_eq!(international(b"19995550123"), Verdict::Possible, "no such area");
        assert_eq!(international(b"4420794609"), Verdict::Length);
        assert_eq!(international(b"999123456789"), Verdict::Unknown);
        assert!(is_national(86, b"13812345678"));
        assert!(!is_national(86, b"03812345678"));
    }
}
