//! The questions to a contributor at a terminal: which items, on what terms, and item by item.

use super::decide::{By, ChoiceArgs, Decided, LabelArg, ModeArg};
use super::gather::{self, Origin, Summary};
use crate::cli::output::Output;
use crate::cli::{ask, progress, show};
use crate::community::printable;
use crate::contribute::pick::Pick;
use crate::contribute::{Choices, Notes, Prepared, RightsChoice, Rules, choices, false_alarms};
use anyhow::bail;
use clap::ValueEnum;
use commonwheel_protocol::agreement::{Charter, RiskPolicy};
use commonwheel_protocol::identity::AuthorMode;
use commonwheel_protocol::record::content::Label;
use commonwheel_protocol::redact::PlaceholderName;
use indicatif::ProgressBar;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// With more items than this, one answer for all is offered.
const MANY: usize = 20;
/// Items listed in full.
const LISTED: usize = 200;

/// What the files hold, as far as the questions need it.
#[derive(Default)]
pub(super) struct Found {
    items: Vec<Seen>,
}

struct Seen {
    wants_label: bool,
    third_party: bool,
    nameless_model: bool,
}

/// Lists what the files hold; quietly when the person has picked already.
pub(super) fn look(files: &[PathBuf], rules: Rules, charter: &Charter, list: bool) -> anyhow::Result<Found> {
    let most = charter.number("quarantine_above");
    let mut found = Found::default();
    // The list itself shows how far it is.
    let bar = if list { ProgressBar::hidden() } else { progress::bytes("read") };
    let errors = gather::each(files, rules, &Pick::All, &Default::default(), &bar, |number, item, origin| {
        if list && number <= LISTED {
            anstream::eprintln!("{}", Summary::of(number, &item, origin, most).line());
        }
        found.items.push(Seen {
            wants_label: item.wants_label(),
            third_party: item.third_party,
            nameless_model: item.model.is_none() && item.has_model_output(),
        });
        Ok(ControlFlow::Continue(()))
    })?;
    if list {
        if found.items.len() > LISTED {
            anstream::eprintln!(
                "       … and {} more; `commonwheel preview` shows them all",
                found.items.len() - LISTED
            );
        }
        gather::report_errors(&errors);
    }
    if found.items.is_empty() {
        bail!(
            "expected something to share, found nothing in {} item(s)\nHint: docs/FORMATS.md lists what is read",
            errors.len()
        );
    }
    Ok(found)
}

impl Found {
    /// Asks which items; there is no question when there is only one.
    pub fn pick(&self, out: Output) -> anyhow::Result<Pick> {
        if self.items.len() == 1 {
            return Ok(Pick::All);
        }
        let question = format!(
            "Which of the {}? all, none, or numbers and ranges such as 1,4-7; q stops [all]:",
            self.items.len()
        );
        ask::read(out, &question, Some(Pick::All), |text| {
            let pick: Pick = text.parse()?;
            match pick.last() {
                Some(last) if last > self.items.len() => {
                    bail!("expected numbers up to {}, found {last}", self.items.len())
                }
                _ => Ok(pick),
            }
        })
    }

    /// How many items are picked.
    pub fn count(&self, pick: &Pick) -> usize {
        self.picked(pick).count()
    }

    fn picked<'a>(&'a self, pick: &'a Pick) -> impl Iterator<Item = &'a Seen> {
        self.items.iter().enumerate().filter(|(i, _)| pick.takes(i + 1)).map(|(_, seen)| seen)
    }
}

/// Asks what holds for every record of the run, unless flags said it. Enter keeps what applies.
pub(super) fn terms_of_run(
    decided: &mut Decided,
    args: &ChoiceArgs,
    (found, pick): (&Found, &Pick),
    charter: &Charter,
    out: Output,
) -> anyhow::Result<()> {
    anstream::eprintln!("\nFor every record of this run (Enter keeps what is in brackets, q stops):");
    let run = &mut decided.choices;
    let allowed = charter.licences.iter().map(|licence| licence.spdx()).collect::<Vec<_>>().join(", ");
    run.licence = settle(
        out,
        &format!("Licence ({allowed})"),
        run.licence,
        decided.licence,
        |l| l.spdx().to_owned(),
        |text| Ok(choices::licence(text, charter)?),
    )?;
    let given = (run.preference_given.clone(), run.preference.clone());
    (run.preference_given, run.preference) = settle(
        out,
        "AI-use preference (train-ai, search, evaluate: each =y or =n)",
        given,
        decided.preference,
        |p| p.0.clone(),
        |text| Ok(choices::preference(text)?),
    )?;
    let before = run.mode;
    run.mode = settle(
        out,
        "You appear as (named, pseudonym, anonymous)",
        run.mode,
        decided.mode,
        |m| m.name().to_owned(),
        mode,
    )?;
    if run.mode == AuthorMode::Anonymous {
        run.credit = None;
        if before != AuthorMode::Anonymous {
            anstream::eprintln!("{}", crate::cli::identity::ANONYMOUS_NOTICE);
        }
    } else if args.credit.is_none() {
        run.credit = settle(
            out,
            "Name to credit in each record",
            None,
            By::Default,
            |c: &Option<String>| c.clone().unwrap_or("none".into()),
            |text| Ok(Some(text.to_owned())),
        )?;
    }
    // A published dataset is nobody's own work: its source is asked for when it comes.
    if decided.rights != By::Flag && found.picked(pick).any(|seen| !seen.third_party) {
        anstream::eprintln!(
            "  Whose work: mine (your words, and a model's where one answered), own (all yours), other (somebody else's)"
        );
        let usual = RightsChoice::Usual;
        run.rights = settle(out, "Whose work", usual, decided.rights, |_| "mine".to_owned(), |text| rights(text, out))?;
    }
    let unknown = found.picked(pick).filter(|seen| seen.nameless_model && !seen.third_party).count();
    if run.model.is_none() && unknown > 0 && matches!(run.rights, RightsChoice::Usual | RightsChoice::OwnAndModel) {
        let question = format!("Model that answered in the {unknown} item(s) that do not say");
        run.model = settle(
            out,
            &question,
            None,
            By::Default,
            |m: &Option<String>| m.clone().unwrap_or("unknown".into()),
            |text| Ok(Some(text.to_owned())),
        )?;
    }
    Ok(())
}

