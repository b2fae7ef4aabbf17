//! Rules: files that say what is unusual, what to tell of it, and by which cases they prove themselves.

use super::{
    case::{Case, CaseFile, Unproved},
    condition::Condition,
    events::Events,
    period::Period,
    tell::{Template, hides, shown},
};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::LazyLock};

/// The files of the built-in rules.
const BUILTIN: &[(&str, &str)] = &[
    ("audit-retention.toml", include_str!("../../rules/audit-retention.toml")),
    ("bulk-reidentification.toml", include_str!("../../rules/bulk-reidentification.toml")),
    ("denied-access.toml", include_str!("../../rules/denied-access.toml")),
    ("disabled-provider.toml", include_str!("../../rules/disabled-provider.toml")),
    ("failed-sign-ins.toml", include_str!("../../rules/failed-sign-ins.toml")),
    ("failed-sign-ins-across-many.toml", include_str!("../../rules/failed-sign-ins-across-many.toml")),
    ("key-use.toml", include_str!("../../rules/key-use.toml")),
    ("provider-silent.toml", include_str!("../../rules/provider-silent.toml")),
    ("provider-unusual-hour.toml", include_str!("../../rules/provider-unusual-hour.toml")),
    ("provider-unusual-volume.toml", include_str!("../../rules/provider-unusual-volume.toml")),
    ("refused-connections.toml", include_str!("../../rules/refused-connections.toml")),
    ("refused-data.toml", include_str!("../../rules/refused-data.toml")),
    ("run-failed.toml", include_str!("../../rules/run-failed.toml")),
    ("trail-not-verified.toml", include_str!("../../rules/trail-not-verified.toml")),
    ("unfamiliar-role.toml", include_str!("../../rules/unfamiliar-role.toml")),
];

/// The most bytes of a rule's file.
const LONGEST_FILE_BYTES: usize = 64 << 10;

#[expect(
    clippy::expect_used,
    reason = "the built-in rules are a part of the build, and every test reads them"
)]
static READ: LazyLock<Rules> = LazyLock::new(|| Rules::read(BUILTIN).expect("the lake's own rules"));

/// How bad what a rule finds is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody should know.
    Notice,
    /// Somebody should look today.
    Warning,
    /// Somebody must look now.
    Critical,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) severity: Severity,
    pub(super) tell: Template,
    pub(super) quiet: Period,
    pub(super) events: Events,
    pub(super) when: Condition,
    /// Changes with what the rule finds, and not with what it says of it.
    pub(super) fingerprint: String,
    cases: Vec<Case>,
}

/// Rules, each by a name of its own.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<Rule>);

/// Why a rule cannot be read, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RuleError {
    /// The file.
    pub file: String,
    /// The line in it, from 1; not known of what is wrong with several keys together.
    pub line: Option<usize>,
    /// The key, where the line is not known.
    pub key: Option<&'static str>,
    /// What is wrong and what to do.
    pub sentence: String,
}

/// A rule's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    severity: Severity,
    tell: Template,
    quiet: Option<Period>,
    events: Events,
    when: Condition,
    #[serde(default, rename = "case")]
    cases: Vec<CaseFile>,
}

impl Severity {
    /// Its word in rules and in the control database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule file `{}`", self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(key) = self.key {
            write!(f, ", `{key}`")?;
        }
        write!(f, ": {}", self.sentence)
    }
}

