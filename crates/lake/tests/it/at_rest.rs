//! What lies on disk: nothing that can be read, nothing that can be altered unseen, and
//! nothing that the worker could read back.

use crate::{
    home::{Home, build_marts, chain},
    leaks::files,
};
use keys::{Zone, sealed_box::PrivateKey};
use model::{Pseudonym, SourceId};
use simulate::Simulation;
use std::{
    fs,
    path::{Path, PathBuf},
};
use vault::{Custodian, VaultError};

async fn lake() -> Home {
    let mut home = Home::new().await;
    home.send_all(&Simulation::new(17, 5)).await;
    let mut worker = home.worker("w");
    worker.drain().await.unwrap();
    build_marts(&home, &mut worker, (None, false)).await.unwrap();
    home
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_on_disk_can_be_read() {
    let home = lake().await;
    for zone in [Zone::Landing, Zone::Vault, Zone::Raw, Zone::View, Zone::Mart, Zone::Link, Zone::Audit] {
        let mut texts = Vec::new();
        files(&home.path(zone.as_str()), &mut texts);
        assert!(!texts.is_empty(), "{zone} holds files");
        for word in [
            "resourcetype",
            "snomed.info",
            "loinc.org",
            "par1",
            "protocol",
            "numrecords",
            "observation\"",
            "patient\"",
        ] {
            let found: Vec<_> =
                texts.iter().filter(|(_, text)| text.contains(word)).map(|(name, _)| name).collect();
            // Four letters come up by chance in megabytes of noise; a format's mark stands at the start.
            let chance = |name: &&String| word == "par1" && !fs::read(name).unwrap().starts_with(b"PAR1");
            assert!(found.iter().all(chance), "`{word}` lies open in {found:?}");
        }
    }
}

/// The file in `folder` whose path holds `part`, the last by name.
fn file(folder: &Path, part: &str) -> PathBuf {
    let mut texts = Vec::new();
    files(folder, &mut texts);
    let mut names: Vec<_> =
        texts.into_iter().map(|(name, _)| name).filter(|name| name.contains(part)).collect();
    names.sort();
    names.pop().unwrap().into()
}

/// Flips a bit in the middle of a file while `read` runs; what `read` answered, and the file's name.
async fn flipped<T>(path: &Path, read: impl AsyncFnOnce() -> T) -> (T, String) {
    let bytes = fs::read(path).unwrap();
    let mut altered = bytes.clone();
    altered[bytes.len() / 2] ^= 1;
    fs::write(path, altered).unwrap();
    let answer = read().await;
    fs::write(path, bytes).unwrap();
    (answer, path.file_name().unwrap().to_string_lossy().into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_a_table_is_refused_by_the_object_s_name() {
    let home = lake().await;
    for (zone, table, sql) in [
        ("raw", "/patient/part-", "select * from raw.patient"),
        ("view", "/patient/part-", "select * from view.patient"),
        ("mart", "part-", "select * from urgent_care.pathways"),
        ("link", "/person_link/part-", "select * from person_link"),
        ("raw", "/patient/_delta_log", "select * from raw.patient"),
    ] {
        let before = home.rows(sql).await;
        let altered = file(&home.path(zone), table);
        let altered = if zone == "mart" { file(&home.path(zone), "pathways/part-") } else { altered };
        let (answer, name) = flipped(&altered, async || home.try_rows(sql).await).await;
        let error = chain(&answer.unwrap_err());
        assert!(error.contains(&name), "{zone}: {error}");
        assert_eq!(home.rows(sql).await, before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_landing_or_the_vault_is_refused_by_the_object_s_name() {
    let mut home = lake().await;
    let custodian = home.custodian();
    let gp: SourceId =
        home.sent.resources.keys().find(|(_, kind, _)| kind.as_str() == "Patient").unwrap().0.clone();
    let patient = home
        .sent
        .resources
        .keys()
        .find(|(source, kind, _)| *source == gp && kind.as_str() == "Patient")
        .unwrap();
    let record = home.pseudonym(&gp, "Patient", &patient.2);
    assert!(!custodian.fragments(record).await.unwrap().is_empty());
    for folder in ["fragments", "record-keys"] {
        let path = file(&home.path("vault"), folder);
        let read = async || home.custodian().fragments(record).await;
        let (answer, name) = flipped(&path, read).await;
        let error = chain(&answer.unwrap_err());
        assert!(error.contains(&name), "{error}");
    }

    home.put("late", r#"{"resourceType":"Basic","id":"x","code":{"text":"late"}}"#).await;
    let lane = home.control.ensure_source(&"late".parse().unwrap()).await.unwrap();
    let path = file(&home.path("landing"), &format!("landing/{lane}/"));
    let mut worker = home.worker("w");
    let (answer, _) = flipped(&path, async || worker.step().await).await;
    let error = chain(&answer.unwrap_err());
    assert!(
        error.contains(&format!("segment 1 of lane {lane}"))
            && error.contains("not those that were registered"),
        "{error}"
    );
    // Whole again, it is taken up where it was left, a while later.
    home.clock.advance_ms(60_000);
    assert_eq!(worker.step().await.unwrap().unwrap().resources, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_s_keys_open_no_fragment() {
    let home = lake().await;
    let records: Vec<Pseudonym> = home
        .sent
        .resources
        .keys()
        .filter(|(_, kind, _)| kind.as_str() == "Patient")
        .map(|(source, kind, id)| home.pseudonym(source, kind.as_str(), id))
        .collect();
    // The vault's zone key shows the worker the objects, and any key but the custodian's opens
    // none of them: the worker holds its public half, and made private halves are forgotten.
    let (own, _) = PrivateKey::generate();
    let worker = Custodian::open(home.zone(Zone::Vault), own);
    for record in &records {
        assert!(matches!(worker.fragments(*record).await, Err(VaultError::Open { .. })), "{record}");
        assert!(matches!(worker.record_key(*record).await, Err(VaultError::Open { .. })));
    }
    // One share is not the custodian.
    let public = home.created.ring.custodian_public();
    assert!(keys::custodian_private(&home.created.custodian_shares[..1], &public).is_err());
    assert!(home.custodian().fragments(records[0]).await.is_ok());
}
