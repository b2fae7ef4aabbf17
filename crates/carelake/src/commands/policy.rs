//! `carelake policy`

use crate::{
    access::Access,
    cli::{ExplainArgs, PolicyCommand},
    parts::Parts,
    screen,
};
use anyhow::{Context as _, bail};
use control::OwnPolicy;
use model::AuditOutcome;
use policy::{Action, Assumption, Context, Policies, PolicyInfo, Principal, Question, Resource, Role, Roles};
use serde_json::json;
use std::{fs, path::Path, process::ExitCode};

pub(super) async fn run(folder: &Path, command: PolicyCommand, json: bool) -> anyhow::Result<ExitCode> {
    if let PolicyCommand::Check { files } = &command {
        return check(files, json);
    }
    let action = match command {
        PolicyCommand::Set { .. } | PolicyCommand::Remove { .. } => Action::PolicySet,
        _ => Action::PolicyRead,
    };
    let parts = Parts::open_for(folder, "policy", action, Resource::Lake).await?;
    let done = match command {
        PolicyCommand::List => list(&parts, json).await,
        PolicyCommand::Show { id } => show(&parts, &id, json).await,
        PolicyCommand::Set { name, file } => set(&parts, name.as_str(), &file, json).await,
        PolicyCommand::Remove { name } => remove(&parts, &name, json).await,
        PolicyCommand::Explain(args) => explain(&parts, &args, json).await,
        PolicyCommand::Check { .. } => Ok(()),
    };
    parts.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

fn check(files: &[std::path::PathBuf], json: bool) -> anyhow::Result<ExitCode> {
    let mut found = 0;
    for file in files {
        let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        for problem in Policies::check(&file.display().to_string(), &text) {
            found += 1;
            screen::say(match json {
                true => json!({
                    "file": problem.file, "line": problem.line, "column": problem.column,
                    "problem": problem.sentence,
                })
                .to_string(),
                false => problem.to_string(),
            });
        }
    }
    if found == 0 && !json {
        screen::say("Every policy is well written and fits the schema.");
    }
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let access = Access::read(&parts.control, parts.kind).await?;
    parts.record("policy.list", AuditOutcome::Success, "policies", &[]).await?;
    if json {
        access.policies.list().for_each(|policy| screen::say(in_json(policy).to_string()));
        return Ok(());
    }
    let row = |policy: &PolicyInfo| {
        let whose = if policy.own { "own" } else { "built in" };
        vec![policy.id.to_string(), policy.effect.to_string(), whose.to_owned(), policy.because.clone()]
    };
    let rows: Vec<_> = access.policies.list().map(row).collect();
    screen::say(screen::table(&["policy", "effect", "whose", "because"], &rows));
    Ok(())
}

async fn show(parts: &Parts, id: &str, json: bool) -> anyhow::Result<()> {
    let access = Access::read(&parts.control, parts.kind).await?;
    let found = access.policies.list().find(|policy| policy.id.as_str() == id);
    let policy = found.with_context(|| format!("there is no policy `{id}`: `carelake policy list`"))?;
    parts.record("policy.show", AuditOutcome::Success, id, &[]).await?;
    screen::say(if json { in_json(policy).to_string() } else { policy.text.trim().to_owned() });
    Ok(())
}

fn in_json(policy: &PolicyInfo) -> serde_json::Value {
    json!({
        "id": policy.id.as_str(), "effect": policy.effect.to_string(), "own": policy.own,
        "because": policy.because, "text": policy.text, "file": policy.file,
    })
}

/// Kept only if all policies together can be read then.
async fn set(parts: &Parts, name: &str, file: &Path, json: bool) -> anyhow::Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let others = parts.control.own_policies().await?;
    let others = others.iter().filter(|other| other.name != name);
    let mut all: Vec<_> = others.map(OwnPolicy::file).collect();
    all.push((name, &text));
    let then =
        Policies::with_own(&all).with_context(|| format!("keep the policies in {}", file.display()))?;
    still_changeable(parts, &then)?;
    parts.control.set_policy(name, &text).await?;
    parts.record("policy.set", AuditOutcome::Success, name, &[]).await?;
    screen::say(match json {
        true => json!({ "name": name }).to_string(),
        false => format!("Policy {name} counts from the next request on."),
    });
    Ok(())
}

/// Refuses policies under which nobody at the machine could change policies any more.
fn still_changeable(parts: &Parts, then: &Policies) -> anyhow::Result<()> {
    let now = parts.clock.now();
    let real_data = parts.kind == server::HomeKind::Real;
    let assumption = Some(Assumption { reason: "to change policies", until: now.plus_ms(3_600_000) });
    let principal = Principal::Operator { roles: Roles::from(Role::Administrator) };
    let context = Context { real_data, assumption, ..Context::at(now) };
    let question = Question { principal, action: Action::PolicySet, resource: Resource::Lake, context };
    let decision = then.decide(&question);
    if !decision.allowed {
        bail!("nobody could change the policies any more: {}", decision.explain(then));
    }
    Ok(())
}

async fn remove(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    parts.control.remove_policy(name).await?;
    parts.record("policy.remove", AuditOutcome::Success, name, &[]).await?;
    screen::say(match json {
        true => json!({ "name": name, "removed": true }).to_string(),
        false => format!("Policy {name} counts no more."),
    });
    Ok(())
}

async fn explain(parts: &Parts, args: &ExplainArgs, json: bool) -> anyhow::Result<()> {
    let access = Access::read(&parts.control, parts.kind).await?;
    let resource = Resource::named(&args.resource, args.provider.as_ref())?;
    let now = parts.clock.now();
    let provider = match &args.provider {
        None => None,
        Some(name) => match parts.control.provider(name).await? {
            Some(provider) => Some(provider),
            None => bail!("there is no provider `{name}`"),
        },
    };
    let mut question = access.question(args.action, resource, now);
    if let Some(provider) = &provider {
        let principal = Principal::Provider { source: &provider.name, scopes: &provider.scopes };
        let context = Context { real_data: question.context.real_data, ..Context::at(now) };
        question = Question { principal, context, ..question };
    } else if let Some(role) = args.role {
        let assumption = Some(Assumption { reason: "to be said", until: now.plus_ms(3_600_000) });
        let context = Context { assumption, purpose: args.purpose, ..question.context };
        question =
            Question { principal: Principal::Operator { roles: Roles::from(role) }, context, ..question };
    }
    let decision = access.policies.decide(&question);
    parts.record("policy.explain", AuditOutcome::Success, args.action.as_str(), &[]).await?;
    screen::say(match json {
        true => json!({
            "allowed": decision.allowed,
            "because": decision.because.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "explanation": access.policies.explain(&question),
        })
        .to_string(),
        false => access.policies.explain(&question),
    });
    Ok(())
}
