//! What an export's views hold is read back as the content that went in, as far as the format carries it.

use super::testing::sound;
use super::{Format, Item};
use crate::export::fixture::{Commons, talks};
use commonwheel_protocol::dataset::{Row, View};
use commonwheel_protocol::record::content::{Chat, Content, Label, Message, Role};
use commonwheel_protocol::text::RawText;

/// What the view of some records is read back as: record by record.
fn read_back(view: View, format: Format) -> Vec<Vec<Item>> {
    let commons = Commons::named("a");
    let charter = commons.founding.charter().id();
    let row = |one: &crate::export::fixture::Certified| Row::of(one.header.bytes(), &one.body, &charter).unwrap();
    let lines = |row: Row| view.lines(&row).collect::<String>();
    let texts = commons.talks().iter().map(row).map(lines).collect::<Vec<_>>();
    texts.into_iter().map(|text| if text.is_empty() { Vec::new() } else { sound(format, text) }).collect()
}

fn content(item: &Item) -> Content<String> {
    item.content.map(&mut |text| text.expose().to_owned())
}

/// The content that went in, with messages as a format without labels of single messages has them.
fn went_in() -> Vec<Content<String>> {
    let plain = |message: Message<String>| Message::new(message.role, message.text);
    let without_labels = |content: Content<String>| match content {
        Content::Chat(chat) => Content::Chat(Chat { messages: chat.messages.into_iter().map(plain).collect(), ..chat }),
        other => other,
    };
    talks().iter().map(|content| without_labels(content.map(&mut |text: &RawText| text.expose().to_owned()))).collect()
}

/// An example as the two messages that it becomes in formats for chats.
fn as_chat(content: &Content<String>) -> Content<String> {
    match content {
        Content::Example(example) => {
            let messages = [(Role::User, &example.prompt), (Role::Assistant, &example.ideal)]
                .map(|(role, text)| Message::new(role, text.clone()));
            Content::Chat(Chat { messages: messages.into(), label: Label::Good, note: None })
        }
        other => other.clone(),
    }
}

/// Checks which of the records come back, each as one item, and as what.
fn assert_back(view: View, format: Format, places: &[usize], expected: impl Fn(&Content<String>) -> Content<String>) {
    let (back, went_in) = (read_back(view, format), went_in());
    for (at, items) in back.iter().enumerate() {
        let wanted: Vec<_> = places.contains(&at).then(|| expected(&went_in[at])).into_iter().collect();
        assert_eq!(items.iter().map(content).collect::<Vec<_>>(), wanted, "{view} of record {at}");
    }
}

#[test]
fn chats_come_back_from_the_formats_for_chats_and_examples_as_two_messages() {
    assert_back(View::OpenAi, Format::OpenAiChat, &[0, 1, 2, 3, 4, 9], as_chat);
    assert_back(View::Sft, Format::OpenAiChat, &[0, 2, 4, 9], as_chat);
    assert_back(View::ShareGpt, Format::ShareGpt, &[0, 2, 4, 9], as_chat);
}

#[test]
fn what_is_said_of_a_chat_comes_back_with_it() {
    let item = &read_back(View::OpenAi, Format::OpenAiChat)[1][0];
    assert!(item.labelled);
    assert_eq!(item.language.as_deref(), Some("pt-BR"));
    assert_eq!(item.title.as_ref().map(RawText::expose), Some("A title"));
    assert_eq!(item.model.as_ref().map(RawText::expose), Some("llama3.2:3b"));
    let item = &read_back(View::OpenAi, Format::OpenAiChat)[9][0];
    assert!(!item.labelled, "an example has no label");
    let item = &read_back(View::Sft, Format::OpenAiChat)[0][0];
    assert_eq!((item.labelled, item.language.as_deref()), (false, Some("pt-BR")), "the good label goes without saying");
    assert_eq!(
        read_back(View::ShareGpt, Format::ShareGpt)[0][0].model.as_ref().map(RawText::expose),
        Some("llama3.2:3b")
    );
}

#[test]
fn pairs_come_back_from_the_formats_for_pairs() {
    assert_back(View::Preference, Format::Preference, &[5, 6, 7, 8], Clone::clone);
    assert_back(View::HhRlhf, Format::HhRlhf, &[5, 6], Clone::clone);
}

#[test]
fn examples_come_back_from_alpaca_and_short_chats_as_examples() {
    assert_back(View::Alpaca, Format::Alpaca, &[0, 9], |content| match content {
        Content::Chat(chat) => {
            let [asked, answered] = &chat.messages[..] else { panic!("two messages") };
            let (prompt, ideal) = (asked.text.clone(), answered.text.clone());
            Content::Example(commonwheel_protocol::record::content::Example { prompt, ideal })
        }
        other => other.clone(),
    });
}

#[test]
fn each_judged_answer_comes_back_as_the_chat_up_to_it_with_its_label() {
    let (back, went_in) = (read_back(View::Kto, Format::Kto), went_in());
    let up_to = |at: usize, messages: usize, label| {
        let Content::Chat(chat) = &went_in[at] else { panic!("a chat") };
        Content::Chat(Chat { messages: chat.messages[..messages].to_vec(), label, note: None })
    };
    for (at, items) in back.iter().enumerate() {
        let expected = match at {
            0 => vec![up_to(0, 2, Label::Good)],
            1 => vec![up_to(1, 2, Label::Fail)],
            3 => vec![up_to(3, 2, Label::Fail), up_to(3, 4, Label::Good)],
            4 => vec![up_to(4, 3, Label::Good)],
            _ => vec![],
        };
        assert_eq!(items.iter().map(content).collect::<Vec<_>>(), expected, "record {at}");
        assert!(items.iter().all(|item| item.labelled));
    }
}
