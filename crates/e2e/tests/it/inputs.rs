//! What is sent: a simulated population, cut so that each file has a resource once.

use serde_json::Value;
use simulate::{Expected, Request, Simulation};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A source with many people and all types, and a second that knows some of them.
pub(crate) const GP: &str = "gp-elm-grove";
pub(crate) const TRUST: &str = "acute-castlemere";

/// One resource as its source sends it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) resource_type: String,
    pub(crate) id: String,
    pub(crate) body: Value,
    /// How often the source has sent this id before.
    pub(crate) before: usize,
}

/// All that `source` says of `patients` people with ids of its own, in its order.
pub(crate) fn resources(seed: u64, patients: u32, source: &str) -> Vec<Sent> {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut all = Vec::new();
    let mut take = |body: Value| {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let (resource_type, id) = (text("resourceType"), text("id"));
        let times = seen.entry((resource_type.clone(), id.clone())).or_default();
        all.push(Sent { resource_type, id, body, before: *times });
        *times += 1;
    };
    for message in Simulation::new(seed, patients).messages() {
        if message.source.as_str() != source || matches!(message.expected, Expected::Rejected { .. }) {
            continue;
        }
        match message.request {
            Request::Bundle(body) => {
                let mut bundle: Value = serde_json::from_slice(&body).unwrap();
                let entries = bundle["entry"].as_array_mut().unwrap();
                entries.iter_mut().for_each(|entry| take(entry["resource"].take()));
            }
            Request::Put { body, .. } => take(serde_json::from_slice(&body).unwrap()),
            // A create without an id is another resource each time it is sent.
            Request::Post { .. } | Request::Raw { .. } => {}
        }
    }
    all
}

/// Writes resources as NDJSON.
pub(crate) fn write<'a>(file: PathBuf, resources: impl IntoIterator<Item = &'a Sent>) -> PathBuf {
    let lines: Vec<String> = resources.into_iter().map(|sent| format!("{}\n", sent.body)).collect();
    assert!(!lines.is_empty());
    fs::write(&file, lines.concat()).unwrap();
    file
}

/// Two files of one source: the first makes resources of half of the ids; the second makes the other
/// half and updates the first. Within a file no id comes twice.
pub(crate) fn halves(folder: &Path, source: &str) -> [PathBuf; 2] {
    let all = resources(3, 6, source);
    let even = |sent: &Sent| sent.id.bytes().map(u32::from).sum::<u32>().is_multiple_of(2);
    let first = all.iter().filter(|sent| sent.before == 0 && even(sent));
    let second = all.iter().filter(|sent| if even(sent) { sent.before == 1 } else { sent.before == 0 });
    [
        write(folder.join(format!("{source}-1.ndjson")), first),
        write(folder.join(format!("{source}-2.ndjson")), second),
    ]
}
