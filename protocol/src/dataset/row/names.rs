//! Names that keys are looked up among, some dozens for each row.

/// A list of names that are looked up by their length first: of those that are as long as a key there are few.
pub struct Names {
    /// The names, in the order in which they were given.
    pub all: Vec<&'static str>,
    /// The places of the names of each length.
    by_length: Vec<Vec<usize>>,
}

impl Names {
    /// These names, each once.
    pub fn of(names: impl IntoIterator<Item = &'static str>) -> Self {
        let all: Vec<_> = names.into_iter().collect();
        let longest = all.iter().map(|name| name.len()).max().unwrap_or_default();
        let of_length = |length| (0..all.len()).filter(|at| all[*at].len() == length).collect();
        let by_length = (0..=longest).map(of_length).collect();
        Names { all, by_length }
    }

    /// At which place a name stands, counted from 0.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.by_length.get(name.len())?.iter().copied().find(|at| self.all[*at] == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_at_its_place_and_no_other_is() {
        let names = Names::of(["kind", "a", "note", "", "model"]);
        for (place, name) in names.all.iter().enumerate() {
            assert_eq!(names.place(name), Some(place));
        }
        for other in ["b", "king", "models", "no"] {
            assert_eq!(names.place(other), None, "{other}");
        }
    }
}
