//! Showing content on a terminal: what would be published, with each redaction marked.

mod author;
mod likeness;
pub mod record;

use crate::community::printable;
use crate::contribute::{Marked, Notes, Prepared};
use anstyle::{AnsiColor, Style};
use commonwheel_protocol::agreement::RiskPolicy;
use commonwheel_protocol::record::content::{Content, Label, Message};
use std::io::{self, Write};

pub(super) const MARK: Style = Style::new()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Black)))
    .bg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
pub(super) const DIM: Style = Style::new().dimmed();
const KEPT: Style = Style::new().underline().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
pub(super) const BOLD: Style = Style::new().bold();

/// Prints a prepared item whole.
pub fn prepared(out: &mut dyn Write, number: usize, item: &Prepared) -> io::Result<()> {
    let title = item.title.as_ref().map(|title| format!(" {}", printable(title.text.as_str()))).unwrap_or_default();
    writeln!(
        out,
        "{BOLD}{number}. {}{title}{BOLD:#} {DIM}({}, {}){DIM:#}",
        item.content.kind(),
        item.format,
        item.position
    )?;
    content(out, &item.content, item.labelled)?;
    if let Some(record) = &item.corrects {
        writeln!(out, "   {DIM}corrects:{DIM:#} {record}")?;
    }
    if let Some(record) = &item.about {
        writeln!(out, "   {DIM}about:{DIM:#} {record}")?;
    }
    if let Some(revised) = &item.revises {
        writeln!(out, "   {DIM}revises:{DIM:#} {}", revised.record)?;
    }
    let tags = item.tags.iter().map(|tag| printable(tag.text.as_str())).collect::<Vec<_>>().join(", ");
    let model = item.model.as_ref().map(|model| printable(model.text.as_str()));
    let about = [("model", model), ("language", item.language.clone()), ("tags", Some(tags).filter(|t| !t.is_empty()))];
    for (name, value) in about {
        value.map_or(Ok(()), |value| writeln!(out, "   {DIM}{name}:{DIM:#} {value}"))?;
    }
    if item.redactions.is_empty() {
        writeln!(out, "   {DIM}nothing was redacted{DIM:#}")?;
    } else {
        writeln!(out, "   {DIM}redacted:{DIM:#} {}", counts(&item.redactions))?;
    }
    if !item.false_alarms.is_empty() {
        let names: Vec<_> = item.false_alarms.iter().map(ToString::to_string).collect();
        writeln!(out, "   {DIM}false alarms, which stay in the text:{DIM:#} {}", names.join(", "))?;
        writeln!(out, "   Validators hold this item back until a person has looked at it.")?;
    }
    Ok(())
}

/// Lists the findings with their values: only on the person's own terminal.
pub fn findings(out: &mut dyn Write, item: &Prepared) -> io::Result<()> {
    const SHOWN: usize = 60;
    for (name, found) in item.findings_in_clear() {
        let value = printable(found.expose()).replace(['\n', '\t'], " ");
        let short: String = value.chars().take(SHOWN).collect();
        let more = if short.len() < value.len() { "…" } else { "" };
        let stays = if found.kept { " stays" } else { "" };
        writeln!(out, "   {DIM}{:>18} {:>3} %{stays}{DIM:#}  {short}{more}", name.to_string(), found.confidence)?;
    }
    Ok(())
}

/// Prints what else was seen in an item: classes of risk, and what could tell who wrote it.
pub fn notes(out: &mut dyn Write, notes: &Notes, policy: Option<&RiskPolicy>) -> io::Result<()> {
    notes.lines(policy).iter().try_for_each(|line| writeln!(out, "   {DIM}note:{DIM:#} {}", printable(line)))
}

