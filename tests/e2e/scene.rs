//! A community of real processes in a short temporary folder.

use crate::files;
use commonwheel_node::community;
use commonwheel_node::demo::cluster::{self, Cluster, Place, until};
use commonwheel_node::run::Access;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};
use tempfile::TempDir;

/// A community, its validators' homes, and whoever joins it.
pub struct Scene {
    pub validators: Vec<Place>,
    cluster: Cluster,
    // Dropped in this order: the processes, the folder, the turn.
    folder: TempDir,
    _turn: Turn,
}

impl Scene {
    /// Four validators, of which one may lie or be silent. None of them runs yet.
    pub fn of_four(bodies: &str) -> Scene {
        Scene::found(&["Riverbank", "Orchard", "Harbour", "Foundry"], 1, 3, bodies)
    }

    /// One steward, who runs: enough where agreement is not what is tested.
    pub fn of_one(bodies: &str) -> Scene {
        let mut scene = Scene::found(&["Riverbank"], 0, 1, bodies);
        scene.start([0]);
        scene
    }

    fn found(names: &[&str], f: usize, q: usize, bodies: &str) -> Scene {
        Scene::found_by(names, |_, validators| {
            cluster::charter(validators, "Commons", &settings(f, q, bodies)).unwrap()
        })
    }

    /// The validators of a charter in TOML, which may be of a community that was founded before, in the same cluster.
    pub fn found_by(names: &[&str], charter: impl FnOnce(&Cluster, &[Place]) -> String) -> Scene {
        let turn = Turn::take();
        // Short, since the path of a Unix socket is at most 108 bytes.
        let folder = tempfile::Builder::new().prefix("cw").tempdir().unwrap();
        let cluster = Cluster::new(env!("CARGO_BIN_EXE_commonwheel"), folder.path());
        let validators: Vec<_> = names.iter().map(|name| cluster.place(name).unwrap()).collect();
        cluster.found_by(&validators, &charter(&cluster, &validators)).unwrap();
        Scene { validators, cluster, folder, _turn: turn }
    }

    /// The folder that holds every home.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A path for a file beside the homes, with its content written.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A file of chats about `topic`, no two alike.
    pub fn chats(&self, topic: &str, count: usize) -> PathBuf {
        self.file(&format!("{topic}.jsonl"), files::chats(topic, count))
    }

    /// Starts validators, and waits until all that run know each other.
    pub fn start(&mut self, which: impl IntoIterator<Item = usize>) {
        for at in which {
            let known = self.addresses();
            self.validators[at].start(&known).unwrap();
        }
        self.meet(self.running().count());
    }

    /// Waits until every running validator knows `count` validators, itself included.
    pub fn meet(&self, count: usize) {
        let met = |place: &Place| Ok(place.community()?.validators_present.len() >= count);
        until("the validators know each other", || all(self.running(), met)).unwrap();
    }

    pub fn running(&self) -> impl Iterator<Item = &Place> {
        self.validators.iter().filter(|place| place.running())
    }

    /// Where the running validators listen.
    pub fn addresses(&self) -> Vec<String> {
        self.running().flat_map(|place| place.addresses.clone()).collect()
    }

    /// A home with an identity, in no community.
    pub fn stranger(&self, name: &str) -> Place {
        self.cluster.place(name).unwrap()
    }

    /// A home that has joined by an invite of the first running validator.
    pub fn join(&self, name: &str) -> Place {
        let place = self.stranger(name);
        place.command(["community", "join", &self.invite(), "--yes"]).unwrap();
        place
    }

    pub fn invite(&self) -> String {
        let invite = self.running().next().unwrap().json(["community", "invite"]).unwrap();
        text(&invite["invite"])
    }

    /// The community's id and charter.
    pub fn charter(&self) -> (Cid, Charter) {
        let community = community::chosen(&self.validators[0].home, None).unwrap();
        (community.id(), community.founding.charter().clone())
    }

    /// The records of a home: through its node if that runs, else on its store.
    pub fn store(&self, place: &Place) -> Access {
        Access::open(&place.home, &self.charter().0).unwrap()
    }
}

/// The settings of a charter of these numbers.
fn settings(f: usize, q: usize, bodies: &str) -> String {
    format!(
        "f = {f}\nq = {q}\nbodies = \"{bodies}\"\nprotocol = 1\nlicences = [\"CC0-1.0\", \"CC-BY-4.0\"]\n\
         preference = \"train-ai=y, search=y\"\nruleset = \"core-2\"\nterms = \"commons-1\"\nrecovery = []"
    )
}

/// A charter of four validators in TOML, of which one may lie or be silent.
pub fn charter_of_four(validators: [&Place; 4], bodies: &str) -> String {
    cluster::charter(validators, "Commons", &settings(1, 3, bodies)).unwrap()
}

/// A charter of one steward in TOML, with other terms, recovery keys, and more at its end.
pub fn charter_of_one(steward: &Place, terms: &str, recovery: &str, more: &str) -> String {
    let settings = settings(0, 1, "certificate");
    let settings = settings.replace("\"commons-1\"", &format!("{terms:?}")).replace("[]", &format!("[{recovery}]"));
    cluster::charter([steward], "Commons", &settings).unwrap() + more
}

/// Contributes a file with `--yes` and says what came of it.
pub fn contribute(place: &Place, file: &Path, more: &[&str]) -> Value {
    let mut args: Vec<OsString> = vec!["contribute".into(), file.into(), "--yes".into()];
    args.extend(more.iter().map(OsString::from));
    place.json(args).unwrap()
}

/// The ids of the records that a contribution shared.
pub fn shared(outcome: &Value) -> Vec<String> {
    outcome["shared"].as_array().unwrap().iter().map(|record| text(&record["id"])).collect()
}

/// How a record is, as `status ID` says in a home.
pub fn status(place: &Place, record: &str) -> Value {
    place.json(["status", record]).unwrap()
}

/// The strings of a JSON list, sorted.
pub fn names(list: &Value) -> Vec<String> {
    let mut names: Vec<_> = list.as_array().unwrap().iter().map(text).collect();
    names.sort();
    names
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Waits until every node has `accepted` records with their bodies, and until all have one state
/// root and the same evidence. Gives the root.
pub fn settled<'a>(places: impl IntoIterator<Item = &'a Place>, accepted: usize) -> String {
    let places: Vec<_> = places.into_iter().collect();
    let mut root = String::new();
    until(&format!("every node has the same {accepted} records and certificates"), || {
        let all = places.iter().map(|place| place.community()).collect::<anyhow::Result<Vec<_>>>()?;
        root = all[0].state_root.clone().unwrap();
        Ok(all.iter().all(|one| {
            (one.accepted, one.incomplete) == (accepted, 0)
                && one.state_root == all[0].state_root
                && one.evidence == all[0].evidence
        }))
    })
    .unwrap();
    root
}

/// Whether it is so of each.
pub fn all<'a>(
    places: impl IntoIterator<Item = &'a Place>,
    so: impl Fn(&Place) -> anyhow::Result<bool>,
) -> anyhow::Result<bool> {
    for place in places {
        if !so(place)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// At most two communities run at once, so that a small machine keeps up.
struct Turn;

static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());
const MOST: usize = 2;

impl Turn {
    fn take() -> Turn {
        let (count, changed) = (RUNNING.0.lock().unwrap(), &RUNNING.1);
        *changed.wait_while(count, |count| *count >= MOST).unwrap() += 1;
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A test that panics elsewhere must give its turn back all the same.
        *RUNNING.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) -= 1;
        RUNNING.1.notify_one();
    }
}
