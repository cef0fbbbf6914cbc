//! `commonwheel identity`: the keys that stand for a person or a co-op.

use super::{Context, ask};
use crate::community::{self, printable};
use crate::keys::{self, KeyError, Passphrase, Profile};
use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use commonwheel_config::charter::encryption_key_text;
use commonwheel_config::node::NodeConfig;
use commonwheel_protocol::identity::{AuthorMode, Seed};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  commonwheel identity new                        make one; do this once
  commonwheel identity export backup.key          keep a copy elsewhere: your records are found by it
  commonwheel identity import backup.key          restore it on another machine
  commonwheel identity profile --name \"Ana\"       the name that named authors and pseudonyms show
  commonwheel identity mode named --community riverbank

Scripts give passphrases in COMMONWHEEL_PASSPHRASE.";

/// Make, show, back up and restore the keys that stand for you.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Identity {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Make an identity. Refuses when there is one.
    New {
        /// Protect it with a passphrase. A validator that starts unattended goes without.
        #[arg(long)]
        passphrase: bool,
    },
    /// Show the public keys: those of a validator, and those of an author in each community.
    Show,
    /// Write a backup, protected by a passphrase. Refuses to overwrite.
    Export {
        /// Where to write it.
        file: PathBuf,
        /// Write the secret unprotected.
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Restore a backup. Refuses when there is an identity.
    Import {
        /// The backup.
        file: PathBuf,
        /// Protect the restored identity with a passphrase too.
        #[arg(long)]
        passphrase: bool,
    },
    /// Set the name and words that named authors and pseudonyms show; show them when nothing is given.
    Profile {
        /// The name to show. Need not be unique.
        #[arg(long)]
        name: Option<String>,
        /// A few words about yourself.
        #[arg(long)]
        about: Option<String>,
    },
    /// Choose how to appear: in one community, or in all where nothing was chosen apart.
    Mode {
        /// How to appear.
        mode: Mode,
        /// One community: its name, its id or the beginning of its id.
        #[arg(long, value_name = "NAME|ID")]
        community: Option<String>,
    },
}

/// How an author appears.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Mode {
    /// One key in a community, with your profile.
    Named,
    /// One key in a community, with a display name.
    Pseudonym,
    /// A new key for each record.
    Anonymous,
}

impl From<Mode> for AuthorMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Named => AuthorMode::Named,
            Mode::Pseudonym => AuthorMode::Pseudonym,
            Mode::Anonymous => AuthorMode::Anonymous,
        }
    }
}

/// What choosing `anonymous` does not do yet, said wherever somebody would rely on it.
pub const ANONYMOUS_NOTICE: &str = "\
Anonymous records carry a new key each, so that nobody can link them by key. Their private delivery is not built yet:
the validators and your network can see which address sent a record, and records arrive without delay or shuffling.
If somebody must not learn that a record comes from you, do not send it from your own connection.";

/// Runs the command.
///
/// # Errors
/// When a key file cannot be read or written; the message says what to do.
pub fn run(identity: Identity, context: &Context) -> anyhow::Result<()> {
    match identity.verb {
        Verb::New { passphrase } => {
            let passphrase = wanted(passphrase, &context.home.identity())?;
            let seed = keys::create(&context.home, passphrase.as_ref())?;
            let more = "Next: keep a backup elsewhere, with `commonwheel identity export FILE`;\nthen join a community with `commonwheel community join INVITE`.";
            made(context, &seed, "Made an identity.", more)
        }
        Verb::Show => show(context),
        Verb::Export { file, no_passphrase } => {
            let seed = keys::load_seed(&context.home)?;
            let passphrase = wanted(!no_passphrase, &file)?;
            keys::export(&seed, &file, passphrase.as_ref())?;
            let protected = passphrase.is_some();
            context.out.print(&serde_json::json!({ "file": file, "protected": protected }), |out| {
                writeln!(out, "Wrote a backup to {}.", file.display())?;
                match protected {
                    true => writeln!(out, "It opens only with its passphrase; keep the two apart."),
                    false => writeln!(out, "It is not protected: whoever has it can sign as you."),
                }
            })
        }
        Verb::Import { file, passphrase } => {
            let passphrase = wanted(passphrase, &context.home.identity())?;
            let ask = || Passphrase::given("Passphrase of the backup: ");
            let seed = keys::import(&context.home, &file, ask, passphrase.as_ref())?;
            let more = "Next: join your communities again with `commonwheel community join INVITE`; after `commonwheel run` has\nfetched the records, `commonwheel mine` finds yours.";
            made(context, &seed, "Restored the identity.", more)
        }
        Verb::Profile { name, about } => profile(context, name, about),
        Verb::Mode { mode, community } => choose(context, mode.into(), community.as_deref()),
    }
}

fn wanted(protect: bool, file: &std::path::Path) -> anyhow::Result<Option<Passphrase>> {
    if file.exists() {
        // Before anybody thinks up a passphrase.
        return Err(KeyError::Exists(file.to_owned()).into());
    }
    protect.then(|| ask::new_passphrase(&file.display().to_string())).transpose()
}

fn made(context: &Context, seed: &Seed, done: &str, more: &str) -> anyhow::Result<()> {
    let keys = ValidatorKeys::of(seed);
    context.out.print(&keys, |out| {
        writeln!(out, "{done} Its file is {}.", context.home.identity().display())?;
        keys.write(out)?;
        writeln!(out, "{more}")
    })
}

#[derive(Serialize)]
struct ValidatorKeys {
    signing: String,
    encryption: String,
}

impl ValidatorKeys {
    fn of(seed: &Seed) -> Self {
        ValidatorKeys {
            signing: seed.validator().public().to_string(),
            encryption: encryption_key_text(&seed.encryption_public()),
        }
    }

    fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        writeln!(out, "As a validator (both keys go into a charter):")?;
        writeln!(out, "  signing     {}", self.signing)?;
        writeln!(out, "  encryption  {}", self.encryption)
    }
}

#[derive(Serialize)]
struct Shown {
    validator: ValidatorKeys,
    name: Option<String>,
    about: Option<String>,
    communities: Vec<Author>,
}

#[derive(Serialize)]
struct Author {
    community: String,
    name: String,
    mode: &'static str,
    named: String,
    pseudonym: String,
}

fn show(context: &Context) -> anyhow::Result<()> {
    let seed = keys::load_seed(&context.home)?;
    let profile = Profile::load(&context.home)?;
    let default = default_mode(context)?;
    let author = |community: &community::Community| {
        let id = community.id();
        Author {
            community: id.to_string(),
            name: printable(&community.founding.charter().name),
            mode: profile.mode(&id, default).name(),
            named: seed.named(&id).public().to_string(),
            pseudonym: seed.pseudonym(&id).public().to_string(),
        }
    };
    let communities = community::all(&context.home)?.iter().map(author).collect();
    let shown = Shown {
        validator: ValidatorKeys::of(&seed),
        name: profile.name.clone(),
        about: profile.about.clone(),
        communities,
    };
    context.out.print(&shown, |out| {
        shown.validator.write(out)?;
        for author in &shown.communities {
            writeln!(out, "In {} ({}), appearing as {}:", author.name, author.community, author.mode)?;
            writeln!(out, "  named       {}", author.named)?;
            writeln!(out, "  pseudonym   {}", author.pseudonym)?;
        }
        if !shown.communities.is_empty() {
            writeln!(
                out,
                "Where only members contribute, send the key by which you appear to a validator or sponsor."
            )?;
        }
        Ok(())
    })
}

/// How the person appears where they have not chosen: as the settings say, else as a pseudonym.
fn default_mode(context: &Context) -> anyhow::Result<AuthorMode> {
    let path = context.home.config();
    let config = NodeConfig::load(&path).with_context(|| format!("in the settings {}", path.display()))?;
    Ok(config.author.unwrap_or(AuthorMode::Pseudonym))
}

fn profile(context: &Context, name: Option<String>, about: Option<String>) -> anyhow::Result<()> {
    let mut profile = Profile::load(&context.home)?;
    let changed = name.is_some() || about.is_some();
    profile.name = name.or(profile.name);
    profile.about = about.or(profile.about);
    if changed {
        profile.save(&context.home)?;
    }
    context.out.print(&serde_json::json!({ "name": profile.name, "about": profile.about }), |out| {
        let shown = |text: &Option<String>| text.as_deref().map_or_else(|| "(none)".to_owned(), printable);
        writeln!(out, "Name:  {}", shown(&profile.name))?;
        writeln!(out, "About: {}", shown(&profile.about))
    })
}

fn choose(context: &Context, mode: AuthorMode, wanted: Option<&str>) -> anyhow::Result<()> {
    let community = wanted.map(|wanted| community::chosen(&context.home, Some(wanted))).transpose()?;
    let id = community.as_ref().map(community::Community::id);
    let mut profile = Profile::load(&context.home)?;
    profile.choose(mode, id.as_ref());
    profile.save(&context.home)?;
    let notice = (mode == AuthorMode::Anonymous).then_some(ANONYMOUS_NOTICE);
    let place = match &community {
        Some(community) => printable(&community.founding.charter().name),
        None => "every community where nothing else was chosen".to_owned(),
    };
    let community = id.map(|id| id.to_string());
    context.out.print(&serde_json::json!({ "mode": mode.name(), "community": community, "notice": notice }), |out| {
        writeln!(out, "From now on you appear as {} in {place}.", mode.name())?;
        notice.map_or(Ok(()), |notice| writeln!(out, "\n{notice}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Output;
    use crate::home::Home;

    fn run_verb(context: &Context, verb: Verb) -> anyhow::Result<()> {
        run(Identity { verb }, context)
    }

    #[test]
    fn the_commands_move_an_identity_to_another_home() {
        let folder = tempfile::tempdir().unwrap();
        let context = Context { home: Home::at(folder.path().join("home")), out: Output { json: true } };
        run_verb(&context, Verb::New { passphrase: false }).unwrap();
        let file = folder.path().join("backup");
        run_verb(&context, Verb::Export { file: file.clone(), no_passphrase: true }).unwrap();
        let other = Context { home: Home::at(folder.path().join("other")), out: Output { json: true } };
        run_verb(&other, Verb::Import { file, passphrase: false }).unwrap();
        let public = |home| ValidatorKeys::of(&keys::load(home, || None).unwrap()).signing;
        assert_eq!(public(&context.home), public(&other.home));
        run_verb(&other, Verb::Show).unwrap();
    }

    #[test]
    fn a_mode_chosen_by_command_is_the_one_that_is_kept() {
        let (folder, community) = crate::community::testing::founded();
        let context = Context { home: Home::at(folder.path()), out: Output { json: true } };
        let mode = || Profile::load(&context.home).unwrap().mode(&community.id(), AuthorMode::Pseudonym);
        let chosen = |mode, community| run_verb(&context, Verb::Mode { mode, community });
        chosen(Mode::Anonymous, None).unwrap();
        assert_eq!(mode(), AuthorMode::Anonymous);
        chosen(Mode::Named, Some("test commons".into())).unwrap();
        assert_eq!(mode(), AuthorMode::Named);
        let error = chosen(Mode::Named, Some("another".into())).unwrap_err().to_string();
        assert!(error.contains("Test commons"), "{error}");
    }
}
