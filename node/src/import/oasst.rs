//! Open Assistant messages: whole trees, or single messages that name their parents.
//!
//! Every tree gives the chat along its best replies, and a preference pair wherever people ranked
//! an assistant's replies. Deleted messages and what hangs below them are left out.

use super::fields::{Messages, Why, field, language, model, rating, role, text, wrong};
use super::json::Json;
use super::{Format, ImportError, Item, limits};
use commonwheel_protocol::record::content::{Content, Message, PreferencePair, Role};
use commonwheel_protocol::text::RawText;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// One message and where its replies are in the arena.
struct Node {
    message: Message<RawText>,
    language: Option<String>,
    rank: Option<i64>,
    replies: Vec<usize>,
}

/// A tree, of which the messages that were not deleted are kept.
pub(super) struct Tree {
    arena: Vec<Node>,
    root: usize,
}

/// The tree that `row` holds; none if it is a single message.
pub(super) fn tree(row: &Json<'_>) -> Option<Result<Tree, Why>> {
    let nested = |v: &&Json<'_>| !v["replies"].elements().is_empty();
    let root = match field(row, "prompt") {
        Some(prompt) => prompt,
        None => Some(row).filter(|r| field(r, "parent_id").is_none()).filter(nested)?,
    };
    let mut arena = Vec::new();
    Some(match plant(&mut arena, root) {
        Ok(Some(root)) => Ok(Tree { arena, root }),
        Ok(None) => Err("expected a prompt, found one that was deleted or refused".into()),
        Err(why) => Err(why),
    })
}

impl Tree {
    /// The best chat, then a pair for every ranked list of an assistant's replies.
    pub fn items(&self) -> impl Iterator<Item = Result<Item, Why>> + '_ {
        items(&self.arena, self.root)
    }
}

/// Adds a message and its replies, and returns its place. JSON's own limit bounds the depth.
fn plant(arena: &mut Vec<Node>, value: &Json<'_>) -> Result<Option<usize>, Why> {
    let Some(node) = node(value)? else { return Ok(None) };
    let place = arena.len();
    arena.push(node);
    for reply in value["replies"].elements() {
        if let Some(reply) = plant(arena, reply)? {
            arena[place].replies.push(reply);
        }
    }
    Ok(Some(place))
}

/// One message without its replies, unless it was deleted, or reviewers refused it.
fn node(value: &Json<'_>) -> Result<Option<Node>, Why> {
    if value["deleted"] == true || value["review_result"] == false {
        return Ok(None);
    }
    let mut message = Message::new(role(value, "role")?, text(value, "text")?);
    message.model = model(value, "model_name");
    let rank = rating(value, "rank", 0, i64::from(u16::MAX))?;
    Ok(Some(Node { message, language: language(value, "lang")?, rank, replies: Vec::new() }))
}

/// The best chat from `root` down, then a pair for every ranked list of an assistant's replies; each is made when it is
/// asked for.
fn items(arena: &[Node], root: usize) -> impl Iterator<Item = Result<Item, Why>> + '_ {
    // The message to look at, and how many messages lead to it.
    let mut open = vec![(root, 0)];
    let mut path: Vec<usize> = Vec::new();
    let pairs = std::iter::from_fn(move || {
        while let Some((at, depth)) = open.pop() {
            path.truncate(depth);
            path.push(at);
            if path.len() > commonwheel_protocol::limits::MESSAGES {
                continue;
            }
            open.extend(arena[at].replies.iter().rev().map(|reply| (*reply, path.len())));
            if let Some(pair) = pair(arena, &path) {
                return Some(pair);
            }
        }
        None
    });
    std::iter::once_with(move || best_chat(arena, root)).chain(pairs)
}

fn best_chat(arena: &[Node], root: usize) -> Result<Item, Why> {
    let mut messages = Messages::default();
    let mut next = Some(root);
    while let Some(at) = next {
        messages.push(arena[at].message.clone())?;
        // Ranks count from 0; replies nobody ranked come after those, in the file's order.
        next = arena[at].replies.iter().copied().min_by_key(|r| arena[*r].rank.unwrap_or(i64::MAX));
    }
    let mut item = messages.into_chat(Format::Oasst)?;
    item.language.clone_from(&arena[root].language);
    Ok(item)
}

