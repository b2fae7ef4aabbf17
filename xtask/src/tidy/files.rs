//! How files are named, how they begin, how long they are.

use super::{
    none,
    sources::{Source, sources},
};

/// Lines a Rust file may have besides its tests.
const LONGEST: usize = 600;
/// Names that say nothing of what is inside.
const NAMELESS: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

fn undescribed(source: &Source) -> Option<String> {
    let described = source.text.starts_with("//!");
    (!described).then(|| format!("{}: begin with `//!`: what the file owns, what it does not", source.path))
}

fn nameless(source: &Source) -> Option<String> {
    let parts = source.path.trim_end_matches(".rs").split('/');
    if source.path.ends_with("/mod.rs") {
        return Some(format!("{}: write `name.rs` and `name/`, not `name/mod.rs`", source.path));
    }
    let part = parts.into_iter().find(|part| NAMELESS.contains(part))?;
    Some(format!("{}: `{part}` says nothing; name the noun", source.path))
}

fn long(source: &Source) -> Option<String> {
    if is_test(&source.path) {
        return None;
    }
    let length = source.text.lines().take_while(|line| line.trim_end() != "#[cfg(test)]").count();
    // A test module of its own file is one attribute and one line, not the end of the file.
    let attribute_is_last = source.text.contains("#[cfg(test)]\nmod tests {");
    let length = if attribute_is_last { length } else { source.text.lines().count() };
    (length > LONGEST)
        .then(|| format!("{}: {length} lines without its tests; {LONGEST} is the limit", source.path))
}

fn ignored(source: &Source) -> Vec<String> {
    let attribute = ["#[", "ignore]"].concat();
    numbered(source, |line| line.trim_start().starts_with(&attribute), "say why: `#[ignore = \"…\"]`")
}

fn trailing(source: &Source) -> Vec<String> {
    numbered(source, |line| line.ends_with([' ', '\t']), "white space at the end of the line")
}

fn numbered(source: &Source, wrong: impl Fn(&str) -> bool, complaint: &str) -> Vec<String> {
    let lines = source.text.split('\n').enumerate().filter(|(_, line)| wrong(line));
    lines.map(|(at, _)| format!("{}:{}: {complaint}", source.path, at + 1)).collect()
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_sees_what_breaks_it() {
        assert!(undescribed(&Source::new("a.rs", "mod x;\n")).is_some());
        assert!(nameless(&Source::new("crates/a/src/utils.rs", "")).is_some());
        assert!(nameless(&Source::new("crates/a/src/common/x.rs", "")).is_some());
        assert!(nameless(&Source::new("crates/a/src/x/mod.rs", "")).is_some());
        assert!(nameless(&Source::new("crates/a/src/commonly.rs", "")).is_none());
        let indented = ["    #[", "ignore]\n    fn f() {}"].concat();
        assert_eq!(ignored(&Source::new("a.rs", &indented)).len(), 1);
        assert_eq!(trailing(&Source::new("a.md", "a\nb \nc\t\n")).len(), 2);
    }

    #[test]
    fn the_tests_of_a_file_do_not_count_as_its_length() {
        let code = "x\n".repeat(LONGEST);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{code}}}\n");
        assert!(long(&Source::new("crates/a/src/b.rs", &format!("{code}{tests}"))).is_none());
        assert!(long(&Source::new("crates/a/src/b.rs", &format!("x\n{code}{tests}"))).is_some());
        assert!(
            long(&Source::new("crates/a/src/b.rs", &format!("#[cfg(test)]\nmod tests;\n{code}"))).is_some()
        );
        assert!(long(&Source::new("crates/a/src/b/tests.rs", &format!("x\n{code}"))).is_none());
    }

    #[test]
    fn every_rust_file_says_what_it_owns() {
        none(&sources(&["rs"]).iter().filter_map(undescribed).collect::<Vec<_>>());
    }

    #[test]
    fn every_rust_file_is_named_for_what_is_inside() {
        none(&sources(&["rs"]).iter().filter_map(nameless).collect::<Vec<_>>());
    }

    #[test]
    fn no_rust_file_is_too_long_to_read() {
        none(&sources(&["rs"]).iter().filter_map(long).collect::<Vec<_>>());
    }

    #[test]
    fn no_test_is_ignored_without_a_reason() {
        none(&sources(&["rs"]).iter().flat_map(ignored).collect::<Vec<_>>());
    }

    #[test]
    fn no_line_ends_in_white_space() {
        let files = sources(&["rs", "toml", "md", "sql", "sh", "html", "css", "LICENSE", ".ci/run"]);
        none(&files.iter().flat_map(trailing).collect::<Vec<_>>());
    }
}
