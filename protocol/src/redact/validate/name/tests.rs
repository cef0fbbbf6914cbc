//! What is a name after which phrase.

use super::super::{Validator, found};

/// What is found after `phrase`, which the text holds.
fn after<'a>(validator: Validator, text: &'a str, phrase: &str) -> Option<&'a str> {
    found(validator, text, phrase)
}

#[test]
fn my_name_is_followed_by_a_name_in_any_case() {
    for (text, name) in [
        ("my name is Ana Silva.", Some("Ana Silva")),
        ("my name is ana silva and I live here", Some("ana silva")),
        ("my name is ana", Some("ana")),
        ("my name is xiaoming, hello", Some("xiaoming")),
        ("my name is **Ana**", Some("Ana")),
        ("my name is: Dr. Ana de Souza", Some("Dr. Ana de Souza")),
        ("my name is 李雷", Some("李雷")),
        ("my name is JOHN SMITH", Some("JOHN SMITH")),
        ("my name is Zxqv Brrt", Some("Zxqv Brrt")),
        ("my name is not important", None),
        ("my name is on the list", None),
        ("my name is Not Sure", None),
        ("my name is Open Assistant.", None),
        ("my name is often misspelled", None),
        ("my name is env_var", None),
        ("my name is [NAME_1]", None),
        ("my name is", None),
    ] {
        assert_eq!(after(Validator::Name2, text, "my name is"), name, "{text}");
    }
}

#[test]
fn i_am_is_followed_by_much_that_is_no_name() {
    for (text, name) in [
        ("I am Ana Silva.", Some("Ana Silva")),
        ("I am Ana and I need help", Some("Ana")),
        ("I am Wojtek Zielonka", Some("Wojtek Zielonka")),
        ("I am Dr. Zielonka", Some("Dr. Zielonka")),
        ("I am ana.", Some("ana")),
        ("I am American", None),
        ("I am Open Assistant", None),
        ("I am Iron Man's fan", None),
        ("I am Learning Python", None),
        ("I am Senior Software Engineer", None),
        ("I am happy", None),
        ("I am frank with you", None),
        ("I am Groot", None),
        ("I am The One", None),
        ("I am in London", None),
    ] {
        assert_eq!(after(Validator::NameWeak2, text, "I am"), name, "{text}");
    }
    for text in ["Ich bin Student in Köln", "Ich bin Vater", "Ich bin Deutscher Staatsbürger seit"] {
        assert_eq!(after(Validator::NameWeak2, text, "Ich bin"), None, "{text}");
    }
    assert_eq!(after(Validator::NameWeak2, "Ich bin Jürgen aus Ulm", "Ich bin"), Some("Jürgen"));
    assert_eq!(after(Validator::NameWeak2, "I AM VERY ANGRY", "I AM"), None);
}

#[test]
fn letters_are_closed_by_names() {
    for (text, phrase, name) in [
        ("Regards,\nAna Silva\n", "Regards", Some("Ana Silva")),
        ("Regards,\n\nana\n", "Regards", Some("ana")),
        ("Regards, Ana Silva", "Regards", Some("Ana Silva")),
        ("Best,\nZbig", "Best", Some("Zbig")),
        ("Thanks, Ana", "Thanks", Some("Ana")),
        ("Sincerely -- Ana", "Sincerely", Some("Ana")),
        ("Regards,\nThe Team", "Regards", None),
        ("Regards,\nCustomer Support", "Regards", None),
        ("Thanks, Google is nice", "Thanks", None),
        ("Best practices", "Best", None),
        ("Best\n\nSome words follow here", "Best", None),
        ("With regards to Ana", "regards", None),
    ] {
        assert_eq!(after(Validator::NameClosing2, text, phrase), name, "{text}");
    }
}

#[test]
fn letters_are_opened_by_names() {
    for (text, phrase, name) in [
        ("Dear Ana,", "Dear", Some("Ana")),
        ("Dear Mr. Zielonka,", "Dear", Some("Mr. Zielonka")),
        ("Dear Wojtek Zielonka,", "Dear", Some("Wojtek Zielonka")),
        ("Hi Ana!", "Hi", Some("Ana")),
        ("Hi Everyone,", "Hi", None),
        ("Dear Customer,", "Dear", None),
        ("Dear Hiring Manager,", "Dear", None),
        ("Hello World!", "Hello", None),
    ] {
        assert_eq!(after(Validator::NameGreeting2, text, phrase), name, "{text}");
    }
}

#[test]
fn fields_titles_and_heads_of_mails_hold_names() {
    for (validator, text, phrase, name) in [
        (Validator::NameField2, "Name: Ana Silva\n", "Name", Some("Ana Silva")),
        (Validator::NameField2, "\"name\": \"Ana Silva\"", "name", Some("Ana Silva")),
        (Validator::NameField2, "name: Build Docs", "name", None),
        (Validator::NameField2, "Patient: Zbig Zielonka, 40", "Patient", Some("Zbig Zielonka")),
        (Validator::NameField2, "first_name = models.CharField()", "first_name", None),
        (Validator::NameTitle2, "Mrs. Ana Silva came", "Mrs", Some("Mrs. Ana Silva")),
        (Validator::NameTitle2, "Mr. Smith came", "Mr", None),
        (Validator::NameHeader2, "From: Ana Silva <ana@example.org>", "From:", Some("Ana Silva")),
        (Validator::NameHeader2, "From: The Beginning", "From:", None),
        (Validator::NameKnown2, "this is Ana speaking", "this is", Some("Ana")),
        (Validator::NameKnown2, "this is Ana Silva from", "this is", Some("Ana Silva")),
        (Validator::NameKnown2, "this is Windows", "this is", None),
    ] {
        assert_eq!(after(validator, text, phrase), name, "{text}");
    }
}
