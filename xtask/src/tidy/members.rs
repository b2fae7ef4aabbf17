//! What cargo knows of the workspace.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    process::Command,
};

/// Where a dependency is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `[dependencies]` or `[build-dependencies]`.
    Built,
    /// `[dev-dependencies]`.
    Tests,
}

/// A crate of the workspace and what it lists.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// Name of the package and where it is listed.
    pub(super) dependencies: Vec<(String, Kind)>,
}

/// The crates of the workspace, by `cargo metadata --no-deps`.
pub(super) fn members() -> Vec<Member> {
    packages(&metadata(&["--no-deps"]))
}

/// Per crate of the workspace, every package that is compiled when the crate
/// and its tests are.
pub(super) fn trees() -> BTreeMap<String, BTreeSet<String>> {
    let target = host();
    let metadata = metadata(&["--filter-platform", &target]);
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).iter().map(|node| (text(&node["id"]), node)).collect();
    let names: BTreeMap<&str, &str> = list(&metadata["packages"])
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])))
        .collect();
    let mut trees = BTreeMap::new();
    for root in list(&metadata["workspace_members"]).iter().map(text) {
        let mut seen = BTreeSet::from([root]);
        let mut waiting = vec![root];
        while let Some(id) = waiting.pop() {
            for dependency in list(&nodes[id]["deps"]) {
                // A test dependency of a dependency is not built.
                let built =
                    id == root || list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
                let package = text(&dependency["pkg"]);
                if built && seen.insert(package) {
                    waiting.push(package);
                }
            }
        }
        let tree = seen.iter().map(|id| names[id].to_owned()).collect();
        trees.insert(names[root].to_owned(), tree);
    }
    trees
}

fn packages(metadata: &Value) -> Vec<Member> {
    let member = |package: &Value| Member {
        name: text(&package["name"]).to_owned(),
        dependencies: list(&package["dependencies"])
            .iter()
            .map(|dependency| {
                let kind = if dependency["kind"] == "dev" { Kind::Tests } else { Kind::Built };
                (text(&dependency["name"]).to_owned(), kind)
            })
            .collect(),
    };
    list(&metadata["packages"]).iter().map(member).collect()
}

fn metadata(arguments: &[&str]) -> Value {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(arguments)
        .current_dir(crate::workshop::root().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The triple of the machine that runs this, as `rustc -vV` tells it.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
