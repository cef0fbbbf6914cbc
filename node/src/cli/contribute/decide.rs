//! The contributor's decisions for a run: from flags, from their own settings, from the charter.

use crate::cli::output::Output;
use crate::cli::{Context, ask, session};
use crate::community::Community;
use crate::community::printable;
use crate::contribute::quarantine::Held;
use crate::contribute::{Choices, RightsChoice, choices};
use crate::govern::Leading;
use crate::keys;
use crate::run::member::now;
use anyhow::bail;
use clap::{Args, ValueEnum};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::AuthorMode;
use commonwheel_protocol::record::content::Label;

/// A label, as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LabelArg {
    /// It did what was asked.
    Good,
    /// It did not.
    Fail,
}

/// How the author appears, as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// One key, with your profile.
    Named,
    /// One key, with a display name.
    Pseudonym,
    /// A key for each record.
    Anonymous,
}

/// Whose work it is, as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RightsArg {
    /// Your own words and a model's answers.
    OwnAndModel,
    /// All your own work.
    Own,
}

/// Decisions given as flags.
#[derive(Args, Clone, Debug, Default)]
pub struct ChoiceArgs {
    /// The licence, an SPDX id that the community allows.
    #[arg(long, value_name = "SPDX")]
    pub(super) licence: Option<String>,
    /// The AI-use preference, such as "train-ai=n, search=y".
    #[arg(long, value_name = "STATEMENT")]
    pub(super) preference: Option<String>,
    /// The label of chats that bring none. With --yes and without this, it is good.
    #[arg(long, value_enum)]
    pub(super) label: Option<LabelArg>,
    /// How you appear.
    #[arg(long = "as", value_enum, value_name = "MODE")]
    pub(super) mode: Option<ModeArg>,
    /// Whose work it is. Without this: your own, and a model's where a model answered.
    #[arg(long, value_enum, conflicts_with = "source")]
    pub(super) rights: Option<RightsArg>,
    /// The model that answered in items that name none.
    #[arg(long, value_name = "NAME")]
    pub(super) model: Option<String>,
    /// It is somebody else's: where it is from.
    #[arg(long, value_name = "SOURCE", requires = "source_licence")]
    pub(super) source: Option<String>,
    /// The licence under which that source gives it.
    #[arg(long, value_name = "LICENCE", requires = "source")]
    pub(super) source_licence: Option<String>,
    /// The language of items that name none, a BCP 47 tag.
    #[arg(long, value_name = "TAG")]
    pub(super) language: Option<String>,
    /// The name to credit in each record.
    #[arg(long, value_name = "NAME")]
    pub(super) credit: Option<String>,
}

/// Who decided something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Charter,
    Default,
    Settings,
    Flag,
}

impl By {
    /// In words, to stand after what was decided.
    pub fn words(self) -> &'static str {
        match self {
            By::Charter => ", the charter's default",
            By::Default => "",
            By::Settings => ", from your settings",
            By::Flag => ", as you said",
        }
    }
}

/// The decisions for a run, and who made those that a person may still change.
pub(super) struct Decided {
    pub choices: Choices,
    pub licence: By,
    pub preference: By,
    pub mode: By,
    pub rights: By,
}

