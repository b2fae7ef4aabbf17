//! People whom a directory keeps (RFC 7643 §4.1).

use super::{
    answer::{ScimError, answer, created},
    body::{self, text},
    client::Client,
    discovery,
    filter::member,
    groups,
    list::Asked,
    patch::Change,
};
use axum::{
    body::Bytes,
    extract::Path,
    response::{IntoResponse, Response},
};
use control::{KeptPerson, Person, is_person_name};
use http::StatusCode;
use serde_json::{Map, Value, json};

/// The attributes that are kept.
const KNOWN: &[&str] = &["userName", "externalId", "displayName", "active"];
/// Those that the standard has besides, and an extension of it (RFC 7643 §4.1 and §4.3).
const UNKEPT: &[&str] = &[
    "id",
    "schemas",
    "meta",
    "groups",
    "name",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "password",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "department",
    "manager",
];
/// `GET /scim/v2/Users`
pub(super) async fn search(client: Client, asked: Asked) -> Result<Response, ScimError> {
    // What directories ask before each change, answered without looking at everybody.
    let one =
        asked.filter.as_ref().and_then(|filter| filter.only_equal("userName").or(filter.only_equal("id")));
    let people = match one {
        Some(name) => {
            kept(&client, &name.to_lowercase()).await?.iter().map(|person| shown(&client, person)).collect()
        }
        None => all(&client).await?,
    };
    let (response, found) = asked.list(people);
    client.record("user.list", "Users", &[("people", found.to_string())]).await?;
    Ok(response)
}

/// `POST /scim/v2/Users/.search`
pub(super) async fn search_by_post(client: Client, body: Bytes) -> Result<Response, ScimError> {
    let asked = Asked::of_body(body::object(&body)?)?;
    search(client, asked).await
}

/// `POST /scim/v2/.search`: people and groups.
pub(super) async fn search_all_by_post(client: Client, body: Bytes) -> Result<Response, ScimError> {
    let asked = Asked::of_body(body::object(&body)?)?;
    let mut found = all(&client).await?;
    found.extend(groups::all(&client).await?);
    let (response, found) = asked.list(found);
    client.record("user.list", "Users and Groups", &[("found", found.to_string())]).await?;
    Ok(response)
}

/// `GET /scim/v2/Users/{id}`
pub(super) async fn read(
    client: Client,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, ScimError> {
    let person = kept(&client, &id).await?.ok_or_else(|| ScimError::not_found("user"))?;
    client.record("user.list", &person.name, &[]).await?;
    Ok(answer(StatusCode::OK, &asked.of(shown(&client, &person))))
}

/// `POST /scim/v2/Users`
pub(super) async fn create(client: Client, asked: Asked, body: Bytes) -> Result<Response, ScimError> {
    let told = body::object(&body)?;
    let name = name_of(&told)?;
    let new = read_person(&client, &told)?;
    client.desk.control.keep_person(&client.directory.name, &name, &new).await?;
    client.record("user.add", &name, &facts(&new)).await?;
    let person = kept(&client, &name).await?.ok_or_else(|| ScimError::not_found("user"))?;
    Ok(created(&asked, shown(&client, &person)))
}

/// `DELETE /scim/v2/Users/{id}`
pub(super) async fn remove(client: Client, Path(id): Path<String>) -> Result<Response, ScimError> {
    let person = kept(&client, &id).await?.ok_or_else(|| ScimError::not_found("user"))?;
    client.desk.control.remove_person(&person.name).await?;
    client.record("user.remove", &person.name, &[]).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `PUT` and `PATCH /scim/v2/Users/{id}`
pub(super) async fn change(
    client: Client,
    Path(id): Path<String>,
    asked: Asked,
    change: Change,
) -> Result<Response, ScimError> {
    let into = |person: &Person| {
        let told = change.of(as_told(person), (KNOWN, UNKEPT))?;
        match name_of(&told)? == person.name {
            true => read_person(&client, &told),
            false => Err(ScimError::mutability("a person keeps their userName: the trail names them by it")),
        }
    };
    let changed = client.desk.control.change_kept_person(&client.directory.name, &id, into).await;
    let person = changed.map_err(|error| ScimError::missing(error, "user"))??;
    let facts = [("active", person.inactive.is_none().to_string())];
    client.record("user.set", &person.name, &facts).await?;
    Ok(answer(StatusCode::OK, &asked.of(shown(&client, &person))))
}

/// Everybody, as they are shown.
async fn all(client: &Client) -> Result<Vec<Value>, ScimError> {
    let people = client.desk.control.people_of(&client.directory.name).await?;
    Ok(people.iter().map(|person| shown(client, person)).collect())
}

/// The person of that name, if the directory keeps them.
async fn kept(client: &Client, name: &str) -> Result<Option<Person>, ScimError> {
    let person = client.desk.control.person(name).await?;
    let is_kept = |person: &Person| {
        person.removed.is_none() && person.directory.as_ref() == Some(&client.directory.name)
    };
    Ok(person.filter(is_kept))
}

fn facts(person: &KeptPerson) -> Vec<(&'static str, String)> {
    vec![("active", person.active.to_string())]
}

/// What somebody is called here: `userName` in small letters, as it is the same in any case (RFC 7643 §4.1.1).
fn name_of(told: &Map<String, Value>) -> Result<String, ScimError> {
    let name = text(told, "userName")?.ok_or_else(|| ScimError::value("a user has a `userName`"))?;
    match name.to_lowercase() {
        name if is_person_name(&name) => Ok(name),
        _ => Err(ScimError::value(
            "`userName` has letters, digits and . - _ @ ' +, 64 at most, a letter or digit first",
        )),
    }
}

fn read_person(client: &Client, told: &Map<String, Value>) -> Result<KeptPerson, ScimError> {
    let external_id = text(told, "externalId")?;
    let formatted = || match member(told, "name") {
        Some(Value::Object(name)) => text(name, "formatted"),
        _ => Ok(None),
    };
    let display = match text(told, "displayName")? {
        Some(display) => Some(display),
        None => formatted()?,
    };
    let active = match member(told, "active") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(active)) => *active,
        // As some directories write it.
        Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => true,
        Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => false,
        Some(_) => return Err(ScimError::value("`active` is true or false")),
    };
    Ok(KeptPerson { display, outside: client.outside(external_id.as_deref()), external_id, active })
}

/// A person as their directory has told of them.
fn as_told(person: &Person) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("userName".to_owned(), json!(person.name));
    told.insert("active".to_owned(), json!(person.inactive.is_none()));
    if person.display != person.name {
        told.insert("displayName".to_owned(), json!(person.display));
    }
    if let Some(id) = &person.external_id {
        told.insert("externalId".to_owned(), json!(id));
    }
    told
}

fn shown(client: &Client, person: &Person) -> Value {
    let mut told = as_told(person);
    let groups = person
        .groups
        .iter()
        .map(|group| json!({ "value": group, "$ref": client.location("Groups", group), "type": "direct" }));
    told.insert("schemas".to_owned(), json!([discovery::USER]));
    told.insert("id".to_owned(), json!(person.name));
    told.insert("groups".to_owned(), groups.collect());
    told.insert(
        "meta".to_owned(),
        json!({
            "resourceType": "User", "created": person.created.to_string(),
            "lastModified": person.changed.unwrap_or(person.created).to_string(),
            "location": client.location("Users", &person.name),
        }),
    );
    Value::Object(told)
}
