//! Preferences in names of folders: `search-y.train-ai-n-cc-cr` for `search=y, train-ai=n;exceptions=cc-cr`.
//!
//! A slug holds small letters, `-` and `.` alone, so that it needs no escape in a path, in the glob of a loader, or in
//! the name of a partition as Hive writes it. Each preference has one, and each slug is of one preference.

use super::{Category, Choice, Exception, Preference};
use std::cmp::Ordering;

impl Preference {
    /// The slug: the statements in canonical order with a dot between, each the use, `y` or `n`, and the signal of the
    /// exception if there is one, with `-` between.
    pub fn slug(&self) -> String {
        self.to_string().replace(", ", ".").replace(";exceptions=", "-").replace('=', "-")
    }

    /// The preference with this slug; `None` where none has it.
    pub fn of_slug(slug: &str) -> Option<Preference> {
        let read = |part: &str| {
            let category = Category::ALL.into_iter().find(|category| part.starts_with(category.label()))?;
            let choice = match part.strip_prefix(category.label())?.strip_prefix('-')? {
                "y" => Choice::Yes,
                "n" => Choice::No(None),
                other => {
                    let signal = other.strip_prefix("n-")?;
                    Choice::No(Some(Exception::ALL.into_iter().find(|one| one.label() == signal)?))
                }
            };
            Some((category, choice))
        };
        let mut preference = Preference::default();
        for part in slug.split('.') {
            let (category, choice) = read(part)?;
            preference.0[category as usize] = Some(choice);
        }
        // One text alone: parts in order, each once.
        (preference.slug() == slug).then_some(preference)
    }

    /// How the slugs of two preferences are ordered where a `/` follows each, as in paths.
    pub fn by_slug(&self, other: &Preference) -> Ordering {
        let ranks = |preference: &Preference| Category::ALL.map(|category| rank(preference.choice(category)));
        ranks(self).cmp(&ranks(other))
    }
}

/// The place of what may follow a use's label: `-` stands before `.` and `/`, and a later use, or the end, behind all.
fn rank(choice: Option<Choice>) -> usize {
    match choice {
        Some(Choice::No(Some(Exception::DirectContribution))) => 0,
        Some(Choice::No(Some(Exception::EcosystemContribution))) => 1,
        Some(Choice::No(Some(Exception::Openness))) => 2,
        Some(Choice::No(Some(Exception::Credit))) => 3,
        Some(Choice::No(None)) => 4,
        Some(Choice::Yes) => 5,
        None => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every preference that there is.
    fn all() -> Vec<Preference> {
        let signals = Exception::ALL.map(|signal| Some(Choice::No(Some(signal))));
        let choices = [&[None, Some(Choice::Yes), Some(Choice::No(None))], &signals[..]].concat();
        let mut all = vec![Preference::default()];
        for category in Category::ALL {
            let with = |one: &Preference, choice: &Option<Choice>| {
                let mut one = one.clone();
                one.0[category as usize] = *choice;
                one
            };
            all = all.iter().flat_map(|one| choices.iter().map(move |choice| with(one, choice))).collect();
        }
        all.retain(|one| *one != Preference::default());
        all
    }

    #[test]
    fn each_preference_has_one_slug_that_leads_back_and_fits_in_any_path() {
        let slugs: BTreeSet<_> = all().iter().map(Preference::slug).collect();
        assert_eq!((all().len(), slugs.len()), (342, 342));
        for one in all() {
            assert_eq!(Preference::of_slug(&one.slug()), Some(one));
        }
        assert!(slugs.iter().all(|slug| slug.bytes().all(|byte| byte.is_ascii_lowercase() || b"-.".contains(&byte))));
        let one = Preference::read("train-ai=n;exceptions=cc-cr, search=y").unwrap();
        assert_eq!(one.slug(), "search-y.train-ai-n-cc-cr");
    }

    #[test]
    fn what_is_no_slug_is_of_no_preference() {
        for text in [
            "",
            ".",
            "search",
            "search-",
            "search=y",
            "search-y.",
            "search-y.search-y",
            "train-ai-y.search-y",
            "search-y.train-ai-n-",
            "search-y-cc-cr",
            "train-ai-n-cc",
            "train-ai-n-cc-cr-op-",
            "Search-y",
            "search-y ",
            "search-y/train-ai-y",
        ] {
            assert_eq!(Preference::of_slug(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_order_is_that_of_paths() {
        let mut by_slug = all();
        by_slug.sort_by(Preference::by_slug);
        let paths: Vec<_> = by_slug.iter().map(|one| format!("{}/", one.slug())).collect();
        assert!(paths.is_sorted(), "{paths:?}");
    }
}
