//! Sharing a single item that the person has just written.

use super::decide::{self, ChoiceArgs};
use super::gather::Origin;
use super::interview::Interview;
use super::sharing::{Run, Sharing};
use super::{ShareArgs, ruleset};
use crate::cli::hide::OwnTermsArgs;
use crate::cli::{Context, ask};
use crate::community::Community;
use crate::contribute::prepare::{Prepared, prepare};
use crate::contribute::{Rules, false_alarms};
use crate::govern::Leading;
use crate::import::Item;
use anyhow::bail;
use clap::Args;
use commonwheel_protocol::identity::Seed;
use std::process::ExitCode;

/// How it is shared.
#[derive(Args, Clone, Debug)]
pub(super) struct How {
    #[command(flatten)]
    pub choices: ChoiceArgs,
    /// Leave findings in the text, by their placeholders, such as PHONE_1 or PHONE_1,EMAIL_2.
    /// Validators hold such a record back until a person has looked at it.
    #[arg(long = "false-alarm", value_name = "NAMES")]
    pub false_alarms: Vec<String>,
    #[command(flatten)]
    pub own: OwnTermsArgs,
    #[command(flatten)]
    pub share: ShareArgs,
}

/// Redacts an item and shares it; `name` says what it is, before its position.
pub(super) fn share(
    item: Item,
    community: &Community,
    how: &How,
    who: (&Seed, &Context),
    name: &str,
) -> anyhow::Result<ExitCode> {
    let (seed, context) = who;
    let leading = super::leading(community, seed, context)?;
    let ruleset = ruleset(&leading.charter)?;
    let terms = how.own.terms(context)?;
    let rules = Rules { ruleset: &ruleset, terms: &terms };
    share_prepared(prepare(&item, rules), rules, (community, &leading), how, who, name)
}

/// Shares an item that is redacted already.
pub(super) fn share_prepared(
    mut prepared: Prepared,
    rules: Rules,
    (community, leading): (&Community, &Leading),
    how: &How,
    (seed, context): (&Seed, &Context),
    name: &str,
) -> anyhow::Result<ExitCode> {
    let charter = &leading.charter;
    let asks = !how.share.yes;
    if asks {
        ask::require_terminal(context.out)?;
    }
    if !how.false_alarms.is_empty() {
        let Some(names) = false_alarms::names(&how.false_alarms.join(",")) else {
            bail!("expected placeholders after --false-alarm, such as PHONE_1; found something else");
        };
        prepared = prepared.with_false_alarms(&names, rules)?;
    }
    let decided = decide::decide(&how.choices, charter, &community.id(), context)?;
    decide::consent_to_terms(community, leading, how.share.yes, context.out)?;
    decide::remind_of_anonymity(&decided.choices);
    let interview = asks.then(|| Interview::of_one(rules, charter.number("quarantine_above"), context.out));
    let run = Run { context, args: &how.share, community, charter, seed, ruleset: rules.ruleset };
    let mut sharing = Sharing::begin(run, decided.choices, interview, 1)?;
    let position = prepared.position.clone();
    // How it goes on with a single item does not matter.
    let _ = sharing.take(1, prepared, Origin { file: 0, name, position: &position })?;
    sharing.finish()
}
