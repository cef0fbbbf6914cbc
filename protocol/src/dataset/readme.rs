//! The text for people that an export begins with.

use super::chosen::Chosen;
use super::copied::Copied;
use super::manifest::Manifest;
use super::purpose::ForUse;
use crate::agreement::Charter;

/// The text of an export's README. `charter` is the one that the manifest names.
pub fn readme(charter: &Charter, manifest: &Manifest) -> String {
    let (name, meaning) = (plain(&charter.name), charter.quorum.meaning());
    let Manifest { community, records, rows, .. } = manifest;
    let (subject, what, compare) = match (&manifest.release, &manifest.state_root) {
        (Some(release), _) => {
            let edition = manifest.edition.as_deref().unwrap_or("none: rows are missing");
            let number = release.number;
            let id = &release.id;
            (
                format!(
                    "| release | {number}, `{id}` |\n| edition | `{edition}` |\n| records left of it | {records} |\n"
                ),
                format!("This is release {number} without what was erased since."),
                "Compare the community and the release with those that a node of the community shows. Two exports with the\n\
                 same edition hold the same rows; a later edition may lack more of them: use the latest.\n",
            )
        }
        (None, root) => (
            format!("| state root | `{}` |\n| accepted records | {records} |\n", root.as_deref().unwrap_or_default()),
            "These are the records that are accepted now.".to_owned(),
            "Compare the community and the state root with those that a node of the community shows: two exports with the\n\
             same state root hold the same records.\n",
        ),
    };
    let complete = match manifest.incomplete.len() {
        0 if manifest.filter.is_some() => "Every one of them that was asked for has a row.".to_owned(),
        0 if manifest.purpose.is_some() => "Every one of them that may be used so has a row.".to_owned(),
        0 if manifest.copied.is_some() => "Every one of them that may be copied has a row.".to_owned(),
        0 => "Every one of them has a row.".to_owned(),
        missing => format!("Incomplete: {missing} of them have no row here; manifest.json names them."),
    };
    let gone = [
        (manifest.withdrawn, "withdrawn by their authors"),
        (manifest.taken_down, "taken down by the community"),
        (manifest.purged, "taken down with all traces"),
        (manifest.superseded, "superseded by revisions"),
        (manifest.notes, "notes about records, which the charter does not export"),
    ];
    let gone = gone.iter().filter(|(count, _)| *count > 0);
    let gone: String = gone.map(|(count, what)| format!("| {what} | {count} |\n")).collect();
    let left_out = manifest.copied.iter().flat_map(|copied| copied.left_out.reasons());
    let left_out: String = left_out.map(|(count, why)| format!("| left out {why} | {count} |\n")).collect();
    let unfit = manifest.purpose.iter().flat_map(|purpose| purpose.reasons());
    let unfit: String = unfit.map(|(count, why)| format!("| left out {why} | {count} |\n")).collect();
    let unasked = manifest.filter.as_ref().map(Chosen::left_out).filter(|count| *count > 0);
    let unasked =
        unasked.map_or_else(String::new, |count| format!("| left out since they were not asked for | {count} |\n"));
    let left_out = left_out + &unfit + &unasked;
    let mut purpose = manifest.purpose.as_ref().map_or_else(String::new, purposed);
    if let Some(chosen) = &manifest.filter {
        purpose += &format!("\n\nOnly some records were asked for: {}.", plain(&chosen.asks.to_string()));
    }
    let copied = manifest.copied.as_ref().map_or_else(String::new, |Copied { to, .. }| {
        format!(
            "\n\nIt is a copy for the community `{to}`, which the charter lets copy some of the records. Of the\n\
             others, `operations.car` has the headers; ask {name} for the whole. What is withdrawn there goes from here with the next copy."
        )
    });
    let flags = match manifest.flags {
        None => String::new(),
        Some(count) => format!(
            "- `flags.car`: {count} signed flag(s), by which somebody asked a person to look at a record, as far as the\n  \
             writer had heard of them. Other replicas may hold others.\n"
        ),
    };
    let copies = match manifest.copies.is_empty() {
        true => "",
        false => {
            "- `copies/<community>/`: records of other communities, which let this one copy them. Each folder is a dataset\n  \
             of its own, with its own charter and terms.\n"
        }
    };
    let formats: Vec<_> = manifest.views.iter().map(|view| &view.format[..]).collect();
    let views = match formats.is_empty() {
        true => String::new(),
        false => format!(
            "- `views/<format>/`: the same rows in other forms, as far as a format can carry them:\n  \
             {}.\n  \
             `manifest.json` counts those that each leaves out. Licence and preference bind there too.\n",
            formats.join(", ")
        ),
    };
    format!(
        "# {name}\n\n\
         A dataset of records that people shared on their own terms and that a community accepted, written by Commonwheel.\n\
         {what}{purpose}{copied}\n\n\
         | | |\n|---|---|\n\
         | community | `{community}` |\n\
         {subject}\
         | rows | {rows} |\n\
         {gone}\
         {left_out}\
         | agreement | {meaning} |\n\n\
         {complete}\n\n\
         - `data/licence=<SPDX id>/preference=<what it says>/<month>.jsonl`: one record a line. Each row names its licence\n  \
           and its AI-use preference; both bind whoever uses it.\n\
         - `certificates.car`: for each record, the signatures of the validators that accepted it.\n\
         - `operations.car`: what the community decided, and for each record without a row a signed reason why.\n\
         - `charter.json`, `TERMS.md`: what the community agreed on, and the terms that contributors accepted.\n\
         {flags}\
         {views}{copies}\
         - `manifest.json`: what is here. `SHA256SUMS`: the hash of every file.\n\n\
         ## Check it\n\n\
         ```\n\
         sha256sum -c SHA256SUMS            the files are as they were written\n\
         commonwheel verify .               each row is as its author signed it and as the community accepted it\n\
         ```\n\n\
         {compare}"
    )
}

/// What an export for one use says of it.
fn purposed(purpose: &ForUse) -> String {
    let honours = match purpose.honours.is_empty() {
        true => String::new(),
        false => format!(", or allow it to whoever honours {}", purpose.honours.join(" or ")),
    };
    let failed = match purpose.failed_chats {
        0 => String::new(),
        count => format!("\n{count} of the rows are chats labelled *fail*: they show what not to do."),
    };
    let relied: Vec<_> = purpose.relied_on.iter().map(|(signal, rows)| format!("{rows} for `{signal}`")).collect();
    let relied = match relied.is_empty() {
        true => String::new(),
        false => format!(
            "\nSome rows are here only by the promise to honour a signal: {}. Each of these signals asks for credit;\n\
             whoever uses the rows owes it.",
            relied.join(", ")
        ),
    };
    format!(
        "\n\nIt was written for the use `{}`: every row is of a record whose preference allows that{honours}. Other uses\n\
         need other rows.{relied}{failed}",
        purpose.usage
    )
}

/// A name as one line of Markdown without markup.
fn plain(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for char in name.chars() {
        if char.is_ascii_punctuation() {
            text.push('\\');
        }
        text.push(if char.is_control() { ' ' } else { char });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_bring_markup_into_the_readme() {
        assert_eq!(plain("a\n# <b>[x](y)"), "a \\# \\<b\\>\\[x\\]\\(y\\)");
    }
}