/// Findings by kind, such as `2 email, 1 phone`.
pub fn counts(redactions: &std::collections::BTreeMap<String, i64>) -> String {
    redactions.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

/// Prints every text of a content, with what is judged of it.
///
/// # Errors
/// When it cannot be written.
pub fn content<T: Shown>(out: &mut dyn Write, content: &Content<T>, labelled: bool) -> io::Result<()> {
    match content {
        Content::Chat(c) => {
            messages(out, &c.messages)?;
            let label = match c.label {
                _ if !labelled => "none in the file",
                Label::Good => "good",
                Label::Fail => "fail",
            };
            writeln!(out, "   {DIM}label:{DIM:#} {label}")?;
            optional(out, "note", &c.note)
        }
        Content::Correction(c) => {
            if let Some(at) = c.message {
                writeln!(out, "   {DIM}  message{DIM:#} {at} of the record that it corrects")?;
            }
            field(out, "corrected", &c.corrected)?;
            optional(out, "note", &c.note)
        }
        Content::Preference(c) => {
            messages(out, &c.prompt)?;
            field(out, "chosen", &c.chosen)?;
            field(out, "rejected", &c.rejected)?;
            optional(out, "note", &c.note)
        }
        Content::Example(c) => {
            field(out, "prompt", &c.prompt)?;
            field(out, "ideal", &c.ideal)
        }
        Content::Rubric(c) => {
            messages(out, &c.messages)?;
            for criterion in &c.criteria {
                field(out, &format!("{}/{}", criterion.score, criterion.max), &criterion.name)?;
                optional(out, "note", &criterion.note)?;
            }
            Ok(())
        }
        Content::Feedback(c) => {
            messages(out, &c.messages)?;
            for answer in &c.answers {
                field(out, "question", &answer.question)?;
                field(out, "answer", &answer.answer)?;
            }
            if let Some(rating) = c.rating {
                writeln!(out, "   {DIM}   rating{DIM:#} {rating} of 10")?;
            }
            Ok(())
        }
        Content::Code(c) => {
            field(out, "prompt", &c.prompt)?;
            field(out, "language", &c.programming_language)?;
            field(out, "code", &c.code)?;
            field(out, "tests", &c.tests)
        }
        Content::Translation(c) => {
            field(out, &printable(&c.source_language), &c.source)?;
            field(out, &printable(&c.target_language), &c.target)?;
            optional(out, "note", &c.note)
        }
        Content::Profile(c) => {
            field(out, "name", &c.name)?;
            optional(out, "about", &c.about)
        }
        Content::Note(c) => field(out, "note", &c.text),
        Content::Petition(c) => {
            writeln!(out, "   {DIM}     asks{DIM:#} {}", c.asks.name())?;
            field(out, "text", &c.text)
        }
    }
}

fn messages<T: Shown>(out: &mut dyn Write, list: &[Message<T>]) -> io::Result<()> {
    for message in list {
        field(out, message.role.name(), &message.text)?;
        let label = message.label.map(|label| if label == Label::Good { "good" } else { "fail" }.to_owned());
        let judged: Vec<_> = label.into_iter().chain(message.rating.map(|rating| format!("{rating} of 10"))).collect();
        if !judged.is_empty() {
            writeln!(out, "             {DIM}judged:{DIM:#} {}", judged.join(", "))?;
        }
    }
    Ok(())
}

fn optional<T: Shown>(out: &mut dyn Write, name: &str, text: &Option<T>) -> io::Result<()> {
    text.as_ref().map_or(Ok(()), |text| field(out, name, text))
}

/// A text that may go to a terminal.
pub trait Shown {
    /// The text without what could drive the terminal.
    fn shown(&self) -> String;
}

impl Shown for String {
    fn shown(&self) -> String {
        printable(self)
    }
}

impl Shown for Marked {
    fn shown(&self) -> String {
        let text = self.text.as_str();
        let mut shown = String::new();
        let mut from = 0;
        for mark in &self.marks {
            shown.push_str(&printable(&text[from..mark.placeholder.start]));
            let style = if mark.kept { KEPT } else { MARK };
            shown.push_str(&format!("{style}{}{style:#}", printable(&text[mark.placeholder.clone()])));
            from = mark.placeholder.end;
        }
        shown.push_str(&printable(&text[from..]));
        shown
    }
}

fn field<T: Shown>(out: &mut dyn Write, name: &str, text: &T) -> io::Result<()> {
    let indented = text.shown().replace('\n', "\n             ");
    writeln!(out, "   {DIM}{name:>9}{DIM:#} {indented}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\u{61c}\nd"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\nd");
    }
}
