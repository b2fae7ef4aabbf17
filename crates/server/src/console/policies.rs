//! The policies and the keys: read, and asked.

use super::{
    answer::{Refused, page},
    listing,
    session::Visitor,
};
use ::console::{
    Address,
    pages::{KeyList, KeyRow, PolicyList, PolicyPage, PolicyQuestion, PolicyRow},
};
use axum::{extract::Path, response::Response};
use model::AuditOutcome;
use policy::{
    Action, Assumption, Context, Effect, PolicyInfo, Principal, Purpose, Question, Resource, Role, Roles,
    User,
};

/// How long somebody of whom a question is would hold the role, in milliseconds.
const HELD_MS: i64 = 3_600_000;

fn row(policy: &PolicyInfo) -> PolicyRow {
    PolicyRow {
        id: policy.id.to_string(),
        permits: policy.effect == Effect::Permit,
        own: policy.own,
        because: policy.because.clone(),
    }
}

/// `GET /policies`
pub(super) async fn list(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::PolicyRead, Resource::Lake).await?;
    let question = question(&visitor);
    let action = if question.answer.is_some() { "policy.explain" } else { "policy.list" };
    visitor.record(action, AuditOutcome::Success, "policies", &[]).await?;
    let rows: Vec<_> = visitor.policies().list().map(row).collect();
    if let Some(format) = listing::format(&visitor) {
        let head = ["policy", "effect", "own", "because"];
        let line = |row: &PolicyRow| {
            let effect = if row.permits { "permit" } else { "forbid" };
            vec![row.id.clone(), effect.to_owned(), row.own.to_string(), row.because.clone()]
        };
        return Ok(format.answer("policies", &head, rows.iter().map(line)));
    }
    let words = [
        Role::all().iter().map(|role| role.as_str().to_owned()).collect(),
        Action::all().iter().map(|action| action.as_str().to_owned()).collect(),
        Purpose::all().iter().map(|purpose| purpose.as_str().to_owned()).collect(),
    ];
    let may_see_keys = visitor.may(Action::KeyList, Resource::Key("any"));
    let here = listing::here(&visitor, Address::policies(), &["role", "action", "resource", "purpose"]);
    page(&visitor, here, &PolicyList { rows, question, words, may_see_keys }).await
}

/// What was asked of the policies, and what they say.
fn question(visitor: &Visitor) -> PolicyQuestion {
    let asked = |name: &str| visitor.asked(name).trim().to_owned();
    let mut question = PolicyQuestion {
        role: asked("role"),
        action: asked("action"),
        resource: asked("resource"),
        purpose: asked("purpose"),
        answer: None,
    };
    if !question.role.is_empty() || !question.action.is_empty() {
        question.answer = Some(answered(visitor, &question));
    }
    question
}

fn answered(visitor: &Visitor, asked: &PolicyQuestion) -> Result<(bool, String), String> {
    let role = asked.role.parse::<Role>().map_err(|error| format!("Choose a role: {error}."))?;
    let action = asked.action.parse::<Action>().map_err(|error| format!("Choose an action: {error}."))?;
    let resource = Resource::named(&asked.resource, None).map_err(|error| format!("{error}."))?;
    let purpose = match asked.purpose.as_str() {
        "" => None,
        word => Some(word.parse::<Purpose>().map_err(|error| error.to_string())?),
    };
    let now = visitor.desk.clock.now();
    let context = Context {
        real_data: visitor.desk.home_kind == crate::HomeKind::Real,
        second_factor: true,
        purpose,
        assumption: Some(Assumption { reason: "to be said", until: now.plus_ms(HELD_MS) }),
        ..Context::at(now)
    };
    let user = User { name: "somebody", roles: Roles::from(role), may_assume: Roles::from(role) };
    let question = Question { principal: Principal::Person(user), action, resource, context };
    let policies = visitor.policies();
    Ok((policies.decide(&question).allowed, policies.explain(&question)))
}

/// `GET /policy/{id}`
pub(super) async fn one(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Refused> {
    visitor.require(Action::PolicyRead, Resource::Lake).await?;
    let found = visitor.policies().list().find(|policy| policy.id.as_str() == id);
    let policy = found.ok_or_else(|| Refused::NotFound(format!("policy {id}")))?;
    visitor.record("policy.show", AuditOutcome::Success, &id, &[]).await?;
    let shown = PolicyPage { policy: row(policy), text: policy.text.clone(), file: policy.file.clone() };
    page(&visitor, Address::policy(&id), &shown).await
}

/// `GET /keys`
pub(super) async fn keys(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::KeyList, Resource::Key("any")).await?;
    visitor.record("key.list", AuditOutcome::Success, "keys", &[]).await?;
    let rows = visitor.desk.lake.keys().await?;
    if let Some(format) = listing::format(&visitor) {
        let head = ["key", "kind", "purpose", "id"];
        let line =
            |row: &KeyRow| vec![row.name.clone(), row.kind.clone(), row.purpose.clone(), row.id.clone()];
        return Ok(format.answer("keys", &head, rows.iter().map(line)));
    }
    page(&visitor, Address::keys(), &KeyList { rows }).await
}
