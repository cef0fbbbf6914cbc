//! A community of real processes in temporary homes. The demo and the end-to-end tests use it.

use crate::home::Home;
use crate::run::Client;
use crate::run::wire::{CommunityInfo, Info};
use anyhow::{Context as _, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take to come up or settle before it counts as failed.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Where homes are made and which program runs in them.
pub struct Cluster {
    program: PathBuf,
    root: PathBuf,
}

/// One home, and its node while it runs.
pub struct Place {
    /// What it is called.
    pub name: String,
    /// Its home.
    pub home: Home,
    program: PathBuf,
    node: Option<Child>,
    /// Where its node listens.
    pub addresses: Vec<String>,
}

impl Cluster {
    /// A cluster of `program` under the folder `root`.
    pub fn new(program: impl Into<PathBuf>, root: impl Into<PathBuf>) -> Self {
        Cluster { program: program.into(), root: root.into() }
    }

    /// The folder that holds the homes.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A new home with an identity of its own, listening on loopback at a free port, without mDNS.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn place(&self, name: &str) -> anyhow::Result<Place> {
        let path = self.root.join(name);
        std::fs::create_dir_all(&path)?;
        let settings =
            "[network]\nlisten = [\"/ip4/127.0.0.1/tcp/0\", \"/ip4/127.0.0.1/udp/0/quic-v1\"]\nmdns = false\n";
        std::fs::write(path.join("config.toml"), settings)?;
        let place = Place {
            name: name.to_owned(),
            home: Home::at(path),
            program: self.program.clone(),
            node: None,
            addresses: Vec::new(),
        };
        place.command(["identity", "new"])?;
        Ok(place)
    }

    /// Founds a community of these validators, each signing in its own home. `terms` are lines of
    /// TOML that replace the defaults of the same keys: `f`, `q`, `bodies` and the like.
    ///
    /// # Errors
    /// When a step fails.
    pub fn found(&self, validators: &[Place], name: &str, settings: &str) -> anyhow::Result<()> {
        self.found_by(validators, &charter(validators, name, settings)?)
    }

    /// Founds the community of a charter in TOML, each validator signing in its own home.
    ///
    /// # Errors
    /// When a step fails.
    pub fn found_by(&self, validators: &[Place], charter: &str) -> anyhow::Result<()> {
        let first = validators.first().context("a community has a validator")?;
        let file = self.root.join(format!("charter-{}.toml", first.name));
        let draft = file.with_extension("draft");
        std::fs::write(&file, charter)?;
        first.command([
            OsStr::new("community"),
            "draft".as_ref(),
            file.as_os_str(),
            "--out".as_ref(),
            draft.as_os_str(),
        ])?;
        for place in validators {
            place.command([OsStr::new("community"), "sign".as_ref(), draft.as_os_str(), "--yes".as_ref()])?;
        }
        for place in validators {
            place.command([OsStr::new("community"), "found".as_ref(), draft.as_os_str()])?;
        }
        Ok(())
    }
}

/// A charter in TOML, with these validators.
///
/// # Errors
/// When a home has no identity.
pub fn charter<'a>(
    validators: impl IntoIterator<Item = &'a Place>,
    name: &str,
    settings: &str,
) -> anyhow::Result<String> {
    let mut charter =
        format!("name = {name:?}\nscope = \"Conversations with AI models that people choose to share.\"\n{settings}\n");
    for place in validators {
        let keys = place.json(["identity", "show"])?;
        let key = |field: &str| {
            keys["validator"][field].as_str().map(str::to_owned).context("the identity shows no such key")
        };
        charter += &format!(
            "[[validators]]\nname = {:?}\nsigning = {:?}\nencryption = {:?}\n",
            place.name,
            key("signing")?,
            key("encryption")?
        );
    }
    Ok(charter)
}

