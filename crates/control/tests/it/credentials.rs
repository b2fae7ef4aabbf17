//! Credentials of providers, from where they may come, and outside issuers.

use crate::ground::{Ground, provider, secret};
use control::{Control, ControlError, Credential, Issuer, Material, NewCredential, Reach};
use model::{Clock, ManualClock, SourceId, Timestamp};
use std::{path::Path, sync::Arc};

fn ids(credentials: &[Credential], now: Timestamp) -> Vec<&str> {
    credentials.iter().filter(|one| one.counts(now)).map(|one| one.id.as_str()).collect()
}

#[tokio::test]
async fn a_credential_that_is_replaced_counts_until_the_overlap_is_over() {
    let ground = Ground::new("rotation").await;
    let control = &ground.control;
    let gp = control.add_provider(provider("gp", "client")).await.unwrap().name;
    let start = ground.clock.now();
    control.add_credential(&gp, secret("new", 6), Some(start.plus_ms(10))).await.unwrap();
    let certificate =
        NewCredential { id: "tls".to_owned(), material: Material::Certificate([1; 32]), expires: None };
    control.add_credential(&gp, certificate, Some(start)).await.unwrap();
    let found = control.provider_by_client("client").await.unwrap().unwrap();
    assert_eq!(ids(&found.credentials, start), ["new", "secret-gp", "tls"], "another method is left alone");
    assert_eq!(ids(&found.credentials, start.plus_ms(10)), ["new", "tls"]);
    // A second rotation never makes an older credential live longer.
    control.add_credential(&gp, secret("newest", 7), Some(start.plus_ms(99))).await.unwrap();
    let found = control.provider(&gp).await.unwrap().unwrap();
    assert_eq!(ids(&found.credentials, start.plus_ms(50)), ["new", "newest", "tls"]);
}

#[tokio::test]
async fn a_credential_that_is_revoked_counts_no_more_and_gives_its_id_back() {
    let ground = Ground::new("revoke").await;
    let control = &ground.control;
    let gp = control.add_provider(provider("gp", "client")).await.unwrap().name;
    let outside = |client: &str| NewCredential {
        id: Credential::outside_id("trust", client),
        material: Material::Outside { issuer: "trust".to_owned(), client: client.to_owned() },
        expires: None,
    };
    control.add_credential(&gp, outside("app"), None).await.unwrap();
    let found = control.provider_by_credential("trust/app").await.unwrap().unwrap();
    assert_eq!(found.name, gp);
    assert!(found.credential("trust/app", ground.clock.now()).is_some());
    let twice = control.add_credential(&gp, outside("app"), None).await;
    assert!(matches!(twice, Err(ControlError::AlreadyExists { what: "credential", .. })));
    control.revoke_credential("trust/app").await.unwrap();
    assert!(matches!(control.revoke_credential("trust/app").await, Err(ControlError::NotFound { .. })));
    let found = control.provider_by_credential("trust/app").await.unwrap().unwrap();
    assert!(found.credential("trust/app", ground.clock.now()).is_none());
    control.add_credential(&gp, outside("app"), None).await.unwrap();
    let nobody: SourceId = "nobody".parse().unwrap();
    let unknown = control.add_credential(&nobody, secret("x", 1), None).await;
    assert!(matches!(unknown, Err(ControlError::NotFound { .. })));
}

#[tokio::test]
async fn every_kind_of_material_comes_back_as_it_was() {
    let ground = Ground::new("material").await;
    let control = &ground.control;
    let gp = control.add_provider(provider("gp", "client")).await.unwrap().name;
    let materials = [
        Material::Signing(vec![0, 255]),
        Material::KeySet(b"{}".to_vec()),
        Material::KeySetUrl("https://gp.example/jwks".to_owned()),
        Material::Certificate([3; 32]),
        Material::Outside { issuer: "trust".to_owned(), client: "a/b".to_owned() },
    ];
    for (number, material) in materials.iter().enumerate() {
        let new = NewCredential {
            id: number.to_string(),
            material: material.clone(),
            expires: Some(Timestamp(number as i64)),
        };
        control.add_credential(&gp, new, None).await.unwrap();
    }
    let found = control.provider(&gp).await.unwrap().unwrap();
    for (number, material) in materials.iter().enumerate() {
        let one = found.credentials.iter().find(|one| one.id == number.to_string()).unwrap();
        assert_eq!((&one.material, one.expires), (material, Some(Timestamp(number as i64))));
    }
    assert!(!format!("{found:?}").contains("255"), "no key material in debug output");
}

