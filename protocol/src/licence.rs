//! The licences a record can carry: a closed list of SPDX ids.

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
