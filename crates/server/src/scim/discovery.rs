//! What this door can do, as it says itself (RFC 7643 §5 to §7, RFC 7644 §4).

use super::{
    answer::{ScimError, answer},
    client::Client,
    list::{self, MOST},
};
use axum::{extract::Path, response::Response};
use http::StatusCode;
use serde_json::{Value, json};

/// The schema of people.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// `GET /scim/v2/ServiceProviderConfig`
pub(super) async fn config(client: Client) -> Result<Response, ScimError> {
    let told = json!({
        "schemas": [CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MOST },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": false },
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "Token of the directory", "primary": true,
            "description": "Made by `carelake directory add`, sent as `Authorization: Bearer`",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": at(&client, "ServiceProviderConfig") },
    });
    one(&client, told).await
}

/// `GET /scim/v2/ResourceTypes`
pub(super) async fn resource_types(client: Client) -> Result<Response, ScimError> {
    all(&client, types(&client)).await
}

/// `GET /scim/v2/ResourceTypes/{id}`
pub(super) async fn resource_type(client: Client, Path(id): Path<String>) -> Result<Response, ScimError> {
    let found = types(&client).into_iter().find(|kind| kind["id"] == id);
    one(&client, found.ok_or_else(ScimError::nowhere)?).await
}

/// `GET /scim/v2/Schemas`
pub(super) async fn schemas(client: Client) -> Result<Response, ScimError> {
    all(&client, all_schemas(&client)).await
}

/// `GET /scim/v2/Schemas/{id}`
pub(super) async fn schema(client: Client, Path(id): Path<String>) -> Result<Response, ScimError> {
    let found = all_schemas(&client).into_iter().find(|schema| schema["id"] == id);
    one(&client, found.ok_or_else(ScimError::nowhere)?).await
}

/// Anything else under `/scim/v2`.
pub(super) async fn nowhere(_: Client) -> ScimError {
    ScimError::nowhere()
}

/// A method that a path does not have.
pub(super) async fn no_such_method(_: Client) -> ScimError {
    ScimError::method()
}

fn at(client: &Client, path: &str) -> String {
    let location = client.location(path, "");
    location.trim_end_matches('/').to_owned()
}

async fn one(client: &Client, told: Value) -> Result<Response, ScimError> {
    client.record("directory.look", "discovery", &[]).await?;
    Ok(answer(StatusCode::OK, &told))
}

async fn all(client: &Client, told: Vec<Value>) -> Result<Response, ScimError> {
    client.record("directory.look", "discovery", &[]).await?;
    Ok(list::list(told.len(), 1, told))
}

fn types(client: &Client) -> Vec<Value> {
    let kind = |name: &str, path: &str, schema: &str, what: &str| {
        json!({
            "schemas": [RESOURCE_TYPE], "id": name, "name": name, "endpoint": format!("/{path}"),
            "description": what, "schema": schema, "schemaExtensions": [],
            "meta": { "resourceType": "ResourceType", "location": client.location("ResourceTypes", name) },
        })
    };
    vec![
        kind("User", "Users", USER, "People who use the lake's console"),
        kind("Group", "Groups", GROUP, "Groups of them, which administrators open roles to"),
    ]
}

fn all_schemas(client: &Client) -> Vec<Value> {
    let schema = |id: &str, name: &str, what: &str, attributes: Value| {
        json!({
            "schemas": [SCHEMA], "id": id, "name": name, "description": what, "attributes": attributes,
            "meta": { "resourceType": "Schema", "location": client.location("Schemas", id) },
        })
    };
    let user = json!([
        text(
            ("userName", "immutable", "server"),
            "What they sign in as and the audit trail calls them; in small letters",
            true
        ),
        text(("displayName", "readWrite", "none"), "What they are called on pages", false),
        plain("boolean", ("active", "readWrite"), "Whether they may come in; yes, if nothing is said"),
        several(
            "groups",
            "readOnly",
            "The groups that they are in",
            json!([
                text(("value", "readOnly", "none"), "The group's id", false),
                reference("$ref", "readOnly", &["Group"]),
                text(("type", "readOnly", "none"), "direct", false),
            ])
        ),
    ]);
    let group = json!([
        text(("displayName", "readWrite", "none"), "What it is called", true),
        several(
            "members",
            "readWrite",
            "Who is in it",
            json!([
                text(("value", "immutable", "none"), "The user's id", false),
                reference("$ref", "immutable", &["User"]),
            ])
        ),
    ]);
    vec![
        schema(USER, "User", "Somebody who uses the lake's console", user),
        schema(GROUP, "Group", "A group of people", group),
    ]
}

fn plain(kind: &str, (name, mutability): (&str, &str), what: &str) -> Value {
    json!({
        "name": name, "type": kind, "multiValued": false, "description": what, "required": false,
        "mutability": mutability, "returned": "default",
    })
}

fn text((name, mutability, uniqueness): (&str, &str, &str), what: &str, required: bool) -> Value {
    let mut attribute = plain("string", (name, mutability), what);
    attribute["caseExact"] = json!(false);
    attribute["uniqueness"] = json!(uniqueness);
    attribute["required"] = json!(required);
    attribute
}

fn reference(name: &str, mutability: &str, to: &[&str]) -> Value {
    let mut attribute = plain("reference", (name, mutability), "Where it lies");
    attribute["referenceTypes"] = json!(to);
    attribute["caseExact"] = json!(true);
    attribute
}

fn several(name: &str, mutability: &str, what: &str, parts: Value) -> Value {
    let mut attribute = plain("complex", (name, mutability), what);
    attribute["multiValued"] = json!(true);
    attribute["subAttributes"] = parts;
    attribute
}