#[tokio::test]
async fn a_provider_s_reach_is_kept_and_admits_what_it_names() {
    let ground = Ground::new("reach").await;
    let control = &ground.control;
    let gp = control.add_provider(provider("gp", "client")).await.unwrap().name;
    let networks = ["10.1.0.0/16", "fd00::/8"].map(|text| text.parse().unwrap()).to_vec();
    let reach = Reach { networks, private_only: true };
    control.set_provider_reach(&gp, &reach).await.unwrap();
    assert_eq!(control.provider(&gp).await.unwrap().unwrap().reach, reach);
    for (address, private, admitted) in [
        ("10.1.2.3", true, true),
        ("::ffff:10.1.2.3", true, true),
        ("10.1.2.3", false, false),
        ("10.2.0.1", true, false),
        ("fd12::1", true, true),
    ] {
        assert_eq!(reach.admits(address.parse().unwrap(), private), admitted, "{address} {private}");
    }
    assert!(Reach::default().admits("192.0.2.1".parse().unwrap(), false));
}

#[tokio::test]
async fn a_copy_of_a_key_set_outlasts_a_fetch_that_fails() {
    let ground = Ground::new("keysets").await;
    let control = &ground.control;
    let issuer = Issuer {
        name: "trust".to_owned(),
        url: "https://id.example".to_owned(),
        audience: "lake".to_owned(),
        scope_prefix: String::new(),
        own_grants: false,
        key_set: Some("https://id.example/jwks".to_owned()),
    };
    control.add_issuer(&issuer).await.unwrap();
    assert!(matches!(control.add_issuer(&issuer).await, Err(ControlError::AlreadyExists { .. })));
    let url = "https://id.example/jwks";
    assert_eq!(control.issuers().await.unwrap()[0].key_set.as_deref(), Some(url));
    control.put_key_set(url, Ok(b"keys")).await.unwrap();
    control.want_key_set(url).await.unwrap();
    assert!(control.key_set(url).await.unwrap().unwrap().wanted.is_some());
    control.put_key_set(url, Err("no route")).await.unwrap();
    let copy = control.key_set(url).await.unwrap().unwrap();
    assert_eq!(
        (copy.jwks.as_deref(), copy.wanted, copy.error.as_str()),
        (Some(&b"keys"[..]), None, "no route")
    );
    let gp = control.add_provider(provider("gp", "client")).await.unwrap().name;
    for issuer in ["trust", "trust-b"] {
        let id = Credential::outside_id(issuer, "app");
        let material = Material::Outside { issuer: issuer.to_owned(), client: "app".to_owned() };
        control.add_credential(&gp, NewCredential { id, material, expires: None }, None).await.unwrap();
    }
    control.remove_issuer("trust").await.unwrap();
    assert!(control.issuers().await.unwrap().is_empty());
    let left = control.provider(&gp).await.unwrap().unwrap();
    assert_eq!(
        ids(&left.credentials, ground.clock.now()),
        ["secret-gp", "trust-b/app"],
        "its own are revoked"
    );
}

#[tokio::test]
async fn providers_of_an_older_database_keep_their_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("migrations");
    std::fs::create_dir(&old).unwrap();
    for file in ["0001_control.sql", "0002_registered_views.sql"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(file);
        std::fs::copy(from, old.join(file)).unwrap();
    }
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("control.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::migrate::Migrator::new(old).await.unwrap().run(&pool).await.unwrap();
    for sql in [
        "INSERT INTO lane (id, epoch, expires, registered, published) VALUES (1, 0, 0, 0, 0)",
        "INSERT INTO source (name, lane, created) VALUES ('gp', 1, 7)",
        "INSERT INTO provider (name, client_id, secret_mac, scopes, enabled, created)
            VALUES ('gp', 'client', zeroblob(32), 'system/*.c', 1, 7)",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let control = Control::open(&url, Arc::new(ManualClock::new(Timestamp(9)))).await.unwrap();
    let gp = control.provider_by_client("client").await.unwrap().unwrap();
    let materials: Vec<_> = gp.credentials.iter().map(|one| one.material.clone()).collect();
    assert_eq!((materials, gp.enabled), (vec![Material::Secret([0; 32])], true));
    assert_eq!(gp.credentials[0].created, Timestamp(7));
}
