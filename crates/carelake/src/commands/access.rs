//! `carelake access`: who can reach what, by which way, and the review of it.

use crate::{access::Access, cli::AccessCommand, parts::Parts, screen};
use ::audit::{Filter, records};
use anyhow::Context as _;
use control::{Person, Provider, TableKind};
use futures::TryStreamExt;
use keys::Zone;
use model::{AuditEvent, AuditOutcome, Timestamp};
use policy::{
    Action, Assumption, Context, Network, Policies, Principal, Purpose, Resource, Role, Roles, Table, User,
};
use serde_json::json;
use std::{collections::BTreeMap, net::Ipv4Addr, path::Path, pin::pin};

/// One way by which somebody may do something.
struct Way {
    principal: String,
    role: String,
    action: Action,
    resource: String,
    because: String,
    /// When anybody last did so, as far as the audit trail tells.
    last: Option<Timestamp>,
}

pub(super) async fn run(folder: &Path, command: AccessCommand, json: bool) -> anyhow::Result<()> {
    let action = match command {
        AccessCommand::Review { .. } => Action::AccessReview,
        _ => Action::AccessReport,
    };
    let parts = Parts::open_for(folder, "access", action, Resource::Lake).await?;
    let done = act(&parts, command, json).await;
    parts.close().await?;
    done
}

async fn act(parts: &Parts, command: AccessCommand, json: bool) -> anyhow::Result<()> {
    match command {
        AccessCommand::WhoCan { tables } => {
            let named: Vec<Resource<'_>> =
                tables.iter().map(|name| Resource::Table(Table::named(name))).collect();
            let of = (!named.is_empty()).then_some(named.as_slice());
            let ways = ways(parts, &[Action::SqlQuery], of).await?;
            parts.record("access.who-can", AuditOutcome::Success, "access", &[]).await?;
            show(&ways, json);
        }
        AccessCommand::Report => {
            let ways = ways(parts, Action::all(), None).await?;
            parts.record("access.report", AuditOutcome::Success, "access", &[]).await?;
            show(&ways, json);
        }
        AccessCommand::Unused { days } => {
            let since = parts.clock.now().plus_ms(-i64::from(days) * 86_400_000);
            let mut ways = ways(parts, Action::all(), None).await?;
            ways.retain(|way| way.last.is_none_or(|last| last < since));
            parts.record("access.unused", AuditOutcome::Success, "access", &[]).await?;
            show(&ways, json);
        }
        AccessCommand::Review { note } => review(parts, &note, json).await?,
    }
    Ok(())
}

/// The fingerprint of what was reviewed goes into the trail, so that what has changed since can be told.
async fn review(parts: &Parts, note: &str, json: bool) -> anyhow::Result<()> {
    let ways = ways(parts, Action::all(), None).await?;
    let lines: Vec<String> = ways.iter().map(|way| in_json(way, false).to_string()).collect();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, lines.join("\n").as_bytes());
    let fingerprint: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let facts =
        [("ways", ways.len().to_string()), ("sha256", fingerprint.clone()), ("note", note.to_owned())];
    parts.record("access.review", AuditOutcome::Success, "access", &facts).await?;
    screen::say(match json {
        true => json!({ "ways": ways.len(), "sha256": fingerprint }).to_string(),
        false => format!(
            "The review of {} ways is signed off; the audit trail has its fingerprint {}….",
            ways.len(),
            fingerprint.get(..16).unwrap_or_default()
        ),
    });
    Ok(())
}

/// The ways that were found: who, in which role, what and of what; and the policies that permit it.
type Found = BTreeMap<(String, String, Action, String), String>;

/// Finds ways by the lake's policies, of some resources or of all that there are.
struct Search<'a> {
    policies: &'a Policies,
    actions: &'a [Action],
    resources: &'a [Resource<'a>],
    found: Found,
}

