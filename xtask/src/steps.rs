//! The steps of the test command, each a few words to a tool.

use crate::{
    files,
    process::{Heard, listen},
    tools::Tool,
    workshop::Workshop,
};
use anyhow::{Context as _, ensure};
use std::fs;

/// One step.
#[derive(Debug)]
pub(crate) struct Step {
    /// What `--only` calls it.
    pub(crate) name: &'static str,
    /// What it makes sure of.
    pub(crate) about: &'static str,
    /// What to do when it fails.
    pub(crate) remedy: &'static str,
    /// What it calls.
    pub(crate) needs: &'static [Tool],
    /// Whether it runs when nothing was chosen.
    pub(crate) in_full_run: bool,
    /// Does it. The text, if any, is the line that the run should close with.
    pub(crate) run: fn(&Workshop) -> anyhow::Result<Option<String>>,
}

/// All of them, in order.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "fetch",
        about: "the dependencies that Cargo.lock names are here",
        remedy: "`cargo update --workspace` writes a Cargo.lock that fits the manifests; commit it",
        needs: &[],
        in_full_run: true,
        run: fetch,
    },
    Step {
        name: "fmt",
        about: "the code is formatted",
        remedy: "`cargo fmt --all`",
        needs: &[Tool::Rustfmt],
        in_full_run: true,
        run: fmt,
    },
    Step {
        name: "clippy",
        about: "no lint and no compiler warning, in any target",
        remedy: "mend what is shown; `cargo clippy --fix --workspace --all-targets` does the easy ones",
        needs: &[Tool::Clippy],
        in_full_run: true,
        run: clippy,
    },
    Step {
        name: "doc",
        about: "the documentation builds and its links resolve",
        remedy: "mend the doc comments shown, then `cargo xtask test --only doc`",
        needs: &[],
        in_full_run: true,
        run: doc,
    },
    Step {
        name: "build",
        about: "everything compiles, the tests too",
        remedy: "mend the errors shown, then `cargo xtask test --only build`",
        needs: &[Tool::Nextest],
        in_full_run: true,
        run: build,
    },
    Step {
        name: "tests",
        about: "every test passes, the rules of the house among them",
        remedy: "run one alone: `cargo nextest run -p CRATE NAME`",
        needs: &[Tool::Nextest, Tool::Zstd, Tool::Clients],
        in_full_run: true,
        run: tests,
    },
    Step {
        name: "tidy",
        about: "the rules of the house alone (a part of `tests`): layers, files, links, failpoints",
        remedy: "each failure names the file and the rule; the rules are in xtask/src/tidy",
        needs: &[Tool::Nextest],
        in_full_run: false,
        run: tidy,
    },
    Step {
        name: "doctests",
        about: "the examples in doc comments run",
        remedy: "mend the example shown, then `cargo test --doc -p CRATE`",
        needs: &[],
        in_full_run: true,
        run: doctests,
    },
    Step {
        name: "deny",
        about: "licences, banned crates and sources of every dependency are as deny.toml says",
        remedy: "take another crate, or change deny.toml and say why there",
        needs: &[Tool::Deny],
        in_full_run: true,
        run: deny,
    },
    Step {
        name: "unused",
        about: "no crate lists a dependency that it does not use",
        remedy: "remove the dependency from the crate's Cargo.toml",
        needs: &[Tool::Machete],
        in_full_run: true,
        run: unused,
    },
];

/// The step called `name`.
pub(crate) fn named(name: &str) -> Option<&'static Step> {
    STEPS.iter().find(|step| step.name == name)
}

fn fetch(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    succeed(&listen(&mut workshop.cargo(&["fetch", "--locked"]))?)
}

fn fmt(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    // rustfmt colours whenever TERM is set, whoever is watching.
    let colour = if workshop.screen.colour { "always" } else { "never" };
    succeed(&listen(&mut workshop.cargo(&["fmt", "--all", "--check", "--", "--color", colour]))?)
}

fn clippy(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    // `-D warnings` goes to clippy and so to the workspace's own crates: set
    // through RUSTFLAGS it would compile all dependencies a second time.
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    without_warnings(&listen(&mut workshop.cargo(&arguments))?)
}

fn doc(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    let mut command = workshop.cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    without_warnings(&listen(command.env("RUSTDOCFLAGS", "-D warnings"))?)
}

/// Builds the binaries too: end-to-end tests drive them, and a test build alone makes only those of
/// packages with integration tests of their own.
fn build(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    if let Some(warned) =
        without_warnings(&listen(&mut workshop.cargo(&["build", "--workspace", "--locked"]))?)?
    {
        return Ok(Some(warned));
    }
    without_warnings(&listen(&mut workshop.cargo(&[
        "nextest",
        "run",
        "--workspace",
        "--locked",
        "--no-run",
    ]))?)
}

