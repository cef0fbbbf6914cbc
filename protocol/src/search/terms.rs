//! What a record says of itself, as terms of an index, and which of them a filter wants.

use super::VERSION;
use crate::dataset::filter::plain;
use crate::dataset::{Facts, Filter, Month};
use crate::preference::Preference;
use crate::record::content::Label;

const _: () = assert!(VERSION > 0, "whoever changes a term here changes the version too");

/// The terms of a record, each a sort, `=` and a value.
pub fn terms(facts: &Facts) -> Vec<String> {
    let mut terms = vec![format!("licence={}", facts.licence), format!("preference={}", facts.preference)];
    terms.extend(facts.month.map(|month| format!("month={month}")));
    terms.extend(facts.kind.as_ref().map(|kind| format!("kind={kind}")));
    terms.extend(facts.label.map(|label| format!("label={}", label.name())));
    terms.extend(facts.languages.iter().map(|tag| format!("language={}", tag.to_ascii_lowercase())));
    let named = |sort: &str, name: &str| [sort, "="].into_iter().flat_map(str::chars).chain(plain(name)).collect();
    terms.extend(facts.models.iter().map(|name| named("model", name)));
    terms.extend(facts.tags.iter().map(|name| named("tag", name)));
    terms
}

/// Which terms of one sort a filter wants: a record must have one of them.
pub enum Wanted<'f> {
    /// One of these terms.
    These(Vec<String>),
    /// One with this beginning, whose rest suits.
    Suiting(&'static str, Box<dyn Fn(&str) -> bool + 'f>),
}

/// What a filter wants, for each sort that it has values of. It is the same as [`Filter::matches`], on terms.
pub fn wanted(filter: &Filter) -> Vec<Wanted<'_>> {
    let mut wanted = Vec::new();
    let these = |sort: &str, values: Vec<String>| {
        Wanted::These(values.into_iter().map(|value| format!("{sort}={value}")).collect())
    };
    if !filter.licences.is_empty() {
        wanted.push(these("licence", filter.licences.iter().map(ToString::to_string).collect()));
    }
    if let Some(purpose) = &filter.purpose {
        let suits = |text: &str| text.parse::<Preference>().is_ok_and(|said| purpose.against(&said).is_none());
        wanted.push(Wanted::Suiting("preference=", Box::new(suits)));
    }
    if !filter.months.is_empty() {
        let suits = |text: &str| {
            text.parse::<Month>().is_ok_and(|month| filter.months.iter().any(|months| months.contain(month)))
        };
        wanted.push(Wanted::Suiting("month=", Box::new(suits)));
    }
    if !filter.kinds.is_empty() {
        wanted.push(these("kind", filter.kinds.iter().map(|kind| kind.name().to_owned()).collect()));
    }
    if !filter.labels.is_empty() {
        wanted.push(these("label", filter.labels.iter().map(|label: &Label| label.name().to_owned()).collect()));
    }
    if !filter.languages.is_empty() {
        let suits = |tag: &str| filter.languages.iter().any(|range| range.contains(tag));
        wanted.push(Wanted::Suiting("language=", Box::new(suits)));
    }
    if !filter.models.is_empty() {
        wanted.push(these("model", filter.models.iter().map(ToString::to_string).collect()));
    }
    if !filter.tags.is_empty() {
        wanted.push(these("tag", filter.tags.iter().map(ToString::to_string).collect()));
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::licence::Licence;

    fn facts() -> Facts {
        Facts {
            licence: Licence::Cc0,
            preference: Preference::read("search=y, train-ai=n;exceptions=cc-cr").unwrap(),
            month: "2026-11".parse().ok(),
            kind: Some("chat".into()),
            label: Some(Label::Fail),
            languages: vec!["de-AT".into(), "fr".into()],
            models: vec![" Llama-4".into()],
            tags: vec!["Küche".into()],
        }
    }

    /// Whether terms have one of each sort that is wanted.
    fn has_all(filter: &Filter, terms: &[String]) -> bool {
        wanted(filter).iter().all(|wanted| match wanted {
            Wanted::These(these) => these.iter().any(|term| terms.contains(term)),
            Wanted::Suiting(start, suits) => terms.iter().any(|term| term.strip_prefix(start).is_some_and(suits)),
        })
    }

    #[test]
    fn terms_suit_a_filter_exactly_when_the_record_does() {
        let facts = facts();
        let terms = terms(&facts);
        for (json, found) in [
            ("{}", true),
            (r#"{"licence":["CC-BY-4.0","CC0-1.0"]}"#, true),
            (r#"{"licence":["CC-BY-4.0"]}"#, false),
            (r#"{"use":"search"}"#, true),
            (r#"{"use":"train-ai"}"#, false),
            (r#"{"use":"train-ai","honour":["cc-cr"]}"#, true),
            (r#"{"use":"evaluate"}"#, false),
            (r#"{"label":["fail"]}"#, true),
            (r#"{"label":["good"]}"#, false),
            (r#"{"language":["de"]}"#, true),
            (r#"{"language":["de-ch","en"]}"#, false),
            (r#"{"model":["llama-4"]}"#, true),
            (r#"{"model":["llama"]}"#, false),
            (r#"{"tag":["küche"]}"#, true),
            (r#"{"month":["..2026-10","2026-12.."]}"#, false),
            (r#"{"month":["2026-01..2026-12"]}"#, true),
            (r#"{"kind":["chat","code"]}"#, true),
            (r#"{"kind":["code"]}"#, false),
        ] {
            let filter: Filter = serde_json::from_str(json).unwrap();
            assert_eq!(has_all(&filter, &terms), found, "{json}");
            assert_eq!(filter.matches(&facts), found, "{json}");
        }
    }
}
