//! One sound item of every format, in the shape that its programs write, for tests that break it.

use super::Format;
use serde_json::{Value, json};

/// An item of each format that is JSON, whose every text that may be shared holds `tea` and no other holds it.
pub fn samples() -> Vec<(Format, Value)> {
    let turns = json!([{"role": "user", "content": "tea?"}, {"role": "assistant", "content": "green tea", "tool_calls":
        [{"id": "c", "function": {"name": "look", "arguments": "{}"}}]}]);
    let open_webui = json!({"id": "c", "user_id": "u", "title": "tea", "meta": {"tags": ["tea"]}, "chat": {
        "title": "tea", "models": ["m"], "messages": turns, "history": {"currentId": "2", "messages": {
            "1": {"id": "1", "parentId": null, "childrenIds": ["2", "3"], "role": "user", "content": "tea?",
                  "files": [{"type": "image", "url": "data:"}], "user": {"name": "Ana"}},
            "2": {"id": "2", "parentId": "1", "role": "assistant", "content": "green tea", "model": "m",
                  "annotation": {"rating": 1, "details": {"rating": 9}}},
            "3": {"id": "3", "parentId": "1", "role": "assistant", "content": "black tea", "model": "n",
                  "annotation": {"rating": -1, "details": {"rating": 2}}}}}}});
    let feedback = json!({"id": "f", "user_id": "u", "type": "rating", "snapshot": {"chat": open_webui},
        "meta": {"message_id": "2", "chat_id": "c"},
        "data": {"rating": 1, "comment": "tea", "tags": ["tea"], "details": {"rating": 9}, "sibling_model_ids": ["n"]}});
    let node = |parent: &str, role: &str, text: &str| {
        json!({"parent": parent, "children": [], "message": {
        "author": {"role": role, "name": null}, "content": {"content_type": "text", "parts": [text]}, "weight": 1.0,
        "recipient": "all", "metadata": {"model_slug": "m", "attachments": [{"mime_type": "text/plain"}]}}})
    };
    let chatgpt = json!({"title": "tea", "current_node": "b", "mapping": {"root": {"parent": null, "message": null},
        "a": node("root", "user", "tea?"), "b": node("a", "assistant", "green tea")}});
    let claude = json!({"uuid": "c", "name": "tea", "model": "m", "chat_messages": [
        {"uuid": "1", "sender": "human", "text": "tea?", "attachments": [{"file_name": "a"}]},
        {"uuid": "2", "parent_message_uuid": "1", "sender": "assistant", "text": "", "content": [
            {"type": "text", "text": "green tea"}, {"type": "tool_use", "name": "look", "input": {"q": "tea"}},
            {"type": "tool_result", "content": [{"type": "text", "text": "tea"}]}]}]});
    let librechat = json!({"conversationId": "c", "title": "tea", "options": {"model": "m"}, "messages": [
        {"messageId": "1", "parentMessageId": "0", "isCreatedByUser": true, "text": "tea?"},
        {"messageId": "2", "parentMessageId": "1", "isCreatedByUser": false, "text": "", "feedback": {"rating": "thumbsUp"},
         "content": [{"type": "text", "text": {"value": "green tea"}},
                     {"type": "tool_call", "tool_call": {"name": "look", "args": {"q": "tea"}, "output": "tea"}}]}]});
    let reply = |text: &str, rank: u32| {
        json!({"message_id": text, "role": "assistant", "text": text, "lang": "en", "rank": rank,
        "model_name": "m", "deleted": false, "review_result": true, "replies": []})
    };
    let oasst = json!({"message_tree_id": "1", "prompt": {"message_id": "1", "parent_id": null, "role": "prompter", "text": "tea?",
        "lang": "en", "replies": [reply("green tea", 0), reply("black tea", 1)]}});
    let said = json!({"role": "user", "content": "tea?"});
    vec![
        (
            Format::Commonwheel,
            json!({"kind": "rubric", "title": "tea", "language": "en", "tags": ["tea"], "model": "m",
            "messages": [said], "criteria": [{"name": "tea", "score": 1, "max": 5, "note": "tea"}]}),
        ),
        (Format::OpenWebUi, open_webui),
        (Format::OpenWebUiFeedback, feedback),
        (Format::ChatGpt, chatgpt),
        (Format::Claude, claude),
        (Format::LibreChat, librechat),
        (Format::Oasst, oasst),
        (
            Format::OpenAiChat,
            json!({"messages": turns, "label": "good", "note": "tea", "language": "en", "model": "m",
            "tags": ["tea"], "title": "tea"}),
        ),
        (Format::QuestionAnswer, json!({"question": "tea?", "answer": "green tea"})),
        (Format::Math, json!({"problem": "tea?", "solution": "tea", "type": "tea", "level": "tea 1"})),
        (
            Format::HelpSteer,
            json!({"prompt": "tea?", "response": "tea", "helpfulness": 4, "correctness": 3, "coherence": 4,
            "complexity": 0, "verbosity": 1}),
        ),
        (
            Format::ShareGpt,
            json!({"id": "x", "system": "tea", "model": "m", "conversations": [{"from": "human", "value": "tea?"},
            {"from": "gpt", "value": "green tea"}]}),
        ),
        (
            Format::WildChat,
            json!({"model": "m", "hashed_ip": "x", "conversation": [{"role": "user", "content": "tea?",
            "header": {"user-agent": "x"}}, {"role": "assistant", "content": "green tea"}]}),
        ),
        (
            Format::Flywheel,
            json!({"title": "tea", "sharing_reason": "good", "clean_content": turns, "all_tags": ["tea"],
            "ai_thoughts": "tea", "response_labels": {"1": "good"}}),
        ),
        (Format::Preference, json!({"prompt": "tea?", "chosen": "green tea", "rejected": "black tea"})),
        (Format::Kto, json!({"prompt": "tea?", "completion": "green tea", "label": true})),
        (
            Format::HhRlhf,
            json!({"chosen": "\n\nHuman: tea?\n\nAssistant: green tea", "rejected": "\n\nHuman: tea?\n\nAssistant: no tea"}),
        ),
        (Format::Alpaca, json!({"instruction": "tea?", "input": "tea", "output": "green tea"})),
        (Format::Dolly, json!({"instruction": "tea?", "context": "tea", "response": "green tea", "category": "tea"})),
    ]
}
