//! Trails of the first form, flat records in plain objects, are read and proved as they are.

use crate::ground::{TestSigner, held_against, public_key};
use audit::{Damage, Filter, VerifyError, records, verify};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::TryStreamExt as _;
use model::{AuditEvent, AuditOutcome, Signer as _, Timestamp};
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory, path::Path};
use std::sync::Arc;

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// The object that the first version wrote of these events.
pub(crate) fn object(writer: &str, details: &[&str]) -> String {
    let mut hash = sha256(format!("carelake-audit-1 chain\0{writer}").as_bytes());
    let mut text = String::new();
    for (index, detail) in details.iter().enumerate() {
        let record = format!(
            r#"{{"action":"token","actor":"gp","detail":{{"n":"{detail}"}},"index":{index},"outcome":"refused","target":"/oauth/token","time":7}}"#
        );
        hash = sha256(&[hash, record.clone().into_bytes()].concat());
        text.push_str(&format!("{{\"hash\":\"{}\",\"record\":{record}}}\n", hex::encode(&hash)));
    }
    let head = format!(
        r#"{{"closed":true,"count":{},"format":"carelake-audit-1","hash":"{}","key":"audit-1","time":9,"writer":"{writer}"}}"#,
        details.len(),
        hex::encode(&hash)
    );
    let signature = TestSigner::new(7).sign(format!("carelake-audit-1 head\0{head}").as_bytes()).unwrap();
    format!("{text}{{\"head\":{head},\"signature\":\"{}\"}}\n", STANDARD.encode(signature))
}

#[tokio::test]
async fn they_are_read_and_proved() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let path = Path::from("gateway-1/00000000000000000000.log");
    let whole = object("gateway-1", &["a", "b"]);
    store.put(&path, whole.clone().into()).await.unwrap();
    let verified = verify(store.as_ref(), &public_key(), &held_against(&[])).await.unwrap();
    assert_eq!((verified.records, verified.unwitnessed.len()), (2, 0));
    let pages: Vec<_> = records(Arc::clone(&store), Filter::default()).try_collect().await.unwrap();
    let record = &pages[0][1];
    let event = AuditEvent::new(Timestamp(7), "token", "gp", AuditOutcome::Refused, "/oauth/token");
    assert_eq!((record.index, record.recorded, &record.event), (1, Timestamp(7), &event.with("n", "b")));

    store.put(&path, whole.replace("\"n\":\"b\"", "\"n\":\"c\"").into()).await.unwrap();
    let found = verify(store.as_ref(), &public_key(), &held_against(&[])).await;
    assert!(matches!(found, Err(VerifyError::Tampered { index: 1, what: Damage::Altered, .. })), "{found:?}");
}