impl Search<'_> {
    fn ask(
        &mut self,
        principal: Principal<'_>,
        name: &str,
        resources: &[Resource<'_>],
        context: Context<'_>,
    ) {
        for way in self.policies.who_can(&[principal], self.actions, resources, context) {
            let role = way.role.map(|role| role.as_str().to_owned()).unwrap_or_default();
            let because: Vec<_> = way.because.iter().map(|id| id.as_str()).collect();
            let key = (name.to_owned(), role, way.action, way.resource.to_string());
            self.found.entry(key).or_insert_with(|| because.join(" "));
        }
    }

    /// In each purpose, and in none.
    fn ask_in_each(&mut self, principal: Principal<'_>, name: &str, context: Context<'_>) {
        for purpose in Purpose::all().iter().copied().map(Some).chain([None]) {
            self.ask(principal, name, self.resources, Context { purpose, ..context });
        }
    }

    /// People with the same roles come as far as each other, unless a policy speaks of one of them (`by_name`).
    fn ask_of_people(&mut self, people: &[Person], by_name: bool, context: Context<'_>) {
        let mut asked: BTreeMap<&[String], &str> = BTreeMap::new();
        for person in people {
            if let Some(first) = asked.get(person.roles.as_slice()).filter(|_| !by_name) {
                let same = self.found.iter().filter(|((name, ..), _)| name == first);
                let same: Vec<_> = same
                    .map(|((_, role, action, resource), because)| {
                        let key = (person.name.clone(), role.clone(), *action, resource.clone());
                        (key, because.clone())
                    })
                    .collect();
                self.found.extend(same);
                continue;
            }
            let may_assume = person.roles.iter().filter_map(|role| role.parse::<Role>().ok()).collect();
            let user = User { name: &person.name, roles: Roles::NONE, may_assume };
            self.ask_in_each(Principal::Person(user), &person.name, context);
            asked.insert(&person.roles, &person.name);
        }
    }
}

/// Every way there is: of each provider, directory and person over the network, of the operator at the machine, in each
/// purpose; of `resources`, or of all that there are.
async fn ways(
    parts: &Parts,
    actions: &[Action],
    resources: Option<&[Resource<'_>]>,
) -> anyhow::Result<Vec<Way>> {
    let access = Access::read(&parts.control, parts.kind).await?;
    let providers = parts.control.providers().await?;
    let used = last_uses(parts).await?;
    let now = parts.clock.now();
    let tables = tables(parts).await?;
    let plain = access.question(Action::PolicyRead, Resource::Lake, now).context;
    let all = of_operator(&tables, &providers);
    let resources = resources.unwrap_or(&all);
    let mut search = Search { policies: &access.policies, actions, resources, found: Found::new() };
    for provider in providers.iter().filter(|provider| provider.enabled) {
        let principal = Principal::Provider { source: &provider.name, scopes: &provider.scopes };
        search.ask(principal, provider.name.as_str(), &of_provider(provider), Context::at(now));
    }
    let directories = parts.control.directories().await?;
    for directory in directories.iter().filter(|directory| directory.disabled.is_none()) {
        let name = format!("directory/{}", directory.name);
        search.ask(Principal::Directory(&directory.name), &name, &[Resource::Lake], Context::at(now));
    }
    let mut people = parts.control.people().await?;
    people.retain(|person| person.counts(now));
    let own = parts.control.own_policies().await?;
    let by_name = own.iter().any(|policy| policy.text.contains("Person::"));
    // They come over the network, with the second factor that their role asks for.
    let network = Some(Network { address: Ipv4Addr::LOCALHOST.into(), expected: true });
    let at_the_console = Context { network, second_factor: true, assumption: None, ..plain };
    search.ask_of_people(&people, by_name, at_the_console);
    let operator = Principal::Operator { roles: Roles::NONE };
    let assumption = Some(Assumption { reason: "to be said", until: now.plus_ms(3_600_000) });
    for assumption in [None, assumption] {
        search.ask_in_each(operator, "operator", Context { assumption, ..plain });
    }
    let way = |((principal, role, action, resource), because): ((String, String, Action, String), String)| {
        let last = used.get(&(principal.clone(), action.as_str().to_owned())).copied();
        Way { principal, role, action, resource, because, last }
    };
    Ok(search.found.into_iter().map(way).collect())
}

/// What a provider can be asked about: its own id space, the types it was granted, the lake.
fn of_provider(provider: &Provider) -> Vec<Resource<'_>> {
    let source = &provider.name;
    let types = provider.scopes.iter().map(|scope| scope.resource_type.as_deref().unwrap_or("Resource"));
    let types = types.map(|resource_type| Resource::ResourceType { source, resource_type });
    [Resource::Lake, Resource::Source(source)].into_iter().chain(types).collect()
}

