//! Providers: looked at, refused, let in again.

use super::{
    answer::{Refused, done, page},
    listing::{self, Listed},
    overview,
    session::{Sent, Visitor},
};
use ::console::{
    Address, Section,
    pages::{Confirm, Credential, Finding, ProviderList, ProviderPage, ProviderRow},
};
use axum::{extract::Path, response::Response};
use control::{Provider, WhichFindings};
use model::{AuditOutcome, SourceId};
use policy::{Action, Resource};

/// Findings that are looked at.
const FINDINGS: usize = 1_000;
const DAY_MS: i64 = 86_400_000;

/// `GET /providers`
pub(super) async fn list(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::ProviderList, Resource::Lake).await?;
    let control = &visitor.desk.control;
    let now = visitor.desk.clock.now();
    let backlog = overview::backlog(control).await?;
    let findings = control.findings(None, WhichFindings::Open, FINDINGS).await?;
    let row = |provider: Provider| {
        let counted = provider.credentials.iter().filter(|credential| credential.counts(now));
        let mut methods: Vec<_> = counted.map(|credential| credential.material.method().to_owned()).collect();
        methods.dedup();
        ProviderRow {
            enabled: provider.enabled,
            methods,
            scopes: provider.scopes.iter().map(ToString::to_string).collect(),
            backlog: backlog.get(&provider.name).copied().unwrap_or_default(),
            findings: findings.iter().filter(|finding| finding.source == provider.name).count() as u64,
            name: provider.name.to_string(),
        }
    };
    let mut rows: Vec<_> = control.providers().await?.into_iter().map(row).collect();
    let sort = listing::sort(&visitor);
    listing::order(&mut rows, &sort, |key, row| match key {
        "backlog" => listing::Key::Number(row.backlog as i64),
        "findings" => listing::Key::Number(row.findings as i64),
        _ => listing::Key::Text(row.name.clone()),
    });
    let Listed { rows, paging } = listing::page_of(rows, &visitor);
    visitor.record("provider.list", AuditOutcome::Success, "providers", &[]).await?;
    if let Some(format) = listing::format(&visitor) {
        let head = ["provider", "enabled", "methods", "scopes", "waiting", "findings"];
        let line = |row: &ProviderRow| {
            vec![
                row.name.clone(),
                row.enabled.to_string(),
                row.methods.join(" "),
                row.scopes.join(" "),
                row.backlog.to_string(),
                row.findings.to_string(),
            ]
        };
        return Ok(format.answer("providers", &head, rows.iter().map(line)));
    }
    let here = listing::here(&visitor, Address::providers(), &["sort", "page"]);
    let may_add = visitor.may(Action::ProviderAdd, Resource::ProviderAccount("any"));
    page(&visitor, here, &ProviderList { rows, sort, paging, may_add }).await
}

pub(super) async fn found(visitor: &Visitor, name: &str) -> Result<Provider, Refused> {
    let missing = || Refused::NotFound(format!("provider {name}"));
    let source: SourceId = name.parse().map_err(|_| missing())?;
    visitor.desk.control.provider(&source).await?.ok_or_else(missing)
}

/// `GET /provider/{name}`
pub(super) async fn one(visitor: Visitor, Path(name): Path<String>) -> Result<Response, Refused> {
    visitor.require(Action::ProviderList, Resource::Lake).await?;
    let provider = found(&visitor, &name).await?;
    let control = &visitor.desk.control;
    let now = visitor.desk.clock.now();
    let today = now.0.div_euclid(DAY_MS);
    let accepted = match visitor.may(Action::FeedRead, Resource::Lake) {
        true => {
            let counts = overview::accepted(control, today).await?.remove(&provider.name).unwrap_or_default();
            let first = today - counts.len() as i64 + 1;
            Some((first..).map(overview::day).zip(counts).collect())
        }
        false => None,
    };
    let findings = control.findings(Some(&provider.name), WhichFindings::Open, FINDINGS).await?;
    let backlog = overview::backlog(control).await?;
    visitor.record("provider.show", AuditOutcome::Success, &name, &[]).await?;
    let shown = ProviderPage {
        enabled: provider.enabled,
        client_id: provider.client_id.clone(),
        scopes: provider.scopes.iter().map(ToString::to_string).collect(),
        created: provider.created,
        networks: provider.reach.networks.iter().map(ToString::to_string).collect(),
        private_only: provider.reach.private_only,
        credentials: provider
            .credentials
            .iter()
            .map(|one| Credential {
                id: one.id.clone(),
                method: one.material.method().to_owned(),
                created: one.created,
                expires: one.expires,
                counts: one.counts(now),
            })
            .collect(),
        accepted,
        backlog: backlog.get(&provider.name).copied().unwrap_or_default(),
        findings: findings
            .into_iter()
            .map(|one| Finding {
                day: overview::day(one.day),
                place: one.found.place,
                sentence: one.found.sentence,
                stops: one.found.stops,
            })
            .collect(),
        may_change: visitor.may(Action::ProviderDisable, Resource::ProviderAccount(&name)),
        may_rotate: visitor.may(Action::ProviderChange, Resource::ProviderAccount(&name)),
        name,
    };
    let here = Address::provider(&shown.name);
    page(&visitor, here, &shown).await
}

/// `GET /provider/{name}/{change}`
pub(super) async fn ask(
    visitor: Visitor,
    Path((name, change)): Path<(String, String)>,
) -> Result<Response, Refused> {
    visitor.require(Action::ProviderDisable, Resource::ProviderAccount(&name)).await?;
    found(&visitor, &name).await?;
    let here = Address::provider(&name);
    let (word, title, effect, undo, button) = match change.as_str() {
        "disable" => (
            "disable",
            format!("Refuse provider {name}?"),
            "Nothing of it is taken from its next request on. What it has sent stays.",
            "Let it in again on the same page.",
            "Refuse it",
        ),
        "enable" => (
            "enable",
            format!("Let provider {name} in again?"),
            "It is let in from its next request on, with the credentials that it has.",
            "Refuse it on the same page.",
            "Let it in",
        ),
        _ => return Err(Refused::NotFound(format!("change {change} of a provider"))),
    };
    let shown = Confirm {
        title,
        section: Section::Providers,
        of: here.clone(),
        back: here.clone(),
        change: word,
        effect: effect.to_owned(),
        undo: Some(undo.to_owned()),
        note: None,
        button: button.to_owned(),
        takes_away: word == "disable",
        command: format!("provider {word} {name}"),
    };
    page(&visitor, here, &shown).await
}

/// `POST /provider/{name}/{change}`
pub(super) async fn change(
    Path((name, change)): Path<(String, String)>,
    Sent { visitor, .. }: Sent,
) -> Result<Response, Refused> {
    visitor.require(Action::ProviderDisable, Resource::ProviderAccount(&name)).await?;
    let provider = found(&visitor, &name).await?;
    let (enabled, action, said) = match change.as_str() {
        "disable" => (false, "provider.disable", "disabled"),
        "enable" => (true, "provider.enable", "enabled"),
        _ => return Err(Refused::NotFound(format!("change {change} of a provider"))),
    };
    visitor.record(action, AuditOutcome::Success, &name, &[]).await?;
    visitor.desk.control.set_provider_enabled(&provider.name, enabled).await?;
    Ok(done(&Address::provider(&name), said))
}
