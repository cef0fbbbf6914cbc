//! A node's settings: `config.toml` in its home folder. Every key may be left out.
//!
//! ```toml
//! [network]
//! listen = ["/ip4/0.0.0.0/tcp/4717", "/ip4/0.0.0.0/udp/4717/quic-v1"]
//! bootstrap = []
//! mdns = true
//! kademlia = true
//! max_connections = 200
//!
//! [log]
//! level = "info"
//!
//! [contribute]
//! licence = "CC-BY-4.0"
//! preference = "train-ai=y, search=y"
//! author = "pseudonym"
//! ```

use crate::setting::{SettingError, Table};
use commonwheel_protocol::identity::AuthorMode;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Preference;
use std::io::{ErrorKind, Read};
use std::path::Path;
use toml::Value;

/// A node's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// Multiaddresses to listen on, as text. Checked in full when the network starts.
    pub listen: Vec<String>,
    /// Multiaddresses of peers to connect to, as text, besides those that communities know.
    pub bootstrap: Vec<String>,
    /// Whether to find peers on the local network.
    pub mdns: bool,
    /// Whether to find peers through other peers.
    pub kademlia: bool,
    /// Connections in all.
    pub max_connections: u32,
    /// How much is logged.
    pub log: LogLevel,
    /// The licence that this person chooses when nothing else is said.
    pub licence: Option<Licence>,
    /// The AI-use preference that this person chooses when nothing else is said, as it was written.
    pub preference: Option<String>,
    /// How this person appears when nothing else is said.
    pub author: Option<AuthorMode>,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what looks wrong.
    Warn,
    /// And what happened.
    Info,
    /// And why.
    Debug,
    /// And every step.
    Trace,
}

impl LogLevel {
    const ALL: [LogLevel; 5] = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// The level's name in settings and log filters.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

impl Default for NodeConfig {
    fn default() -> Self {
        NodeConfig {
            listen: ["/ip4/0.0.0.0/tcp/4717", "/ip4/0.0.0.0/udp/4717/quic-v1"].map(str::to_owned).to_vec(),
            bootstrap: vec![],
            mdns: true,
            kademlia: true,
            max_connections: 200,
            log: LogLevel::Info,
            licence: None,
            preference: None,
            author: None,
        }
    }
}

/// A settings file, in bytes: some hundred addresses fit.
pub(crate) const FILE_BYTES: u64 = 64 * 1024;

impl NodeConfig {
    /// The settings in a file; the defaults when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or a key is unknown or holds something else than it should.
    pub fn load(path: &Path) -> Result<Self, SettingError> {
        match read_text(path, FILE_BYTES) {
            Ok(text) => NodeConfig::from_toml(&text),
            Err(SettingError::File { why, .. }) if why.kind() == ErrorKind::NotFound => Ok(NodeConfig::default()),
            Err(error) => Err(error),
        }
    }

