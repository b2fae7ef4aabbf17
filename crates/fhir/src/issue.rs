//! What is wrong with what was sent, and the OperationOutcome that says so (R4 §2.20).

use crate::json::{JsonError, JsonErrorKind};
use serde_json::json;

/// How bad an issue is (<http://hl7.org/fhir/issue-severity>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing could be done, and no more was looked at.
    Fatal,
    /// It was not accepted.
    Error,
    /// It was accepted, but is probably not what was meant.
    Warning,
    /// For information only.
    Information,
}

/// What kind of issue (<http://hl7.org/fhir/issue-type>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssueCode {
    /// Content that is not valid in some way not told more exactly.
    Invalid,
    /// The shape is not that of the format or of the resource.
    Structure,
    /// Something that must be there is absent.
    Required,
    /// A value is not one of its type.
    Value,
    /// A rule between elements is broken.
    Invariant,
    /// Credentials are missing or wrong, in some way not told.
    Security,
    /// Valid credentials are needed.
    Login,
    /// The credentials do not name anybody known.
    Unknown,
    /// The session has expired.
    Expired,
    /// This principal may not do this.
    Forbidden,
    /// Something was withheld.
    Suppressed,
    /// It could not be processed.
    Processing,
    /// The interaction, or the resource type, is not offered.
    NotSupported,
    /// A second of what there may be one of.
    Duplicate,
    /// More than one match.
    MultipleMatches,
    /// What was referred to does not exist.
    NotFound,
    /// It is no longer there.
    Deleted,
    /// Longer than accepted.
    TooLong,
    /// A code that does not exist or is not allowed here.
    CodeInvalid,
    /// An extension that is not understood.
    Extension,
    /// More work than the server does for one request.
    TooCostly,
    /// A rule of the business.
    BusinessRule,
    /// The version on the server is another.
    Conflict,
    /// Not all that was needed was there; it can be tried again.
    Transient,
    /// Another request holds what is needed.
    LockError,
    /// The store is full or away.
    NoStore,
    /// An error on the server.
    Exception,
    /// It took too long.
    Timeout,
    /// Not all of it could be done.
    Incomplete,
    /// Too many requests.
    Throttled,
    /// Nothing is wrong.
    Informational,
}

/// One thing to say about what was sent.
///
/// Holds no value of the resource and no name that a resource made up, for
/// issues are answered, logged and audited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How bad.
    pub severity: Severity,
    /// Of what kind.
    pub code: IssueCode,
    /// Where, as simple FHIRPath: `Patient.contact[0].name.family`. Empty where there is no place to tell.
    pub expression: String,
    /// What is wrong, and what is accepted.
    pub diagnostics: String,
}

impl Severity {
    /// The code in FHIR.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

impl IssueCode {
    /// The code in FHIR.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Structure => "structure",
            Self::Required => "required",
            Self::Value => "value",
            Self::Invariant => "invariant",
            Self::Security => "security",
            Self::Login => "login",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Forbidden => "forbidden",
            Self::Suppressed => "suppressed",
            Self::Processing => "processing",
            Self::NotSupported => "not-supported",
            Self::Duplicate => "duplicate",
            Self::MultipleMatches => "multiple-matches",
            Self::NotFound => "not-found",
            Self::Deleted => "deleted",
            Self::TooLong => "too-long",
            Self::CodeInvalid => "code-invalid",
            Self::Extension => "extension",
            Self::TooCostly => "too-costly",
            Self::BusinessRule => "business-rule",
            Self::Conflict => "conflict",
            Self::Transient => "transient",
            Self::LockError => "lock-error",
            Self::NoStore => "no-store",
            Self::Exception => "exception",
            Self::Timeout => "timeout",
            Self::Incomplete => "incomplete",
            Self::Throttled => "throttled",
            Self::Informational => "informational",
        }
    }
}

impl Issue {
    /// An error at `expression`.
    pub fn error(code: IssueCode, expression: impl Into<String>, diagnostics: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            expression: expression.into(),
            diagnostics: diagnostics.into(),
        }
    }
}

impl From<JsonError> for Issue {
    /// The text is no JSON: its place is told by line and column.
    fn from(error: JsonError) -> Self {
        let code = match error.kind {
            JsonErrorKind::Depth => IssueCode::TooCostly,
            _ => IssueCode::Structure,
        };
        let diagnostics =
            format!("the text is not acceptable JSON (RFC 8259, UTF-8, each name once): {error}");
        Self { severity: Severity::Fatal, ..Self::error(code, "", diagnostics) }
    }
}

/// An OperationOutcome that tells `issues`, which R4 wants at least one of.
#[must_use]
pub fn outcome(issues: &[Issue]) -> serde_json::Value {
    let told: Vec<_> = issues
        .iter()
        .map(|issue| {
            let mut told = json!({
                "severity": issue.severity.as_str(),
                "code": issue.code.as_str(),
                "diagnostics": issue.diagnostics,
            });
            if let (Some(members), false) = (told.as_object_mut(), issue.expression.is_empty()) {
                members.insert("expression".to_owned(), json!([issue.expression]));
            }
            told
        })
        .collect();
    json!({ "resourceType": "OperationOutcome", "issue": told })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_itself_a_checked_resource() {
        let malformed = crate::json::parse(b"{\"a\":1,}").unwrap_err();
        let issues =
            [Issue::error(IssueCode::Value, "Patient.birthDate", "must be a date"), malformed.into()];
        let text = outcome(&issues).to_string();
        let value = crate::json::parse(text.as_bytes()).unwrap();
        assert!(crate::check(&value, crate::ResourceType::parse("OperationOutcome")).is_ok(), "{text}");
        assert!(text.contains("line 1, column 8"), "{text}");
    }
}
