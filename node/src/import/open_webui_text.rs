//! The text of an answer in Open WebUI, in which the interface keeps thoughts and calls of tools as HTML.
//!
//! They stand in `<details type="…">` between the lines of Markdown. The model's thoughts are dropped, as in all
//! formats; a call becomes `[tool call] name arguments` and what it gave a message of the tool.

use super::fields::append;
use commonwheel_protocol::record::content::Role;

const OPEN: &str = "<details type=\"";
const CLOSE: &str = "</details>";

/// What was said, in order: the answer's parts, and between them what tools gave.
pub(super) fn said(text: &str) -> Vec<(Role, String)> {
    let mut said = vec![(Role::Assistant, String::new())];
    // Where the text begins that is not yet taken, and where to look on.
    let (mut from, mut at) = (0, 0);
    while let Some(found) = text[at..].find(OPEN) {
        let open = at + found;
        at = open + OPEN.len();
        let kind = text[at..].split('"').next().unwrap_or_default();
        if !matches!(kind, "reasoning" | "tool_calls") {
            // Any other block is a part of the text.
            continue;
        }
        add(&mut said, &text[from..open]);
        // A block that never ends goes on to the end: the answer was stopped in it.
        at = text[open..].find(CLOSE).map_or(text.len(), |end| open + end + CLOSE.len());
        from = at;
        if kind == "tool_calls" {
            let tag = text[open..at].split('>').next().unwrap_or_default();
            let call = [attribute(tag, "name"), attribute(tag, "arguments")].map(Option::unwrap_or_default);
            add(&mut said, format!("[tool call] {}", call.join(" ").trim()).as_str());
            if let Some(result) = attribute(tag, "result").filter(|result| !result.trim().is_empty()) {
                said.extend([(Role::Tool, result), (Role::Assistant, String::new())]);
            }
        }
    }
    if from == 0 {
        return vec![(Role::Assistant, text.to_owned())];
    }
    add(&mut said, &text[from..]);
    said
}

/// The answer as one text, without what tools gave.
pub(super) fn whole(text: &str) -> String {
    if !text.contains(OPEN) {
        return text.to_owned();
    }
    let said = said(text);
    let own = said.iter().filter(|(role, text)| *role == Role::Assistant && !text.is_empty());
    own.map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
}

/// Goes on with the last part, on a line of its own.
fn add(said: &mut [(Role, String)], more: &str) {
    if let Some((_, last)) = said.last_mut() {
        last.truncate(last.trim_end().len());
        append(last, more.trim_start_matches('\n'));
    }
}

/// The value of an attribute, of which HTML's escapes and, if it is a text in JSON, JSON's are undone.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
    let mut plain = value.to_owned();
    for (escaped, character) in
        [("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
    {
        plain = plain.replace(escaped, character);
    }
    Some(serde_json::from_str::<String>(&plain).unwrap_or(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_dropped_and_calls_are_told_apart() {
        let text = "<details type=\"reasoning\" done=\"true\" duration=\"3\">\n<summary>Thought</summary>\n> secret\n</details>\nLet me look.\n\
            <details type=\"tool_calls\" done=\"true\" id=\"c1\" name=\"look\" arguments=\"&quot;{\\&quot;q\\&quot;: \\&quot;tea &amp;amp; milk\\&quot;}&quot;\" result=\"&quot;green&quot;\" files=\"\">\n\
            <summary>Tool Executed</summary>\n</details>\nGreen.";
        let expected = [
            (Role::Assistant, "Let me look.\n[tool call] look {\"q\": \"tea &amp; milk\"}"),
            (Role::Tool, "green"),
            (Role::Assistant, "Green."),
        ];
        let said = said(text);
        assert_eq!(said.iter().map(|(role, text)| (*role, text.as_str())).collect::<Vec<_>>(), expected);
        assert_eq!(whole(text), [expected[0].1, "\nGreen."].concat());
    }

    #[test]
    fn a_text_without_blocks_stays_as_it_is() {
        for text in [
            "",
            " Green.\n",
            "<details><summary>More</summary>Tea</details>\n",
            "a <details type=\"other\">b</details> c",
        ] {
            assert_eq!(said(text), [(Role::Assistant, text.to_owned())], "{text}");
        }
    }

    #[test]
    fn a_thought_that_was_cut_off_is_no_answer() {
        assert_eq!(
            said("Well.<details type=\"reasoning\" done=\"false\">secret"),
            [(Role::Assistant, "Well.".to_owned())]
        );
    }
}
