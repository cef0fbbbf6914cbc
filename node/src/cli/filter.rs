//! The flags that say which records somebody asks for: the same for every verb that selects records.

use clap::Args;
use commonwheel_protocol::dataset::filter::{Filter, FilterError, Kind, LanguageRange, Months, Named};
use commonwheel_protocol::dataset::{Purpose, filter};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::{Category, Exception};
use commonwheel_protocol::record::content::Label;

/// Which records. Each flag but `--use` may be given several times: any of its values will do. All flags that are
/// given must hold.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which records")]
pub struct FilterArgs {
    /// Under this licence: `CC0-1.0`, `CC-BY-4.0`, `CC-BY-SA-4.0`, `Apache-2.0` or `MIT`. This and the flags below
    /// may be given several times, but for --use: any of the values will do.
    #[arg(long, value_name = "LICENCE")]
    pub licence: Vec<Licence>,
    /// Only what people allow to be used so: `train-ai`, `search` or `evaluate`. What a preference does not mention
    /// is not allowed.
    #[arg(long = "use", value_name = "USE", value_parser = filter::usage)]
    pub usage: Option<Category>,
    /// With --use, also what is refused but for a Creative Commons signal that you undertake to honour: `cc-cr`
    /// (credit), `cc-cr-dc` (and contribute directly), `cc-cr-ec` (and to the ecosystem), `cc-cr-op` (and open
    /// what you make).
    #[arg(long, value_name = "SIGNAL", value_delimiter = ',', requires = "usage", value_parser = filter::signal)]
    pub honour: Vec<Exception>,
    /// Chats with this label: `good` or `fail`.
    #[arg(long, value_name = "LABEL", value_parser = filter::label)]
    pub label: Vec<Label>,
    /// In this language, a BCP 47 tag: `de` finds `de-AT` too. Of a translation, either language will do.
    #[arg(long, value_name = "TAG")]
    pub language: Vec<LanguageRange>,
    /// With this model, of the whole or of a message in it. In names of models and tags, capitals of Latin, Greek,
    /// Cyrillic and Armenian letters are as small ones, and accents count.
    #[arg(long, value_name = "NAME")]
    pub model: Vec<Named>,
    /// With this tag.
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<Named>,
    /// Of this month, such as 2026-11, or of several, such as 2026-01..2026-06, 2026-01.. or ..2026-06.
    #[arg(long, value_name = "MONTHS")]
    pub month: Vec<Months>,
    /// Of this kind: `chat`, `correction`, `preference`, `example`, `rubric`, `feedback`, `code`, `translation`,
    /// `profile`, `note` or `petition`.
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<Kind>,
}

impl FilterArgs {
    /// The use that is named, with the signals that are honoured.
    pub fn purpose(&self) -> Option<Purpose> {
        self.usage.map(|category| Purpose::new(category, self.honour.iter().copied()))
    }

    /// What the flags ask for, the use included.
    ///
    /// # Errors
    /// When they give more values of one sort than a filter has.
    pub fn filter(&self) -> Result<Filter, FilterError> {
        let filter = Filter {
            licences: self.licence.iter().copied().collect(),
            purpose: self.purpose(),
            labels: self.label.iter().copied().collect(),
            languages: self.language.iter().cloned().collect(),
            models: self.model.iter().cloned().collect(),
            tags: self.tag.iter().cloned().collect(),
            months: self.month.iter().copied().collect(),
            kinds: self.kind.iter().copied().collect(),
        };
        filter.checked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use commonwheel_protocol::dataset::filter::FILTER_VALUES;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        filter: FilterArgs,
    }

    fn parsed(words: &[&str]) -> Result<String, String> {
        let parsed = Words::try_parse_from([&["verb"], words].concat()).map_err(|error| error.to_string())?;
        let filter = parsed.filter.filter().map_err(|error| error.to_string())?;
        Ok(serde_json::to_string(&filter).expect("a filter has a form in JSON"))
    }

    #[test]
    fn flags_are_read_into_one_filter() {
        let words = "--licence CC0-1.0 --licence CC-BY-4.0 --use train-ai --honour cc-cr-op,cc-cr --label good \
                     --language pt-BR --model GPT-X --tag Cooking --month 2026-01..2026-06 --kind chat --kind code";
        assert_eq!(
            parsed(&words.split_whitespace().collect::<Vec<_>>()).as_deref(),
            Ok(
                r#"{"licence":["CC-BY-4.0","CC0-1.0"],"use":"train-ai","honour":["cc-cr","cc-cr-op"],"label":["good"],"language":["pt-br"],"model":["gpt-x"],"tag":["cooking"],"month":["2026-01..2026-06"],"kind":["chat","code"]}"#
            )
        );
        assert_eq!(parsed(&[]).as_deref(), Ok("{}"));
    }

    #[test]
    fn as_many_values_are_taken_as_a_manifest_can_state_and_no_more() {
        let tags: Vec<_> = (0..=FILTER_VALUES).flat_map(|n| ["--tag".to_owned(), format!("tag {n}")]).collect();
        let tags: Vec<_> = tags.iter().map(String::as_str).collect();
        let most = parsed(&tags[2..]).expect("a hundred");
        assert!(serde_json::from_str::<Filter>(&most).is_ok(), "{most}");
        let refused = parsed(&tags).expect_err("one more");
        assert!(refused.contains("at most 100 values of one sort"), "{refused}");
        let twice = [&tags[2..], &tags[2..]].concat();
        assert_eq!(parsed(&twice), Ok(most), "each value counts once");
    }

    #[test]
    fn a_wrong_value_is_answered_with_what_is_expected() {
        for (words, expected) in [
            (&["--licence", "GPL"][..], "CC-BY-SA-4.0"),
            (&["--use", "all"], "train-ai, search or evaluate"),
            (&["--honour", "cc-cr"], "--use"),
            (&["--month", "May"], "2026-01..2026-06"),
            (&["--kind", "poem"], "petition"),
        ] {
            let refused = parsed(words).expect_err(words[0]);
            assert!(refused.contains(expected), "{words:?}: {refused}");
        }
    }
}
