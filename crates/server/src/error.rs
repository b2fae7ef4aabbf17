//! The one error that clients see, and what each kind of it means in HTTP, in FHIR and in the trail.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use fhir::Issue;
use http::{HeaderName, HeaderValue, StatusCode, header};
use landing::IntakeError;
use model::AuditOutcome;
use serde_json::json;

/// What went wrong, as far as a client may act on it. Each is classified below, in HTTP
/// (FHIR R4 §3.1.0.1.5), as an issue type (<http://hl7.org/fhir/R4/valueset-issue-type.html>) and for the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No valid credentials.
    Unauthenticated,
    /// No valid credentials, too often.
    TooManyGuesses,
    /// Valid credentials without the grant that is needed.
    Forbidden,
    /// The request is not written as HTTP, JSON or the URL say.
    Malformed,
    /// There is nothing of that name: no such type, endpoint or receipt.
    NotFound,
    /// The method is not one that this door knows for the URL.
    MethodNotAllowed,
    /// A part of FHIR that this door does not do, such as conditional requests.
    NotImplemented,
    /// `If-Match` names another version than the current one.
    VersionConflict,
    /// More bytes than are taken.
    TooLarge,
    /// Not FHIR JSON in UTF-8.
    MediaType,
    /// JSON, but not FHIR R4.
    NotFhir,
    /// The body came too slowly.
    TooSlow,
    /// Too much is in flight, or another writer holds the lane.
    Busy,
    /// Storage did not answer in time: whether the request was stored is not known.
    Unknown,
    /// Storage, the control database or the trail cannot be used just now; nothing was acknowledged.
    Unavailable,
    /// Our own mistake.
    Internal,
}

impl Kind {
    /// The status that HTTP has for it.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::TooManyGuesses => StatusCode::TOO_MANY_REQUESTS,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::VersionConflict => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotFhir => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy | Self::Unknown | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The issue type that FHIR has for it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "login",
            Self::Forbidden => "forbidden",
            Self::Malformed => "structure",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed | Self::NotImplemented | Self::MediaType => "not-supported",
            Self::VersionConflict => "conflict",
            Self::TooLarge => "too-long",
            Self::NotFhir => "invalid",
            Self::TooSlow | Self::Unknown => "timeout",
            Self::Busy | Self::TooManyGuesses => "throttled",
            Self::Unavailable => "transient",
            Self::Internal => "exception",
        }
    }

    /// The word that the audit trail has for it.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::TooManyGuesses => "too-many-guesses",
            Self::Forbidden => "forbidden",
            Self::Malformed => "malformed",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::NotImplemented => "not-implemented",
            Self::VersionConflict => "version-conflict",
            Self::TooLarge => "too-large",
            Self::MediaType => "media-type",
            Self::NotFhir => "not-fhir",
            Self::TooSlow => "too-slow",
            Self::Busy => "busy",
            Self::Unknown => "outcome-unknown",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Whether it was the client's doing or ours.
    pub(crate) const fn outcome(self) -> AuditOutcome {
        match self {
            Self::Unauthenticated
            | Self::TooManyGuesses
            | Self::Forbidden
            | Self::Malformed
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::NotImplemented
            | Self::VersionConflict
            | Self::TooLarge
            | Self::MediaType
            | Self::NotFhir
            | Self::TooSlow
            | Self::Busy => AuditOutcome::Refused,
            Self::Unknown | Self::Unavailable | Self::Internal => AuditOutcome::Failed,
        }
    }
}

/// One thing that is wrong, and where. Holds no resource content.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    code: &'static str,
    expression: Option<String>,
    diagnostics: String,
}

impl Finding {
    pub(crate) fn new(kind: Kind, diagnostics: impl Into<String>) -> Self {
        Self { code: kind.code(), expression: None, diagnostics: diagnostics.into() }
    }

    /// The same finding, in entry `index` of a Bundle: `Patient.birthDate` becomes
    /// `Bundle.entry[3].resource.birthDate`.
    pub(crate) fn in_entry(mut self, index: usize) -> Self {
        self.expression = Some(match self.expression.as_deref() {
            None => format!("Bundle.entry[{index}]"),
            Some(path) => {
                let rest = path.find(['.', '[']).map_or("", |at| &path[at..]);
                format!("Bundle.entry[{index}].resource{rest}")
            }
        });
        self
    }

    fn to_json(&self) -> serde_json::Value {
        let mut issue = json!({ "severity": "error", "code": self.code, "diagnostics": self.diagnostics });
        if let Some(expression) = &self.expression {
            issue["expression"] = json!([expression]);
        }
        issue
    }
}

/// What a client is told instead of what it asked for: an OperationOutcome with a status.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    kind: Kind,
    findings: Vec<Finding>,
    retry_after_s: Option<u32>,
    allow: Option<&'static str>,
    recorded: bool,
}

