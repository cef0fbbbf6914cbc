use super::*;
use commonwheel_protocol::agreement::Customs;
use commonwheel_protocol::agreement::customs::Membership;
use commonwheel_protocol::bytes::Codec;
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Category;

/// The example with real keys in it.
fn example() -> String {
    with_keys(EXAMPLE)
}

fn with_keys(example: &str) -> String {
    let mut text = String::new();
    let mut seeds = (1..).map(|i| Seed::new([i; 32]));
    let mut seed = None;
    for line in example.lines() {
        match line.split_once(" = \"REPLACE") {
            Some(("signing", _)) => {
                let next = seeds.next().unwrap();
                text += &format!("signing = \"{}\"\n", next.validator().public());
                seed = Some(next);
            }
            Some(("encryption", _)) => {
                let key = encryption_key_text(&seed.as_ref().unwrap().encryption_public());
                text += &format!("encryption = \"{key}\"\n");
            }
            Some(("community", _)) => text += &format!("community = \"{}\"\n", Cid::of_cbor(b"another community")),
            _ => text += &format!("{line}\n"),
        }
    }
    text
}

fn parsed(text: &str) -> Result<CharterDraft, String> {
    parse(text, Path::new(""), 1_800_000_000).map_err(|error| error.to_string())
}

#[test]
fn the_example_with_keys_in_it_is_a_charter() {
    let draft = parsed(&example()).unwrap();
    let charter = &draft.charter;
    assert_eq!(charter.quorum.meaning(), "4 validators: 1 may lie, 1 may be silent");
    assert_eq!(charter.validators[3].encryption, Seed::new([4; 32]).encryption_public());
    assert_eq!(charter.licences, [Licence::CcBy4, Licence::CcBySa4, Licence::Cc0].into());
    assert_eq!(charter.number("body_bytes"), 262_144);
    assert_eq!(charter.number("release_cadence_days"), 30);
    assert_eq!(charter.number("quarantine_above"), 5);
    assert!(charter.terms.matches(draft.terms.as_bytes()));
    assert!(ruleset::by_id(&charter.ruleset).is_some());
    assert_eq!(charter.risks, RiskPolicy::usual(), "the example says what is usual");
    assert_eq!(charter.patterns, []);
}

#[test]
fn every_example_with_keys_in_it_is_a_charter_and_the_one_for_health_is_careful() {
    let charter = |name: &str| {
        let (_, text) = EXAMPLES.into_iter().find(|(example, _)| *example == name).unwrap();
        parsed(&with_keys(text)).unwrap_or_else(|error| panic!("{name}: {error}")).charter
    };
    let ([riverbank, health, language], [first, ..]) = (EXAMPLES.map(|(name, _)| charter(name)), EXAMPLES);
    assert_eq!((first.1, riverbank.quorum.n(), language.quorum.n()), (EXAMPLE, 4, 1));
    assert_eq!(health.bodies, BodyAccess::OnRelease);
    assert_eq!(health.risks.action(RiskClass::Medical), Action::Review);
    let [copied] = &health.customs.federation.values().collect::<Vec<_>>()[..] else { panic!("one may copy") };
    assert_eq!((&copied.classes, copied.uses.len()), (&[RiskClass::Medical].into(), 1));
    assert!(health.preference.permits(Category::Evaluate) && !health.preference.permits(Category::TrainAi));
}

#[test]
fn every_number_of_a_charter_has_one_place_in_the_file() {
    let mut named: Vec<_> = NUMBER_KEYS.iter().map(|(_, _, number)| *number).collect();
    let mut known: Vec<_> = NUMBERS.iter().map(|(name, ..)| *name).collect();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(named, known);
}