fn settle<T>(
    out: Output,
    what: &str,
    value: T,
    by: By,
    shown: impl Fn(&T) -> String,
    read: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let now = printable(&shown(&value));
    if by == By::Flag {
        anstream::eprintln!("  {what}: {now}{}", by.words());
        return Ok(value);
    }
    ask::read(out, &format!("  {what} [{now}{}]:", by.words()), Some(value), read)
}

fn mode(text: &str) -> anyhow::Result<AuthorMode> {
    Ok(match ModeArg::from_str(text, true) {
        Ok(ModeArg::Named) => AuthorMode::Named,
        Ok(ModeArg::Pseudonym) => AuthorMode::Pseudonym,
        Ok(ModeArg::Anonymous) => AuthorMode::Anonymous,
        Err(_) => bail!("expected named, pseudonym or anonymous"),
    })
}

fn rights(text: &str, out: Output) -> anyhow::Result<RightsChoice> {
    Ok(match text {
        "mine" | "m" => RightsChoice::Usual,
        "own" => RightsChoice::Own,
        "other" => third_party(out)?,
        _ => bail!("expected mine, own or other"),
    })
}

fn third_party(out: Output) -> anyhow::Result<RightsChoice> {
    let text = |text: &str| Ok(text.to_owned());
    let source = ask::read(out, "  Where is it from? Its name or address:", None, text)?;
    let licence = ask::read(out, "  Under which licence is it there?", None, text)?;
    Ok(RightsChoice::ThirdParty { source, licence })
}

/// What becomes of a record with false alarms.
pub(super) const WAITS: &str = "validators hold such a record back until a person there has looked";

/// An item, and what the community does about risks in it.
pub(super) struct Item<'a> {
    pub number: usize,
    pub item: &'a mut Prepared,
    pub policy: &'a RiskPolicy,
}

/// What the person says about one item.
pub(super) enum Answer {
    Share(Box<Choices>),
    Skip,
    /// Neither this nor any that follows.
    Stop,
}

/// What the person answers to one question.
enum Said<T> {
    This(T),
    Skip,
    Stop,
    /// These findings are false alarms, or none after all.
    FalseAlarms(BTreeSet<PlaceholderName>),
}

/// The questions item by item.
pub(super) struct Interview<'a> {
    out: Output,
    rules: Rules<'a>,
    most: i64,
    /// Whether each item is shown and asked about.
    each: bool,
    /// The label for all chats that bring none.
    label: Option<Label>,
    /// The source and licence of each file that holds a published dataset.
    sources: BTreeMap<usize, RightsChoice>,
}

impl<'a> Interview<'a> {
    /// Begins; with many items it asks whether one answer shall do for all.
    pub fn begin(
        args: &ChoiceArgs,
        (found, pick): (&Found, &Pick),
        rules: Rules<'a>,
        most: i64,
        out: Output,
    ) -> anyhow::Result<Self> {
        let label = args.label.map(|label| if label == LabelArg::Fail { Label::Fail } else { Label::Good });
        let mut interview = Interview { label, ..Interview::of_one(rules, most, out) };
        let count = found.count(pick);
        if count <= MANY {
            return Ok(interview);
        }
        anstream::eprintln!("\n{count} items are picked. `commonwheel preview` shows each as it would be published.");
        interview.each = !ask::yes(out, "Share them all without asking about each?", false)?;
        let unlabelled = found.picked(pick).filter(|seen| seen.wants_label).count();
        if !interview.each && interview.label.is_none() && unlabelled > 0 {
            let question = format!(
                "One label for the {unlabelled} chat(s) that bring none: did the model do well? good or fail; q stops:"
            );
            interview.label = Some(ask::read(out, &question, None, label_of)?);
        }
        Ok(interview)
    }

