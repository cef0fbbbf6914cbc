use super::join::reachable;
use super::*;
use crate::cli::Cli;
use crate::cli::output::Output;
use crate::home::Home;
use clap::Parser;
use commonwheel_config::charter::encryption_key_text;
use libp2p::multiaddr::Protocol;
use std::fs;

/// A machine with a home of its own.
fn machine(folder: &Path, name: &str) -> Context {
    Context { home: Home::at(folder.join(name)), out: Output { json: true } }
}

fn run_verb(context: &Context, verb: Verb) -> anyhow::Result<()> {
    run(CommunityArgs { verb }, context, |_| bail!("no network in this test"))
}

/// The example charter with the keys of four new identities, one on each machine.
fn charter_of(machines: &[Context], path: &Path) {
    let mut text = charter::EXAMPLE.to_owned();
    for machine in machines {
        let seed = keys::create(&machine.home, None).unwrap();
        for (key, value) in [
            ("signing", seed.validator().public().to_string()),
            ("encryption", encryption_key_text(&seed.encryption_public())),
        ] {
            let start = text.find(&format!("{key} = \"REPLACE")).unwrap();
            let end = start + text[start..].find('\n').unwrap();
            text.replace_range(start..end, &format!("{key} = \"{value}\""));
        }
    }
    fs::write(path, text).unwrap();
}

#[test]
fn four_co_ops_draft_sign_and_found_and_a_fifth_joins() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let machines = ["a", "b", "c", "d"].map(|name| machine(folder.path(), name));
    charter_of(&machines, &path("charter.toml"));
    run_verb(&machines[0], Verb::Draft { file: path("charter.toml"), out: None }).unwrap();
    let again = run_verb(&machines[0], Verb::Draft { file: path("charter.toml"), out: None }).unwrap_err();
    assert!(again.to_string().contains("--out"), "{again}");

    let copies = [1, 2, 3, 4].map(|i| path(&format!("copy{i}.draft")));
    for (machine, copy) in machines.iter().zip(&copies) {
        fs::copy(path("charter.draft"), copy).unwrap();
        let unasked = run_verb(machine, Verb::Sign { draft: copy.clone(), yes: false }).unwrap_err();
        assert!(unasked.to_string().contains("--yes"), "{unasked}");
        run_verb(machine, Verb::Sign { draft: copy.clone(), yes: true }).unwrap();
    }
    let early = run_verb(&machines[0], Verb::Found { drafts: copies[..3].to_vec() }).unwrap_err();
    assert!(early.to_string().starts_with("1 of 4 signatures are missing: Ferry Street library"), "{early}");
    assert!(community::all(&machines[0].home).unwrap().is_empty());
    for machine in &machines {
        run_verb(machine, Verb::Found { drafts: copies.to_vec() }).unwrap();
    }
    let founded = community::chosen(&machines[3].home, Some("riverbank commons")).unwrap();

    let fifth = machine(folder.path(), "e");
    let id = founded.id();
    let invite = Invite { community: id, charter: id, addresses: vec![] }.to_string();
    let answer = Offer {
        founding: founded.founding.bytes().to_vec(),
        texts: vec![founded.terms.clone().into_bytes()],
        successors: Vec::new(),
    };
    let verb = Verb::Join { invite: invite.clone(), yes: true };
    run(CommunityArgs { verb }, &fifth, |_| Ok(answer.clone())).unwrap();
    assert_eq!(community::chosen(&fifth.home, None).unwrap().founding, founded.founding);
    let verb = Verb::Join { invite, yes: true };
    let tampered = Offer { texts: vec![b"other terms".to_vec()], ..answer };
    let error = run(CommunityArgs { verb }, &machine(folder.path(), "f"), |_| Ok(tampered)).unwrap_err();
    assert!(error.to_string().contains("terms"), "{error}");

    run_verb(&fifth, Verb::Terms { community: None, accept: false }).unwrap();
    let joined = community::chosen(&fifth.home, None).unwrap();
    assert_eq!(joined.consent(&joined.founding.charter().terms).unwrap(), None);
    run_verb(&fifth, Verb::Terms { community: None, accept: true }).unwrap();
    assert!(joined.consent(&joined.founding.charter().terms).unwrap().is_some());
    run_verb(&fifth, Verb::Show { community: None }).unwrap();
    run_verb(&fifth, Verb::List).unwrap();
}

#[test]
fn an_outsider_cannot_sign_and_the_draft_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let machines = ["a", "b", "c", "d"].map(|name| machine(folder.path(), name));
    charter_of(&machines, &folder.path().join("charter.toml"));
    run_verb(&machines[0], Verb::Draft { file: folder.path().join("charter.toml"), out: None }).unwrap();
    let draft = folder.path().join("charter.draft");
    let before = fs::read(&draft).unwrap();
    let outsider = machine(folder.path(), "e");
    keys::create(&outsider.home, None).unwrap();
    let error = run_verb(&outsider, Verb::Sign { draft: draft.clone(), yes: true }).unwrap_err();
    assert!(error.to_string().contains("identity show"), "{error}");
    assert_eq!(fs::read(&draft).unwrap(), before);
}

#[test]
fn an_invite_carries_addresses_with_a_peer_id_that_others_can_reach() {
    let (folder, community) = crate::community::testing::founded();
    let context = Context { home: Home::at(folder.path()), out: Output { json: true } };
    let error = run_verb(&context, Verb::Invite { community: None, address: vec![] }).unwrap_err();
    assert!(error.to_string().contains("--address"), "{error}");
    let address = "/ip4/0.0.0.0/tcp/4717".parse().unwrap();
    assert!(reachable(&context, &address).unwrap_err().to_string().contains("0.0.0.0"));
    let address = reachable(&context, &"/dns4/node.example.org/tcp/4717".parse().unwrap()).unwrap();
    assert!(matches!(address.iter().last(), Some(Protocol::P2p(_))), "{address}");
    assert_eq!(reachable(&context, &address).unwrap(), address);
    community.add_peers(&[address]).unwrap();
    run_verb(&context, Verb::Invite { community: None, address: vec![] }).unwrap();
}

#[test]
fn the_charter_is_shown_with_what_its_quorum_means_and_without_control_characters() {
    let mut charter = crate::community::testing::charter();
    charter.scope = "Fine\u{1b}[2J\u{202e}".into();
    let mut shown = Vec::new();
    show::Shown::of(&charter).write(&mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("4 validators: 1 may lie, 1 may be silent"), "{shown}");
    assert!(shown.contains("core-2"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
}

#[test]
fn the_commands_are_read_as_the_help_says() {
    for line in [
        "commonwheel identity new --passphrase",
        "commonwheel identity show --json",
        "commonwheel identity export f --no-passphrase",
        "commonwheel identity import f",
        "commonwheel identity profile --name Ana",
        "commonwheel identity mode anonymous --community riverbank",
        "commonwheel community draft f --out g",
        "commonwheel community example",
        "commonwheel community example health-support",
        "commonwheel community sign f --yes",
        "commonwheel community found f g h",
        "commonwheel community invite --address /ip4/127.0.0.1/tcp/1",
        "commonwheel community join cw1x --yes",
        "commonwheel community show",
        "commonwheel community list",
        "commonwheel community terms river --accept",
        "commonwheel community succeed f --yes",
        "commonwheel community succession",
        "commonwheel community agree bafyrei --yes",
        "commonwheel community recover f --key k --yes",
    ] {
        Cli::try_parse_from(line.split(' ')).unwrap();
    }
}