impl Place {
    /// Runs a command in this home and gives what it printed as JSON.
    ///
    /// # Errors
    /// When it exits with anything but 0 or 3, with what it said.
    pub fn json<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> anyhow::Result<Value> {
        let output = self.command(args)?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Runs a command in this home with `--json`.
    ///
    /// # Errors
    /// When it exits with anything but 0 or 3 (done in part), with what it said.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> anyhow::Result<Output> {
        let output = self.try_command(args)?;
        if !matches!(output.status.code(), Some(0 | 3)) {
            bail!("{}: {}", self.name, String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(output)
    }

    /// Runs a command in this home with `--json`, however it ends.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn try_command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> anyhow::Result<Output> {
        self.prepared().args(args).output().with_context(|| format!("cannot start {}", self.program.display()))
    }

    /// Runs a command in this home, its messages going where ours go.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> anyhow::Result<Child> {
        Ok(self.prepared().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
    }

    /// The program, with what every command in this home begins with.
    pub fn prepared(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--json").arg("--home").arg(self.home.path()).stdin(Stdio::null());
        command
    }

    /// Starts the node and waits until it listens. Its log goes to `node.log` in its home.
    ///
    /// # Errors
    /// When it ends instead, with its log's last lines.
    pub fn start(&mut self, bootstrap: &[String]) -> anyhow::Result<()> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = self.prepared();
        command.arg("run").env("COMMONWHEEL_LOG", "info").stdout(Stdio::piped()).stderr(log);
        bootstrap.iter().for_each(|address| {
            command.args(["--bootstrap", address]);
        });
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().context("the node's output is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        self.node = Some(child);
        let started: Value = serde_json::from_str(&line).map_err(|_| self.failure("did not start"))?;
        self.addresses = started["addresses"]
            .as_array()
            .map(|all| all.iter().filter_map(|a| a.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        Ok(())
    }

    /// Where the node's log lies.
    pub fn log(&self) -> PathBuf {
        self.home.path().join("node.log")
    }

    fn failure(&self, what: &str) -> anyhow::Error {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let tail: Vec<_> = log.lines().rev().take(5).collect();
        anyhow::anyhow!("the node {:?} {what}: {}", self.name, tail.into_iter().rev().collect::<Vec<_>>().join("\n"))
    }

    /// Whether the node runs.
    pub fn running(&self) -> bool {
        self.node.is_some()
    }

    /// The node's process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.node.as_ref().map(Child::id)
    }

    /// Kills the node at once, as a power cut would.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.node.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Stops the node gracefully and waits until it has ended.
    ///
    /// # Errors
    /// When it does not end, or ends with an error.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        if self.node.is_none() {
            return Ok(());
        }
        self.command(["stop"])?;
        self.ended()
    }

    /// Waits until the node, told to stop in whatever way, has ended well.
    ///
    /// # Errors
    /// When it does not end, or ends with an error.
    pub fn ended(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.node.take() else { return Ok(()) };
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = child.try_wait()? {
                return if status.success() { Ok(()) } else { Err(self.failure("ended with an error")) };
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                return Err(self.failure("did not stop"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How the node is.
    ///
    /// # Errors
    /// When it does not run.
    pub fn info(&self) -> anyhow::Result<Info> {
        let client = Client::connect(&self.home).ok_or_else(|| self.failure("does not answer"))?;
        Ok(client.info()?)
    }

    /// How the node's only community is.
    ///
    /// # Errors
    /// When the node does not run, or has none.
    pub fn community(&self) -> anyhow::Result<CommunityInfo> {
        let first = self.info()?.communities.into_iter().next();
        first.with_context(|| format!("{} has joined no community", self.name))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A failed test or demo must leave no process behind.
        let _ = self.kill();
    }
}

/// Waits until something is so.
///
/// # Errors
/// When it fails, or is not so in time; `what` names it.
pub fn until(what: &str, mut so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !so()? {
        if Instant::now() > deadline {
            bail!("waited {} s in vain for this: {what}", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
