//! The licences a record can carry: a closed list of SPDX ids.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A licence. A charter allows some of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Licence {
    /// `Apache-2.0`, for third-party material that carries it.
    Apache2,
    /// `CC-BY-4.0`
    CcBy4,
    /// `CC-BY-SA-4.0`
    CcBySa4,
    /// `CC0-1.0`
    Cc0,
    /// `MIT`, for third-party material that carries it.
    Mit,
}

/// A licence that is not on the list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown licence; expected one of the SPDX ids CC0-1.0, CC-BY-4.0, CC-BY-SA-4.0, Apache-2.0, MIT")]
pub struct UnknownLicence;

impl Licence {
    /// Every licence, in the order of their SPDX ids.
    pub const ALL: [Licence; 5] = [Licence::Apache2, Licence::CcBy4, Licence::CcBySa4, Licence::Cc0, Licence::Mit];

    /// The SPDX id.
    pub fn spdx(self) -> &'static str {
        match self {
            Licence::Apache2 => "Apache-2.0",
            Licence::CcBy4 => "CC-BY-4.0",
            Licence::CcBySa4 => "CC-BY-SA-4.0",
            Licence::Cc0 => "CC0-1.0",
            Licence::Mit => "MIT",
        }
    }
}

/// Why material under several licences cannot become one work under one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is no Creative Commons licence, and what carries it cannot be adapted into a work under another one; keep it \
     in files of its own"
)]
pub struct Incompatible(pub Licence);

impl Licence {
    /// The licence that one work made from material under all of these must carry, by Creative Commons' table of
    /// what may be remixed: CC0 may go into anything, CC BY into CC BY and CC BY-SA, CC BY-SA only into itself.
    /// A collection in which each part keeps its licence is no such work. `None` for no material.
    ///
    /// # Errors
    /// When a licence other than these stands beside others.
    pub fn of_one_work(all: impl IntoIterator<Item = Licence>) -> Result<Option<Licence>, Incompatible> {
        let all: BTreeSet<_> = all.into_iter().collect();
        if let (true, Some(only)) = (all.len() == 1, all.first()) {
            return Ok(Some(*only));
        }
        let order = [Licence::Cc0, Licence::CcBy4, Licence::CcBySa4];
        match all.iter().find(|licence| !order.contains(licence)) {
            Some(other) => Err(Incompatible(*other)),
            None => Ok(order.into_iter().rev().find(|licence| all.contains(licence))),
        }
    }
}

impl fmt::Display for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spdx())
    }
}

impl FromStr for Licence {
    type Err = UnknownLicence;

    fn from_str(text: &str) -> Result<Self, UnknownLicence> {
        Licence::ALL.into_iter().find(|licence| licence.spdx() == text).ok_or(UnknownLicence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_merged_carries_the_strictest_licence_of_its_parts() {
        use Licence::{Apache2, Cc0, CcBy4, CcBySa4, Mit};
        for (parts, whole) in [
            (vec![], Ok(None)),
            (vec![Cc0], Ok(Some(Cc0))),
            (vec![CcBy4, Cc0], Ok(Some(CcBy4))),
            (vec![CcBy4, CcBySa4, Cc0], Ok(Some(CcBySa4))),
            (vec![Cc0, CcBySa4], Ok(Some(CcBySa4))),
            (vec![Mit, Mit], Ok(Some(Mit))),
            (vec![Mit, Cc0], Err(Incompatible(Mit))),
            (vec![Apache2, Mit], Err(Incompatible(Apache2))),
        ] {
            assert_eq!(Licence::of_one_work(parts.clone()), whole, "{parts:?}");
        }
    }
}
