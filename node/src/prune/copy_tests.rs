//! Copies of other communities in an export: each is pruned by what is known of its community.

use super::tests::{assert_same, files, of_one, prune};
use super::*;
use crate::export::events::withdraw;
use crate::export::fixture::{Certified, Commons, TERMS, source, store_of};
use crate::export::{ExportOptions, Origin, export};
use commonwheel_protocol::agreement::customs::Federated;
use commonwheel_protocol::dataset::View;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::redact::RiskClass;
use commonwheel_storage::MemoryStore;
use std::fs;
use tempfile::TempDir;

const CHILD: &str = "My 9-year-old daughter refuses to go to bed.";

/// A community that copies, the one that it copies from, and what replicas of both hold before and after a withdrawal in
/// each.
struct Case {
    own: Commons,
    origin: Commons,
    before: [MemoryStore; 2],
    after: [MemoryStore; 2],
    /// What is withdrawn.
    gone: [Certified; 2],
    temp: TempDir,
}

impl Case {
    /// The origin lets examples be copied, and nothing that is of a class of high risk; of its records those of these
    /// authors are withdrawn: 1 and 2 may be copied, 3 speaks of a child, 4 and 5 are profiles.
    fn new(withdrawn: &[u8]) -> Case {
        let own = Commons::named("Language");
        let community = own.founding.community();
        let terms = || Federated {
            community,
            licences: [Licence::Cc0].into(),
            uses: [].into(),
            kinds: ["example".to_owned()].into(),
            classes: [RiskClass::Medical].into(),
        };
        let origin = Commons::with("Health", |charter| drop(charter.customs.federation.insert(community, terms())));
        let says = |commons: &Commons, n, text| commons.says(n, text, Licence::Cc0, "train-ai=y");
        let mine = vec![says(&own, 21, "Which tea?"), says(&own, 22, "Why?")];
        let mut theirs =
            vec![says(&origin, 1, "Rest helps."), says(&origin, 2, "Water helps."), says(&origin, 3, CHILD)];
        theirs.extend([4, 5].map(|n| origin.profile(n, Licence::Cc0, "train-ai=y")));
        let later = |commons: &Commons, records: &[Certified], gone: &[u8], first: u8| {
            let mut blocks = vec![(commons.founding.cid(), commons.founding.bytes().to_vec())];
            blocks.extend(records.iter().flat_map(Certified::blocks));
            blocks.extend(gone.iter().map(|who| withdraw(&records[usize::from(who - first)].header, *who)));
            store_of(&blocks)
        };
        Case {
            before: [own.store(&mine), origin.store(&theirs)],
            after: [later(&own, &mine, &[22], 21), later(&origin, &theirs, withdrawn, 1)],
            gone: [mine[1].clone(), theirs[1].clone()],
            own,
            origin,
            temp: TempDir::new().unwrap(),
        }
    }

    fn export(&self, name: &str, [mine, theirs]: [&MemoryStore; 2]) -> PathBuf {
        let options = ExportOptions { views: [View::Quality].into(), ..ExportOptions::to(self.temp.path().join(name)) };
        let origins = [Origin { source: source(theirs, &self.origin, TERMS), release: None }];
        export(&source(mine, &self.own, TERMS), &origins, &options, &mut |_, _| {}).unwrap();
        options.out
    }

    fn old(&self, name: &str) -> PathBuf {
        self.export(name, self.before.each_ref())
    }

    fn copy(&self, dir: &Path) -> PathBuf {
        dir.join(names::COPIES).join(self.origin.founding.community().to_string())
    }
}

fn ids(pruned: &Pruned) -> Vec<(String, bool)> {
    pruned.removed.iter().map(|one| (one.id.clone(), one.copied_from.is_some())).collect()
}

