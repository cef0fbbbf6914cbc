//! What people do to a chat before they share it as their own.

use super::texts::Text;

/// A copy of the first text, edited; the second lends words, the number chooses. None where it cannot be done.
type Edit = fn(&Text, &Text, usize) -> Option<Text>;

pub const EDITS: [(&str, Edit); 9] = [
    ("nothing but the salt", |text, _, _| Some(text.clone())),
    ("another title", |text, _, _| Some(Text { title: Some("Quite another title".into()), ..text.clone() })),
    ("other casing and white space", |text, _, _| {
        Some(changed(text, |said| said.to_uppercase().split_whitespace().collect::<Vec<_>>().join("\n  ")))
    }),
    ("messages reordered", |text, _, _| {
        let mut copy = text.clone();
        copy.messages.reverse();
        (copy.messages.len() > 1).then_some(copy)
    }),
    ("one word changed", |text, _, n| Some(words_changed(text, 1, n))),
    ("one word in twenty changed", |text, _, n| Some(words_changed(text, words(text) / 20, n))),
    ("one word in ten changed", |text, _, n| Some(words_changed(text, words(text) / 10, n))),
    ("a sentence added", |text, lender, _| {
        let sentence = lender.messages.first()?.1.split(['.', '?']).next()?.to_owned();
        let mut copy = text.clone();
        copy.messages.last_mut()?.1.push_str(&format!(" {sentence}."));
        Some(copy)
    }),
    ("the last message left out", |text, _, _| {
        let mut copy = text.clone();
        copy.messages.pop();
        (text.messages.len() > 3).then_some(copy)
    }),
];

fn changed(text: &Text, change: impl Fn(&str) -> String) -> Text {
    let messages = text.messages.iter().map(|(role, said)| (*role, change(said))).collect();
    Text { title: text.title.clone(), messages }
}

fn words(text: &Text) -> usize {
    text.messages.iter().map(|(_, said)| said.split(' ').count()).sum()
}

/// So many words changed, spread evenly from a place that the number chooses.
fn words_changed(text: &Text, count: usize, n: usize) -> Text {
    let all = words(text);
    let every = all / count.max(1);
    let mut place = 0;
    let mut copy = text.clone();
    for (_, said) in &mut copy.messages {
        let changed = said.split(' ').map(|word| {
            place += 1;
            if every > 0 && place % every == n % every && count > 0 { "somethingelse" } else { word }
        });
        *said = changed.collect::<Vec<_>>().join(" ");
    }
    copy
}
