//! Bundles: which kinds are taken, and what each entry asks for.

use crate::{
    batch,
    error::{ApiError, Kind},
    permissions::Permissions,
    prepare, request, transaction,
};
use fhir::{
    ResourceType,
    bundle::{self, BundleKind, Entry, Method},
    reference::{self, Reference},
};
use landing::{Change, Intent};
use model::Interaction;
use std::borrow::Cow;
use uuid::Uuid;

/// What a Bundle asks for, checked, in the order of its entries.
pub(crate) enum Plan {
    /// All or nothing.
    Transaction(Vec<Change>),
    /// Each on its own.
    Batch(Vec<Result<Change, ApiError>>),
}

/// Where one entry's resource goes.
pub(crate) struct Target {
    pub(crate) resource_type: ResourceType,
    pub(crate) id: String,
    pub(crate) intent: Intent,
}

/// Reads and checks a Bundle for someone with `permissions`.
pub(crate) fn read(text: &[u8], permissions: &Permissions) -> Result<Plan, ApiError> {
    let value = prepare::parse(text)?;
    if value.get("resourceType").and_then(|name| name.as_str()) != Some("Bundle") {
        return Err(ApiError::new(
            Kind::NotFhir,
            "a Bundle is expected here; single resources go to /fhir/r4/{type}",
        ));
    }
    let (kind, entries) = bundle::read(value).map_err(ApiError::not_fhir)?;
    match kind {
        BundleKind::Transaction => transaction::plan(entries, permissions).map(Plan::Transaction),
        BundleKind::Batch => Ok(Plan::Batch(batch::plan(entries, permissions))),
        BundleKind::Other => {
            Err(ApiError::new(Kind::NotFhir, "only Bundles of type transaction or batch are taken"))
        }
    }
}

/// Where `entry` goes, if it asks for a create or an update that `permissions` allow.
/// The error does not yet say which entry it is.
pub(crate) fn target(entry: &Entry<'_>, permissions: &Permissions) -> Result<Target, ApiError> {
    let unsupported = |text: &str| ApiError::new(Kind::NotImplemented, text);
    if entry.conditional {
        return Err(unsupported("conditional entries are not supported"));
    }
    let Some(resource) = &entry.resource else {
        return Err(match entry.method {
            Method::Post | Method::Put => ApiError::new(Kind::NotFhir, "the entry has no resource"),
            Method::Other => unsupported("only POST and PUT entries are supported"),
            Method::None => ApiError::new(Kind::NotFhir, "the entry has no request"),
        });
    };
    match entry.method {
        Method::Post => {
            let resource_type = ResourceType::parse(&entry.url).ok_or_else(|| {
                unsupported("the URL of a POST entry is a resource type of FHIR R4, and nothing else")
            })?;
            permissions.require(Interaction::Create, resource_type)?;
            if entry.if_match.is_some() {
                return Err(unsupported("ifMatch belongs to PUT entries"));
            }
            Ok(Target { resource_type, id: Uuid::new_v4().to_string(), intent: Intent::Create })
        }
        Method::Put => {
            let (name, id) = entry.url.split_once('/').unwrap_or_default();
            let resource_type =
                ResourceType::parse(name).filter(|_| request::is_id(id)).ok_or_else(|| {
                    unsupported("the URL of a PUT entry is a resource type of FHIR R4, `/` and an id")
                })?;
            if prepare::own_id(resource) != Some(id) {
                return Err(ApiError::new(
                    Kind::NotFhir,
                    "the resource's id is not the one in the entry's URL",
                ));
            }
            permissions.require(Interaction::Update, resource_type)?;
            let if_match = match entry.if_match.as_deref().map(request::version_of_etag) {
                None => None,
                Some(Some(version)) => Some(version),
                Some(None) => {
                    return Err(ApiError::new(Kind::NotFhir, "ifMatch is not a version, such as W/\"3\""));
                }
            };
            Ok(Target { resource_type, id: id.to_owned(), intent: put(permissions, resource_type, if_match) })
        }
        Method::None => Err(ApiError::new(Kind::NotFhir, "the entry has no request")),
        Method::Other => Err(unsupported("only POST and PUT entries are supported")),
    }
}

/// What a PUT may do; only the ledger knows which of the two it would.
pub(crate) fn put(permissions: &Permissions, resource_type: ResourceType, if_match: Option<u32>) -> Intent {
    let may = |interaction| permissions.may(interaction, resource_type);
    Intent::Put { if_match, may_create: may(Interaction::Create), may_update: may(Interaction::Update) }
}

/// Rewrites the references of an entry's resource by `resolve`, and refuses those that need a
/// search to be resolved (FHIR R4 §3.1.0.11.3).
pub(crate) fn resolve_references(
    resource: &mut fhir::json::Value<'_>,
    resolve: &mut dyn FnMut(&str) -> Result<Option<String>, ApiError>,
) -> Result<(), ApiError> {
    let mut refused = None;
    reference::rewrite(resource, &mut |text| {
        if matches!(reference::parse(text), Reference::Conditional { .. }) {
            refused.get_or_insert_with(|| {
                ApiError::new(Kind::NotImplemented, "conditional references are not supported")
            });
            return None;
        }
        resolve(text).unwrap_or_else(|error| {
            refused.get_or_insert(error);
            None
        })
    });
    refused.map_or(Ok(()), Err)
}

/// What an entry is called by the others: its fullUrl, without the version that may follow.
pub(crate) fn without_version(url: &str) -> Cow<'_, str> {
    Cow::Borrowed(url.split_once("/_history/").map_or(url, |(resource, _)| resource))
}
