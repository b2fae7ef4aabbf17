//! A file of policies, read and checked against the schema.

use crate::{Effect, PolicyId, PolicyInfo, Problem, cedar};
use cedar_policy::{Policy, PolicySet, ValidationMode, Validator, ffi::DetailedError};

/// More than anybody writes by hand, and little enough to check while somebody waits.
const MAX_BYTES: usize = 256 * 1024;
const MAX_NAME_BYTES: usize = 64;

/// A policy that fits the schema.
pub(crate) struct ReadPolicy {
    pub(crate) info: PolicyInfo,
    pub(crate) cedar: Policy,
    pub(crate) place: Place,
}

/// A place in a text, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Reads the policies of `text`, in their order.
///
/// # Errors
/// Everything that is wrong with it, in the order of lines.
pub(crate) fn file(name: &str, text: &str, own: bool) -> Result<Vec<ReadPolicy>, Vec<Problem>> {
    let file = File { name, text, own };
    let mut problems = Vec::new();
    let read = match file.parse() {
        Ok(set) => file.policies(&set, &mut problems),
        Err(wrong) => {
            problems = wrong;
            Vec::new()
        }
    };
    if problems.is_empty() {
        problems = file.validate(&read);
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

struct File<'a> {
    name: &'a str,
    text: &'a str,
    own: bool,
}

impl File<'_> {
    fn parse(&self) -> Result<PolicySet, Vec<Problem>> {
        if self.text.len() > MAX_BYTES {
            return Err(vec![self.problem(0, None, "the file is too long: 256 KiB are the most")]);
        }
        let set: Result<PolicySet, _> = self.text.parse();
        set.map_err(|errors| {
            errors.iter().map(|error| self.told(&DetailedError::from(error), None)).collect()
        })
    }

    fn policies(&self, set: &PolicySet, problems: &mut Vec<Problem>) -> Vec<ReadPolicy> {
        for template in set.templates() {
            let sentence = "a policy with slots is not for use here: name the principal and the resource";
            problems.push(self.problem(self.offset(&template.to_string()), None, sentence));
        }
        let mut read = Vec::new();
        for policy in set.policies() {
            let text = policy.to_string();
            let offset = self.offset(&text);
            match self.named(policy, text) {
                Ok((info, cedar)) => read.push(ReadPolicy { info, cedar, place: self.place(offset) }),
                Err(sentence) => problems.push(self.problem(offset, None, sentence)),
            }
        }
        read.sort_by_key(|policy| policy.place);
        read
    }

    /// A policy under its own name, and what is shown of it.
    fn named(&self, policy: &Policy, text: String) -> Result<(PolicyInfo, Policy), &'static str> {
        let id = policy.annotation("id").ok_or("a policy needs a name: write `@id(\"…\")` before it")?;
        if !is_name(id) {
            return Err("a policy's name is 1 to 64 of a-z, 0-9, `.`, `_` and `-`");
        }
        let because = policy.annotation("because").map(str::trim).filter(|because| !because.is_empty());
        let because = because.ok_or("a policy says why it is there: write `@because(\"…\")` before it")?;
        let info = PolicyInfo {
            id: PolicyId::new(id),
            effect: match policy.effect() {
                cedar_policy::Effect::Permit => Effect::Permit,
                cedar_policy::Effect::Forbid => Effect::Forbid,
            },
            because: because.to_owned(),
            text,
            file: self.name.to_owned(),
            own: self.own,
        };
        Ok((info, policy.new_id(cedar_policy::PolicyId::new(id))))
    }

    /// What does not fit the schema. Warnings count: a policy that can never apply protects nothing.
    fn validate(&self, read: &[ReadPolicy]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let validator = Validator::new(cedar::schema().clone());
        for policy in read {
            let id = &policy.info.id;
            let Ok(alone) = PolicySet::from_policies([policy.cedar.clone()]) else { continue };
            let result = validator.validate(&alone, ValidationMode::Strict);
            let errors = result.validation_errors().map(DetailedError::from);
            let warnings = result.validation_warnings().map(DetailedError::from);
            problems.extend(errors.chain(warnings).map(|error| self.told(&error, Some(id))));
        }
        problems
    }

    /// What Cedar says is wrong.
    fn told(&self, error: &DetailedError, policy: Option<&PolicyId>) -> Problem {
        let offset = error.source_locations.first().map_or(0, |label| label.loc.start);
        let prefix = policy.map(|id| format!("for policy `{id}`, ")).unwrap_or_default();
        let message = error.message.strip_prefix(&prefix).unwrap_or(&error.message);
        let sentence = match &error.help {
            Some(help) => format!("{message} ({help})"),
            None => message.to_owned(),
        };
        self.problem(offset, policy, sentence)
    }

    fn problem(&self, offset: usize, policy: Option<&PolicyId>, sentence: impl Into<String>) -> Problem {
        let Place { line, column } = self.place(offset);
        let file = self.name.to_owned();
        Problem { file, line, column, policy: policy.cloned(), sentence: sentence.into() }
    }

    fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }

    /// Where a policy begins, which Cedar does not tell.
    fn offset(&self, policy: &str) -> usize {
        self.text.find(policy).unwrap_or_default()
    }
}

fn is_name(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    (1..=MAX_NAME_BYTES).contains(&id.len()) && id.bytes().all(fits)
}
