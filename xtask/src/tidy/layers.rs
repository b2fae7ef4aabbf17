//! Which crate may use which: the crate map of ARCHITECTURE.md as a table.

use super::{
    members::{Kind, Member, members, trees},
    none,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Every crate and what it may use of the others. A crate may use only crates
/// that stand above it in this table, so that the table itself has no circle.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("fhir", &["model"]),
    ("keys", &["model"]),
    ("audit", &["model", "fhir"]),
    ("credentials", &["model"]),
    ("policy", &["model"]),
    ("control", &["model"]),
    ("crawl", &["model", "fhir", "control"]),
    ("marts", &["model"]),
    // Programs of others: it knows nothing of the lake that they could be told.
    ("sandbox", &[]),
    ("identity", &["model", "fhir"]),
    ("views", &["model", "fhir"]),
    ("profile", &["model", "fhir"]),
    // Filled by the binary: it tells of tables and can see none.
    ("exchange", &["model"]),
    // Pages are filled by whoever serves them: it can show only what it is handed.
    ("console", &["model"]),
    ("vault", &["model", "fhir", "keys", "identity"]),
    ("landing", &["model", "fhir", "keys", "control"]),
    ("simulate", &["model"]),
    // Drives the binary from outside: a library of ours would let it look inside.
    ("e2e", &[]),
    (
        "lake",
        &[
            "model", "fhir", "keys", "audit", "policy", "control", "marts", "sandbox", "identity", "views",
            "profile", "vault", "landing",
        ],
    ),
    // Not vault: it must be unable to join identity to medicine. Not views, not lake.
    (
        "server",
        &[
            "model",
            "fhir",
            "keys",
            "audit",
            "credentials",
            "policy",
            "console",
            "control",
            "identity",
            "landing",
        ],
    ),
    (
        "carelake",
        &[
            "model",
            "fhir",
            "keys",
            "audit",
            "credentials",
            "policy",
            "control",
            "crawl",
            "marts",
            "sandbox",
            "identity",
            "views",
            "profile",
            "exchange",
            "vault",
            "landing",
            "simulate",
            "lake",
            "server",
        ],
    ),
    ("xtask", &[]),
];

/// What tests may use besides: synthetic patients, and the nouns.
const TESTS_MAY_USE: &[&str] = &["simulate", "model"];

/// The engine, which takes minutes to compile, and the only crates that may build it.
const ENGINE: &[&str] = &["datafusion", "deltalake"];
const ON_THE_ENGINE: &[&str] = &["lake", "carelake"];

fn allowed(name: &str) -> Option<&'static [&'static str]> {
    MAY_USE.iter().find(|(member, _)| *member == name).map(|(_, below)| *below)
}

fn upward_edges(members: &[Member]) -> Vec<String> {
    let mut complaints = Vec::new();
    for member in members {
        let Some(below) = allowed(&member.name) else {
            complaints.push(format!("`{}` is not in the table MAY_USE: say what it may use", member.name));
            continue;
        };
        for (dependency, kind) in &member.dependencies {
            let ours = members.iter().any(|other| other.name == *dependency);
            let for_tests = *kind == Kind::Tests && TESTS_MAY_USE.contains(&dependency.as_str());
            // A crate's tests may not use what is built on the crate: that would compile it twice.
            let circle = allowed(dependency).is_some_and(|theirs| theirs.contains(&member.name.as_str()));
            if ours && !below.contains(&dependency.as_str()) && (!for_tests || circle) {
                complaints.push(format!("`{}` must not depend on `{dependency}`", member.name));
            }
        }
    }
    complaints
}

fn engine_leaks(trees: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, tree) in trees {
        if ON_THE_ENGINE.contains(&name.as_str()) {
            continue;
        }
        for package in tree {
            // The engine comes in dozens of packages of these names.
            if ENGINE.iter().any(|engine| package == engine || package.starts_with(&format!("{engine}-"))) {
                complaints
                    .push(format!("`{name}` builds `{package}`; see `cargo tree -p {name} -i {package}`"));
            }
        }
    }
    complaints
}