#[test]
fn each_copy_is_pruned_by_what_is_known_of_its_community() {
    let case = Case::new(&[2]);
    let wanted = case.export("wanted", case.after.each_ref());
    let [mine, theirs] = [(case.gone[0].id().to_string(), false), (case.gone[1].id().to_string(), true)];
    let by_bundle = case.old("by-bundle");
    assert_eq!(ids(&prune(&by_bundle, &wanted).unwrap()), [mine.clone(), theirs.clone()]);
    assert_same(&by_bundle, &wanted);

    let by_replicas = case.old("by-replicas");
    let mut replicas = of_one(&case.after[0], &case.own);
    replicas.extend(of_one(&case.after[1], &case.origin));
    let pruned = by_replica(&by_replicas, &replicas, false, &mut |_, _| {}).unwrap();
    assert_eq!((ids(&pruned), pruned.rows_before, pruned.rows), (vec![mine.clone(), theirs.clone()], 4, 2));
    assert_same(&by_replicas, &wanted);

    // A copy that was taken out is pruned as well: by the one beside a newer export, or by an export of its community.
    for (name, by) in [("by-copy", case.copy(&wanted)), ("by-whole", case.temp.path().join("whole"))] {
        if name == "by-whole" {
            case.origin.export(&case.after[1], &by).unwrap();
        }
        let out = case.temp.path().join(name);
        fs::rename(case.copy(&case.old(&format!("{name}-before"))), &out).unwrap();
        assert_eq!(ids(&prune(&out, &by).unwrap()), std::slice::from_ref(&theirs));
        assert_same(&out, &case.copy(&wanted));
    }
}

#[test]
fn what_is_of_a_community_of_which_nothing_is_known_stays_as_it_was() {
    let case = Case::new(&[2]);
    let later = [&case.after[0], &case.before[1]];
    let wanted = case.export("wanted", later);
    let out = case.old("out");
    let pruned = by_replica(&out, &of_one(&case.after[0], &case.own), false, &mut |_, _| {}).unwrap();
    assert_eq!((ids(&pruned).len(), &pruned.stayed), (1, &vec![case.origin.founding.community().to_string()]));
    assert_same(&out, &wanted);
    let other = Commons::named("other");
    let refused = by_replica(&out, &of_one(&case.before[0], &other), false, &mut |_, _| {}).unwrap_err();
    assert!(refused.to_string().contains("of another community"), "{refused}");
    assert_same(&out, &wanted);
}

#[test]
fn what_a_copy_left_out_for_its_body_is_counted_as_far_as_that_can_be_told() {
    let case = Case::new(&[2]);
    let left_out = |dir: &Path| {
        let manifest = Manifest::read(&fs::read_to_string(case.copy(dir).join(names::MANIFEST)).unwrap()).unwrap();
        let left_out = manifest.copied.unwrap().left_out;
        (left_out.kind, left_out.class)
    };
    assert_eq!(left_out(&case.old("old")), (2, 1), "two reasons that only bodies show");
    // One of the three is withdrawn too: of the others a copy by the same rule says the reasons, and so do their texts.
    let case = Case::new(&[2, 4]);
    let by = case.export("by", case.after.each_ref());
    let whole = case.temp.path().join("whole");
    case.origin.export(&case.after[1], &whole).unwrap();
    for name in ["by-copy", "by-replica", "by-whole"] {
        let out = case.old(name);
        let pruned = match name {
            "by-copy" => prune(&out, &by),
            "by-whole" => prune(&out, &whole),
            _ => by_replica(&out, &of_one(&case.after[1], &case.origin), false, &mut |_, _| {}),
        };
        assert!(ids(&pruned.unwrap()).contains(&(case.gone[1].id().to_string(), true)), "{name}");
        assert_eq!(left_out(&out), (1, 1), "{name}");
    }
    // A copy by another rule says it of others, and nobody can tell.
    let out = case.old("out");
    let options = ExportOptions {
        filter: serde_json::from_str(r#"{"kind":["example"]}"#).unwrap(),
        ..ExportOptions::to(case.temp.path().join("another"))
    };
    let origins = [Origin { source: source(&case.after[1], &case.origin, TERMS), release: None }];
    export(&source(&case.after[0], &case.own, TERMS), &origins, &options, &mut |_, _| {}).unwrap();
    let before = files(&out);
    let refused = prune(&out, &options.out).unwrap_err();
    assert!(refused.to_string().contains("which reason each had cannot be told"), "{refused}");
    assert_eq!(files(&out), before);
}