/// The decisions for a run: flags before one's own settings before the charter.
///
/// # Errors
/// When one of them is not allowed or cannot be read.
pub(super) fn decide(
    args: &ChoiceArgs,
    charter: &Charter,
    community: &Cid,
    context: &Context,
) -> anyhow::Result<Decided> {
    let own = session::config(context)?;
    let (licence, licence_by) = match (&args.licence, own.licence) {
        (Some(text), _) => (choices::licence(text, charter)?, By::Flag),
        (None, Some(own)) => (choices::licence(own.spdx(), charter)?, By::Settings),
        (None, None) => (choices::default_licence(charter), By::Charter),
    };
    let (given, preference_by) = match (&args.preference, own.preference) {
        (Some(given), _) => (given.clone(), By::Flag),
        (None, Some(own)) => (own, By::Settings),
        (None, None) => (charter.preference.to_string(), By::Charter),
    };
    let (preference_given, preference) = choices::preference(&given)?;
    let (mode, mode_by) = mode(args, own.author, community, context)?;
    let (rights, rights_by) = match (&args.source, &args.source_licence, args.rights) {
        (Some(source), Some(licence), _) => {
            (RightsChoice::ThirdParty { source: source.clone(), licence: licence.clone() }, By::Flag)
        }
        (_, _, Some(RightsArg::Own)) => (RightsChoice::Own, By::Flag),
        (_, _, Some(RightsArg::OwnAndModel)) => (RightsChoice::OwnAndModel, By::Flag),
        _ => (RightsChoice::Usual, By::Default),
    };
    let choices = Choices {
        licence,
        preference_given,
        preference,
        mode,
        rights,
        label: if args.label == Some(LabelArg::Fail) { Label::Fail } else { Label::Good },
        language: args.language.as_deref().map(choices::language).transpose()?,
        model: args.model.clone(),
        credit: args.credit.clone().filter(|_| mode != AuthorMode::Anonymous),
    };
    Ok(Decided { choices, licence: licence_by, preference: preference_by, mode: mode_by, rights: rights_by })
}

fn mode(
    args: &ChoiceArgs,
    own: Option<AuthorMode>,
    community: &Cid,
    context: &Context,
) -> anyhow::Result<(AuthorMode, By)> {
    let profile = keys::Profile::load(&context.home)?;
    let chosen = |default| profile.mode(community, default);
    // A mode that does not follow the default was chosen by the person.
    let usual = chosen(AuthorMode::Pseudonym) != chosen(AuthorMode::Named);
    Ok(match args.mode {
        Some(ModeArg::Named) => (AuthorMode::Named, By::Flag),
        Some(ModeArg::Pseudonym) => (AuthorMode::Pseudonym, By::Flag),
        Some(ModeArg::Anonymous) => (AuthorMode::Anonymous, By::Flag),
        None => {
            let by = if usual && own.is_none() { By::Default } else { By::Settings };
            (chosen(own.unwrap_or(AuthorMode::Pseudonym)), by)
        }
    })
}

/// The decisions with which an item was held back. Rights, label and language are in its body.
pub(super) fn from_held(held: &Held, charter: &Charter) -> anyhow::Result<Choices> {
    let (preference_given, preference) = choices::preference(&held.preference)?;
    let Some(mode) = commonwheel_config::node::author_mode(&held.mode) else {
        bail!(
            "expected named, pseudonym or anonymous in the quarantined item, found something else\nHint: discard it, and contribute it again"
        );
    };
    Ok(Choices {
        licence: choices::licence(&held.licence, charter)?,
        preference_given,
        preference,
        mode,
        rights: RightsChoice::Usual,
        label: Label::Good,
        language: None,
        model: None,
        credit: None,
    })
}

/// What terms may promise and this version does not keep yet, said before anybody relies on it.
pub(in crate::cli) const NOT_YET: &str = "
This version of the program cannot yet leave records out of an export by their AI-use preference. You can withdraw a
record, and every node erases its text; but copies that somebody took before keep their licence.";

/// Shows the terms and asks, unless they were accepted before.
pub(super) fn consent_to_terms(community: &Community, leading: &Leading, yes: bool, out: Output) -> anyhow::Result<()> {
    let terms = leading.charter.terms;
    if community.consent(&terms)?.is_some() {
        return Ok(());
    }
    if !yes {
        anstream::eprintln!("{}\n{NOT_YET}\n", printable(leading.terms()?).trim_end());
        if !ask::yes(out, "These are the community's terms. Do you accept them?", false)? {
            bail!(
                "without accepting the terms nothing can be shared\nHint: `commonwheel community terms` shows them again"
            );
        }
    }
    community.accept_terms(&terms, now().unix_s())?;
    Ok(())
}

/// Says once what anonymity does not do yet, when it was chosen before this run began.
pub(super) fn remind_of_anonymity(choices: &Choices) {
    if choices.mode == AuthorMode::Anonymous {
        anstream::eprintln!("{}", crate::cli::identity::ANONYMOUS_NOTICE);
    }
}