    /// Whether the person sees each item.
    pub fn shows_each(&self) -> bool {
        self.each
    }

    /// For a single item that the person has just written.
    pub fn of_one(rules: Rules<'a>, most: i64, out: Output) -> Self {
        Interview { out, rules, most, each: true, label: None, sources: BTreeMap::new() }
    }

    /// As after one answer for all.
    #[cfg(test)]
    pub fn of_all(rules: Rules<'a>, label: Label, out: Output) -> Self {
        Interview { each: false, label: Some(label), ..Interview::of_one(rules, i64::MAX, out) }
    }

    /// Shows an item and asks about it, again after each false alarm that the person names.
    pub fn ask(&mut self, seen: Item<'_>, origin: Origin, run: &Choices) -> anyhow::Result<Answer> {
        let Item { number, item, policy } = seen;
        let mut choices = run.clone();
        self.show(number, item, policy)?;
        if item.third_party && choices.rights == RightsChoice::Usual {
            choices.rights = match self.source(origin) {
                Err(error) if error.is::<ask::Stopped>() => return Ok(Answer::Stop),
                source => source?,
            };
        }
        loop {
            let said = match (item.wants_label(), self.label) {
                (true, None) => {
                    self.answer("Did the model do well? good, fail, s to skip this one, q to stop:", None, label_of)?
                }
                (_, label) => match self.sharing()? {
                    Said::This(()) => Said::This(label.filter(|_| item.wants_label()).unwrap_or(choices.label)),
                    Said::Skip => Said::Skip,
                    Said::Stop => Said::Stop,
                    Said::FalseAlarms(names) => Said::FalseAlarms(names),
                },
            };
            match said {
                Said::Skip => return Ok(Answer::Skip),
                Said::Stop => return Ok(Answer::Stop),
                Said::This(label) => {
                    choices.label = label;
                    return Ok(Answer::Share(Box::new(choices)));
                }
                Said::FalseAlarms(names) => {
                    let names = item.false_alarms.symmetric_difference(&names).copied().collect();
                    match item.with_false_alarms(&names, self.rules) {
                        Ok(changed) => {
                            *item = changed;
                            self.show(number, item, policy)?;
                        }
                        Err(error) => anstream::eprintln!("  {error}"),
                    }
                }
            }
        }
    }

    fn show(&self, number: usize, item: &Prepared, policy: &RiskPolicy) -> anyhow::Result<()> {
        if !self.each {
            return Ok(());
        }
        anstream::eprintln!();
        let mut screen = anstream::stderr().lock();
        show::prepared(&mut screen, number, item)?;
        show::findings(&mut screen, item)?;
        show::notes(&mut screen, &Notes::of(item, self.rules.ruleset), Some(policy))?;
        drop(screen);
        if item.needs_a_look(self.most) {
            anstream::eprintln!(
                "   more than {} findings: if you go on, it is held in quarantine on this machine until you release it",
                self.most
            );
        }
        if let Some((name, _)) = item.findings_in_clear().first_key_value() {
            anstream::eprintln!(
                "   If one is a false alarm, answer with its name, such as {name}; once more hides it again."
            );
        }
        Ok(())
    }

    /// Whether to share an item about which there is nothing else to ask.
    fn sharing(&self) -> anyhow::Result<Said<()>> {
        if !self.each {
            return Ok(Said::This(()));
        }
        let yes = |text: &str| if matches!(text, "y" | "yes") { Ok(()) } else { bail!("expected y, s or q") };
        self.answer("Share this one? y, s to skip, q to stop [y]:", Some(()), yes)
    }

    fn answer<T: Copy>(
        &self,
        question: &str,
        default: Option<T>,
        read: impl Fn(&str) -> anyhow::Result<T>,
    ) -> anyhow::Result<Said<T>> {
        let read = |text: &str| match (text, false_alarms::names(text)) {
            ("s" | "skip" | "n" | "no", _) => Ok(Said::Skip),
            (_, Some(names)) => Ok(Said::FalseAlarms(names)),
            _ => read(text).map(Said::This),
        };
        match ask::read(self.out, question, default.map(Said::This), read) {
            Err(error) if error.is::<ask::Stopped>() => Ok(Said::Stop),
            said => said,
        }
    }

    /// The source of a published dataset, asked once for each file.
    fn source(&mut self, origin: Origin) -> anyhow::Result<RightsChoice> {
        if let Some(known) = self.sources.get(&origin.file) {
            return Ok(known.clone());
        }
        anstream::eprintln!(
            "{} has the form of a published dataset, so that its source is named in each record.",
            origin.name
        );
        let source = third_party(self.out)?;
        self.sources.insert(origin.file, source.clone());
        Ok(source)
    }
}

fn label_of(text: &str) -> anyhow::Result<Label> {
    match text {
        "good" | "g" => Ok(Label::Good),
        "fail" | "f" => Ok(Label::Fail),
        _ => bail!("expected good or fail"),
    }
}
