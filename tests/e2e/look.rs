//! Looking at data: searching, tracing, counting and showing, with and without a running node.

use crate::scene::{Scene, contribute, settled, shared, text};
use commonwheel_node::demo::cluster::Place;
use commonwheel_protocol::record::RecordId;
use serde_json::{Value, json};

/// What a command prints for people.
fn shown(place: &Place, args: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_commonwheel"));
    let output = command.arg("--home").arg(place.home.path()).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn ids(found: &Value) -> Vec<String> {
    found["records"].as_array().unwrap().iter().map(|record| text(&record["id"])).collect()
}

#[test]
fn records_are_found_traced_counted_and_shown_through_a_node_and_without_one() {
    let mut scene = Scene::of_one("certificate");
    let said = "The miller turns the great stone slowly while the river carries the last light of the day away.";
    let more = "Later the wheel stands still, the ducks come home, somebody lights a lamp behind the smallest window, and the \
                flour lies white and warm upon the boards until the baker comes for it before the sun is up again.";
    let chat = |question: &str, answer: &str| json!({ "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}] });
    let chats = [
        chat("Tell me of the mill, in German: Mühle", &format!("{said} {more}")),
        chat("Again of the mill \u{1b}[2J please", &format!("Well. {said} {more}")),
        chat("Of something else", "Kettles are descaled with vinegar, or with patience and a little lemon."),
    ];
    let file = scene.file("chats.jsonl", chats.map(|line| line.to_string() + "\n").concat());
    let steward = &scene.validators[0];
    let outcome = contribute(steward, &file, &["--until", "accepted"]);
    let mut mill = shared(&outcome)[..2].to_vec();
    // In the order of their bytes, which is not that of their texts.
    mill.sort_by_key(|id| id.parse::<RecordId>().unwrap());
    settled([steward], 3);
    let kettle = shared(&outcome)[2].clone();

    let output = scene.file("output.txt", format!("As they say, {} Is that so?", said.to_uppercase()));
    let lines = scene.file("output.jsonl", format!("{}\nnot json\n", json!({ "answer": said })));
    let unlike = scene.file("unlike.txt", "The miller turns the great stone. Slowly, as it rains, he sleeps.");

    let look = |steward: &Place| {
        let found = steward.json(["search", "MÜHLE", "great stone"]).unwrap();
        assert_eq!(ids(&found), [shared(&outcome)[0].clone()], "{found}");
        let hits: Vec<_> =
            found["records"][0]["snippet"].as_array().unwrap().iter().filter(|part| part["hit"] == true).collect();
        assert!(!hits.is_empty());
        assert_eq!(ids(&steward.json(["search", "stone", "--kind", "code"]).unwrap()), Vec::<String>::new());
        let good = steward.json(["search", "stone", "--label", "good", "--limit", "1"]).unwrap();
        assert_eq!(good["records"].as_array().unwrap().len(), 1);

        // Every flag must suit, and of one flag any value will do.
        let month = &text(&found["records"][0]["time"])[..7];
        let suiting =
            ["--licence", "MIT", "--licence", "CC-BY-4.0", "--use", "train-ai", "--kind", "chat", "--month", month];
        let with = |more: &[&str]| ids(&steward.json([&["search", "stone"], &suiting[..], more].concat()).unwrap());
        assert_eq!(with(&["--label", "good"]).len(), 2);
        for other in [["--label", "fail"], ["--tag", "mills"], ["--model", "x"], ["--language", "fr"]] {
            assert_eq!(with(&other), Vec::<String>::new(), "{other:?}");
        }
        assert_eq!(ids(&steward.json(["search", "stone", "--licence", "MIT"]).unwrap()), Vec::<String>::new());
        assert_eq!(ids(&steward.json(["search", "stone", "--month", "..2020-12"]).unwrap()), Vec::<String>::new());

        let traced = steward.json(["trace".as_ref(), output.as_os_str()]).unwrap();
        let spans = traced["texts"][0]["spans"].as_array().unwrap();
        assert_eq!(spans.len(), 1, "{traced}");
        assert_eq!((spans[0]["first_word"].as_u64(), spans[0]["words"].as_u64()), (Some(4), Some(18)));
        assert_eq!((&spans[0]["records"], spans[0]["more"].as_u64()), (&json!(mill), Some(0)));
        assert_eq!(traced["records"][0]["licence"], "CC-BY-4.0");
        assert_eq!((traced["covered"].as_u64(), traced["words"].as_u64()), (Some(18), Some(24)));
        let one = steward.json(["trace".as_ref(), output.as_os_str(), "--records".as_ref(), "1".as_ref()]).unwrap();
        assert_eq!(one["texts"][0]["spans"][0]["records"], json!([mill[0]]));
        assert_eq!(one["texts"][0]["spans"][0]["more"], 1);
        let traced = steward.json(["trace".as_ref(), lines.as_os_str()]).unwrap();
        assert_eq!((&traced["texts"][0]["at"], &traced["skipped"]), (&json!("line 1.answer"), &json!([2])));
        assert_eq!(steward.json(["trace".as_ref(), unlike.as_os_str()]).unwrap()["texts"], json!([]));

        let stats = steward.json(["stats"]).unwrap();
        assert_eq!((stats["records"].as_u64(), &stats["by"]["kind"]), (Some(3), &json!({ "chat": 3 })));
        assert_eq!(stats["by"]["licence"], json!({ "CC-BY-4.0": 3 }));
        assert_eq!(steward.json(["stats", "--kind", "code"]).unwrap()["records"], 0);
        assert!(shown(steward, &["stats"]).contains("\nlicence\nCC-BY-4.0\t3\n"));

        for id in &mill {
            let record = shown(steward, &["show", id]);
            for line in ["Record    ", "Community ", "Licence   CC-BY-4.0", "Certified ", "Accepted  by ", "Terms     "]
            {
                assert!(record.contains(line), "{line}: {record}");
            }
            assert!(record.contains(said) && !record.contains('\u{1b}'), "whole, and harmless: {record}");
            let other = mill.iter().find(|other| *other != id).unwrap();
            assert!(record.contains(&format!("Like      {other}  ")), "{record}");
        }
        assert!(!shown(steward, &["show", &kettle]).contains("Like "));
    };
    look(steward);
    let shown_by_node = shown(steward, &["search", "stone"]);
    scene.validators[0].stop().unwrap();
    look(&scene.validators[0]);
    assert_eq!(shown(&scene.validators[0], &["search", "stone"]), shown_by_node);
    let nothing = shown(&scene.validators[0], &["search", "stone great"]);
    assert!(nothing.contains("No accepted record") && nothing.contains("side by side"), "{nothing}");
    let refused = scene.validators[0].try_command(["search", "?!"]).unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("expected a word"));
}

#[test]
fn a_record_is_shown_with_the_name_that_its_author_goes_by() {
    let mut scene = Scene::of_one("certificate");
    let contributor = scene.join("contributor");
    contributor.command(["identity", "profile", "--name", "Ana \u{202e}of the mill"]).unwrap();
    let outcome = contribute(&contributor, &scene.chats("kettles", 1), &["--until", "accepted"]);
    let anonymous = ["--as", "anonymous", "--until", "accepted"];
    let other = contribute(&contributor, &scene.chats("spoons", 1), &anonymous);
    settled([&scene.validators[0]], 3);
    let steward = &scene.validators[0];
    let shown_of = |outcome: &Value| {
        let ids: Vec<_> = shared(outcome);
        let chat = ids.iter().find(|id| steward.json(["show", id]).unwrap()["row"]["kind"] == "chat").unwrap().clone();
        (steward.json(["show", &chat]).unwrap(), shown(steward, &["show", &chat]))
    };
    let (known, text) = shown_of(&outcome);
    assert_eq!(known["author"]["name"], "Ana \u{fffd}of the mill");
    assert_eq!(known["author"]["author"], known["row"]["author"]);
    let profile = steward.json(["show", known["author"]["profile"].as_str().unwrap()]).unwrap();
    assert_eq!((&profile["row"]["kind"], &profile["author"]), (&json!("profile"), &known["author"]));
    assert!(text.contains("\nAuthor    Ana \u{fffd}of the mill ("), "{text}");
    let (unknown, text) = shown_of(&other);
    assert!(unknown["author"].is_null() && text.contains("(anonymous: used for this record alone)"), "{text}");
    scene.validators[0].stop().unwrap();
}
