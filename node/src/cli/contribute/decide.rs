//! The contributor's decisions: from flags, from their own settings, from the charter, or asked.

use super::gather::{self, Summary};
use crate::cli::output::Output;
use crate::cli::{Context, ask, session, show};
use crate::community::Community;
use crate::contribute::pick::Pick;
use crate::contribute::quarantine::Held;
use crate::contribute::{Choices, Prepared, RightsChoice, choices};
use crate::keys;
use crate::run::member::now;
use anyhow::bail;
use clap::{Args, ValueEnum};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::AuthorMode;
use commonwheel_protocol::record::content::{Content, Label};
use commonwheel_protocol::redact::Ruleset;
use std::path::PathBuf;

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
    licence: Option<String>,
    /// The AI-use preference, such as "train-ai=n, search=y".
    #[arg(long, value_name = "STATEMENT")]
    preference: Option<String>,
    /// The label of chats that bring none.
    #[arg(long, value_enum)]
    label: Option<LabelArg>,
    /// How you appear.
    #[arg(long = "as", value_enum, value_name = "MODE")]
    mode: Option<ModeArg>,
    /// Whose work it is.
    #[arg(long, value_enum, conflicts_with = "source")]
    rights: Option<RightsArg>,
    /// It is somebody else's: where it is from.
    #[arg(long, value_name = "SOURCE", requires = "source_licence")]
    source: Option<String>,
    /// The licence under which that source gives it.
    #[arg(long, value_name = "LICENCE", requires = "source")]
    source_licence: Option<String>,
    /// The language of items that name none, a BCP 47 tag.
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// The name to credit in each record.
    #[arg(long, value_name = "NAME")]
    credit: Option<String>,
}

/// The decisions for a run: flags before one's own settings before the charter.
pub(super) fn choices(
    args: &ChoiceArgs,
    charter: &Charter,
    community: &Cid,
    context: &Context,
) -> anyhow::Result<Choices> {
    let own = session::config(context)?;
    let licence = match (&args.licence, own.licence) {
        (Some(text), _) => choices::licence(text, charter)?,
        (None, Some(own)) => choices::licence(own.spdx(), charter)?,
        (None, None) => choices::default_licence(charter),
    };
    let given = args.preference.clone().or(own.preference.clone()).unwrap_or_else(|| charter.preference.to_string());
    let (preference_given, preference) = choices::preference(&given)?;
    let mode = match args.mode {
        Some(ModeArg::Named) => AuthorMode::Named,
        Some(ModeArg::Pseudonym) => AuthorMode::Pseudonym,
        Some(ModeArg::Anonymous) => AuthorMode::Anonymous,
        None => {
            let default = own.author.unwrap_or(AuthorMode::Pseudonym);
            keys::Profile::load(&context.home)?.mode(community, default)
        }
    };
    if mode == AuthorMode::Anonymous {
        anstream::eprintln!("{}", crate::cli::identity::ANONYMOUS_NOTICE);
    }
    let rights = match (&args.source, &args.source_licence) {
        (Some(source), Some(licence)) => RightsChoice::ThirdParty { source: source.clone(), licence: licence.clone() },
        _ if args.rights == Some(RightsArg::Own) => RightsChoice::Own,
        _ => RightsChoice::OwnAndModel,
    };
    Ok(Choices {
        licence,
        preference_given,
        preference,
        mode,
        rights,
        label: if args.label == Some(LabelArg::Fail) { Label::Fail } else { Label::Good },
        language: args.language.as_deref().map(choices::language).transpose()?,
        credit: args.credit.clone().filter(|_| mode != AuthorMode::Anonymous),
    })
}

/// The decisions with which an item was held back.
pub(super) fn from_held(held: &Held, charter: &Charter) -> anyhow::Result<Choices> {
    let (preference_given, preference) = choices::preference(&held.preference)?;
    let modes = [AuthorMode::Named, AuthorMode::Pseudonym, AuthorMode::Anonymous];
    Ok(Choices {
        licence: choices::licence(&held.licence, charter)?,
        preference_given,
        preference,
        mode: modes.into_iter().find(|mode| mode.name() == held.mode).unwrap_or(AuthorMode::Pseudonym),
        rights: RightsChoice::OwnAndModel,
        label: Label::Good,
        language: None,
        credit: None,
    })
}

/// The decisions for one item; `None` when the person leaves it out.
pub(super) fn for_item(
    item: &Prepared,
    run: &Choices,
    args: &ChoiceArgs,
    yes: bool,
    out: Output,
) -> anyhow::Result<Option<Choices>> {
    let mut choices = run.clone();
    if item.third_party && args.rights.is_none() && !matches!(choices.rights, RightsChoice::ThirdParty { .. }) {
        if yes {
            bail!(
                "{} holds a published dataset ({}), so that its source and licence must be named\n\
                 Hint: add --source NAME --source-licence LICENCE, or --rights own-and-model if it is yours",
                item.position,
                item.format
            );
        }
        let source = ask::line(out, "This comes from a published dataset. Its name or address:", None)?;
        let licence = ask::line(out, "Its licence:", None)?;
        choices.rights = RightsChoice::ThirdParty { source, licence };
    }
    if yes {
        return Ok(Some(choices));
    }
    show::prepared(&mut anstream::stderr().lock(), 0, item)?;
    if matches!(item.content, Content::Chat(_)) && !item.labelled && args.label.is_none() {
        match ask::line(out, "Did the model do well? good, fail, or skip to leave this one out:", Some("good"))?
            .as_str()
        {
            "good" | "g" => choices.label = Label::Good,
            "fail" | "f" => choices.label = Label::Fail,
            _ => return Ok(None),
        }
    } else if !ask::yes(out, "Share this one?", true)? {
        return Ok(None);
    }
    Ok(Some(choices))
}

/// Shows the terms and asks, unless they were accepted before.
pub(super) fn consent_to_terms(community: &Community, yes: bool, out: Output) -> anyhow::Result<()> {
    if community.consent()?.is_some() {
        return Ok(());
    }
    if !yes {
        anstream::eprintln!("{}\n", show::safe(&community.terms));
        if !ask::yes(out, "These are the community's terms. Do you accept them?", false)? {
            bail!("without accepting the terms nothing can be shared");
        }
    }
    community.accept_terms(now().unix_s())?;
    Ok(())
}

/// Lists what the files hold and lets the person pick.
pub(super) fn pick(files: &[PathBuf], ruleset: &Ruleset, charter: &Charter, out: Output) -> anyhow::Result<Pick> {
    let most = charter.number("quarantine_above");
    let mut found = 0;
    gather::each(files, ruleset, &Pick::All, |number, item, origin| {
        found += 1;
        anstream::eprintln!("{}", Summary::of(number, &item, origin, most).line());
        Ok(())
    })?;
    if found == 0 {
        bail!("the files hold nothing that can be shared");
    }
    Ok(ask::line(out, "Which ones? all, none, or numbers and ranges such as 1,4-7:", Some("all"))?.parse()?)
}

/// The last question before anything leaves this machine.
pub(super) fn consent(records: usize, choices: &Choices, out: Output) -> anyhow::Result<bool> {
    anstream::eprintln!(
        "\n{records} record(s), {}, preference {}, {}.\n\
         With your consent you assure that you are of age, that you may share this, and that it holds no\n\
         sensitive data. Copies that others take keep their licence even if you withdraw a record later.",
        choices.licence,
        choices.preference,
        choices.mode.name()
    );
    ask::yes(out, "Sign and share?", false)
}
