//! A home for one test, and how to talk to its gateway.

use audit::{AuditLog, Record};
use axum::{Router, body::Body};
use base64::{Engine, prelude::BASE64_STANDARD};
use control::{Control, Ledger, Material, NewCredential, NewProvider, Reach};
use futures::TryStreamExt;
use http::{HeaderMap, Request, StatusCode};
use keys::{Keyring, SigningPurpose};
use landing::{Intake, IntakeParts, Limits};
use model::{AuditEvent, AuditNetwork, AuditOutcome, AuditSink, Clock, ManualClock, Timestamp};
use object_store::{ObjectStore, memory::InMemory};
use serde_json::Value;
use server::{App, GatewayConfig, HomeKind, provider_secret_mac};
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const SECRET: &str = "s3cret:+ &=%";

/// What a record tells.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) action: String,
    pub(crate) actor: String,
    pub(crate) outcome: AuditOutcome,
    pub(crate) target: String,
    /// A JSON object.
    pub(crate) detail: String,
    pub(crate) network: Option<AuditNetwork>,
}

impl From<Record> for Told {
    fn from(record: Record) -> Self {
        let Record { event, resource, .. } = record;
        if let Err(found) = audit::balp::check(resource.as_bytes()) {
            panic!("{resource}: {found:?}");
        }
        let AuditEvent { action, actor, outcome, target, detail, network, .. } = event;
        let detail = serde_json::to_string(&detail).unwrap();
        Self { action, actor, outcome, target, detail, network }
    }
}

pub(crate) struct Home {
    pub(crate) app: Arc<App>,
    pub(crate) router: Router,
    pub(crate) clock: Arc<ManualClock>,
    trail: Arc<dyn ObjectStore>,
    pub(crate) folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().unwrap()
    }

    /// The issue type of the OperationOutcome's first issue.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        assert_eq!(json["resourceType"], "OperationOutcome", "{}", self.text);
        json["issue"][0]["code"].as_str().unwrap().to_owned()
    }
}

impl Home {
    /// A home with the providers `gp` (create), `trust` (create and update) and `lab` (`Observation` only).
    pub(crate) async fn new() -> Self {
        Self::with(GatewayConfig::default(), None).await
    }

    pub(crate) async fn with(config: GatewayConfig, audit: Option<Arc<dyn AuditSink>>) -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
        let time: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let ring = Keyring::create(&folder.path().join("keys")).unwrap().ring;
        let keys = ring.gateway().unwrap();
        let url = format!("sqlite://{}", folder.path().join("control.db").display());
        let control = Arc::new(Control::open(&url, Arc::clone(&time)).await.unwrap());
        for (name, scopes) in [
            ("gp", "system/*.c"),
            ("trust", "system/*.cu"),
            ("lab", "system/Observation.c system/Observation.u"),
        ] {
            let provider = NewProvider {
                name: name.parse().unwrap(),
                client_id: format!("{name}-client"),
                scopes: scopes.split(' ').map(|scope| scope.parse().unwrap()).collect(),
                reach: Reach::default(),
                credential: NewCredential {
                    id: format!("{name}-secret"),
                    material: Material::Secret(provider_secret_mac(
                        &keys.provider_secret_mac,
                        &format!("{name}-client"),
                        SECRET,
                    )),
                    expires: None,
                },
            };
            control.add_provider(provider).await.unwrap();
        }
        let trail: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let signer = ring.signer(SigningPurpose::Audit).unwrap();
        let log = AuditLog::open(Arc::clone(&trail), signer, "gateway".to_owned(), Arc::clone(&time))
            .await
            .unwrap();
        let audit: Arc<dyn AuditSink> = audit.unwrap_or_else(|| Arc::new(log));
        let intake = Arc::new(Intake::new(IntakeParts {
            control: Arc::clone(&control),
            ledger: Ledger::open(&folder.path().join("ledger")).unwrap(),
            landing: keys::local_plain(&folder.path().join("landing"), keys::FolderUse::Write).unwrap(),
            landing_public: ring.landing_public(),
            ledger_mac: keys.ledger_mac.clone(),
            receipt_mac: keys.receipt_mac.clone(),
            door: keys.door.clone(),
            clock: Arc::clone(&time),
            audit: Arc::clone(&audit),
            holder: "test".to_owned(),
            limits: Limits::default(),
        }));
        let app = App { intake, control, audit, keys, clock: time, config, home_kind: HomeKind::Synthetic };
        let app = Arc::new(app);
        Self { router: server::router(Arc::clone(&app), &app.config.listen), app, clock, trail, folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.into()).unwrap(),
        }
    }

    pub(crate) async fn token_request(&self, client_id: &str, secret: &str, form: &str) -> Answer {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let basic = BASE64_STANDARD.encode(format!("{}:{}", encode(client_id), encode(secret)));
        let request = Request::post("/oauth/token")
            .header("authorization", format!("Basic {basic}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.send(request).await
    }

    /// A token of `provider` with all of its grants.
    pub(crate) async fn token(&self, provider: &str) -> String {
        let answer =
            self.token_request(&format!("{provider}-client"), SECRET, "grant_type=client_credentials").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// A request with a token and a FHIR body.
    pub(crate) async fn fhir(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        self.fhir_with(token, method, path, body, &[]).await
    }

    pub(crate) async fn fhir_with(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        if headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/fhir+json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// What requests have left in the audit trail so far.
    pub(crate) async fn records(&self) -> Vec<Told> {
        let mut told = self.all_records().await;
        told.retain(|told| !["lane.take", "segment.offer"].contains(&told.action.as_str()));
        told
    }

    /// The audit trail so far.
    pub(crate) async fn all_records(&self) -> Vec<Told> {
        let records = audit::records(Arc::clone(&self.trail), audit::Filter::default());
        let pages: Vec<Vec<Record>> = records.try_collect().await.unwrap();
        pages.concat().into_iter().map(Told::from).collect()
    }

    /// How many segments lie in the landing zone.
    pub(crate) async fn segments(&self) -> usize {
        let store = keys::local_plain(&self.folder.path().join("landing"), keys::FolderUse::Write).unwrap();
        store.list(None).try_collect::<Vec<_>>().await.unwrap().len()
    }
}
