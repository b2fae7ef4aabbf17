//! `carelake provider`

mod show;

use crate::{
    cli::{CredentialArgs, Method, ProviderCommand, ReachArgs},
    credential::Credentials,
    parts::Parts,
    screen,
};
use anyhow::{Context, ensure};
use control::{NewProvider, Reach};
use model::{AuditOutcome, Scope, SourceId};
use policy::{Action, Resource};
use serde_json::{Value, json};
use server::{NewProof, Proof};
use std::{fs, path::Path};
use uuid::Uuid;
use zeroize::Zeroizing;

/// A client id and its secret, shown once.
pub(super) struct Secret {
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

pub(super) async fn run(folder: &Path, command: ProviderCommand, json: bool) -> anyhow::Result<()> {
    let parts = Parts::open(folder, "provider").await?;
    let done = act(&parts, command, json).await;
    parts.close().await?;
    done
}

async fn act(parts: &Parts, command: ProviderCommand, json: bool) -> anyhow::Result<()> {
    let owner = match &command {
        ProviderCommand::Revoke { credential } => parts.control.provider_by_credential(credential).await?,
        _ => None,
    };
    let (action, resource) = asked(&command, owner.as_ref().map_or("unknown", |owner| owner.name.as_str()));
    parts.permit(action, resource).await?;
    match command {
        ProviderCommand::Add { name, scopes, credential, reach } => {
            let shown = add(parts, &name, scopes, &credential, reach.into()).await?;
            show::once(json, &format!("Provider {name} is registered."), &shown);
        }
        ProviderCommand::List => show::list(parts, json).await?,
        ProviderCommand::Show { name } => show::one(parts, &name, json).await?,
        ProviderCommand::Rotate { name, credential, overlap_hours } => {
            let shown = rotate(parts, &name, &credential, overlap_hours).await?;
            show::once(json, &format!("Provider {name} has a further credential."), &shown);
        }
        ProviderCommand::Revoke { credential } => {
            parts.control.revoke_credential(&credential).await?;
            parts.record("credential.revoke", AuditOutcome::Success, &credential, &[]).await?;
            told(json, json!({ "credential": credential, "revoked": true }), || {
                format!("Credential {credential} is refused from its next request on.")
            });
        }
        ProviderCommand::Set { name, scopes, reach, anywhere } => {
            set(parts, &name, &scopes, reach, anywhere).await?;
            show::one(parts, &name, json).await?;
        }
        ProviderCommand::Disable { name } => enable(parts, &name, false, json).await?,
        ProviderCommand::Enable { name } => enable(parts, &name, true, json).await?,
    }
    Ok(())
}

/// What a command asks of the policies; `owner` is whose credential is to be revoked.
fn asked<'a>(command: &'a ProviderCommand, owner: &'a str) -> (Action, Resource<'a>) {
    fn account(name: &SourceId) -> Resource<'_> {
        Resource::ProviderAccount(name.as_str())
    }
    match command {
        ProviderCommand::Add { name, .. } => (Action::ProviderAdd, account(name)),
        ProviderCommand::List | ProviderCommand::Show { .. } => (Action::ProviderList, Resource::Lake),
        ProviderCommand::Rotate { name, .. }
        | ProviderCommand::Set { name, .. }
        | ProviderCommand::Enable { name } => (Action::ProviderChange, account(name)),
        ProviderCommand::Revoke { .. } => (Action::ProviderChange, Resource::ProviderAccount(owner)),
        ProviderCommand::Disable { name } => (Action::ProviderDisable, account(name)),
    }
}

/// Registers a provider with a secret and nothing else, for the demo.
pub(super) async fn add_with_secret(
    parts: &Parts,
    name: &SourceId,
    scopes: Vec<Scope>,
) -> anyhow::Result<Secret> {
    let by_secret =
        CredentialArgs { auth: Method::Secret, jwks: None, cert: None, issuer: None, client: None };
    let shown = add(parts, name, scopes, &by_secret, Reach::default()).await?;
    let text = |name: &str| shown[name].as_str().map(str::to_owned).context("no credential was made");
    Ok(Secret { client_id: text("client_id")?, client_secret: text("client_secret")? })
}

/// Registers a provider; gives back what is shown of it, once.
async fn add(
    parts: &Parts,
    name: &SourceId,
    scopes: Vec<Scope>,
    credential: &CredentialArgs,
    reach: Reach,
) -> anyhow::Result<Value> {
    let client_id = format!("{name}-{}", &Uuid::new_v4().simple().to_string()[..8]);
    let NewProof { new: credential, shown } = make(parts, &client_id, credential).await?;
    let facts = [("scopes", screen::words(&scopes)), ("method", credential.material.method().to_owned())];
    let provider =
        NewProvider { name: name.clone(), client_id: client_id.clone(), scopes, reach, credential };
    parts.control.add_provider(provider).await?;
    parts.record("provider.add", AuditOutcome::Success, name.as_str(), &facts).await?;
    Ok(with(json!({ "name": name, "client_id": client_id }), &shown))
}

