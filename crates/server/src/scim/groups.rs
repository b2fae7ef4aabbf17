//! Groups that a directory keeps (RFC 7643 §4.2).

use super::{
    answer::{ScimError, answer, created},
    body::{self, text},
    client::Client,
    discovery,
    filter::member,
    list::Asked,
    patch::Change,
};
use axum::{
    body::Bytes,
    extract::Path,
    response::{IntoResponse, Response},
};
use control::{KeptGroup, LONGEST_PERSON_NAME, is_person_name};
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const KNOWN: &[&str] = &["displayName", "externalId", "members"];
const UNKEPT: &[&str] = &["id", "schemas", "meta"];

/// `GET /scim/v2/Groups`
pub(super) async fn search(client: Client, asked: Asked) -> Result<Response, ScimError> {
    let (response, found) = asked.list(all(&client).await?);
    client.record("group.list", "Groups", &[("groups", found.to_string())]).await?;
    Ok(response)
}

/// `POST /scim/v2/Groups/.search`
pub(super) async fn search_by_post(client: Client, body: Bytes) -> Result<Response, ScimError> {
    let asked = Asked::of_body(body::object(&body)?)?;
    search(client, asked).await
}

/// `GET /scim/v2/Groups/{id}`
pub(super) async fn read(
    client: Client,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, ScimError> {
    let group = kept(&client, &id).await?;
    client.record("group.list", &group.name, &[]).await?;
    Ok(answer(StatusCode::OK, &asked.of(shown(&client, &group))))
}

/// `POST /scim/v2/Groups`
pub(super) async fn create(client: Client, asked: Asked, body: Bytes) -> Result<Response, ScimError> {
    let told = read_group(&body::object(&body)?)?;
    let now = client.desk.clock.now();
    let name = name_of(&told.display)?;
    let group = KeptGroup {
        name,
        display: told.display,
        external_id: told.external_id,
        members: told.members,
        created: now,
        changed: now,
    };
    let kept = client.desk.control.keep_group(&client.directory.name, &group).await;
    kept.map_err(|error| ScimError::missing(error, "group"))?;
    client.record("group.add", &group.name, &[("members", group.members.len().to_string())]).await?;
    Ok(created(&asked, shown(&client, &group)))
}

/// `DELETE /scim/v2/Groups/{id}`
pub(super) async fn remove(client: Client, Path(id): Path<String>) -> Result<Response, ScimError> {
    let group = kept(&client, &id).await?;
    client.desk.control.remove_group(&group.name).await?;
    client.record("group.remove", &group.name, &[]).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `PUT` and `PATCH /scim/v2/Groups/{id}`
pub(super) async fn change(
    client: Client,
    Path(id): Path<String>,
    asked: Asked,
    change: Change,
) -> Result<Response, ScimError> {
    let mut come_and_gone = (0, 0);
    let into = |group: &KeptGroup| {
        let told = read_group(&change.of(as_told(group), (KNOWN, UNKEPT))?)?;
        come_and_gone = (
            told.members.difference(&group.members).count(),
            group.members.difference(&told.members).count(),
        );
        let Told { display, external_id, members } = told;
        Ok::<_, ScimError>(KeptGroup { display, external_id, members, ..group.clone() })
    };
    let changed = client.desk.control.change_kept_group(&client.directory.name, &id, into).await;
    let group = changed.map_err(|error| ScimError::missing(error, "group"))??;
    let (come, gone) = come_and_gone;
    let facts = [
        ("members", group.members.len().to_string()),
        ("come", come.to_string()),
        ("gone", gone.to_string()),
    ];
    client.record("group.set", &group.name, &facts).await?;
    Ok(answer(StatusCode::OK, &asked.of(shown(&client, &group))))
}

/// Every group, as it is shown.
pub(super) async fn all(client: &Client) -> Result<Vec<Value>, ScimError> {
    let groups = client.desk.control.groups_of(&client.directory.name).await?;
    Ok(groups.iter().map(|group| shown(client, group)).collect())
}

async fn kept(client: &Client, id: &str) -> Result<KeptGroup, ScimError> {
    let groups = client.desk.control.groups_of(&client.directory.name).await?;
    groups.into_iter().find(|group| group.name == id).ok_or_else(|| ScimError::not_found("group"))
}

/// What a directory says of a group.
struct Told {
    display: String,
    external_id: Option<String>,
    members: BTreeSet<String>,
}

fn read_group(told: &Map<String, Value>) -> Result<Told, ScimError> {
    let display = text(told, "displayName")?;
    let members = match member(told, "members") {
        None | Some(Value::Null) => &Vec::new(),
        Some(Value::Array(members)) => members,
        Some(_) => return Err(ScimError::value("`members` is a list")),
    };
    let name = |one: &Value| {
        let value = one.as_object().and_then(|one| member(one, "value")).and_then(Value::as_str);
        value.map(str::to_owned).ok_or_else(|| ScimError::value("a member has a `value`: the id of a user"))
    };
    Ok(Told {
        display: display.ok_or_else(|| ScimError::value("a group has a `displayName`"))?,
        external_id: text(told, "externalId")?,
        members: members.iter().map(name).collect::<Result<_, _>>()?,
    })
}

/// What a group is called here: what it is called there, in letters that a name can have.
fn name_of(display: &str) -> Result<String, ScimError> {
    let plain = |one: char| if one.is_ascii_alphanumeric() || "._@'+".contains(one) { one } else { '-' };
    let name: String = display.to_lowercase().chars().map(plain).take(LONGEST_PERSON_NAME).collect();
    let name = name.trim_start_matches(|one: char| !one.is_ascii_alphanumeric()).trim_end_matches('-');
    match is_person_name(name) {
        true => Ok(name.to_owned()),
        false => {
            Err(ScimError::value("`displayName` has no letter or digit that a name here could begin with"))
        }
    }
}

/// A group as its directory has told of it.
fn as_told(group: &KeptGroup) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("displayName".to_owned(), json!(group.display));
    if let Some(id) = &group.external_id {
        told.insert("externalId".to_owned(), json!(id));
    }
    told.insert("members".to_owned(), group.members.iter().map(|name| json!({ "value": name })).collect());
    told
}

fn shown(client: &Client, group: &KeptGroup) -> Value {
    let mut told = as_told(group);
    let members =
        group.members.iter().map(|name| json!({ "value": name, "$ref": client.location("Users", name) }));
    told.insert("members".to_owned(), members.collect());
    told.insert("schemas".to_owned(), json!([discovery::GROUP]));
    told.insert("id".to_owned(), json!(group.name));
    told.insert(
        "meta".to_owned(),
        json!({
            "resourceType": "Group", "created": group.created.to_string(),
            "lastModified": group.changed.to_string(), "location": client.location("Groups", &group.name),
        }),
    );
    Value::Object(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_a_name_that_it_can_have_here() {
        for (display, name) in [
            ("Data team", "data-team"),
            ("  Lake – Engineers (North)", "lake---engineers--north"),
            ("ümlaut", "mlaut"),
            (&"x".repeat(80), &"x".repeat(LONGEST_PERSON_NAME)),
        ] {
            assert_eq!(name_of(display).ok().as_deref(), Some(name));
        }
        assert!(name_of("– –").is_err());
    }
}
