//! May whoever runs this command do what it does? One question to the lake's policies for each thing.
//!
//! Whoever holds the home folder holds its root key, and no policy could stop him from reading the files. What is
//! decided here makes him say what he does and why, and it is recorded.

use anyhow::bail;
use control::{Assumption, Control, OwnPolicy};
use model::Timestamp;
use policy::{
    self as cedar, Action, Context, Policies, PolicyErrors, Principal, Question, Resource, Role, Roles,
};
use server::HomeKind;

/// Whoever runs the command line.
pub(crate) const OPERATOR: &str = "operator";

/// The policies that count, and the role that the operator acts in.
pub(crate) struct Access {
    pub(crate) policies: Policies,
    acting: Option<Assumption>,
    real_data: bool,
    /// Why the lake's own policies cannot be read. Then nothing goes but to mend them.
    broken: Option<PolicyErrors>,
}

impl Access {
    /// As things stand now.
    pub(crate) async fn read(control: &Control, kind: HomeKind) -> anyhow::Result<Self> {
        let own = control.own_policies().await?;
        let texts: Vec<_> = own.iter().map(OwnPolicy::file).collect();
        let acting = control.active_role(OPERATOR).await?;
        let (policies, broken) = match Policies::with_own(&texts) {
            Ok(policies) => (policies, None),
            Err(errors) => (Policies::builtin(), Some(errors)),
        };
        Ok(Self { policies, acting, real_data: kind == HomeKind::Real, broken })
    }

    /// Refuses what goes only with policies that can be read.
    pub(crate) fn readable_for(&self, action: Action) -> anyhow::Result<()> {
        match &self.broken {
            Some(errors) if !matches!(action, Action::PolicySet | Action::PolicyRead) => bail!(
                "the lake's own policies cannot be read, so nothing goes but to mend them \
                 (`carelake policy set` or `remove`): {errors}"
            ),
            _ => Ok(()),
        }
    }

    /// The role that the operator acts in, and for what purpose and reason, for the audit trail.
    pub(crate) fn acting(&self) -> Vec<(&'static str, String)> {
        let assumed = self.acting.iter().map(|acting| &acting.assumed);
        assumed
            .flat_map(|assumed| {
                [
                    ("role", assumed.role.clone()),
                    ("purpose", assumed.purpose.clone()),
                    ("why", assumed.reason.clone()),
                ]
            })
            .collect()
    }

    /// The operator's question.
    pub(crate) fn question<'a>(
        &'a self,
        action: Action,
        resource: Resource<'a>,
        now: Timestamp,
    ) -> Question<'a> {
        let role = self.acting.as_ref().and_then(|acting| acting.assumed.role.parse::<Role>().ok());
        let assumption = self.acting.as_ref().map(|acting| cedar::Assumption {
            reason: &acting.assumed.reason,
            until: acting.assumed.expires,
        });
        let purpose = self.acting.as_ref().and_then(|acting| acting.assumed.purpose.parse().ok());
        let principal = Principal::Operator { roles: role.map_or(Roles::NONE, Roles::from) };
        let context = Context { real_data: self.real_data, purpose, assumption, ..Context::at(now) };
        Question { principal, action, resource, context }
    }
}

/// A table by its name in SQL.
pub(crate) fn table(name: &str) -> cedar::Table<'_> {
    match name.split_once('.') {
        Some((schema, name)) => cedar::Table::new(schema, name),
        None => cedar::Table::bare(name),
    }
}

/// Reads what policies call a resource, such as `table:view.encounter`.
pub(crate) fn resource<'a>(
    text: &'a str,
    source: Option<&'a model::SourceId>,
) -> anyhow::Result<Resource<'a>> {
    let (kind, name) = text.split_once(':').unwrap_or((text, ""));
    Ok(match (kind, source) {
        ("lake", _) => Resource::Lake,
        ("audit", _) => Resource::AuditTrail,
        ("table", _) => Resource::Table(table(name)),
        ("column", _) => match name.rsplit_once('.') {
            Some((of, column)) => Resource::Column(table(of), column),
            None => bail!("a column is named `column:view.encounter.start`"),
        },
        ("schema", _) => Resource::Schema(name),
        ("key", _) => Resource::Key(name),
        ("job", _) => Resource::Job(name),
        ("provider", _) => Resource::ProviderAccount(name),
        ("role", _) => Resource::Role(name.parse()?),
        ("source", Some(source)) => Resource::Source(source),
        ("type", Some(source)) => Resource::ResourceType { source, resource_type: name },
        ("source" | "type", None) => bail!("say whose id space: --provider NAME"),
        _ => bail!(
            "a resource is lake, audit, table:view.encounter, column:view.encounter.start, schema:raw, source, \
             type:Observation, key:root, job:mart.build, provider:NAME or role:analyst"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_read_as_policies_write_it() {
        let source: model::SourceId = "gp".parse().unwrap();
        for (text, written) in [
            ("lake", "Lake::\"lake\""),
            ("table:view.encounter", "Table::\"view.encounter\""),
            ("table:person_link", "Table::\"person_link\""),
            ("column:view.encounter.start", "Column::\"view.encounter.start\""),
            ("role:analyst", "Role::\"analyst\""),
            ("type:Observation", "ResourceType::\"Observation\""),
        ] {
            assert_eq!(resource(text, Some(&source)).unwrap().to_string(), written);
        }
        for bad in ["", "source", "column:x", "role:boss", "nothing:x"] {
            assert!(resource(bad, None).is_err(), "{bad}");
        }
    }
}
