//! What it costs until a request is known to be its provider's: routing, the control database and the refusal of a
//! receipt that nobody has included, the audit trail's disk left out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "a measurement ends where the unexpected happens, and uses a part of what the tests stand on"
)]

#[path = "../tests/it/home.rs"]
mod home;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use control::{Material, NewCredential};
use credentials::sigv4::{self, Credential, SigningSecret, sign};
use criterion::{Criterion, criterion_group, criterion_main};
use home::Home;
use http::{HeaderValue, Request};
use keys::SealedFor;
use model::{AuditError, AuditEvent, AuditPosition, AuditSink, Clock};
use server::GatewayConfig;
use std::sync::Arc;

const RECEIPT: &str = "/receipts/none";

/// Takes records and keeps none.
struct NoDisk;

#[async_trait]
impl AuditSink for NoDisk {
    async fn record(&self, _: AuditEvent) -> Result<AuditPosition, AuditError> {
        Ok(AuditPosition { writer: String::new(), index: 0 })
    }

    async fn writable(&self) -> Result<(), AuditError> {
        Ok(())
    }
}

fn signed(home: &Home) -> Request<()> {
    let mut request = Request::get(RECEIPT).body(()).unwrap();
    let date = home.clock.now().to_string()[..19].replace(['-', ':'], "");
    request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
    request.headers_mut().insert("x-amz-date", HeaderValue::try_from(format!("{date}Z")).unwrap());
    let unsigned = sigv4::Request {
        method: request.method(),
        path: RECEIPT,
        query: "",
        authority: None,
        headers: request.headers(),
        payload: digest(&SHA256, b"").as_ref().try_into().unwrap(),
    };
    let credential = Credential { access_key_id: "CLAKGP", region: "eu-west-2", service: "healthlake" };
    let authorization = sign(&credential, &SigningSecret::new("secret"), &unsigned).unwrap();
    request.headers_mut().insert("authorization", authorization);
    request
}

fn caller(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let home = runtime.block_on(Home::with(GatewayConfig::default(), Some(Arc::new(NoDisk))));
    let token = runtime.block_on(async {
        let sealed = home.app.keys.door.seal(SealedFor::SigningSecret, b"CLAKGP", b"secret").unwrap();
        let new =
            NewCredential { id: "CLAKGP".to_owned(), material: Material::Signing(sealed), expires: None };
        home.app.control.add_credential(&"gp".parse().unwrap(), new, None).await.unwrap();
        home.token("gp").await
    });
    let mut bearer = Request::get(RECEIPT).body(()).unwrap();
    bearer.headers_mut().insert("authorization", HeaderValue::try_from(format!("Bearer {token}")).unwrap());
    let open = Request::get("/healthz").body(()).unwrap();
    let requests = [("nobody asked", open, 200), ("token", bearer, 404), ("signature", signed(&home), 404)];
    let mut group = criterion.benchmark_group("a request is its provider's");
    for (name, request, status) in requests {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let request = request.clone().map(|()| Body::empty());
                let answer = runtime.block_on(home.send(request));
                assert_eq!(answer.status.as_u16(), status);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, caller);
criterion_main!(benches);