/// The best and the worst reply to the last message of `path`, if people ranked them.
fn pair(arena: &[Node], path: &[usize]) -> Option<Result<Item, Why>> {
    let replies = &arena[*path.last()?].replies;
    let ranked = |r: &&usize| arena[**r].message.role == Role::Assistant && arena[**r].rank.is_some();
    let best = replies.iter().filter(ranked).find(|r| arena[**r].rank == Some(0))?;
    let worst = replies.iter().filter(ranked).max_by_key(|r| arena[**r].rank).filter(|r| arena[**r].rank > Some(0))?;
    let (best, worst) = (&arena[*best], &arena[*worst]);
    let mut prompt = Messages::default();
    for at in path {
        if let Err(why) = prompt.push(arena[*at].message.clone()) {
            return Some(Err(why));
        }
    }
    let prompt = prompt.beside(&best.message.model);
    let (chosen, rejected) = (best.message.text.clone(), worst.message.text.clone());
    let mut item =
        Item::new(Format::Oasst, Content::Preference(PreferencePair { prompt, chosen, rejected, note: None }));
    item.language.clone_from(&best.language);
    item.model.clone_from(&best.message.model);
    Some(Ok(item))
}

/// Single messages, kept until all of them are there.
#[derive(Default)]
pub(super) struct Forest {
    arena: Vec<Node>,
    rows: Vec<Row>,
    /// The row's place in the arena by its id; none if it was deleted.
    places: BTreeMap<String, Option<usize>>,
    bytes: usize,
}

struct Row {
    place: usize,
    position: String,
    parent: Option<String>,
}

impl Forest {
    /// Keeps the message of `row`. The inner error is about the row, the outer one about the file.
    pub fn push(&mut self, position: &str, row: &Json<'_>) -> Result<Result<(), Why>, ImportError> {
        if self.arena.len().max(self.places.len()) >= limits::FLAT_MESSAGES {
            return Err(ImportError::TooMany { limit: limits::FLAT_MESSAGES });
        }
        let before = self.arena.len();
        let kept = self.keep(position, row);
        if kept.is_err() {
            self.arena.truncate(before);
        }
        self.bytes += self.arena[before..].iter().map(|n| n.message.text.len()).sum::<usize>();
        if self.bytes > limits::FLAT_BYTES {
            return Err(ImportError::TooLarge { what: "single messages", limit: limits::FLAT_BYTES });
        }
        Ok(kept)
    }

    fn keep(&mut self, position: &str, row: &Json<'_>) -> Result<(), Why> {
        let id = |key| match field(row, key) {
            None => Ok(None),
            Some(Json::Text(id)) => Ok(Some(id.to_string())),
            Some(_) => Err(wrong(row, key, "an id")),
        };
        let (parent, own) = (id("parent_id")?, id("message_id")?);
        let own = own.ok_or_else(|| wrong(row, "message_id", "an id"))?;
        if self.places.contains_key(&own) {
            return Err("message_id: expected an id of its own, found one used before".into());
        }
        let place = plant(&mut self.arena, row)?;
        self.places.insert(own, place);
        self.rows.extend(place.map(|place| Row { place, position: position.into(), parent }));
        Ok(())
    }

