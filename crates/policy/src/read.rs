//! A file of policies, read and checked against the schema.

use crate::{Effect, PolicyId, PolicyInfo, Problem, bounds, cedar};
use cedar_policy::{Policy, PolicySet, ValidationMode, Validator, ffi::DetailedError};

const MAX_NAME_BYTES: usize = 64;

/// A policy that fits the schema.
pub(crate) struct ReadPolicy {
    pub(crate) info: PolicyInfo,
    pub(crate) cedar: Policy,
    pub(crate) place: Place,
}

/// A place in a text, both from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Reads the policies of `text`, in their order. Only own ones are held against the schema: for the built-in ones a
/// test has done so, and every command waits for them.
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
    if problems.is_empty() && own {
        problems = file.validate(&read);
    }
    problems.sort_by(|one, other| one.order().cmp(&other.order()));
    // The schema's check finds the same once for every action that a policy can be about.
    problems.dedup();
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

struct File<'a> {
    name: &'a str,
    text: &'a str,
    own: bool,
}

impl File<'_> {
    fn parse(&self) -> Result<PolicySet, Vec<Problem>> {
        if let Some((offset, sentence)) = bounds::exceeded(self.text) {
            return Err(vec![self.problem(offset, None, sentence)]);
        }
        let set: Result<PolicySet, _> = self.text.parse();
        set.map_err(|errors| {
            errors.iter().map(|error| self.told(&DetailedError::from(error), None)).collect()
        })
    }

    fn policies(&self, set: &PolicySet, problems: &mut Vec<Problem>) -> Vec<ReadPolicy> {
        for template in set.templates() {
            let sentence = "a policy with slots is not for use here: name the principal and the resource";
            let offset = self.text.find(&template.to_string()).unwrap_or_default();
            problems.push(self.problem(offset, None, sentence));
        }
        let mut read = Vec::new();
        let mut end = 0;
        for policy in in_order(set) {
            let text = policy.to_string();
            // Looked for behind the one before: two can have the same text.
            let offset = end + self.text.get(end..).and_then(|rest| rest.find(&text)).unwrap_or_default();
            end = offset + text.len();
            match self.named(policy, text) {
                Ok((info, cedar)) => read.push(ReadPolicy { info, cedar, place: self.place(offset) }),
                Err(sentence) => problems.push(self.problem(offset, None, sentence)),
            }
        }
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
            let Ok(alone) = PolicySet::from_policies([policy.cedar.clone()]) else {
                problems.push(self.problem(0, Some(id), "the policy cannot be checked"));
                continue;
            };
            let result = validator.validate(&alone, ValidationMode::Strict);
            let mut found: Vec<DetailedError> = result.validation_errors().map(DetailedError::from).collect();
            if found.is_empty() {
                found.extend(result.validation_warnings().map(DetailedError::from));
            }
            problems.extend(found.iter().map(|error| self.told(error, Some(id))));
        }
        problems
    }

    /// What Cedar says is wrong.
    fn told(&self, error: &DetailedError, policy: Option<&PolicyId>) -> Problem {
        let offset = error.source_locations.first().map_or(0, |label| label.loc.start);
        // What Cedar guesses was meant is another thing each time.
        let help = error.help.as_deref().filter(|help| !help.starts_with("did you mean"));
        let sentence = match help {
            Some(help) => format!("{} ({help})", error.message),
            None => error.message.clone(),
        };
        let sentence = match policy {
            Some(id) => plain(&sentence, id),
            None => sentence,
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
}

/// The policies as they stand in their file. Cedar numbers them so, and gives them in no order.
fn in_order(set: &PolicySet) -> Vec<&Policy> {
    let number = |policy: &&Policy| {
        let id: &str = policy.id().as_ref();
        id.trim_start_matches("policy").parse::<usize>().ok()
    };
    let mut policies: Vec<&Policy> = set.policies().collect();
    policies.sort_by_key(number);
    policies
}

/// The sentence without the policy's name, which is told beside it, and without the one of many actions for which the
/// same was found.
fn plain(sentence: &str, id: &PolicyId) -> String {
    let sentence =
        sentence.replace(&format!("for policy `{id}`, "), "").replace(&format!("for policy `{id}`: "), "");
    let without = sentence
        .split_once(" for Action::\"")
        .and_then(|(before, after)| Some(format!("{before}{}", after.split_once('"')?.1)));
    without.unwrap_or(sentence)
}

fn is_name(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    (1..=MAX_NAME_BYTES).contains(&id.len()) && id.bytes().all(fits)
}
