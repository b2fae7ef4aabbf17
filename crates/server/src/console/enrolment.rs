//! Providers registered, given further credentials, these taken back. A secret is shown once, on the page that answers.

use super::{
    answer::{Refused, done, html, page},
    lake::{AskError, NewProof, Proof},
    providers,
    session::{Sent, Visitor},
};
use ::console::{
    Address, Section,
    pages::{Confirm, ProviderForm, ShownOnce},
};
use axum::{extract::Path, response::Response};
use control::{NewProvider, Provider, Reach};
use model::{AuditOutcome, Scope, SourceId};
use policy::{Action, Resource};
use std::str::FromStr;
use uuid::Uuid;

/// The longest that an older credential may go on, in hours.
const LONGEST_OVERLAP: u32 = 8_760;

/// What is wrong with a form: the field, and a sentence.
type Wrong = (String, String);

fn wrong(field: &str, why: impl ToString) -> Wrong {
    (field.to_owned(), why.to_string())
}

/// The words of a field, each read.
fn words<T: FromStr<Err: ToString>>(field: &str, said: &str) -> Result<Vec<T>, Wrong> {
    let read = |word: &str| {
        word.parse().map_err(|error: T::Err| wrong(field, format!("`{word}`: {}", error.to_string())))
    };
    said.split([' ', ',', '\n', '\r', '\t']).filter(|word| !word.is_empty()).map(read).collect()
}

/// The outside issuers that there are, by name.
async fn issuers(visitor: &Visitor) -> Result<Vec<String>, Refused> {
    let issuers = visitor.desk.control.issuers().await?;
    Ok(issuers.into_iter().map(|issuer| issuer.name).collect())
}

/// What was typed.
async fn typed(sent: &Sent, of: Option<&Provider>) -> Result<ProviderForm, Refused> {
    let field = |name: &str| sent.field(name).trim().to_owned();
    Ok(ProviderForm {
        of: of.map(|provider| provider.name.to_string()),
        name: field("name"),
        scopes: field("scopes"),
        method: field("method"),
        keys: field("keys"),
        certificate: field("certificate"),
        issuer: field("issuer"),
        client: field("client"),
        networks: field("networks"),
        private_only: sent.field("private_only") == "yes",
        overlap_hours: field("overlap_hours"),
        issuers: issuers(&sent.visitor).await?,
        problem: None,
    })
}

fn proof(form: &ProviderForm) -> Result<Proof, Wrong> {
    let given = |field: &str, value: &String| match value.is_empty() {
        true => Err(wrong(field, "This method needs it.")),
        false => Ok(value.clone()),
    };
    Ok(match form.method.as_str() {
        "sigv4" => Proof::Signing,
        "smart" => Proof::Keys(given("keys", &form.keys)?),
        "mtls" => Proof::Certificate(given("certificate", &form.certificate)?),
        "issuer" => {
            Proof::Issuer { issuer: given("issuer", &form.issuer)?, client: given("client", &form.client)? }
        }
        _ => Proof::Secret,
    })
}

/// Makes what was asked for; where it is at fault, says which field is.
async fn made(
    visitor: &Visitor,
    client: &str,
    form: &ProviderForm,
) -> Result<Result<NewProof, Wrong>, Refused> {
    let asked = match proof(form) {
        Ok(asked) => asked,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let field = match asked {
        Proof::Keys(_) => "keys",
        Proof::Certificate(_) => "certificate",
        Proof::Issuer { .. } => "issuer",
        Proof::Secret | Proof::Signing => "method",
    };
    match visitor.desk.lake.credential(client, &asked).await {
        Ok(made) => Ok(Ok(made)),
        Err(AskError::Question(why)) => Ok(Err(wrong(field, why))),
        Err(error) => Err(error.into()),
    }
}

/// `GET /providers/new`
pub(super) async fn form(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::ProviderAdd, Resource::ProviderAccount("any")).await?;
    let form = ProviderForm {
        scopes: "system/*.c".to_owned(),
        issuers: issuers(&visitor).await?,
        ..ProviderForm::default()
    };
    page(&visitor, Address::new_provider(), &form).await
}

/// `POST /providers/new`
pub(super) async fn register(sent: Sent) -> Result<Response, Refused> {
    let visitor = &sent.visitor;
    let form = typed(&sent, None).await?;
    visitor.require(Action::ProviderAdd, Resource::ProviderAccount(&form.name)).await?;
    let again = async |problem: Wrong| {
        page(visitor, Address::new_provider(), &ProviderForm { problem: Some(problem), ..form.clone() }).await
    };
    let (name, scopes, reach) = match read(&form) {
        Ok(read) => read,
        Err(wrong) => return again(wrong).await,
    };
    if visitor.desk.control.provider(&name).await?.is_some() {
        return again(wrong("name", format!("A provider {name} is registered already."))).await;
    }
    let client_id = format!("{name}-{}", &Uuid::new_v4().simple().to_string()[..8]);
    let made = match made(visitor, &client_id, &form).await? {
        Ok(made) => made,
        Err(wrong) => return again(wrong).await,
    };
    let facts = [("scopes", form.scopes.clone()), ("method", made.new.material.method().to_owned())];
    visitor.record("provider.add", AuditOutcome::Success, name.as_str(), &facts).await?;
    let new =
        NewProvider { name: name.clone(), client_id: client_id.clone(), scopes, reach, credential: made.new };
    visitor.desk.control.add_provider(new).await?;
    shown(visitor, &name, &client_id, made.shown).await
}

