//! All policies that count, and the one decision.

use crate::{
    Action, Decision, PolicyErrors, PolicyId, PolicyInfo, Problem, Question, cedar,
    read::{self, ReadPolicy},
};
use cedar_policy::{Authorizer, PolicySet};
use std::{collections::BTreeMap, sync::LazyLock};

/// The files of the built-in policies, one for each role.
const BUILTIN: &[(&str, &str)] = &[
    ("provider.cedar", include_str!("../policies/provider.cedar")),
    ("analyst.cedar", include_str!("../policies/analyst.cedar")),
    ("engineer.cedar", include_str!("../policies/engineer.cedar")),
    ("custodian.cedar", include_str!("../policies/custodian.cedar")),
    ("auditor.cedar", include_str!("../policies/auditor.cedar")),
    ("directory.cedar", include_str!("../policies/directory.cedar")),
    ("administrator.cedar", include_str!("../policies/administrator.cedar")),
    ("operator.cedar", include_str!("../policies/operator.cedar")),
    ("everyone.cedar", include_str!("../policies/everyone.cedar")),
];

#[expect(
    clippy::expect_used,
    reason = "the built-in policies are a part of the build, and every test reads them"
)]
static READ: LazyLock<Policies> =
    LazyLock::new(|| Policies::read(BUILTIN, &[]).expect("the lake's own policies"));

/// The policies that count in a lake.
#[derive(Clone, Debug)]
pub struct Policies {
    /// For each action the policies whose head names it: the others could not apply, and cost time.
    sets: BTreeMap<Action, PolicySet>,
    infos: BTreeMap<PolicyId, PolicyInfo>,
}

impl Policies {
    /// The built-in ones.
    #[must_use]
    pub fn builtin() -> Self {
        READ.clone()
    }

    /// The built-in ones and `own`, which are names of files and what is in them.
    ///
    /// # Errors
    /// A text is not Cedar, does not fit the schema, or a policy has no name of its own or no sentence.
    pub fn with_own(own: &[(&str, &str)]) -> Result<Self, PolicyErrors> {
        Self::read(BUILTIN, own)
    }

    /// What is wrong with `text`, were it one of the own policies.
    #[must_use]
    pub fn check(file: &str, text: &str) -> Vec<Problem> {
        Self::with_own(&[(file, text)]).err().map(|errors| errors.problems).unwrap_or_default()
    }

    fn read(builtin: &[(&str, &str)], own: &[(&str, &str)]) -> Result<Self, PolicyErrors> {
        let mut policies = Self { sets: BTreeMap::new(), infos: BTreeMap::new() };
        let mut problems = Vec::new();
        let files = builtin.iter().map(|file| (file, false)).chain(own.iter().map(|file| (file, true)));
        for ((name, text), own) in files {
            match read::file(name, text, own) {
                Ok(read) => problems.extend(read.into_iter().filter_map(|policy| policies.add(policy).err())),
                Err(wrong) => problems.extend(wrong),
            }
        }
        if problems.is_empty() { Ok(policies) } else { Err(PolicyErrors { problems }) }
    }

    /// Adds one policy, unless another has its name.
    fn add(&mut self, ReadPolicy { info, cedar, place }: ReadPolicy) -> Result<(), Problem> {
        let head = cedar.action_constraint();
        let mut actions = cedar::actions_named(&head);
        let added = !self.infos.contains_key(&info.id)
            && actions.all(|action| self.sets.entry(action).or_default().add(cedar.clone()).is_ok());
        if !added {
            let sentence = "another policy has this name".to_owned();
            let policy = Some(info.id);
            return Err(Problem {
                file: info.file,
                line: place.line,
                column: place.column,
                policy,
                sentence,
            });
        }
        self.infos.insert(info.id.clone(), info);
        Ok(())
    }

    /// Every policy, in the order of names.
    pub fn list(&self) -> impl Iterator<Item = &PolicyInfo> {
        self.infos.values()
    }

    /// The policy called `id`.
    #[must_use]
    pub fn get(&self, id: &PolicyId) -> Option<&PolicyInfo> {
        self.infos.get(id)
    }

    /// Whether it may be done, and which policies say so.
    ///
    /// What no policy permits is denied; a forbid denies whatever permits; and what cannot be evaluated denies too,
    /// where Cedar alone would pass over a forbid that it cannot evaluate.
    pub fn decide(&self, question: &Question<'_>) -> Decision {
        let asked = match question.asked() {
            Ok(asked) => asked,
            Err(error) => return Decision::refused(error),
        };
        match self.sets.get(&question.action) {
            Some(set) => Decision::of(&Authorizer::new().is_authorized(&asked.request, set, &asked.entities)),
            None => Decision::unpermitted(),
        }
    }
}

#[cfg(test)]
mod tests;
