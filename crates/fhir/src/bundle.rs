//! Bundles taken apart (R4 §2.36): entries as work to do, their resources moved out, not copied.

use crate::{
    Issue, IssueCode, ResourceType,
    check::{EntryResources, check_with},
    json::{Object, Value},
};
use std::borrow::Cow;

/// What a Bundle asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleKind {
    /// All of its entries or none.
    Transaction,
    /// Each of its entries for itself.
    Batch,
    /// Nothing: a collection, searchset, history, document or message, such as files hold.
    Other,
}

/// The HTTP method of an entry's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Create.
    Post,
    /// Update.
    Put,
    /// The entry has no request, as in a collection.
    None,
    /// GET, HEAD, DELETE or PATCH.
    Other,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its place in the Bundle, from 0.
    pub index: usize,
    /// The URL that other entries refer to it by, often `urn:uuid:…`.
    pub full_url: Option<Cow<'a, str>>,
    /// What to do.
    pub method: Method,
    /// `request.url`, as it stands; empty without a request.
    pub url: String,
    /// Whether it depends on a search or on a time: `ifNoneExist`, `ifNoneMatch`, `ifModifiedSince`, or a query in the url.
    pub conditional: bool,
    /// `request.ifMatch`: the version that an update must find.
    pub if_match: Option<String>,
    /// The resource, not checked yet. Entries with POST and PUT have one.
    pub resource: Option<Value<'a>>,
}

/// Takes a Bundle apart, once its own structure is checked. The resources are left to
/// [`check`](crate::check), one by one.
///
/// # Errors
/// It is not a Bundle as R4 has it; an entry of a transaction or batch has no request; or a POST
/// or PUT has no resource.
pub fn read(value: Value<'_>) -> Result<(BundleKind, Vec<Entry<'_>>), Vec<Issue>> {
    check_with(&value, ResourceType::parse("Bundle"), EntryResources::Left)?;
    let Value::Object(mut bundle) = value else { return Ok((BundleKind::Other, Vec::new())) };
    let kind = match bundle.get("type").and_then(Value::as_str) {
        Some("transaction") => BundleKind::Transaction,
        Some("batch") => BundleKind::Batch,
        _ => BundleKind::Other,
    };
    let items = match bundle.remove("entry") {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let mut entries = Vec::with_capacity(items.len());
    let mut issues = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let Value::Object(members) = item else { continue };
        let entry = entry(index, members);
        issues.extend(problem(kind, &entry));
        entries.push(entry);
        if issues.len() >= crate::MAX_ISSUES {
            break;
        }
    }
    if issues.is_empty() { Ok((kind, entries)) } else { Err(issues) }
}

fn entry(index: usize, mut members: Object<'_>) -> Entry<'_> {
    let full_url = match members.remove("fullUrl") {
        Some(Value::String(url)) => Some(url),
        _ => None,
    };
    let request = members.remove("request");
    let text = |name: &str| request.as_ref().and_then(|request| request.get(name)).and_then(Value::as_str);
    let url = text("url").unwrap_or_default().to_owned();
    let method = match (&request, text("method")) {
        (None, _) => Method::None,
        (_, Some("POST")) => Method::Post,
        (_, Some("PUT")) => Method::Put,
        _ => Method::Other,
    };
    let conditional = url.contains('?')
        || ["ifNoneExist", "ifNoneMatch", "ifModifiedSince"].into_iter().any(|name| text(name).is_some());
    let if_match = text("ifMatch").map(str::to_owned);
    Entry { index, full_url, method, url, conditional, if_match, resource: members.remove("resource") }
}

/// What stands against doing an entry.
fn problem(kind: BundleKind, entry: &Entry<'_>) -> Option<Issue> {
    if kind == BundleKind::Other {
        return None;
    }
    let (member, text) = match entry.method {
        Method::None => ("request", "an entry of a transaction or batch has a `request` (R4 §2.36.3, bdl-3)"),
        Method::Post | Method::Put if entry.resource.is_none() => {
            ("resource", "an entry with POST or PUT has a `resource`")
        }
        _ => return None,
    };
    Some(Issue::error(IssueCode::Required, format!("Bundle.entry[{}].{member}", entry.index), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn a_transaction_comes_apart_into_what_is_to_be_done() {
        let text = br#"{"resourceType":"Bundle","type":"transaction","entry":[
            {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","nonsense":1},"request":{"method":"POST","url":"Patient"}},
            {"resource":{"resourceType":"Patient","id":"a"},"request":{"method":"PUT","url":"Patient/a","ifMatch":"W/\"2\""}},
            {"resource":{"resourceType":"Patient"},"request":{"method":"PUT","url":"Patient?identifier=x"}},
            {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=x"}},
            {"request":{"method":"DELETE","url":"Patient/a"}}]}"#;
        let (kind, entries) = read(parse(text).unwrap()).unwrap();
        assert_eq!(kind, BundleKind::Transaction);
        let told: Vec<_> =
            entries.iter().map(|entry| (entry.method, entry.url.as_str(), entry.conditional)).collect();
        let (post, put) = (Method::Post, Method::Put);
        assert_eq!(
            told,
            [
                (post, "Patient", false),
                (put, "Patient/a", false),
                (put, "Patient?identifier=x", true),
                (post, "Patient", true),
                (Method::Other, "Patient/a", false),
            ]
        );
        assert_eq!(entries[0].full_url.as_deref(), Some("urn:uuid:1"));
        assert_eq!(entries[1].if_match.as_deref(), Some("W/\"2\""));
        assert!(entries[0].resource.as_ref().unwrap().get("nonsense").is_some(), "left to the caller");
        assert_eq!(entries[4].resource, None);
    }

    #[test]
    fn a_collection_has_entries_without_requests() {
        let text = br#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"}}]}"#;
        let (kind, entries) = read(parse(text).unwrap()).unwrap();
        assert_eq!((kind, entries[0].method), (BundleKind::Other, Method::None));
        assert_eq!(read(parse(br#"{"resourceType":"Bundle","type":"batch"}"#).unwrap()).unwrap().1, []);
    }

    #[test]
    fn what_is_no_bundle_to_work_on_is_refused_with_its_place() {
        for (text, code, expression) in [
            (r#"{"resourceType":"Patient"}"#, IssueCode::Invalid, "Bundle"),
            (r#"{"resourceType":"Bundle"}"#, IssueCode::Required, "Bundle.type"),
            (r#"{"resourceType":"Bundle","type":"heap"}"#, IssueCode::CodeInvalid, "Bundle.type"),
            (r#"{"resourceType":"Bundle","type":"batch","entry":{}}"#, IssueCode::Structure, "Bundle.entry"),
            (
                r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{}}]}"#,
                IssueCode::Required,
                "Bundle.entry[0].request",
            ),
            (
                r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":1}]}"#,
                IssueCode::Structure,
                "Bundle.entry[0].resource",
            ),
            (
                r#"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"PUT","url":"Patient/1"}}]}"#,
                IssueCode::Required,
                "Bundle.entry[0].resource",
            ),
            (
                r#"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"MOVE","url":"a"}}]}"#,
                IssueCode::CodeInvalid,
                "Bundle.entry[0].request.method",
            ),
        ] {
            let issues = read(parse(text.as_bytes()).unwrap()).unwrap_err();
            assert_eq!((issues[0].code, issues[0].expression.as_str()), (code, expression), "{text}");
        }
    }
}
