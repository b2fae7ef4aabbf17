//! The RESTful interactions: create, update, read, delete and query, each with a patient and without.
//!
//! Cardinalities that follow from others have no line: two agents at least, where a client and a server must be
//! there and be two; an entity at least, where the object must be.

use super::rules::{CLIENT, KIND, ONE_USER_AT_MOST, PATIENT, Rules, SERVER, SUCCESS, THREE_APART, USER};

/// What all interactions have in common. `%isInteraction` is said of a subtype.
static REST: Rules = Rules {
    name: "rest",
    with: &[&KIND, &SUCCESS, &CLIENT, &SERVER, &USER, &ONE_USER_AT_MOST, &THREE_APART],
    words: &[
        ("isKind", "system = %eventType and code = 'rest'"),
        (
            "transaction",
            "entity.where(type.where(system = \
             'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType' and code = 'XrequestId').exists())",
        ),
    ],
    rules: &[
        (
            "interaction",
            "One subtype is the interaction, and only one.",
            "subtype.where(system = %restful and %isInteraction).count() = 1",
        ),
        ("transaction", "No more than one entity is the request's id.", "%transaction.count() <= 1"),
        (
            "transaction-value",
            "An identifier of the request has a value.",
            "%transaction.what.identifier.all(value.exists())",
        ),
    ],
};

/// One resource is read or written.
static OBJECT: Rules = Rules {
    name: "object",
    with: &[],
    words: &[],
    rules: &[
        ("object", "One entity is the resource, and only one.", "%object.count() = 1"),
        ("object-what", "It is said which resource it is.", "%object.all(what.exists())"),
    ],
};

/// The role of the resource must be told.
static OBJECT_HAS_ROLE: Rules = Rules {
    name: "object with a role",
    with: &[&OBJECT],
    words: &[],
    rules: &[(
        "object-role",
        "The role of the resource is domain resource, report or job.",
        "%object.all(role.where(%isObjectRole).exists())",
    )],
};

/// The user of what writes: an author, an informant or a custodian.
const IS_WRITER: &str =
    "type.coding.where(system = %participation and (code = 'AUT' or code = 'INF' or code = 'CST')).exists()";

static CREATE: Rules = Rules {
    name: "IHE.BasicAudit.Create",
    with: &[&REST, &OBJECT_HAS_ROLE],
    words: &[
        ("action", "'C'"),
        ("isInteraction", "code = 'create'"),
        ("isClient", "%isSource"),
        ("isServer", "%isDestination"),
        ("isUser", IS_WRITER),
    ],
    rules: &[],
};

static UPDATE: Rules = Rules {
    name: "IHE.BasicAudit.Update",
    with: &[&REST, &OBJECT_HAS_ROLE],
    words: &[
        ("action", "'U'"),
        ("isInteraction", "(code = 'update' or code = 'patch')"),
        ("isClient", "%isSource"),
        ("isServer", "%isDestination"),
        ("isUser", IS_WRITER),
    ],
    rules: &[],
};

static READ: Rules = Rules {
    name: "IHE.BasicAudit.Read",
    with: &[&REST, &OBJECT],
    words: &[
        ("action", "'R'"),
        ("isInteraction", "(code = 'read' or code = 'vread')"),
        // What is read flows from the server to the client.
        ("isClient", "%isDestination"),
        ("isServer", "%isSource"),
        ("isUser", "%isReceiver"),
    ],
    rules: &[(
        "object-role",
        "The role of the resource, if it is told, is domain resource, report or job.",
        "%object.role.all(%isObjectRole)",
    )],
};

static DELETE: Rules = Rules {
    name: "IHE.BasicAudit.Delete",
    with: &[&REST, &OBJECT_HAS_ROLE],
    words: &[
        ("action", "'D'"),
        ("isInteraction", "code = 'delete'"),
        ("isClient", "%isApplication"),
        (
            "isServer",
            "type.coding.where(system = \
             'http://terminology.hl7.org/CodeSystem/provenance-participant-type' and code = 'custodian').exists()",
        ),
        ("isUser", IS_WRITER),
    ],
    rules: &[],
};

static QUERY: Rules = Rules {
    name: "IHE.BasicAudit.Query",
    with: &[&REST],
    words: &[
        ("action", "'E'"),
        ("isInteraction", "(code = 'search' or code = 'search-type' or code = 'search-system')"),
        // Here it is the query that flows.
        ("isClient", "%isSource"),
        ("isServer", "%isDestination"),
        ("isUser", "%isReceiver"),
        ("query", "entity.where(%isObject)"),
    ],
    rules: &[
        ("query", "One entity is the query, and only one.", "%query.count() = 1"),
        ("query-role", "The role of the query is query.", "%query.all(role.where(%isQueryRole).exists())"),
        ("query-query", "The query holds what was asked.", "%query.all(query.exists())"),
        ("query-what", "A query is no resource.", "%query.what.empty()"),
        ("query-lifecycle", "A query is in no stage of a life cycle.", "%query.lifecycle.empty()"),
        ("query-detail", "A query has no details.", "%query.detail.empty()"),
    ],
};

static PATIENT_CREATE: Rules = with_patient("IHE.BasicAudit.PatientCreate", &[&CREATE, &PATIENT]);
static PATIENT_UPDATE: Rules = with_patient("IHE.BasicAudit.PatientUpdate", &[&UPDATE, &PATIENT]);
static PATIENT_READ: Rules = with_patient("IHE.BasicAudit.PatientRead", &[&READ, &PATIENT]);
static PATIENT_DELETE: Rules = with_patient("IHE.BasicAudit.PatientDelete", &[&DELETE, &PATIENT]);
static PATIENT_QUERY: Rules = with_patient("IHE.BasicAudit.PatientQuery", &[&QUERY, &PATIENT]);

const fn with_patient(name: &'static str, with: &'static [&'static Rules]) -> Rules {
    Rules { name, with, words: &[], rules: &[] }
}

/// The family.
pub(super) const PROFILES: &[&Rules] = &[
    &CREATE,
    &PATIENT_CREATE,
    &UPDATE,
    &PATIENT_UPDATE,
    &READ,
    &PATIENT_READ,
    &QUERY,
    &PATIENT_QUERY,
    &DELETE,
    &PATIENT_DELETE,
];