async fn rotate(
    parts: &Parts,
    name: &SourceId,
    args: &CredentialArgs,
    overlap_hours: u32,
) -> anyhow::Result<Value> {
    let provider = parts.control.provider(name).await?;
    let provider = provider.with_context(|| format!("there is no provider `{name}`"))?;
    let NewProof { new, shown } = make(parts, &provider.client_id, args).await?;
    let facts = [("method", new.material.method().to_owned())];
    let until = parts.clock.now().plus_ms(i64::from(overlap_hours) * 3_600_000);
    let id = new.id.clone();
    parts.control.add_credential(name, new, Some(until)).await?;
    parts.record("provider.rotate", AuditOutcome::Success, name.as_str(), &facts).await?;
    let said = json!({
        "name": name, "client_id": provider.client_id, "credential": id, "others_until": until.to_string(),
    });
    Ok(with(said, &shown))
}

async fn set(
    parts: &Parts,
    name: &SourceId,
    scopes: &[Scope],
    reach: ReachArgs,
    anywhere: bool,
) -> anyhow::Result<()> {
    let reach_given = anywhere || reach.private_only || !reach.networks.is_empty();
    ensure!(
        reach_given || !scopes.is_empty(),
        "say what to set: --scope, --network, --private-only or --anywhere"
    );
    if !scopes.is_empty() {
        parts.control.set_provider_scopes(name, scopes).await?;
    }
    let before = parts.control.provider(name).await?;
    let before = before.with_context(|| format!("there is no provider `{name}`"))?.reach;
    let reach = if anywhere { Reach::default() } else { narrowed(before, reach) };
    let mut facts = vec![("scopes", screen::words(scopes))];
    if reach_given {
        parts.control.set_provider_reach(name, &reach).await?;
        facts.push(("networks", screen::words(&reach.networks)));
        facts.push(("private_only", reach.private_only.to_string()));
    }
    parts.record("provider.set", AuditOutcome::Success, name.as_str(), &facts).await
}

/// What is not said stays as it was: nothing is opened by naming something else.
fn narrowed(before: Reach, asked: ReachArgs) -> Reach {
    let networks = if asked.networks.is_empty() { before.networks } else { asked.networks };
    Reach { networks, private_only: before.private_only || asked.private_only }
}

async fn enable(parts: &Parts, name: &SourceId, enabled: bool, json: bool) -> anyhow::Result<()> {
    parts.control.set_provider_enabled(name, enabled).await?;
    let action = if enabled { "provider.enable" } else { "provider.disable" };
    parts.record(action, AuditOutcome::Success, name.as_str(), &[]).await?;
    told(json, json!({ "name": name, "enabled": enabled }), || {
        let what = if enabled { "let in" } else { "refused" };
        format!("Provider {name} is {what} from its next request on.")
    });
    Ok(())
}

fn told(json: bool, value: Value, sentence: impl FnOnce() -> String) {
    screen::say(if json { value.to_string() } else { sentence() });
}

/// A credential by what was typed; files are read here.
async fn make(parts: &Parts, client_id: &str, args: &CredentialArgs) -> anyhow::Result<NewProof> {
    let proof = match args.auth {
        Method::Secret => Proof::Secret,
        Method::Sigv4 => Proof::Signing,
        Method::Smart => match args.jwks.as_deref().unwrap_or_default() {
            url if url.starts_with("https://") => Proof::Keys(url.to_owned()),
            file => Proof::Keys(fs::read_to_string(file).with_context(|| format!("read {file}"))?),
        },
        Method::Mtls => {
            let file = args.cert.as_deref().unwrap_or(Path::new(""));
            let pem = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
            Proof::Certificate(pem)
        }
        Method::Issuer => Proof::Issuer {
            issuer: args.issuer.clone().unwrap_or_default(),
            client: args.client.clone().unwrap_or_default(),
        },
    };
    Ok(Credentials::new(parts)?.make(client_id, &proof).await?)
}

/// The members, and what is shown once.
fn with(mut one: Value, shown: &[(&'static str, Zeroizing<String>)]) -> Value {
    for (name, value) in shown {
        one[*name] = value.as_str().into();
    }
    one
}

impl From<ReachArgs> for Reach {
    fn from(args: ReachArgs) -> Self {
        Self { networks: args.networks, private_only: args.private_only }
    }
}
