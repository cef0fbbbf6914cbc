//! The redactors: each finds, and each redacts, as its own documentation says.

use anyhow::{Result, anyhow};
use commonwheel_config::ruleset;
use commonwheel_protocol::redact::{Redactor, Ruleset};
use commonwheel_protocol::text::RawText;
use datafog_core::{ScanAndTransformConfig, TransformationConfig, TransformationStrategy};
use redact_core::{AnalyzerEngine, AnonymizationStrategy, AnonymizerConfig};
use regex_automata::MatchKind;
use regex_automata::hybrid::dfa;
use regex_automata::hybrid::regex::{Cache, Regex};
use std::sync::Arc;

/// A finding: where in bytes, and what.
pub type Span = (usize, usize, String);

/// A redactor that is measured.
pub trait Engine {
    /// Its name in the tables.
    fn name(&self) -> &'static str;
    /// What it finds in a text.
    fn find(&mut self, text: &str) -> Result<Vec<Span>>;
    /// Finds and replaces in one record, as a user of the library would; returns the bytes that come out.
    fn redact(&mut self, record: &RawText) -> Result<usize>;
}

/// The engine of this name.
pub fn named(name: &str) -> Result<Box<dyn Engine>> {
    Ok(match name {
        "commonwheel" => Box::new(Commonwheel { ruleset: ruleset::builtin() }),
        "datafog-core" => Box::new(Datafog::new()),
        "redact-core" => Box::new(RedactCore { engine: AnalyzerEngine::new() }),
        "lazy-dfa" => Box::new(LazyDfa::new()?),
        _ => return Err(anyhow!("expected commonwheel, datafog-core, redact-core or lazy-dfa; found {name}")),
    })
}

struct Commonwheel {
    ruleset: Arc<Ruleset>,
}

impl Engine for Commonwheel {
    fn name(&self) -> &'static str {
        "commonwheel"
    }

    fn find(&mut self, text: &str) -> Result<Vec<Span>> {
        let findings = self.ruleset.find(text).into_iter();
        Ok(findings.map(|finding| (finding.span.start, finding.span.end, finding.kind.to_string())).collect())
    }

    fn redact(&mut self, record: &RawText) -> Result<usize> {
        Ok(Redactor::new(&self.ruleset).redact(record).text.as_str().len())
    }
}

/// datafog-core with its defaults, every finding replaced.
struct Datafog {
    config: ScanAndTransformConfig,
}

impl Datafog {
    fn new() -> Self {
        let transform = TransformationConfig::new(TransformationStrategy::Redact);
        Datafog { config: ScanAndTransformConfig::new(transform) }
    }
}

impl Engine for Datafog {
    fn name(&self) -> &'static str {
        "datafog-core"
    }

    fn find(&mut self, text: &str) -> Result<Vec<Span>> {
        let findings = datafog_core::scan(text).into_iter();
        Ok(findings.map(|found| (found.byte_range.start, found.byte_range.end, found.entity_type)).collect())
    }

    fn redact(&mut self, record: &RawText) -> Result<usize> {
        let result = datafog_core::scan_and_transform(record.expose(), &self.config);
        Ok(result.map_err(|error| anyhow!("{error:?}"))?.text.len())
    }
}

/// redact-core with its compiled set of recognizers, every finding replaced.
struct RedactCore {
    engine: AnalyzerEngine,
}

impl Engine for RedactCore {
    fn name(&self) -> &'static str {
        "redact-core"
    }

    fn find(&mut self, text: &str) -> Result<Vec<Span>> {
        let findings = self.engine.analyze(text, None)?.detected_entities.into_iter();
        Ok(findings.map(|found| (found.start, found.end, found.entity_type.as_str().to_owned())).collect())
    }

    fn redact(&mut self, record: &RawText) -> Result<usize> {
        let config = AnonymizerConfig { strategy: AnonymizationStrategy::Replace, ..AnonymizerConfig::default() };
        Ok(self.engine.anonymize(record.expose(), None, &config)?.text.len())
    }
}

/// The yardstick: one pass of a lazy DFA over the text, with all patterns of our ruleset at once, validating and
/// replacing nothing.
struct LazyDfa {
    regex: Regex,
    cache: Cache,
}

impl LazyDfa {
    fn new() -> Result<Self> {
        let ruleset = ruleset::builtin();
        let file = ruleset::text(ruleset.id()).ok_or_else(|| anyhow!("the builtin ruleset has no file"))?;
        let mut patterns = Vec::new();
        collect(&toml::Value::Table(file.parse()?), &mut patterns);
        let config = dfa::Config::new().match_kind(MatchKind::LeftmostFirst).cache_capacity(64 << 20);
        let regex = Regex::builder().dfa(config).build_many(&patterns)?;
        let cache = regex.create_cache();
        Ok(LazyDfa { regex, cache })
    }
}

/// Every pattern in a ruleset's file, wherever it stands.
fn collect(value: &toml::Value, patterns: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match (key.as_str(), value.as_str()) {
                    ("pattern", Some(pattern)) => patterns.push(pattern.to_owned()),
                    _ => collect(value, patterns),
                }
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| collect(item, patterns)),
        _ => {}
    }
}

impl Engine for LazyDfa {
    fn name(&self) -> &'static str {
        "one lazy-DFA pass"
    }

    fn find(&mut self, text: &str) -> Result<Vec<Span>> {
        let found = self.regex.find_iter(&mut self.cache, text);
        Ok(found.map(|found| (found.start(), found.end(), found.pattern().as_usize().to_string())).collect())
    }

    fn redact(&mut self, record: &RawText) -> Result<usize> {
        Ok(self.regex.find_iter(&mut self.cache, record.expose()).count())
    }
}