fn of_operator<'a>(tables: &'a [(String, String)], providers: &'a [Provider]) -> Vec<Resource<'a>> {
    let table = |(schema, name): &'a (String, String)| Resource::Table(Table::of_sql(schema, name));
    let mut resources =
        vec![Resource::Lake, Resource::AuditTrail, Resource::Key("root"), Resource::Job("any")];
    resources.extend(tables.iter().map(table));
    let mut schemas: Vec<&str> = tables.iter().map(|(schema, _)| schema.as_str()).collect();
    schemas.dedup();
    resources.extend(schemas.into_iter().map(Resource::Schema));
    resources.extend(providers.iter().map(|provider| Resource::Source(&provider.name)));
    resources.extend(providers.iter().map(|provider| Resource::ProviderAccount(provider.name.as_str())));
    resources.extend(Roles::assumable().iter().map(Resource::Role));
    resources
}

/// Every table that SQL can name.
async fn tables(parts: &Parts) -> anyhow::Result<Vec<(String, String)>> {
    let snapshot = parts.control.snapshot(parts.control.published().await?).await?;
    let named = snapshot.into_iter().filter(|table| table.table.kind != TableKind::Internal);
    let mut tables: Vec<_> = named.map(|table| (table.table.table.schema, table.table.table.name)).collect();
    tables.push(("catalog".to_owned(), "tables".to_owned()));
    tables.push(("audit".to_owned(), "records".to_owned()));
    tables.sort();
    Ok(tables)
}

/// When each did what last, by actor and action. A query is recorded as `sql`.
async fn last_uses(parts: &Parts) -> anyhow::Result<BTreeMap<(String, String), Timestamp>> {
    let mut last: BTreeMap<(String, String), Timestamp> = BTreeMap::new();
    let mut pages = pin!(records(parts.zone(Zone::Audit)?, Filter::default()));
    while let Some(page) = pages.try_next().await.context("read the audit trail")? {
        page.into_iter().for_each(|record| note_use(record.event, &mut last));
    }
    Ok(last)
}

fn note_use(event: AuditEvent, last: &mut BTreeMap<(String, String), Timestamp>) {
    if event.outcome == AuditOutcome::Success {
        let action = match event.action.as_str() {
            "sql" => Action::SqlQuery.as_str().to_owned(),
            "token" => Action::TokenGet.as_str().to_owned(),
            "fhir.transaction" | "fhir.batch" => Action::FhirCreate.as_str().to_owned(),
            "serve.start" => Action::Serve.as_str().to_owned(),
            _ if event.actor.starts_with("directory/") => Action::UserProvision.as_str().to_owned(),
            other => other.to_owned(),
        };
        let when = last.entry((event.actor, action)).or_insert(event.time);
        *when = (*when).max(event.time);
    }
}

fn in_json(way: &Way, with_use: bool) -> serde_json::Value {
    let mut line = json!({
        "principal": way.principal, "role": way.role, "action": way.action.as_str(),
        "resource": way.resource, "because": way.because,
    });
    if with_use {
        line["last_use"] = json!(way.last.map(|at| at.to_string()));
    }
    line
}

fn show(ways: &[Way], json: bool) {
    if json {
        return ways.iter().for_each(|way| screen::say(in_json(way, true).to_string()));
    }
    let row = |way: &Way| {
        vec![
            way.principal.clone(),
            way.role.clone(),
            way.action.as_str().to_owned(),
            way.resource.clone(),
            way.last.map(|at| at.to_string()).unwrap_or_default(),
            way.because.clone(),
        ]
    };
    let rows: Vec<_> = ways.iter().map(row).collect();
    screen::say(screen::table(&["who", "role", "may", "of", "last use of the kind", "because of"], &rows));
}
