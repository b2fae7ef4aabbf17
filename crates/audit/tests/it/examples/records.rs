//! What is recorded, one of each kind, with the facts that the code records. All names and numbers are made up.

use model::{AuditEntity, AuditEvent, AuditNetwork, AuditOutcome, Timestamp};

/// One record.
pub(super) struct Example {
    /// When it is written, in a sentence.
    pub(super) says: &'static str,
    /// The profile of IHE BALP that it claims.
    pub(super) profile: Option<&'static str>,
    /// What is recorded, by the command or service of this name.
    pub(super) event: AuditEvent,
    pub(super) by: &'static str,
}

/// 2026-01-05T09:00:00Z.
pub(super) const NOW: Timestamp = Timestamp(1_767_603_600_000);

/// A part of the page: what its heading is, and what is in it.
pub(super) type Part = (&'static str, Vec<Example>);

/// The process that serves, by the name that leases and chains have for it.
const SERVE: &str = "serve-01a2142fd48274ec902e97f147c6d2d6";
const PATIENT: &str = "4c1f0b7a9d2e63588b10f7c2a94de635";
const RECEIPT: &str = "3-10-1-ff97ffb6e47777abd237bd52d4e04a7f";
const POLICY: &str = "operator-on-synthetic-data";

fn example(by: &'static str, says: &'static str, event: AuditEvent) -> Example {
    Example { says, profile: None, event, by }
}

impl Example {
    fn claims(self, profile: &'static str) -> Self {
        Self { profile: Some(profile), ..self }
    }
}

/// Something that went well. Every record says which data the home is for.
fn done(action: &str, actor: &str, target: &str) -> AuditEvent {
    AuditEvent::new(NOW, action, actor, AuditOutcome::Success, target).with("home", "synthetic")
}

fn refused(event: AuditEvent) -> AuditEvent {
    AuditEvent { outcome: AuditOutcome::Refused, ..event }
}

/// A request, as the gateway tells it.
fn request(action: &str, actor: &str, target: &str, status: u16) -> AuditEvent {
    let network = AuditNetwork { client: "192.0.2.7".into(), server: "https://lake.example:8443".into() };
    AuditEvent { network: Some(network), ..done(action, actor, target).with("status", status) }
}

/// A request that stores something.
fn write(action: &str, target: &str, status: u16) -> AuditEvent {
    request(action, "gp-elm-grove", target, status)
        .with("method", "token")
        .with("policies", "provider-creates provider-updates")
        .with("receipt", RECEIPT)
}

/// Whose data it was: a keyed hash of the source and its own id.
fn subject() -> AuditEntity {
    AuditEntity::Subject("e411e89de336faac68c8054a1df184e2".into())
}

fn table(name: &str, columns: &[&str]) -> AuditEntity {
    AuditEntity::Table { name: name.into(), columns: columns.iter().map(|&name| name.into()).collect() }
}

pub(super) fn all() -> Vec<Part> {
    vec![
        ("Data over HTTPS", data()),
        ("Ways in", ways_in()),
        ("On its way to the tables", worker()),
        ("At the command line", commands()),
        ("The trail itself", trail()),
    ]
}

fn data() -> Vec<Example> {
    const CREATE: &str = "POST /fhir/r4/{type}";
    const UPDATE: &str = "PUT /fhir/r4/{type}/{id}";
    let observation = |event: AuditEvent| event.with("type", "Observation").about(subject());
    vec![
        example(
            "serve",
            "A provider has created a resource that is about a patient, whom it names by a keyed hash.",
            observation(write("fhir.create", CREATE, 201)),
        )
        .claims("IHE.BasicAudit.PatientCreate"),
        example(
            "serve",
            "A resource that is about nobody was created.",
            write("fhir.create", CREATE, 201).with("type", "Location"),
        )
        .claims("IHE.BasicAudit.Create"),
        example(
            "serve",
            "A provider has updated a resource that is about a patient.",
            observation(write("fhir.update", UPDATE, 200)),
        )
        .claims("IHE.BasicAudit.PatientUpdate"),
        example(
            "serve",
            "A resource that is about nobody was updated.",
            write("fhir.update", UPDATE, 200).with("type", "Location"),
        )
        .claims("IHE.BasicAudit.Update"),
        example(
            "serve",
            "A transaction Bundle was stored, all of it.",
            write("fhir.transaction", "POST /fhir/r4", 200).with("resources", 15),
        ),
        example(
            "serve",
            "A batch Bundle was answered entry by entry.",
            write("fhir.batch", "POST /fhir/r4", 200).with("resources", 11).with("refused", 1),
        ),
        example(
            "serve",
            "A request was refused; `reason` is one of a closed list.",
            refused(request("fhir.refused", "gp-elm-grove", CREATE, 403))
                .with("method", "token")
                .with("reason", "forbidden"),
        ),
        example(
            "serve",
            "A connection came to nothing before it was a request; `reason` is one of a closed list.",
            AuditEvent {
                network: request("", "", "", 0).network,
                ..refused(done("connection.refuse", "anonymous", "connection"))
            }
            .with("reason", "tls-offer")
            .with("network", "192.0.2.7"),
        ),
        example(
            "serve",
            "A sender has asked how far a submission has come.",
            request("receipt.read", "gp-elm-grove", "GET /receipts/{id}", 200)
                .with("method", "token")
                .with("policies", "provider-reads-receipts"),
        ),
        example(
            "serve",
            "Somebody has read what the gateway can do.",
            request("fhir.metadata", "anonymous", "GET /fhir/r4/metadata", 200),
        ),
    ]
}

fn ways_in() -> Vec<Example> {
    const TOKEN: &str = "POST /oauth/token";
    vec![
        example(
            "serve",
            "A provider was given a token. The profile leaves no room for a code of ours: this is action `token`.",
            request("token", "gp-elm-grove", TOKEN, 200)
                .with("method", "secret")
                .with("policies", "provider-gets-tokens")
                .with("scope", "system/*.cu"),
        )
        .claims("IHE.IUA.71"),
        example(
            "serve",
            "Wrong credentials. Whoever shows them is nobody yet; `network` tells guessers apart.",
            refused(request("token", "anonymous", TOKEN, 401))
                .with("network", "192.0.2.7")
                .with("reason", "unauthenticated"),
        ),
        example(
            "serve",
            "A provider was given a temporary key to sign requests with.",
            request("signing-credential", "gp-elm-grove", "POST /oauth/signing-credential", 200)
                .with("method", "token")
                .with("policies", "provider-gets-tokens")
                .with("scope", "system/Patient.c"),
        ),
    ]
}

fn worker() -> Vec<Example> {
    vec![
        example(
            "serve",
            "A process has taken a source's lane: what the one before it registered, up to `ordinal`, counts.",
            done("lane.take", SERVE, "lane").with("lane", 3).with("ordinal", 9),
        ),
        example(
            "serve",
            "A segment was put into landing; it counts once it is registered, which needs this record.",
            done("segment.offer", SERVE, "gp-elm-grove")
                .with("resources", 1)
                .with("segment", "3/1/01a2142f-d92c-74b4-9a71-ad661140e913"),
        ),
        example(
            "import",
            "An import begins. How it ended is told by a record of action `import`.",
            done("import.begin", "operator", "gp-elm-grove"),
        ),
        example(
            "import",
            "An import has ended.",
            done("import", "operator", "gp-elm-grove")
                .with("accepted", 1096)
                .with("read", 1098)
                .with("rejected", 2)
                .with("sequence", 3),
        ),
        example(
            "serve",
            "A publication is about to be made: `segments` says of which lanes, after which ordinal and up to which.",
            done("publication.begin", "worker", "refine")
                .with("segments", "3:9-10 4:0-2")
                .with("sequence", 3),
        ),
        example(
            "serve",
            "A publication of new data is there. When it began is `period.start`.",
            AuditEvent {
                time: NOW.plus_ms(-1_250),
                ..done("refine", "worker", "raw")
                    .with("resources", 1098)
                    .with("sequence", 3)
                    .with("tables", 27)
            },
        ),
        example(
            "serve",
            "A mart was built.",
            done("mart.build", "worker", "long_term_conditions")
                .with("result", "11 rows")
                .with("run", 12)
                .with("job", "mart.long_term_conditions")
                .with("state", "succeeded"),
        ),
        example(
            "serve",
            "What no kept sequence needs any more was deleted.",
            done("tidy", "worker", "zones").with("files", 14).with("segments", 90),
        ),
    ]
}

fn commands() -> Vec<Example> {
    let asking = |event: AuditEvent| {
        event.with("purpose", "service-planning").with("role", "analyst").with("why", "winter plan")
    };
    vec![
        example(
            "catalog",
            "The policies were asked whether a command may do what it does, and which of them said so.",
            done("decide", "operator", "Lake::\"lake\"")
                .with("action", "catalog.list")
                .with("policies", POLICY),
        ),
        example(
            "sql",
            "The policies have refused it.",
            refused(done("decide", "operator", "Table::\"person_link\""))
                .with("action", "sql.query")
                .with("policies", "person-links-for-custodians-only")
                .with("purpose", "service-planning")
                .with("role", "analyst")
                .with("why", "winter plan"),
        ),
        example(
            "sql",
            "A query was answered: its words without values, the columns that it read, and the patients that the \
             answer names in a column `patient`, where they are few.",
            asking(done("sql", "operator", "query"))
                .with("patients", 1)
                .with("policies", "analyst-queries")
                .with("rows", 2)
                .with("sequence", 3)
                .with(
                    "statement",
                    "SELECT patient, code_code FROM view.observation WHERE code_code = ? LIMIT ?",
                )
                .about(table("view.observation", &["code_code", "patient"]))
                .about(AuditEntity::Patient(PATIENT.into())),
        ),
        example(
            "role",
            "Somebody has taken a role, and said why and for how long.",
            done("role.assume", "operator", "analyst")
                .with("purpose", "service-planning")
                .with("reason", "winter plan")
                .with("until", "2026-01-05T17:00:00.000Z"),
        ),
        example(
            "provider",
            "A provider was registered. All that changes who may come in or do what is told in this form.",
            done("provider.add", "operator", "gp-elm-grove")
                .with("method", "secret")
                .with("scopes", "system/*.cu"),
        ),
        example(
            "catalog",
            "Somebody has looked at the catalogue. All that shows and changes nothing is told in this form.",
            done("catalog.list", "operator", "catalog"),
        ),
        example("key", "The root key was restored from its shares.", done("key.recover", "operator", "root")),
    ]
}

fn trail() -> Vec<Example> {
    vec![
        example(
            "serve",
            "The gateway and the worker have started. `serve.stop` is their end.",
            done("serve.start", "operator", "gateway"),
        ),
        example(
            "audit",
            "Somebody has asked the trail; what for is told as in the question.",
            done("audit.query", "operator", "audit")
                .with("from", "2026-01-01T00:00:00.000Z")
                .with("of_action", "fhir.*")
                .with("of_actor", "gp-elm-grove"),
        ),
        example(
            "audit",
            "Somebody has asked who sent and saw what about a patient.",
            done("audit.disclosures", "operator", "audit").about(AuditEntity::Patient(PATIENT.into())),
        ),
        example(
            "audit",
            "The trail was proved.",
            done("audit.verify", "operator", "audit").with("records", 24_119),
        ),
        example(
            "audit",
            "An alert was seen to.",
            done("audit.acknowledge", "operator", "alerts")
                .with("alert", 4)
                .with("note", "a new client, set up with the old secret"),
        ),
        example(
            "serve",
            "A process has stopped without ending its chain: what it began has no other end.",
            AuditEvent {
                outcome: AuditOutcome::Failed,
                ..done("audit.writer-ended", "worker", "audit")
                    .with("reason", "the process stopped without ending its chain")
                    .with("records", 12)
                    .with("writer", "import-01a2142fe39377ed90e9dd34146084b8")
            },
        ),
    ]
}
