//! Which rows the charter keeps apart for evaluation: where each must lie, once every record of the export is known.

use super::operations::Operations;
use super::problem::Problems;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::state::Fact;
use commonwheel_protocol::dataset::{Draw, Split, Voice, names};
use commonwheel_protocol::record::{Header, RecordId};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Rows that correct a record or are about one, and what the charter draws.
pub struct Apart {
    draw: Option<Draw>,
    /// What such a row corrects or is about, and on which side it lies.
    of: BTreeMap<RecordId, (RecordId, Split)>,
}

impl Apart {
    /// By this charter; no rows yet.
    pub fn by(charter: &Charter) -> Self {
        Apart { draw: Draw::of(charter), of: BTreeMap::new() }
    }

    /// Takes a row that lies on this side.
    ///
    /// # Errors
    /// In words, when it shows already that it belongs on the other.
    pub fn see(&mut self, id: RecordId, header: &Header, lies: Split) -> Result<(), String> {
        let voice = Voice::from(header);
        let drawn = self.draw.is_some_and(|draw| draw.draws(&voice.author));
        match (drawn, voice.of) {
            (true, _) if lies == Split::Main => Err("the charter keeps the record apart for evaluation".into()),
            (false, Some(of)) if self.draw.is_some() => {
                self.of.insert(id, (of, lies));
                Ok(())
            }
            (false, _) if lies == Split::Evaluation => Err("the charter does not keep the record apart".into()),
            _ => Ok(()),
        }
    }

    /// Where a record without a row would lie.
    pub fn of_header(&self, header: &Header, rows: &BTreeMap<RecordId, Fact>, operations: &Operations) -> Split {
        self.split(Voice::from(header), rows, operations)
    }

    /// That rows which go with what they correct, or are about, lie where that does.
    pub fn check(&self, rows: &BTreeMap<RecordId, Fact>, operations: &Operations, problems: &mut Problems) {
        for (id, (_, lies)) in &self.of {
            let Some(voice) = self.row(id, rows) else { continue };
            if self.split(voice, rows, operations) != *lies {
                let what =
                    format!("record {id} corrects, or is about, another one, and does not lie where that belongs");
                problems.add(names::DATA, None, what);
            }
        }
    }

    fn row(&self, id: &RecordId, rows: &BTreeMap<RecordId, Fact>) -> Option<Voice> {
        rows.get(id).map(|fact| Voice { author: fact.author, of: self.of.get(id).map(|one| one.0) })
    }

    fn split(&self, voice: Voice, rows: &BTreeMap<RecordId, Fact>, operations: &Operations) -> Split {
        let Some(draw) = &self.draw else { return Split::Main };
        let find = |id: &RecordId| -> Result<_, Infallible> {
            Ok(self.row(id, rows).or_else(|| operations.headers.get(id).map(Voice::from)))
        };
        let Ok(split) = draw.split(&voice, find);
        split
    }
}