#[test]
fn the_untouched_example_says_which_key_to_replace() {
    let error = parsed(EXAMPLE).unwrap_err();
    for part in ["validators[0].signing", "identity show", "REPLACE"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn every_error_names_its_key() {
    let twice = format!("signing = \"{}\"", Seed::new([2; 32]).validator().public());
    let first = format!("signing = \"{}\"", Seed::new([1; 32]).validator().public());
    for (from, to, key) in [
        ("name = \"Riverbank commons\"", "name = \"\"", "name: "),
        ("name = \"Riverbank commons\"", "", "name: "),
        ("scope = ", "scop = ", "scope: "),
        ("protocol = 1", "protocol = 2", "protocol: "),
        ("f = 1", "f = 2", "q: "),
        ("f = 1", "f = -1", "f: "),
        ("q = 3", "q = 5", "q: "),
        ("q = 3", "q = \"3\"", "q: "),
        ("[\"CC0-1.0\", ", "[\"GPL-3.0\", ", "licences[0]: "),
        ("licences = [\"CC0-1.0\", \"CC-BY-4.0\", \"CC-BY-SA-4.0\"]", "licences = []", "licences: "),
        ("\"train-ai=y, search=y\"", "\"maybe\"", "preference: "),
        ("\"core-2\"", "\"core-99\"", "ruleset: "),
        ("bodies = \"certificate\"", "bodies = \"all\"", "bodies: "),
        ("\"commons-1\"", "\"missing.md\"", "terms: "),
        ("recovery = []", "recovery = [\"x\"]", "recovery[0]: "),
        ("body_bytes = 262144", "body_bytes = 9999999", "limits.body_bytes: "),
        ("refused_days = 14", "refused_day = 14", "retention.refused_day: "),
        ("past_hours = 168", "past_hours = 1", "window.past_hours: "),
        ("cadence_days = 30", "cadence_days = \"monthly\"", "release.cadence_days: "),
        ("[release]", "[releases]", "releases: "),
        ("minors = \"review\"", "minors = \"maybe\"", "risks.minors: "),
        ("minors = \"review\"", "children = \"review\"", "risks.children: "),
        ("[retention]", "[[patterns]]\nlabel = \"m\"\n[retention]", "patterns[0].pattern: "),
        ("[retention]", "[[patterns]]\nlabel = \"M m\"\npattern = \"RB-[0-9]{6}\"\n[retention]", "patterns: "),
        ("[retention]", "[[patterns]]\nlabel = \"m\"\npattern = \"[a-z]+\"\n[retention]", "patterns: "),
        ("name = \"Mill Lane housing co-op\"", "", "validators[1].name: "),
        (&first, &twice, "validators: "),
    ] {
        let changed = example().replacen(from, to, 1);
        assert_ne!(changed, example(), "{from} is in the example");
        let error = parsed(&changed).unwrap_err();
        assert!(error.starts_with(key), "{to:?} gives {error:?}");
    }
}

#[test]
fn a_charter_without_risks_means_what_is_usual_and_each_can_be_changed() {
    let text = example();
    let (before, after) = (text.find("[risks]").unwrap(), text.find("[retention]").unwrap());
    let without = format!("{}{}", &text[..before], &text[after..]);
    assert_eq!(parsed(&without).unwrap().charter.risks, RiskPolicy::usual());
    let blocked = parsed(&text.replace("medical = \"review\"", "medical = \"block\"")).unwrap().charter.risks;
    assert_eq!(blocked.action(RiskClass::Medical), Action::Block);
    assert_eq!(blocked.action(RiskClass::Minors), Action::Review);
}

#[test]
fn a_charter_says_who_contributes_in_which_languages_and_who_may_copy() {
    let usual = parsed(&example()).unwrap().charter.customs;
    assert_eq!(usual, Customs::default(), "the example says what is usual");
    let other = Cid::of_cbor(b"another community");
    let federation = format!(
        "export_notes = true\nevaluation = 50\n[[federation]]\ncommunity = \"{other}\"\nlicences = [\"CC0-1.0\"]\n\
         uses = [\"train-ai\"]\nkinds = [\"chat\"]\nclasses = [\"medical\"]\n"
    );
    let text = example()
        .replace("membership = \"open\"", "membership = \"sponsored\"")
        .replace("languages = []", "languages = [\"es\", \"en\"]")
        .replace("export_notes = false", &federation);
    let customs = parsed(&text).unwrap().charter.customs;
    assert_eq!(customs.membership, Membership::Sponsored);
    assert_eq!(customs.languages, ["en", "es"].map(str::to_owned).into());
    assert!(customs.export_notes);
    assert_eq!(customs.evaluation, Some(50));
    let one = &customs.federation[&other];
    assert_eq!((one.licences.len(), one.uses.len(), one.kinds.len()), (1, 1, 1));
    assert_eq!(one.classes, [RiskClass::Medical].into());
    for (from, to, key) in [
        ("membership = \"sponsored\"", "membership = \"closed\"", "customs.membership: "),
        ("[\"es\", \"en\"]", "[\"es-MX\"]", "customs.languages[0]: "),
        ("export_notes = true", "export_notes = 1", "customs.export_notes: "),
        ("evaluation = 50", "evaluation = 501", "customs.evaluation: "),
        (&other.to_string()[..], "bafy", "federation[0].community: "),
        ("licences = [\"CC0-1.0\"]\nuses", "uses", "federation[0].licences: "),
        ("uses = [\"train-ai\"]", "uses = [\"resale\"]", "federation[0].uses[0]: "),
        ("kinds = [\"chat\"]", "kinds = [\"All chats\"]", "federation[0].kinds[0]: "),
        ("classes = [\"medical\"]", "classes = [\"gossip\"]", "federation[0].classes[0]: "),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from} is in the text");
        let error = parsed(&changed).unwrap_err();
        assert!(error.starts_with(key), "{to:?} gives {error:?}");
    }
}

#[test]
fn a_charters_patterns_are_part_of_its_ruleset() {
    let pattern = "[[patterns]]\nlabel = \"member-number\"\npattern = 'RB-[0-9]{6}'\n\n[retention]";
    let charter = parsed(&example().replace("[retention]", pattern)).unwrap().charter;
    let ours = ruleset::of_charter(&charter).unwrap();
    assert_eq!(*ours.id(), charter.ruleset_id());
    assert_ne!(*ours.id(), charter.ruleset);
    assert_eq!(ours.second_pass("RB-204881 and ana@example.org"), 2);
    let plain = parsed(&example()).unwrap().charter;
    assert_eq!(*ruleset::of_charter(&plain).unwrap().id(), plain.ruleset);
    let other = Charter { ruleset: Cid::of(Codec::Raw, b"other"), ..charter };
    assert!(ruleset::of_charter(&other).unwrap_err().to_string().contains("update"));
}

#[test]
fn terms_may_be_a_file_beside_the_draft() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ours.md"), "Be kind.").unwrap();
    let text = example().replace("\"commons-1\"", "\"ours.md\"");
    let file = folder.path().join("charter.toml");
    std::fs::write(&file, text).unwrap();
    let draft = load(&file, 0).unwrap();
    assert_eq!(draft.terms, "Be kind.");
    assert_eq!(draft.charter.terms, terms::id("Be kind."));
}

#[test]
fn an_encryption_key_reads_back_and_is_no_signing_key() {
    let seed = Seed::new([9; 32]);
    let text = encryption_key_text(&seed.encryption_public());
    assert!(text.starts_with("b5q") && text.len() == 56, "{text}");
    assert_eq!(encryption_key(&text), Some(seed.encryption_public()));
    assert_eq!(encryption_key(&seed.validator().public().to_string()), None);
}
