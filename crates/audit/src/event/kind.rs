//! What kind of event an action is, in the codes of DICOM, FHIR and IHE.

use super::{BALP_AGENTS, DCM, PARTICIPATION};
use model::{AuditEntity, AuditEvent, AuditOutcome};

const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const IHE_EVENT: &str = "urn:ihe:event-type-code";
const AUTHZ: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType";

/// A coding: its system and its code.
type Code = (&'static str, &'static str);

/// How an action is told in an AuditEvent.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// `type`.
    pub(super) code: Code,
    /// `subtype`, besides the action itself.
    pub(super) subtype: Option<Code>,
    /// Whether no subtype may stand beside that one, and the object is told as a query: IHE ITI-71.
    pub(super) is_token: bool,
    /// `action`: C, R, U, D or E.
    pub(super) crud: &'static str,
    /// The types of who asked and of what served.
    pub(super) agents: [Code; 2],
    /// The object's role.
    pub(super) role: &'static str,
}

/// Somebody who is told something (HL7 v3 ParticipationType), and the application that did it.
const PERSON: [Code; 2] = [(PARTICIPATION, "IRCP"), (DCM, "110150")];
/// The two ends of a request that brings data.
const REST: [Code; 2] = [(DCM, "110153"), (DCM, "110152")];
/// A client and the authorization server.
const AUTHORIZATION: [Code; 2] = [(DCM, "110150"), (BALP_AGENTS, "AuthzOauthService")];

/// Roles of objects: a domain resource, a security resource, a job, a query.
const RESOURCE: &str = "4";
const SECURITY: &str = "13";
const JOB: &str = "20";
const QUERY: &str = "24";

/// What is done with what others made: nothing is changed by it.
const LOOKS: [&str; 14] = [
    "list", "look", "show", "report", "unused", "who-can", "explain", "check", "diff", "new", "runs", "logs",
    "limits", "findings",
];
/// What belongs to the configuration of security.
const OF_SECURITY: [&str; 12] = [
    "provider",
    "credential",
    "issuer",
    "user",
    "group",
    "directory",
    "policy",
    "access",
    "key",
    "role",
    "process",
    "init",
];

impl Kind {
    /// The kind of `action`, as it ended.
    pub(super) fn of(action: &str, outcome: AuditOutcome) -> Self {
        match action {
            "fhir.create" => Self::rest("C").with((INTERACTION, "create")),
            "fhir.update" => Self::rest("U").with((INTERACTION, "update")),
            "fhir.batch" => Self::rest("E").with((INTERACTION, "batch")),
            "fhir.transaction" => Self::rest("E").with((INTERACTION, "transaction")),
            "fhir.metadata" | "smart.configuration" => Self::rest("R").with((INTERACTION, "capabilities")),
            "receipt.read" => Self::rest("R"),
            _ if action.starts_with("fhir.") => Self::rest("E"),
            "token" if outcome == AuditOutcome::Success => {
                Self { is_token: true, ..Self::authorization(QUERY).with((IHE_EVENT, "ITI-71")) }
            }
            "token" | "signing-credential" => Self::authorization(SECURITY),
            "sql" | "sql.query" => Self::dicom("110112", "E", QUERY),
            "import" | "import.begin" => Self::dicom("110107", "C", JOB),
            // A login, a logout.
            "sign-in" => Self::dicom("110114", "E", SECURITY).with((DCM, "110122")),
            "sign-out" => Self::dicom("110114", "E", SECURITY).with((DCM, "110123")),
            "decide" => Self::dicom("110113", "E", SECURITY).with((AUTHZ, "AuthZ-Role")),
            // Node authentication.
            "connection.refuse" => {
                Self { agents: REST, ..Self::dicom("110113", "E", SECURITY).with((DCM, "110126")) }
            }
            "audit.writer-ended" => Self::dicom("110100", "E", JOB).with((DCM, "110121")),
            "serve.start" => Self::dicom("110100", "E", JOB).with((DCM, "110120")),
            "serve.stop" => Self::dicom("110100", "E", JOB).with((DCM, "110121")),
            "role.assume" | "role.drop" => Self::dicom("110113", "E", SECURITY).with((DCM, "110136")),
            _ => Self::by_name(action),
        }
    }

    /// Of what is told apart by the two parts of its name.
    fn by_name(action: &str) -> Self {
        let (of, what) = action.split_once('.').unwrap_or((action, ""));
        let looks = LOOKS.contains(&what);
        match of {
            "audit" => Self::dicom("110101", "R", SECURITY),
            of if OF_SECURITY.contains(&of) && looks => Self::dicom("110113", "R", SECURITY),
            of if OF_SECURITY.contains(&of) => Self::dicom("110113", "E", SECURITY).with((DCM, "110129")),
            _ => Self::dicom("110100", if looks { "R" } else { "E" }, JOB),
        }
    }

    const fn dicom(code: &'static str, crud: &'static str, role: &'static str) -> Self {
        Self { code: (DCM, code), subtype: None, is_token: false, crud, agents: PERSON, role }
    }

    const fn rest(crud: &'static str) -> Self {
        Self { code: (EVENT_TYPE, "rest"), agents: REST, ..Self::dicom("", crud, RESOURCE) }
    }

    const fn authorization(role: &'static str) -> Self {
        Self { agents: AUTHORIZATION, ..Self::dicom("110114", "E", role) }
    }

    const fn with(self, subtype: Code) -> Self {
        Self { subtype: Some(subtype), ..self }
    }

    /// The profile of IHE BALP that the record follows, if it knows all that the profile asks for.
    pub(super) fn profile(&self, event: &AuditEvent) -> Option<&'static str> {
        if event.outcome != AuditOutcome::Success || event.network.is_none() {
            return None;
        }
        if self.is_token {
            return Some("IUA.71");
        }
        if !event.detail.contains_key("receipt") {
            return None;
        }
        let about_somebody = event.about.iter().any(|about| !matches!(about, AuditEntity::Table { .. }));
        match (event.action.as_str(), about_somebody) {
            ("fhir.create", false) => Some("BasicAudit.Create"),
            ("fhir.create", true) => Some("BasicAudit.PatientCreate"),
            ("fhir.update", false) => Some("BasicAudit.Update"),
            ("fhir.update", true) => Some("BasicAudit.PatientUpdate"),
            _ => None,
        }
    }
}
