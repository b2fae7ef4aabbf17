//! Links between our own pages lead somewhere.

use super::{
    none,
    sources::{Source, sources},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

/// The targets of the links and pictures of a Markdown page, with their line
/// numbers. What stands in code is no link.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut targets = Vec::new();
    for (at, line) in prose(text) {
        let line = without_code(line);
        for rest in line.split("](").skip(1) {
            if let Some((target, _)) = rest.split_once(')') {
                // A title may follow the target (CommonMark §6.3).
                let target = target.split_whitespace().next().unwrap_or_default();
                targets.push((at, target.trim_matches(['<', '>']).to_owned()));
            }
        }
        if line.starts_with('[')
            && let Some((_, target)) = line.split_once("]: ")
        {
            targets.push((at, target.split_whitespace().next().unwrap_or_default().to_owned()));
        }
    }
    targets
}

/// The numbered lines that are not in a fenced code block.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((at + 1, line))
    })
}

fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The names under which a page's headings can be linked to, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (_, line) in prose(text) {
        let Some(heading) = line.starts_with('#').then(|| line.trim_start_matches('#').trim()) else {
            continue;
        };
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        let name: String =
            kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect();
        let mut unique = name.clone();
        let mut count = 0;
        while !anchors.insert(unique.clone()) {
            count += 1;
            unique = format!("{name}-{count}");
        }
    }
    anchors
}

/// Complaints about the links of `page` that lead nowhere below `root`.
fn broken(root: &Path, page: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (line, target) in targets(&page.text) {
        if target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let path = if file.is_empty() {
            root.join(&page.path)
        } else {
            flatten(&root.join(&page.path).parent().unwrap().join(file))
        };
        if !path.starts_with(root) || !path.exists() {
            complaints.push(format!("{}:{line}: `{target}` leads nowhere", page.path));
        } else if !anchor.is_empty()
            && path.extension().is_some_and(|extension| extension == "md")
            && !anchors(&fs::read_to_string(&path).unwrap()).contains(anchor)
        {
            complaints.push(format!("{}:{line}: `{target}` names no heading", page.path));
        }
    }
    complaints
}

/// `path` without `.` and `..`.
fn flatten(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                flat.pop();
            }
            Component::CurDir => {}
            _ => flat.push(part),
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        broken(&crate::workshop::root().unwrap(), &Source::new("xtask/page.md", text))
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named() {
        assert_eq!(complaints("see [it](nowhere.md)"), ["xtask/page.md:1: `nowhere.md` leads nowhere"]);
        assert_eq!(complaints("\n[it]: ./nowhere.md \"title\"").len(), 1);
        assert_eq!(complaints("out of the house: [x](../../Cargo.toml)").len(), 1);
    }

    #[test]
    fn links_that_lead_somewhere_or_are_not_ours_pass() {
        let text = "[a](Cargo.toml) [b](../Cargo.toml \"title\") [c](https://example.org/x) `[d](nowhere)`\n\
                    ```\n[e](nowhere)\n```\n[f](src/)";
        assert_eq!(complaints(text), [""; 0]);
    }

    #[test]
    fn headings_are_named_as_they_are_linked_to() {
        let anchors =
            anchors("# The way of the data\n## 2. `views`: SQL\n```\n# code\n```\n## Twice\n## Twice\n");
        let expected = ["the-way-of-the-data", "2-views-sql", "twice", "twice-1"];
        assert_eq!(anchors, expected.map(str::to_owned).into_iter().collect());
    }

    #[test]
    fn every_link_between_our_pages_leads_somewhere() {
        let root = crate::workshop::root().unwrap();
        none(&sources(&["md"]).iter().flat_map(|page| broken(&root, page)).collect::<Vec<_>>());
    }
}