    /// The settings in a TOML text.
    ///
    /// # Errors
    /// When a key is unknown or holds something else than it should.
    pub fn from_toml(text: &str) -> Result<Self, SettingError> {
        let mut config = NodeConfig::default();
        let mut top = Table::parse(text)?;
        let mut network = top.table("network")?;
        set(&mut config.listen, network.list_opt("listen", "a multiaddress such as /ip4/0.0.0.0/tcp/4717", address)?);
        set(
            &mut config.bootstrap,
            network.list_opt("bootstrap", "a multiaddress such as /dns4/example.org/tcp/4717", address)?,
        );
        set(&mut config.mdns, network.value_opt("mdns", "true or false", Value::as_bool)?);
        set(&mut config.kademlia, network.value_opt("kademlia", "true or false", Value::as_bool)?);
        if let Some(most) = network.int_opt("max_connections", 1, 100_000)? {
            config.max_connections = most as u32;
        }
        network.end()?;
        let mut log = top.table("log")?;
        set(&mut config.log, log.value_opt("level", "error, warn, info, debug or trace", level)?);
        log.end()?;
        let mut contribute = top.table("contribute")?;
        config.licence = contribute.value_opt("licence", LICENCES, licence)?;
        config.preference = contribute.value_opt("preference", PREFERENCE, |v| {
            let raw = v.as_str()?;
            Preference::read(raw).ok().map(|_| raw.to_owned())
        })?;
        config.author =
            contribute.value_opt("author", "named, pseudonym or anonymous", |v| author_mode(v.as_str()?))?;
        contribute.end()?;
        top.end()?;
        Ok(config)
    }
}

/// The author mode with this name.
pub fn author_mode(name: &str) -> Option<AuthorMode> {
    [AuthorMode::Named, AuthorMode::Pseudonym, AuthorMode::Anonymous].into_iter().find(|mode| mode.name() == name)
}

pub(crate) const LICENCES: &str = "one of CC0-1.0, CC-BY-4.0, CC-BY-SA-4.0, Apache-2.0, MIT";
pub(crate) const PREFERENCE: &str =
    "a preference like \"train-ai=n, search=y\" (uses train-ai, search and evaluate, each =y or =n)";

pub(crate) fn licence(value: &Value) -> Option<Licence> {
    value.as_str()?.parse().ok()
}

/// The whole text of a file of at most `limit` bytes.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, SettingError> {
    let file = |why| SettingError::File { path: path.display().to_string(), why };
    let mut text = String::new();
    std::fs::File::open(path).and_then(|f| f.take(limit + 1).read_to_string(&mut text)).map_err(file)?;
    if text.len() as u64 > limit {
        return Err(file(std::io::Error::other(format!("it has more than {limit} bytes, the most that is read"))));
    }
    Ok(text)
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Only the shape: the network parses addresses in full.
fn address(value: &Value) -> Option<String> {
    value.as_str().filter(|text| text.starts_with('/') && text.len() <= 512).map(str::to_owned)
}

fn level(value: &Value) -> Option<LogLevel> {
    LogLevel::ALL.into_iter().find(|level| Some(level.name()) == value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(NodeConfig::from_toml("").unwrap(), NodeConfig::default());
        assert_eq!(NodeConfig::default().listen.len(), 2);
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
            [network]
            listen = []
            bootstrap = ["/dns4/node.example.org/tcp/4717"]
            mdns = false
            kademlia = false
            max_connections = 7
            [log]
            level = "debug"
            [contribute]
            licence = "CC0-1.0"
            preference = "train-ai=n"
            author = "named"
        "#;
        let expected = NodeConfig {
            listen: vec![],
            bootstrap: vec!["/dns4/node.example.org/tcp/4717".into()],
            mdns: false,
            kademlia: false,
            max_connections: 7,
            log: LogLevel::Debug,
            licence: Some(Licence::Cc0),
            preference: Some("train-ai=n".into()),
            author: Some(AuthorMode::Named),
        };
        assert_eq!(NodeConfig::from_toml(text).unwrap(), expected);
    }

    #[test]
    fn an_error_names_the_key_what_was_expected_and_what_was_found() {
        for (text, parts) in [
            ("[network]\nlisen = []", &["network.lisen", "unknown", "listen, bootstrap"][..]),
            ("colour = 1", &["colour", "network, log, contribute"]),
            ("[network]\nmdns = 1", &["network.mdns", "true or false", "found 1"]),
            ("[network]\nlisten = [\"127.0.0.1:1\"]", &["network.listen[0]", "multiaddress", "127.0.0.1:1"]),
            ("[network]\nmax_connections = 0", &["network.max_connections", "1 to 100000", "found 0"]),
            ("[log]\nlevel = \"loud\"", &["log.level", "trace", "loud"]),
            ("[contribute]\nlicence = \"GPL\"", &["contribute.licence", "CC0-1.0", "GPL"]),
            ("[contribute]\npreference = \"yes\"", &["contribute.preference", "train-ai", "yes"]),
            ("\n\nx ==", &["line 3"]),
        ] {
            let error = NodeConfig::from_toml(text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
}
