//! The legal texts of the licences, as the SPDX licence list has them (crate `spdx` 0.13.6).

use crate::licence::Licence;

/// The legal text of a licence.
pub fn text(licence: Licence) -> &'static str {
    match licence {
        Licence::Apache2 => include_str!("licences/Apache-2.0.txt"),
        Licence::CcBy4 => include_str!("licences/CC-BY-4.0.txt"),
        Licence::CcBySa4 => include_str!("licences/CC-BY-SA-4.0.txt"),
        Licence::Cc0 => include_str!("licences/CC0-1.0.txt"),
        Licence::Mit => include_str!("licences/MIT.txt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    /// Nobody may change a legal text, not even its white space.
    #[test]
    fn the_legal_texts_are_those_of_the_licence_list() {
        for (licence, sha256) in [
            (Licence::Apache2, "074e6e32c86a4c0ef8b3ed25b721ca23aca83df277cd88106ef7177c354615ff"),
            (Licence::CcBy4, "d557539df68e771cc1eedcc91d13f70fca930e508d11eedcafa4b15db49e3744"),
            (Licence::CcBySa4, "cde7883b9050a1104f4ac19a1572aafd6e5d7323b68351aaf51fbf4beba54966"),
            (Licence::Cc0, "a2010f343487d3f7618affe54f789f5487602331c0a8d03f49e9a7c547cf0499"),
            (Licence::Mit, "b05785f9f18e6716bab63424b11454513b9943a222595b70411009202fc592b5"),
        ] {
            assert_eq!(HEXLOWER.encode(&Sha256::digest(text(licence))), sha256, "{licence}");
        }
    }
}
