//! What is said of a row as typed columns, for a file that holds them beside the row's own.

use super::QualityRow;
use crate::dataset::columns::{Cell, Column, Form, Kind, Value};
use std::borrow::Cow;

/// The columns of a [`QualityRow`] but for its first three, which a row has itself: each is named as its key with
/// `quality_` before it, since rows have columns of some of these names.
pub const QUALITY_COLUMNS: [Column; 17] = [
    column("quality_duplicate_cluster", "duplicate_cluster", Kind::Text),
    column("quality_duplicate_cluster_size", "duplicate_cluster_size", Kind::Int),
    column("quality_near_duplicate_cluster", "near_duplicate_cluster", Kind::Text),
    column("quality_near_duplicate_cluster_size", "near_duplicate_cluster_size", Kind::Int),
    column("quality_flags", "flags", Kind::Int),
    column("quality_notes", "notes", Kind::Int),
    column("quality_accepted_by", "accepted_by", Kind::Int),
    column("quality_validators", "validators", Kind::Int),
    column("quality_reviewed", "reviewed", Kind::Bool),
    column("quality_characters", "characters", Kind::Int),
    column("quality_words", "words", Kind::Int),
    column("quality_messages", "messages", Kind::Int),
    column("quality_detected_language", "detected_language", Kind::Text),
    column("quality_language_confidence", "language_confidence", Kind::Int),
    column("quality_rights_own", "rights_own", Kind::Bool),
    column("quality_rights_model", "rights_model", Kind::Bool),
    column("quality_rights_third_party", "rights_third_party", Kind::Bool),
];

const fn column(name: &'static str, of: &'static str, kind: Kind) -> Column {
    Column { name, of, required: true, form: Form::One(kind) }
}

impl QualityRow {
    /// The value in each of [`QUALITY_COLUMNS`].
    pub fn cells(&self) -> [Cell<'_>; QUALITY_COLUMNS.len()] {
        let text = |text| Value::Text(Cow::Borrowed(text));
        let count = |count: u32| Value::Int(count.into());
        let values = [
            text(&self.duplicate_cluster[..]),
            count(self.duplicate_cluster_size),
            text(&self.near_duplicate_cluster),
            count(self.near_duplicate_cluster_size),
            count(self.flags),
            count(self.notes),
            count(self.accepted_by),
            count(self.validators),
            Value::Bool(self.reviewed),
            count(self.characters),
            count(self.words),
            count(self.messages),
            text(&self.detected_language),
            count(self.language_confidence),
            Value::Bool(self.rights_own),
            Value::Bool(self.rights_model),
            Value::Bool(self.rights_third_party),
        ];
        values.map(Cell::One)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_say_what_the_lines_say_in_the_same_order_under_names_that_no_row_has() {
        let row = QualityRow {
            id: "a".to_owned(),
            licence: "b".to_owned(),
            preference: "c".to_owned(),
            duplicate_cluster: "d".to_owned(),
            duplicate_cluster_size: 1,
            near_duplicate_cluster: "e".to_owned(),
            near_duplicate_cluster_size: 2,
            flags: 3,
            notes: 4,
            accepted_by: 5,
            validators: 6,
            reviewed: true,
            characters: 7,
            words: 8,
            messages: 9,
            detected_language: "fr".to_owned(),
            language_confidence: 10,
            rights_own: false,
            rights_model: true,
            rights_third_party: false,
        };
        let line = serde_json::to_value(&row).unwrap();
        let text = serde_json::to_string(&row).unwrap();
        let place = |key: &str| text.find(&format!("\"{key}\":")).unwrap();
        assert!(QUALITY_COLUMNS.is_sorted_by_key(|column| place(column.of)));
        assert_eq!(line.as_object().unwrap().len(), 3 + QUALITY_COLUMNS.len());
        for (column, cell) in QUALITY_COLUMNS.iter().zip(row.cells()) {
            let (Cell::One(value), Form::One(kind)) = (cell, column.form) else { panic!("{column:?}") };
            let (found, is) = match value {
                Value::Text(text) => (json!(text), Kind::Text),
                Value::Int(count) => (json!(count), Kind::Int),
                Value::Bool(is) => (json!(is), Kind::Bool),
            };
            assert_eq!((&found, is), (&line[column.of], kind), "{}", column.name);
            assert_eq!(column.name, format!("quality_{}", column.of));
            assert!(crate::dataset::columns::COLUMNS.iter().all(|other| other.name != column.name));
        }
    }
}
