//! Every operation of the OpenAPI document: 401 without a token where it needs one, and one audit record.
//! A new route without them fails here.

use crate::home::Home;
use axum::body::Body;
use http::Request;

/// Operations that touch no data: neither token nor record.
const OPEN: [&str; 3] = ["healthz", "readyz", "openapi"];
/// Operations that are there before a token can be.
const WITHOUT_TOKEN: [&str; 2] = ["token", "metadata"];

#[tokio::test]
async fn every_operation_needs_a_token_and_leaves_one_record() {
    let home = Home::new().await;
    let document = server::openapi();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let before = home.records().await.len();
            let concrete = path.replace("{type}", "Patient").replace("{id}", "x");
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(concrete);
            let answer = home.send(request.body(Body::empty()).unwrap()).await;
            let records = home.records().await;
            if OPEN.contains(&id) {
                assert_eq!((answer.status.as_u16(), records.len()), (200, before), "{id}");
                assert!(operation.get("security").is_none(), "{id}");
                continue;
            }
            seen += 1;
            assert_eq!(records.len(), before + 1, "{id} leaves one record");
            assert_eq!(records[before].target, format!("{} {path}", method.to_uppercase()), "{id}");
            assert_eq!(records[before].actor, "anonymous", "{id}");
            if WITHOUT_TOKEN.contains(&id) {
                assert!(operation.get("security").is_none(), "{id}");
            } else {
                assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login"), "{id}");
                assert!(operation["security"][0].get("token").is_some(), "{id}");
            }
        }
    }
    assert_eq!(seen, 6, "token, create, update, bundle, metadata, receipt");
}

#[tokio::test]
async fn the_document_is_served_as_it_is_made() {
    let home = Home::new().await;
    let answer = home.send(Request::get("/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.json(), server::openapi());
    assert_eq!(answer.json()["openapi"].as_str().unwrap()[..3], *"3.1");
}