    /// Hands over the items of every tree, then what belongs to none.
    pub fn finish(
        mut self,
        emit: &mut impl FnMut(String, &mut dyn Iterator<Item = Result<Item, Why>>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        // Every tree starts at a root or, when it is to be left out, at a child of what is not there.
        let (mut roots, mut starts) = (Vec::new(), Vec::new());
        for row in &self.rows {
            match row.parent.as_ref().map(|id| self.places.get(id)) {
                Some(Some(Some(parent))) => self.arena[*parent].replies.push(row.place),
                Some(Some(None)) => starts.push(row.place),
                Some(None) => {
                    starts.push(row.place);
                    emit(row.position.clone(), &mut left_out("a message of this file, found none"))?;
                }
                None => roots.push(row),
            }
        }
        for root in &roots {
            starts.push(root.place);
            emit(root.position.clone(), &mut items(&self.arena, root.place))?;
        }
        let mut reached = vec![false; self.arena.len()];
        while let Some(at) = starts.pop() {
            reached[at] = true;
            starts.extend(&self.arena[at].replies);
        }
        for row in self.rows.iter().filter(|row| !reached[row.place]) {
            emit(row.position.clone(), &mut left_out("a tree, found a circle of messages"))?;
        }
        ControlFlow::Continue(())
    }
}

/// The error of a row whose parent is not what it should be.
fn left_out(expected: &str) -> impl Iterator<Item = Result<Item, Why>> {
    std::iter::once(Err(format!("parent_id: expected {expected}")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Imported, import, pair, said, sound};
    use super::super::{Format, ImportError};
    use commonwheel_protocol::record::content::Role;
    use serde_json::{Value, json};

    fn message(id: &str, parent: Option<&str>, role: &str, text: &str, rank: Option<i64>) -> Value {
        json!({"message_id": id, "parent_id": parent, "role": role, "text": text, "lang": "pt-BR", "rank": rank,
               "deleted": false, "model_name": null})
    }

    /// The same tree as single messages, children first.
    fn flat() -> Vec<Value> {
        vec![
            message("worst", Some("q"), "assistant", "Coffee.", Some(2)),
            message("middle", Some("q"), "assistant", "Tea.", Some(1)),
            message("best", Some("q"), "assistant", "Green tea.", Some(0)),
            message("q2", Some("best"), "prompter", "Why?", None),
            message("q", None, "prompter", "Which drink?", None),
        ]
    }

    /// Hangs every message of `rows` below its parent.
    fn nest(rows: &[Value], root: &str) -> Value {
        let mut node = rows.iter().find(|r| r["message_id"] == root).unwrap().clone();
        let replies = rows.iter().filter(|r| r["parent_id"] == root);
        node["replies"] = replies.map(|r| nest(rows, r["message_id"].as_str().unwrap())).collect();
        node
    }

    fn lines(rows: &[Value]) -> String {
        rows.iter().map(|row| format!("{row}\n")).collect()
    }

    fn errors(imported: &Imported) -> Vec<String> {
        imported.errors.iter().map(|e| e.to_string()).collect()
    }

    #[test]
    fn trees_nested_messages_and_single_messages_give_the_same() {
        let root = nest(&flat(), "q");
        for text in [
            json!({"message_tree_id": "t", "prompt": root}).to_string(),
            json!([{"message_tree_id": "t", "prompt": root}]).to_string(),
            root.to_string(),
            lines(&flat()),
        ] {
            let items = sound(Format::Oasst, text);
            let best = [(Role::User, "Which drink?"), (Role::Assistant, "Green tea."), (Role::User, "Why?")];
            assert_eq!(said(&items[0]), best);
            let pair = pair(&items[1]);
            assert_eq!(pair.prompt[0].text.expose(), "Which drink?");
            assert_eq!((pair.chosen.expose(), pair.rejected.expose()), ("Green tea.", "Coffee."));
            assert!(items.iter().all(|i| i.language.as_deref() == Some("pt-BR") && i.third_party));
            assert_eq!(items.len(), 2);
        }
    }

    #[test]
    fn without_ranks_the_first_reply_is_followed_and_there_is_no_pair() {
        let mut rows = flat();
        rows.iter_mut().for_each(|row| row["rank"] = json!(null));
        let items = sound(Format::Oasst, lines(&rows));
        assert_eq!((items.len(), said(&items[0])[1].1), (1, "Coffee."));
    }

    #[test]
    fn deleted_and_refused_messages_and_their_replies_are_left_out() {
        for (field, value) in [("deleted", true), ("review_result", false)] {
            let mut rows = flat();
            rows[2][field] = json!(value);
            for text in [nest(&rows, "q").to_string(), lines(&rows)] {
                let items = sound(Format::Oasst, text);
                assert_eq!(said(&items[0]), [(Role::User, "Which drink?"), (Role::Assistant, "Tea.")]);
                assert_eq!(items.len(), 1, "no reply is ranked best any more");
            }
        }
    }

    #[test]
    fn a_missing_parent_an_id_used_twice_and_a_circle_are_reported_and_the_rest_is_read() {
        let mut rows = flat();
        rows.push(message("lost", Some("gone"), "assistant", "Hm.", None));
        rows.push(message("q", Some("best"), "prompter", "Again?", None));
        rows.push(message("x", Some("y"), "prompter", "Round", None));
        rows.push(message("y", Some("x"), "assistant", "and round", None));
        let imported = import("file", lines(&rows));
        let expected = [
            "line 7: message_id: expected an id of its own, found one used before",
            "line 6: parent_id: expected a message of this file, found none",
            "line 8: parent_id: expected a tree, found a circle of messages",
            "line 9: parent_id: expected a tree, found a circle of messages",
        ];
        assert_eq!(errors(&imported), expected);
        assert_eq!(imported.items.len(), 2);
    }

    #[test]
    fn a_long_chain_of_messages_is_too_long_and_not_a_crash() {
        let chain = (1..20_000).map(|i| {
            let parent = (i > 1).then(|| (i - 1).to_string());
            message(&i.to_string(), parent.as_deref(), "assistant", "x", None)
        });
        let imported = import("file", lines(&chain.collect::<Vec<_>>()));
        assert_eq!(errors(&imported), ["line 1: expected at most 4096 messages, found more"]);
    }

    #[test]
    fn nesting_deeper_than_json_may_go_costs_only_its_row() {
        let deep = format!("{{\"prompt\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
        let row = json!({"message_tree_id": "t", "prompt": nest(&flat(), "q")});
        let imported = import("file", format!("{row}\n{deep}\n{row}\n"));
        assert!(errors(&imported)[0].starts_with("line 2: expected JSON, found a mistake (or over 127 levels"));
        assert_eq!(imported.items.len(), 4);
        assert!(matches!(import("file", format!("[{deep}]")).format, Err(ImportError::Broken { .. })));
    }
}
