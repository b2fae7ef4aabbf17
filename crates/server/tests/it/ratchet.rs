//! Every operation of the OpenAPI document refuses strangers, providers without the grant and providers that are
//! disabled, and leaves one audit record each time. A new route without these fails here.

use crate::home::{Answer, Home, Told};
use axum::body::Body;
use http::Request;
use serde_json::Value;

/// Operations that touch no data: neither token nor record.
const OPEN: [&str; 3] = ["healthz", "readyz", "openapi"];
/// Operations that are there before a token can be.
const WITHOUT_TOKEN: [&str; 3] = ["token", "metadata", "smart-configuration"];
/// Operations that every provider may do for itself, whatever its grants are.
const WITHOUT_GRANT: [&str; 2] = ["receipt", "signing-credential"];
/// What each operation is sent where its grant is what matters.
const BODIES: [(&str, &str); 3] = [
    ("create", r#"{"resourceType":"Patient"}"#),
    ("update", r#"{"resourceType":"Patient","id":"x"}"#),
    (
        "bundle",
        r#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}"#,
    ),
];

struct Operation {
    id: String,
    method: String,
    template: String,
    document: Value,
}

fn operations() -> Vec<Operation> {
    let document = server::openapi();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                template: path.clone(),
                document: operation.clone(),
            });
        }
    }
    operations
}

impl Operation {
    /// Calls it, with a token if there is one, and gives back what was recorded besides.
    async fn call(&self, home: &Home, token: Option<&str>) -> (Answer, Vec<Told>) {
        let before = home.records().await.len();
        let path = self.template.replace("{type}", "Patient").replace("{id}", "x");
        let mut request = Request::builder().method(self.method.as_str()).uri(path);
        if let Some(token) = token {
            request = request
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/fhir+json");
        }
        let body = BODIES.iter().find(|(id, _)| *id == self.id).map_or("", |(_, body)| *body);
        let answer = home.send(request.body(Body::from(body)).unwrap()).await;
        (answer, home.records().await.split_off(before))
    }

    #[track_caller]
    fn left_one_record(&self, records: &[Told], actor: &str) {
        assert_eq!(records.len(), 1, "{} leaves one record", self.id);
        assert_eq!(records[0].target, format!("{} {}", self.method, self.template), "{}", self.id);
        assert_eq!(records[0].actor, actor, "{}", self.id);
    }
}

#[tokio::test]
async fn strangers_are_refused_everywhere_and_recorded() {
    let home = Home::new().await;
    let mut seen = 0;
    for operation in operations() {
        let id = operation.id.as_str();
        let (answer, records) = operation.call(&home, None).await;
        if OPEN.contains(&id) {
            assert_eq!((answer.status.as_u16(), records.len()), (200, 0), "{id}");
            assert!(operation.document.get("security").is_none(), "{id}");
            continue;
        }
        seen += 1;
        operation.left_one_record(&records, "anonymous");
        if WITHOUT_TOKEN.contains(&id) {
            assert!(operation.document.get("security").is_none(), "{id}");
        } else {
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login"), "{id}");
            assert!(operation.document["security"][0].get("token").is_some(), "{id}");
        }
    }
    assert_eq!(seen, 8, "token, signing-credential, smart, create, update, bundle, metadata, receipt");
}

#[tokio::test]
async fn a_provider_without_the_grant_is_refused_everywhere_and_recorded() {
    let home = Home::new().await;
    // `lab` may send Observations only.
    let token = home.token("lab").await;
    for operation in operations() {
        let id = operation.id.as_str();
        if [OPEN.as_slice(), &WITHOUT_TOKEN, &WITHOUT_GRANT].iter().any(|free| free.contains(&id)) {
            continue;
        }
        let (answer, records) = operation.call(&home, Some(&token)).await;
        operation.left_one_record(&records, "lab");
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "forbidden"), "{id}");
    }
    assert_eq!(home.segments().await, 0);
}

#[tokio::test]
async fn a_disabled_provider_is_refused_everywhere_and_recorded() {
    let home = Home::new().await;
    let token = home.token("trust").await;
    home.app.control.set_provider_enabled(&"trust".parse().unwrap(), false).await.unwrap();
    for operation in operations() {
        let id = operation.id.as_str();
        if OPEN.contains(&id) || WITHOUT_TOKEN.contains(&id) {
            continue;
        }
        let (answer, records) = operation.call(&home, Some(&token)).await;
        // The trail says who knocks; the answer does not.
        operation.left_one_record(&records, "trust");
        assert!(records[0].detail.contains(r#""disabled":"true""#), "{}", records[0].detail);
        assert_eq!(answer.status.as_u16(), 401, "{id}");
    }
    assert_eq!(home.segments().await, 0);
}

/// What each operation leaves where it is carried out, in order. A receipt that nobody has is refused.
const RECORDS: [(&str, &[&str]); 11] = [
    ("healthz", &[]),
    ("readyz", &[]),
    ("openapi", &[]),
    ("token", &["token refused"]),
    ("metadata", &["fhir.metadata success"]),
    ("smart-configuration", &["smart.configuration success"]),
    ("create", &["lane.take success", "segment.offer success", "fhir.create success"]),
    ("update", &["lane.take success", "segment.offer success", "fhir.update success"]),
    ("bundle", &["lane.take success", "segment.offer success", "fhir.transaction success"]),
    ("receipt", &["receipt.read refused"]),
    ("signing-credential", &["signing-credential success"]),
];

#[tokio::test]
async fn every_operation_leaves_exactly_its_records() {
    for operation in operations() {
        let id = operation.id.as_str();
        let row = RECORDS.iter().find(|(name, _)| *name == id);
        let wanted = row.unwrap_or_else(|| panic!("`{id}` has no row: which records does it leave?")).1;
        // Each in a home of its own, so that every lane is new.
        let home = Home::new().await;
        let token = home.token("trust").await;
        let before = home.all_records().await.len();
        operation.call(&home, Some(&token)).await;
        let left = home.all_records().await.split_off(before);
        let told: Vec<_> =
            left.iter().map(|told| format!("{} {}", told.action, told.outcome.as_str())).collect();
        assert_eq!(told, wanted, "{id}");
    }
    let home = Home::new().await;
    home.token("trust").await;
    let told = home.all_records().await;
    assert_eq!((told.len(), told[0].action.as_str(), told[0].outcome.as_str()), (1, "token", "success"));
}

#[tokio::test]
async fn the_document_is_served_as_it_is_made() {
    let home = Home::new().await;
    let answer = home.send(Request::get("/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.json(), server::openapi());
    assert_eq!(answer.json()["openapi"].as_str().unwrap()[..3], *"3.1");
}