/// More findings than this tell nobody more.
const MOST_FINDINGS: usize = 100;

/// Marks a response that is a refusal, for the trail.
#[derive(Clone, Copy)]
pub(crate) struct Refusal(pub(crate) Kind);

/// Marks a refusal that an earlier record speaks for.
#[derive(Clone, Copy)]
pub(crate) struct AlreadyRecorded;

impl ApiError {
    pub(crate) fn new(kind: Kind, diagnostics: impl Into<String>) -> Self {
        Self::of(kind, vec![Finding::new(kind, diagnostics)])
    }

    pub(crate) const fn of(kind: Kind, findings: Vec<Finding>) -> Self {
        Self { kind, findings, retry_after_s: None, allow: None, recorded: false }
    }

    /// What `fhir` found wrong with a resource.
    pub(crate) fn not_fhir(issues: Vec<Issue>) -> Self {
        Self::of(Kind::NotFhir, issues.into_iter().map(Finding::from).collect())
    }

    /// A failure of ours: `cause` goes to the log, and no further.
    pub(crate) fn unavailable(what: &'static str, cause: &dyn std::error::Error) -> Self {
        tracing::error!(what, cause = %Chain(cause), "a request could not be served");
        Self::new(Kind::Unavailable, format!("{what} cannot be used just now; please try again"))
            .retry_after(1)
    }

    pub(crate) const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    pub(crate) const fn allow(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// The same error, of which the trail tells already.
    pub(crate) const fn told_before(mut self) -> Self {
        self.recorded = true;
        self
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// The same error, in entry `index` of a Bundle.
    pub(crate) fn in_entry(mut self, index: usize) -> Self {
        self.findings = self.findings.into_iter().map(|finding| finding.in_entry(index)).collect();
        self
    }

    /// The FHIR OperationOutcome of it.
    pub(crate) fn outcome(&self) -> serde_json::Value {
        let shown = self.findings.iter().take(MOST_FINDINGS);
        let mut issues: Vec<_> = shown.map(Finding::to_json).collect();
        let hidden = self.findings.len().saturating_sub(MOST_FINDINGS);
        if hidden > 0 {
            issues.push(json!({ "severity": "information", "code": "informational",
                "diagnostics": format!("{hidden} further issues are not shown") }));
        }
        json!({ "resourceType": "OperationOutcome", "issue": issues })
    }

    /// What the way in refused; `bundle` says whether its changes are entries of a Bundle.
    pub(crate) fn from_intake(error: IntakeError, bundle: bool) -> Self {
        let place = |error: Self, index| if bundle { error.in_entry(index) } else { error };
        match error {
            IntakeError::VersionConflict { index } => place(
                Self::new(Kind::VersionConflict, "If-Match names another version than the current one"),
                index,
            ),
            IntakeError::NotGranted { index } => place(
                Self::new(
                    Kind::Forbidden,
                    "a PUT to a new id needs create and update (`.cu`), to a known id update (`.u`)",
                ),
                index,
            ),
            IntakeError::LaneTaken { retry_after_s } => {
                Self::new(Kind::Busy, "another writer holds this source's lane").retry_after(retry_after_s)
            }
            IntakeError::Full { retry_after_s } => {
                Self::new(Kind::Busy, "too much is waiting to be stored").retry_after(retry_after_s)
            }
            IntakeError::TooLarge { limit_bytes } => {
                Self::new(Kind::TooLarge, format!("more than the {limit_bytes} bytes that are taken at once"))
            }
            IntakeError::Storage(_) => Self::unavailable("storage", &error),
        }
    }
}

impl From<Issue> for Finding {
    fn from(issue: Issue) -> Self {
        Self {
            code: issue.code.as_str(),
            expression: Some(issue.expression).filter(|path| !path.is_empty()),
            diagnostics: issue.diagnostics,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = fhir_json(self.kind.status(), self.outcome().to_string());
        let headers = response.headers_mut();
        if self.kind == Kind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"carelake\""));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(methods) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        response.extensions_mut().insert(Refusal(self.kind));
        if self.recorded {
            response.extensions_mut().insert(AlreadyRecorded);
        }
        response
    }
}

/// A response whose body is FHIR JSON.
pub(crate) fn fhir_json(status: StatusCode, body: impl Into<Body>) -> Response {
    const TYPE: (HeaderName, &str) = (header::CONTENT_TYPE, "application/fhir+json; charset=utf-8");
    (status, [TYPE], body.into()).into_response()
}

/// An error and all of its sources, for the log.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_in_an_entry_says_which() {
        let mut finding = Finding::new(Kind::NotFhir, "x");
        assert_eq!(finding.clone().in_entry(2).expression.as_deref(), Some("Bundle.entry[2]"));
        finding.expression = Some("Patient.name[0].given".to_owned());
        assert_eq!(finding.in_entry(2).expression.as_deref(), Some("Bundle.entry[2].resource.name[0].given"));
    }
}