fn unused_workspace_dependencies(manifest: &str, members: &[Member]) -> Vec<String> {
    let used: BTreeSet<&str> =
        members.iter().flat_map(|member| &member.dependencies).map(|(name, _)| name.as_str()).collect();
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.trim()))
        .filter(|name| !name.starts_with('#') && !used.contains(name))
        .map(|name| format!("Cargo.toml: no crate uses `{name}` of [workspace.dependencies]"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependency: &str, kind: Kind) -> Member {
        Member { name: name.to_owned(), dependencies: vec![(dependency.to_owned(), kind)] }
    }

    fn bare(name: &str) -> Member {
        Member { name: name.to_owned(), dependencies: Vec::new() }
    }

    #[test]
    fn a_dependency_that_points_upwards_is_named() {
        let edges = |member| upward_edges(&[member, bare("lake"), bare("vault"), bare("simulate")]);
        assert_eq!(edges(member("server", "vault", Kind::Built)), ["`server` must not depend on `vault`"]);
        assert_eq!(edges(member("fhir", "lake", Kind::Tests)), ["`fhir` must not depend on `lake`"]);
        assert_eq!(edges(member("views", "simulate", Kind::Tests)), [""; 0]);
        assert_eq!(
            edges(member("views", "simulate", Kind::Built)),
            ["`views` must not depend on `simulate`"]
        );
        assert_eq!(
            edges(member("model", "simulate", Kind::Tests)),
            ["`model` must not depend on `simulate`"]
        );
        assert_eq!(edges(member("fhir", "serde", Kind::Built)), [""; 0]);
        assert_eq!(upward_edges(&[bare("extra")]).len(), 1);
    }

    #[test]
    fn an_engine_in_the_wrong_tree_is_named() {
        let tree = |name: &str, package: &str| {
            engine_leaks(&BTreeMap::from([(name.to_owned(), BTreeSet::from([package.to_owned()]))]))
        };
        assert_eq!(tree("server", "datafusion").len(), 1);
        assert_eq!(tree("views", "deltalake-core").len(), 1);
        assert_eq!(tree("lake", "datafusion").len(), 0);
        assert_eq!(tree("server", "arrow").len(), 0);
    }

    #[test]
    fn a_workspace_dependency_that_nobody_uses_is_named() {
        let manifest =
            "[workspace.dependencies]\n# A remark = one.\nserde = \"1\"\nurl = \"2\"\n[other]\nx = 1\n";
        let complaints = unused_workspace_dependencies(manifest, &[member("fhir", "serde", Kind::Built)]);
        assert_eq!(complaints, ["Cargo.toml: no crate uses `url` of [workspace.dependencies]"]);
    }

    #[test]
    fn the_table_points_downwards_only() {
        for (at, (name, below)) in MAY_USE.iter().enumerate() {
            for other in *below {
                assert!(MAY_USE[..at].iter().any(|(above, _)| above == other), "`{name}` before `{other}`");
            }
        }
    }

    #[test]
    fn crates_depend_only_downwards() {
        let members = members();
        none(&upward_edges(&members));
        for (name, _) in MAY_USE {
            assert!(members.iter().any(|member| member.name == *name), "`{name}` of MAY_USE is no crate");
        }
    }

    #[test]
    fn only_the_lake_and_the_binary_build_the_engine() {
        let trees = trees();
        none(&engine_leaks(&trees));
        for engine in ENGINE {
            assert!(trees["lake"].contains(*engine), "`lake` without `{engine}`: is this test blind?");
        }
    }

    #[test]
    fn every_workspace_dependency_is_used() {
        let manifest = fs::read_to_string(crate::workshop::root().unwrap().join("Cargo.toml")).unwrap();
        none(&unused_workspace_dependencies(&manifest, &members()));
    }
}
