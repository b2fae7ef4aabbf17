//! Every failpoint that is listed is passed somewhere, and none is passed that is not listed.

use super::{
    none,
    sources::{Source, sources},
};
use std::collections::BTreeSet;

/// The names in the calls of the macro, and complaints about calls that have none.
fn passed(sources: &[Source]) -> (BTreeSet<&str>, Vec<String>) {
    let mut names = BTreeSet::new();
    let mut complaints = Vec::new();
    let call = ["failpoint", "!("].concat();
    for source in sources {
        for (at, line) in source.text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for argument in line.split(&call).skip(1) {
                match argument.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                    Some((name, _)) => {
                        names.insert(name);
                    }
                    None => {
                        complaints.push(format!("{}:{}: name the failpoint in the call", source.path, at + 1))
                    }
                }
            }
        }
    }
    (names, complaints)
}

fn differences(listed: &[&str], passed: &BTreeSet<&str>) -> Vec<String> {
    let listed: BTreeSet<&str> = listed.iter().copied().collect();
    let never =
        listed.difference(passed).map(|name| format!("failpoint `{name}` is listed and never passed"));
    let unlisted =
        passed.difference(&listed).map(|name| format!("failpoint `{name}` is passed and not listed"));
    never.chain(unlisted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(argument: &str) -> Source {
        Source::new(
            "crates/lake/src/a.rs",
            &format!("    model::{}{argument});\n", ["failpoint", "!("].concat()),
        )
    }

    #[test]
    fn a_failpoint_on_one_side_only_is_named() {
        let sources = [code("\"b\""), code("\"c\"")];
        let (passed, complaints) = passed(&sources);
        assert!(complaints.is_empty());
        assert_eq!(
            differences(&["a", "b"], &passed),
            ["failpoint `a` is listed and never passed", "failpoint `c` is passed and not listed"]
        );
    }

    #[test]
    fn a_failpoint_must_be_named_where_it_is_passed() {
        assert_eq!(passed(&[code("NAME")]).1.len(), 1);
    }

    #[test]
    fn the_list_of_failpoints_and_the_code_agree() {
        let sources: Vec<Source> = sources(&["rs"])
            .into_iter()
            .filter(|source| source.path.starts_with("crates/") && source.path.contains("/src/"))
            .collect();
        let (passed, complaints) = passed(&sources);
        none(&complaints);
        none(&differences(model::FAILPOINTS, &passed));
        let unique: BTreeSet<&&str> = model::FAILPOINTS.iter().collect();
        assert_eq!(unique.len(), model::FAILPOINTS.len(), "a failpoint is listed twice");
    }
}