impl Rule {
    /// Reads the rule in `text`, which is called `file` in what is said of it. Its cases are not run.
    ///
    /// # Errors
    /// It is no TOML, has a key that rules do not have, lacks one, or a value that cannot be.
    pub fn read(file: &str, text: &str) -> Result<Self, RuleError> {
        let problem = |line, key, sentence: &str| RuleError {
            file: shown(file),
            line,
            key,
            sentence: sentence.to_owned(),
        };
        if text.len() > LONGEST_FILE_BYTES {
            return Err(problem(None, None, "a rule has at most 64 KiB: write fewer cases"));
        }
        let read: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, span.start));
            // The message may quote the file: one line of it, as a screen can show it.
            let sentence: Vec<_> = error.message().lines().map(shown_whole).collect();
            problem(line, None, &sentence.join("; "))
        })?;
        if let Some((key, sentence)) = read.problem() {
            return Err(problem(None, Some(key), sentence));
        }
        let File { name, title, severity, tell, quiet, events, when, cases } = read;
        let quiet = quiet.unwrap_or_else(|| when.quiet());
        let definition = serde_json::to_vec(&(&events, &when, quiet))
            .map_err(|error| problem(None, Some("when"), &error.to_string()))?;
        let fingerprint = hex::encode(digest::digest(&digest::SHA256, &definition));
        let cases = cases.into_iter().map(|case| case.lay_out(&events)).collect::<Result<_, _>>();
        let cases = cases.map_err(|error| problem(None, Some("case"), &error.to_string()))?;
        Ok(Self { name, title, severity, tell, quiet, events, when, fingerprint, cases })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it finds, in a few words.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How bad that is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// Runs the rule's own cases.
    ///
    /// # Errors
    /// The cases that came out otherwise than they say.
    pub fn prove(&self) -> Result<(), Vec<Unproved>> {
        let failed: Vec<_> = self.cases.iter().filter_map(|case| case.run(self).err()).collect();
        if failed.is_empty() { Ok(()) } else { Err(failed) }
    }
}

impl File {
    /// The key that cannot be as it is, and what to do.
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=64).contains(&self.name.len()) || !self.name.bytes().all(fits) {
            return Some(("name", "write 1 to 64 of a-z, 0-9 and -"));
        }
        let title = self.title.chars().count();
        if !(1..=100).contains(&title) || self.title.chars().any(hides) {
            return Some(("title", "write at most 100 characters, without control characters"));
        }
        if !self.cases.iter().any(CaseFile::fires) {
            return Some(("case", "write at least one case in which the rule fires (`fires = 1`)"));
        }
        if self.cases.iter().all(CaseFile::fires) {
            return Some(("case", "write at least one case in which the rule is silent (`silent = true`)"));
        }
        self.when.problem()
    }
}

impl Rules {
    /// The built-in ones.
    #[must_use]
    pub fn builtin() -> Self {
        READ.clone()
    }

    /// The built-in ones and `own`, which are names of files and what is in them.
    ///
    /// # Errors
    /// The first file that is no rule, or whose rule has another's name.
    pub fn with_own(own: &[(&str, &str)]) -> Result<Self, RuleError> {
        let mut rules = Self::builtin();
        rules.add(own)?;
        Ok(rules)
    }

    /// The rules of `files`, which are names of files and what is in them, and no others.
    ///
    /// # Errors
    /// The first file that is no rule, or whose rule has another's name.
    pub fn read(files: &[(&str, &str)]) -> Result<Self, RuleError> {
        let mut rules = Self::default();
        rules.add(files)?;
        Ok(rules)
    }

    fn add(&mut self, files: &[(&str, &str)]) -> Result<(), RuleError> {
        for (file, text) in files {
            let rule = Rule::read(file, text)?;
            if self.iter().any(|other| other.name == rule.name) {
                let sentence = "another rule has this name: write another".to_owned();
                return Err(RuleError { file: shown(file), line: None, key: Some("name"), sentence });
            }
            self.0.push(rule);
        }
        Ok(())
    }

    /// Every rule.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    pub(super) fn into_rules(self) -> Vec<Rule> {
        self.0
    }
}

impl From<Rule> for Rules {
    fn from(rule: Rule) -> Self {
        Self(vec![rule])
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

/// A line of the reader's own words, in which names of the file's may stand.
fn shown_whole(line: &str) -> String {
    line.chars().map(|letter| if hides(letter) { '\u{fffd}' } else { letter }).take(400).collect()
}
