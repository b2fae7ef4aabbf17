//! `carelake role`: roles are assumed, for a reason and a time.

use crate::{
    access::{Access, OPERATOR},
    cli::RoleCommand,
    parts::Parts,
    screen,
};
use anyhow::bail;
use control::NewAssumption;
use model::AuditOutcome;
use policy::{Action, Assumption, Context, Purpose, Question, Resource, Role};
use serde_json::json;
use std::path::Path;

pub(super) async fn run(folder: &Path, command: RoleCommand, json: bool) -> anyhow::Result<()> {
    let parts = Parts::open(folder, "role").await?;
    let done = match command {
        RoleCommand::Assume { role, why, purpose, hours } => {
            assume(&parts, role, &why, purpose, hours, json).await
        }
        RoleCommand::Drop => give_back(&parts, json).await,
        RoleCommand::List { limit } => list(&parts, limit, json).await,
    };
    parts.close().await?;
    done
}

async fn assume(
    parts: &Parts,
    role: Role,
    why: &str,
    purpose: Option<Purpose>,
    hours: u32,
    json: bool,
) -> anyhow::Result<()> {
    let now = parts.clock.now();
    let until = now.plus_ms(i64::from(hours) * 3_600_000);
    let access = Access::read(&parts.control, parts.kind).await?;
    access.readable_for(Action::RoleAssume)?;
    let asked = access.question(Action::RoleAssume, Resource::Role(role), now);
    let context = Context { assumption: Some(Assumption { reason: why.trim(), until }), ..asked.context };
    let question = Question { context, ..asked };
    let decision = access.policies.decide(&question);
    let facts = [
        ("reason", why.to_owned()),
        ("purpose", purpose.map(|purpose| purpose.as_str().to_owned()).unwrap_or_default()),
        ("until", until.to_string()),
    ];
    let outcome = if decision.allowed { AuditOutcome::Success } else { AuditOutcome::Refused };
    parts.record("role.assume", outcome, role.as_str(), &facts).await?;
    if !decision.allowed {
        bail!("to act as {} is {}", role.as_str(), access.policies.explain(&question));
    }
    let assumed = NewAssumption {
        principal: OPERATOR.to_owned(),
        role: role.as_str().to_owned(),
        purpose: purpose.map(|purpose| purpose.as_str().to_owned()).unwrap_or_default(),
        reason: why.trim().to_owned(),
        expires: until,
    };
    parts.control.assume_role(assumed).await?;
    screen::say(match json {
        true => json!({ "role": role.as_str(), "until": until.to_string() }).to_string(),
        false => format!("You act as {} until {until}. `carelake role drop` ends it.", role.as_str()),
    });
    Ok(())
}

async fn give_back(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let given_back = parts.control.give_roles_back(OPERATOR).await?;
    parts.record("role.drop", AuditOutcome::Success, "roles", &[("roles", given_back.to_string())]).await?;
    screen::say(match json {
        true => json!({ "given_back": given_back }).to_string(),
        false if given_back == 0 => "You acted in no role.".to_owned(),
        false => "You act in no role any more.".to_owned(),
    });
    Ok(())
}

async fn list(parts: &Parts, limit: usize, json: bool) -> anyhow::Result<()> {
    parts.permit(Action::PolicyRead, Resource::Lake).await?;
    let now = parts.clock.now();
    let mut rows = Vec::new();
    for one in parts.control.assumptions(limit).await? {
        let state = if one.is_active(now) { "active" } else { "ended" };
        let ended = one.ended.map(|at| at.to_string());
        if json {
            let line = json!({
                "principal": one.assumed.principal, "role": one.assumed.role, "reason": one.assumed.reason,
                "purpose": one.assumed.purpose, "began": one.began.to_string(),
                "until": one.assumed.expires.to_string(), "ended": ended, "active": one.is_active(now),
            });
            screen::say(line.to_string());
        }
        let assumed = one.assumed;
        rows.push(vec![
            assumed.principal,
            assumed.role,
            state.to_owned(),
            one.began.to_string(),
            ended.unwrap_or_else(|| assumed.expires.to_string()),
            assumed.purpose,
            assumed.reason,
        ]);
    }
    parts.record("role.list", AuditOutcome::Success, "roles", &[]).await?;
    if !json {
        screen::say(screen::table(&["who", "role", "state", "from", "until", "purpose", "why"], &rows));
    }
    Ok(())
}