/// The name, the grants and the reach that were typed.
fn read(form: &ProviderForm) -> Result<(SourceId, Vec<Scope>, Reach), Wrong> {
    let name = form.name.parse::<SourceId>().map_err(|error| wrong("name", error))?;
    let scopes = words::<Scope>("scopes", &form.scopes)?;
    if scopes.is_empty() {
        return Err(wrong("scopes", "Say what it may do, such as system/*.c."));
    }
    let networks = words("networks", &form.networks)?;
    Ok((name, scopes, Reach { networks, private_only: form.private_only }))
}

/// The credential, this once.
async fn shown(
    visitor: &Visitor,
    name: &SourceId,
    client_id: &str,
    parts: Vec<(&'static str, zeroize::Zeroizing<String>)>,
) -> Result<Response, Refused> {
    let secret = parts.iter().find(|(what, _)| *what == "client_secret").map(|(_, secret)| secret.as_str());
    let (gateway, ca) = (&visitor.desk.gateway, &visitor.desk.ca_file);
    let first_token = secret.map(|secret| {
        format!(
            "curl --cacert {ca} -u {client_id}:{secret} -d grant_type=client_credentials {gateway}/oauth/token"
        )
    });
    let mut told = vec![("client_id".to_owned(), client_id.to_owned())];
    told.extend(parts.iter().map(|(what, value)| ((*what).to_owned(), value.to_string())));
    let once = ShownOnce { provider: name.to_string(), parts: told, first_token };
    // A page that is loaded again sends its form again: this one's address is that of the provider's list.
    Ok(html(&visitor.frame(Address::providers()).await?, &once))
}

/// `GET /credentials/{provider}/new`
pub(super) async fn further_form(visitor: Visitor, Path(name): Path<String>) -> Result<Response, Refused> {
    visitor.require(Action::ProviderChange, Resource::ProviderAccount(&name)).await?;
    let provider = providers::found(&visitor, &name).await?;
    let form = ProviderForm {
        of: Some(provider.name.to_string()),
        overlap_hours: "24".to_owned(),
        issuers: issuers(&visitor).await?,
        ..ProviderForm::default()
    };
    page(&visitor, Address::new_credential(&name), &form).await
}

/// `POST /credentials/{provider}/new`
pub(super) async fn further(Path(name): Path<String>, sent: Sent) -> Result<Response, Refused> {
    let visitor = &sent.visitor;
    visitor.require(Action::ProviderChange, Resource::ProviderAccount(&name)).await?;
    let provider = providers::found(visitor, &name).await?;
    let form = typed(&sent, Some(&provider)).await?;
    let again = async |problem: Wrong| {
        let here = Address::new_credential(&name);
        page(visitor, here, &ProviderForm { problem: Some(problem), ..form.clone() }).await
    };
    let hours = form.overlap_hours.parse::<u32>().ok().filter(|hours| *hours <= LONGEST_OVERLAP);
    let Some(hours) = hours else {
        return again(wrong("overlap_hours", format!("Hours are a number from 0 to {LONGEST_OVERLAP}.")))
            .await;
    };
    let made = match made(visitor, &provider.client_id, &form).await? {
        Ok(made) => made,
        Err(wrong) => return again(wrong).await,
    };
    let facts = [("method", made.new.material.method().to_owned())];
    visitor.record("provider.rotate", AuditOutcome::Success, &name, &facts).await?;
    let until = visitor.desk.clock.now().plus_ms(i64::from(hours) * 3_600_000);
    visitor.desk.control.add_credential(&provider.name, made.new, Some(until)).await?;
    shown(visitor, &provider.name, &provider.client_id, made.shown).await
}

async fn owner(visitor: &Visitor, credential: &str) -> Result<Provider, Refused> {
    let found = visitor.desk.control.provider_by_credential(credential).await?;
    let name = found.as_ref().map_or("unknown", |owner| owner.name.as_str());
    visitor.require(Action::ProviderChange, Resource::ProviderAccount(name)).await?;
    found.ok_or_else(|| Refused::NotFound(format!("credential {credential}")))
}

/// `GET /credential/{id}/{change}`
pub(super) async fn ask(
    visitor: Visitor,
    Path((id, change)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let owner = owner(&visitor, &id).await?;
    if change != "revoke" {
        return Err(Refused::NotFound(format!("change {change} of a credential")));
    }
    let shown = Confirm {
        title: format!("Take back credential {id} of {}?", owner.name),
        section: Section::Providers,
        of: Address::credential(&id),
        back: Address::provider(owner.name.as_str()),
        change: "revoke",
        effect: "It is refused from its next request on, and so are its tokens.".to_owned(),
        undo: None,
        note: None,
        button: "Take it back".to_owned(),
        takes_away: true,
        command: format!("provider revoke {id}"),
    };
    page(&visitor, Address::credential(&id), &shown).await
}

/// `POST /credential/{id}/{change}`
pub(super) async fn change(
    Path((id, change)): Path<(String, String)>,
    Sent { visitor, .. }: Sent,
) -> Result<Response, Refused> {
    let owner = owner(&visitor, &id).await?;
    if change != "revoke" {
        return Err(Refused::NotFound(format!("change {change} of a credential")));
    }
    visitor.record("credential.revoke", AuditOutcome::Success, &id, &[]).await?;
    visitor.desk.control.revoke_credential(&id).await?;
    Ok(done(&Address::provider(owner.name.as_str()), "revoked"))
}
