//! Who may do what by the built-in policies, as one table. Whoever changes it says with it that it was meant.

use crate::ground::{ALL, ELM_GROVE, ask, at_the_machine, favourable, operator, person, provider};
use expect_test::expect_file;
use policy::{Action, Assumption, Context, Policies, Principal, Resource, Role, Roles, Table};

type Asker = (&'static str, Principal<'static>, Context<'static>);

/// The columns of the table, each in the most favourable circumstances that it has.
fn askers() -> Vec<Asker> {
    let roles = Role::all().iter().copied().filter(|role| *role != Role::Provider);
    let nobody = Principal::Person(crate::ground::user([]));
    let bare = Context { assumption: None, ..at_the_machine() };
    let mut askers: Vec<Asker> = vec![
        ("provider", provider(&ALL), favourable()),
        ("directory", Principal::Directory("trust"), favourable()),
    ];
    askers.extend(roles.map(|role| (role.as_str(), person(role), favourable())));
    askers.push(("no role", nobody, favourable()));
    askers.push(("operator, synthetic data", operator(Roles::NONE), Context { real_data: false, ..bare }));
    askers.push(("operator, real data", operator(Roles::NONE), bare));
    askers
}

/// The rows: every action on each kind of resource that it can be asked of.
fn resources(action: Action) -> Vec<(&'static str, Resource<'static>)> {
    let observation = Resource::ResourceType { source: &ELM_GROVE, resource_type: "Observation" };
    let table = |schema, name| Resource::Table(Table::new(schema, name));
    match action {
        Action::TokenGet
        | Action::CatalogList
        | Action::MartList
        | Action::ViewList
        | Action::CatalogSync
        | Action::FeedRead
        | Action::FeedJudge
        | Action::ConnectionList
        | Action::ConnectionChange
        | Action::CrawlerList
        | Action::CrawlerChange
        | Action::Serve
        | Action::ProviderList
        | Action::IssuerChange
        | Action::IssuerList
        | Action::UserChange
        | Action::UserList
        | Action::UserProvision
        | Action::DirectoryChange
        | Action::DirectoryList
        | Action::PolicySet
        | Action::PolicyRead
        | Action::AccessReport
        | Action::AccessReview => vec![("the lake", Resource::Lake)],
        Action::FhirCreate | Action::FhirUpdate => vec![("Observation", observation)],
        Action::ReceiptRead | Action::Import => vec![("gp-elm-grove", Resource::Source(&ELM_GROVE))],
        Action::SqlQuery => vec![
            ("raw.patient", table("raw", "patient")),
            ("raw.patient.id", Resource::Column(Table::new("raw", "patient"), "id")),
            ("view.encounter", table("view", "encounter")),
            ("view.encounter.start", Resource::Column(Table::new("view", "encounter"), "start")),
            ("urgent_care.pathways", table("urgent_care", "pathways")),
            ("person_link", Resource::Table(Table::bare("person_link"))),
            ("display", Resource::Table(Table::bare("display"))),
            ("catalog.tables", table("catalog", "tables")),
            ("information_schema.tables", table("information_schema", "tables")),
            ("audit.records", table("audit", "records")),
            ("vault.anything", table("vault", "anything")),
            ("unknown", Resource::Table(Table::bare("unknown"))),
        ],
        Action::CatalogShow
        | Action::CatalogCreate
        | Action::CatalogDescribe
        | Action::ReferenceLoad
        | Action::ViewRegister
        | Action::ViewRemove => {
            vec![("view.weights", table("view", "weights"))]
        }
        Action::JobList | Action::JobRun => vec![("mart.build", Resource::Job("mart.build"))],
        Action::MartBuild | Action::MartRegister | Action::MartProgram => {
            vec![("urgent_care", Resource::Schema("urgent_care"))]
        }
        Action::KeyList | Action::KeyRecover | Action::KeyGive => vec![("root", Resource::Key("root"))],
        Action::AuditQuery | Action::AuditVerify | Action::AuditRetain => {
            vec![("the trail", Resource::AuditTrail)]
        }
        Action::ProviderAdd | Action::ProviderChange | Action::ProviderDisable => {
            vec![("gp-elm-grove", Resource::ProviderAccount("gp-elm-grove"))]
        }
        Action::RoleAssume => Role::all().iter().map(|role| (role.as_str(), Resource::Role(*role))).collect(),
    }
}

fn may(policies: &Policies, (_, principal, context): &Asker, action: Action, resource: Resource<'_>) -> bool {
    // A role is asked for with a reason and a time, by whoever asks.
    let asked_for = (action == Action::RoleAssume).then(|| crate::ground::hours(1));
    let assumption: Option<Assumption<'_>> = asked_for.or(context.assumption);
    policies.decide(&ask(*principal, action, resource, Context { assumption, ..*context })).allowed
}

#[test]
fn the_builtin_policies_allow_what_the_table_says_and_nothing_more() {
    let policies = Policies::builtin();
    let askers = askers();
    let mut table = format!("{:<45}", "");
    for (number, (name, ..)) in askers.iter().enumerate() {
        table.push_str(&format!("{}{name}\n{:<45}", "|  ".repeat(number), ""));
    }
    table.push_str(&format!("{}\n", "|  ".repeat(askers.len())));
    for action in Action::all() {
        for (name, resource) in resources(*action) {
            let row = askers.iter().map(
                |asker| {
                    if may(&policies, asker, *action, resource) { "x  " } else { ".  " }
                },
            );
            let row: String = row.collect();
            table.push_str(&format!("{:<45}{row}\n", format!("{action} {name}")));
        }
    }
    let table: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    expect_file!["ratchet.txt"].assert_eq(&table);
}

#[test]
fn every_action_is_open_to_a_role_by_a_policy() {
    let policies = Policies::builtin();
    let mut askers = askers();
    // A directory acts in no role, and has what is its own.
    let counts = |name: &str| name == "directory" || Role::all().iter().any(|role| role.as_str() == name);
    askers.retain(|(name, ..)| counts(name));
    for action in Action::all() {
        let open = resources(*action)
            .into_iter()
            .any(|(_, resource)| askers.iter().any(|asker| may(&policies, asker, *action, resource)));
        assert!(open, "`{action}` is open to nobody");
    }
}

#[test]
fn what_no_row_asks_is_no_question_at_all() {
    let policies = Policies::builtin();
    let all: Vec<Resource<'_>> =
        Action::all().iter().flat_map(|action| resources(*action)).map(|(_, resource)| resource).collect();
    for action in Action::all() {
        let known: Vec<_> =
            resources(*action).into_iter().map(|(_, one)| std::mem::discriminant(&one)).collect();
        for resource in all.iter().filter(|one| !known.contains(&std::mem::discriminant(*one))) {
            for (_, principal, context) in askers() {
                let decision = policies.decide(&ask(principal, *action, *resource, context));
                assert_eq!(decision.errors, [policy::DecisionError::NoSuchQuestion], "{action} {resource:?}");
            }
        }
    }
}