fn tests(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    let mut command = workshop.cargo(&["nextest", "run", "--workspace", "--locked"]);
    command.env("CARELAKE_CLIENTS", workshop.clients());
    run_tests(listen(command.args(["--show-progress", "counter"]))?)
}

fn tidy(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    run_tests(listen(&mut workshop.cargo(&["nextest", "run", "--package", "xtask", "--locked"]))?)
}

fn doctests(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    if !has_examples(workshop)? {
        workshop.screen.line("there are no examples in doc comments");
        return Ok(None);
    }
    // Not crate by crate: the features of the whole workspace are those that
    // the other steps have compiled.
    without_warnings(&listen(&mut workshop.cargo(&["test", "--workspace", "--doc", "--locked"]))?)
}

fn deny(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    // No `advisories`: their database is a git repository that has to be
    // fetched, and a commit that passed today must pass tomorrow.
    // Only errors are shown: small crates in two versions are allowed, and many.
    let arguments = ["deny", "--frozen", "--log-level", "error", "check", "bans", "licenses", "sources"];
    succeed(&listen(&mut workshop.cargo(&arguments))?)
}

fn unused(workshop: &Workshop) -> anyhow::Result<Option<String>> {
    succeed(&listen(&mut workshop.cargo(&["machete"]))?)
}

fn succeed(heard: &Heard) -> anyhow::Result<Option<String>> {
    ensure!(heard.success, "it found what is shown above");
    Ok(None)
}

fn without_warnings(heard: &Heard) -> anyhow::Result<Option<String>> {
    succeed(heard)?;
    ensure!(heard.warnings.is_empty(), "warnings count as errors here: {}", heard.warnings.join("; "));
    Ok(None)
}

fn run_tests(heard: Heard) -> anyhow::Result<Option<String>> {
    let said = heard.summary.as_deref().unwrap_or("the runner did not come to an end");
    ensure!(heard.success, "{said}");
    ensure!(heard.summary.is_some(), "{said}");
    Ok(heard.summary)
}

/// Whether any doc comment holds an example that rustdoc would run.
fn has_examples(workshop: &Workshop) -> anyhow::Result<bool> {
    for file in files::written_by_hand(&workshop.root.join("crates"))? {
        if files::has_extension(&file, "rs") {
            let text = fs::read_to_string(&file).with_context(|| format!("read `{}`", file.display()))?;
            if opens_example(&text) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether `source` has a doc comment with a code block in Rust, which is what
/// a fence without a language is (The rustdoc book, "Documentation tests").
fn opens_example(source: &str) -> bool {
    let mut inside = false;
    for line in source.lines() {
        let line = line.trim_start();
        let Some(comment) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            inside = false;
            continue;
        };
        if let Some(language) = comment.trim().strip_prefix("```") {
            let in_rust = language
                .split(',')
                .all(|word| ["", "rust", "no_run", "should_panic", "compile_fail"].contains(&word.trim()));
            if !inside && in_rust {
                return true;
            }
            inside = !inside;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(success: bool, warnings: &[&str], summary: Option<&str>) -> Heard {
        Heard {
            success,
            warnings: warnings.iter().map(|text| (*text).to_owned()).collect(),
            summary: summary.map(str::to_owned),
        }
    }

    #[test]
    fn a_warning_fails_a_step_that_otherwise_went_well() {
        assert!(without_warnings(&heard(true, &[], None)).is_ok());
        let error = without_warnings(&heard(true, &["warning: unused key"], None)).unwrap_err();
        assert!(error.to_string().contains("unused key"));
        assert!(without_warnings(&heard(false, &[], None)).is_err());
    }

    #[test]
    fn tests_pass_only_when_the_runner_says_how_many_did() {
        let summary = "Summary [ 1s] 2 tests run: 2 passed";
        assert_eq!(run_tests(heard(true, &[], Some(summary))).unwrap().as_deref(), Some(summary));
        assert!(run_tests(heard(true, &[], None)).is_err());
        assert!(run_tests(heard(false, &[], Some(summary))).is_err());
    }

    #[test]
    fn only_examples_in_rust_are_run() {
        let fence = "```";
        assert!(opens_example(&format!("/// {fence}\n/// f();\n/// {fence}\nfn f() {{}}")));
        assert!(opens_example(&format!("    //! {fence}rust,no_run\n")));
        assert!(!opens_example(&format!("/// {fence}json\n/// {{}}\n/// {fence}\nfn f() {{}}")));
        assert!(!opens_example(&format!("// {fence}\n")));
    }

    #[test]
    fn names_of_steps_are_unique() {
        for step in STEPS {
            assert_eq!(STEPS.iter().filter(|other| other.name == step.name).count(), 1, "{}", step.name);
        }
    }
}
