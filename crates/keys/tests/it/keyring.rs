//! The ring: what is on disk, who may read it, and what its shares restore.

use keys::{
    KeyError, Keyring, MacPurpose, SealedFor, SigningPurpose, Zone, ZoneReach, custodian_private, key_names,
    recover_root, sealed_box, zone_reach,
};
use model::ProcessRole;
use object_store::{ObjectStoreExt, path::Path as ObjectPath};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use tempfile::TempDir;

fn home() -> (TempDir, keys::Created) {
    let home = tempfile::tempdir().unwrap();
    let created = Keyring::create(&home.path().join("keys")).unwrap();
    (home, created)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_one_ring_sealed_the_reopened_one_opens() {
    let (home, created) = home();
    let again = Keyring::open(&home.path().join("keys")).unwrap();
    for zone in Zone::all() {
        let folder = home.path().join(zone.as_str());
        let first = keys::local_zone(&folder, zone, created.ring.zone(zone).unwrap(), keys::FolderUse::Write)
            .unwrap();
        first.put(&ObjectPath::from("object"), "x".into()).await.unwrap();
        let second =
            keys::local_zone(&folder, zone, again.zone(zone).unwrap(), keys::FolderUse::Write).unwrap();
        assert_eq!(second.get(&ObjectPath::from("object")).await.unwrap().bytes().await.unwrap(), "x");
    }
    let mut hashes: Vec<_> = MacPurpose::all()
        .into_iter()
        .map(|purpose| {
            let hash = created.ring.mac(purpose).unwrap().mac(&[b"x"]);
            assert_eq!(hash, again.mac(purpose).unwrap().mac(&[b"x"]));
            hash
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), MacPurpose::all().len(), "each purpose has a key of its own");
    for purpose in SigningPurpose::all() {
        let (one, two) = (created.ring.signer(purpose).unwrap(), again.signer(purpose).unwrap());
        assert_eq!(one.public_key(), two.public_key());
        assert_eq!(one.sign(b"x").unwrap(), two.sign(b"x").unwrap());
    }
    let sealed = again.gateway().unwrap().landing_public.seal(b"segment").unwrap();
    assert_eq!(created.ring.worker().unwrap().landing_private.open(&sealed).unwrap(), b"segment");
    assert_eq!(again.query().unwrap().raw.id(), created.ring.zone(Zone::Raw).unwrap().id());
}

#[test]
fn a_ring_of_the_first_version_is_given_the_keys_that_came_later_and_a_damaged_one_is_not() {
    let (home, _) = home();
    let dir = home.path().join("keys");
    let keep = |wanted: fn(&str) -> bool| {
        let path = dir.join("keyring.json");
        let mut ring: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        ring["keys"].as_array_mut().unwrap().retain(|key| wanted(key["name"].as_str().unwrap()));
        fs::write(&path, ring.to_string()).unwrap();
    };
    keep(|name| name != "door/seal" && name != "mac/once");
    let one = Keyring::open(&dir).unwrap().gateway().unwrap();
    let two = Keyring::open(&dir).unwrap().gateway().unwrap();
    let sealed = one.door.seal(SealedFor::SigningSecret, b"", b"x").unwrap();
    assert_eq!(*two.door.open(SealedFor::SigningSecret, b"", &sealed).unwrap(), b"x");
    assert_eq!(one.once_mac.mac(&[b"x"]), two.once_mac.mac(&[b"x"]));
    keep(|name| name != "mac/ledger");
    assert!(
        matches!(Keyring::open(&dir).unwrap().gateway(), Err(KeyError::Unwrap(name)) if name == "mac/ledger")
    );
}

#[test]
fn the_files_are_their_owner_s_only_and_hold_no_key_in_plain() {
    let (home, created) = home();
    let dir = home.path().join("keys");
    assert_eq!(mode(&dir), 0o700);
    let root = fs::read_to_string(dir.join("root.key")).unwrap();
    let root = root.trim_end().rsplit(' ').next().unwrap();
    let keyring = fs::read_to_string(dir.join("keyring.json")).unwrap();
    assert_eq!(mode(&dir.join("root.key")), 0o600);
    assert!(!keyring.contains(root) && !keyring.contains("AGE-SECRET-KEY"));
    let landing = fs::read_to_string(dir.join("landing.pub")).unwrap();
    assert_eq!(landing, format!("{}\n", created.ring.landing_public()));
    // Nothing prints a secret either.
    let printed = format!("{created:?} {:?} {:?}", created.ring, created.ring.worker().unwrap());
    assert!(!printed.contains(root) && !printed.contains("SECRET"), "{printed}");
}

#[test]
fn a_ring_is_never_overwritten() {
    let (home, _) = home();
    let dir = home.path().join("keys");
    assert!(matches!(Keyring::create(&dir), Err(KeyError::Exists(_))));
    fs::remove_file(dir.join("root.key")).unwrap();
    assert!(matches!(Keyring::create(&dir), Err(KeyError::Exists(_))));
}

#[test]
fn a_root_key_that_others_may_read_is_refused() {
    let (home, _) = home();
    let root = home.path().join("keys/root.key");
    for rights in [0o640, 0o604, 0o660, 0o610] {
        fs::set_permissions(&root, fs::Permissions::from_mode(rights)).unwrap();
        let refused = Keyring::open(&home.path().join("keys")).unwrap_err();
        assert!(matches!(refused, KeyError::Rights { mode, .. } if mode == rights), "{refused}");
    }
    fs::set_permissions(&root, fs::Permissions::from_mode(0o400)).unwrap();
    Keyring::open(&home.path().join("keys")).unwrap();
    let moved = home.path().join("moved");
    fs::rename(&root, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &root).unwrap();
    assert!(matches!(Keyring::open(&home.path().join("keys")), Err(KeyError::Owner(_))));
}

#[test]
fn a_root_key_of_another_user_is_refused() {
    let (home, _) = home();
    let root = home.path().join("keys/root.key");
    if std::os::unix::fs::chown(&root, Some(12_345), None).is_err() {
        eprintln!("only the superuser can give a file away: not tried");
        return;
    }
    assert!(matches!(Keyring::open(&home.path().join("keys")), Err(KeyError::Owner(_))));
}

#[test]
fn an_altered_ring_is_refused() {
    let (home, _) = home();
    let dir = home.path().join("keys");
    let original = fs::read_to_string(dir.join("keyring.json")).unwrap();
    // One wrapped key under the name of another.
    let swapped = original.replace("zone/raw", "zone/?").replace("zone/view", "zone/raw");
    fs::write(dir.join("keyring.json"), swapped.replace("zone/?", "zone/view")).unwrap();
    assert!(matches!(Keyring::open(&dir), Err(KeyError::Unwrap(_))));
    fs::write(dir.join("keyring.json"), &original).unwrap();
    Keyring::open(&dir).unwrap();
    // Another custodian than the ring's.
    let (_, other) = sealed_box::PrivateKey::generate();
    let public = fs::read_to_string(dir.join("custodian.pub")).unwrap();
    let digits = other.as_bytes().map(|byte| format!("{byte:02x}")).concat();
    fs::write(dir.join("custodian.pub"), format!("{} {digits}\n", public.split(' ').next().unwrap()))
        .unwrap();
    assert!(matches!(Keyring::open(&dir), Err(KeyError::Malformed { .. })));
}

#[test]
fn three_of_five_shares_restore_the_root_key() {
    let (home, created) = home();
    let dir = home.path().join("keys");
    let root = fs::read(dir.join("root.key")).unwrap();
    let shares = created.recovery_shares;
    assert_eq!((shares.len(), created.recovery_threshold), (5, 3));
    for chosen in [[0, 1, 2], [4, 2, 0], [1, 3, 4]] {
        fs::remove_file(dir.join("root.key")).unwrap();
        recover_root(&dir, &chosen.map(|at| shares[at].clone())).unwrap();
        assert_eq!(fs::read(dir.join("root.key")).unwrap(), root);
        assert_eq!(mode(&dir.join("root.key")), 0o600);
        Keyring::open(&dir).unwrap();
    }
    let refused = recover_root(&dir, &shares[..2]).unwrap_err().to_string();
    assert_eq!(refused, "2 different shares were given, but 3 are needed");
}

#[test]
fn shares_of_another_home_restore_nothing() {
    let ((home, created), (_other_home, other)) = (home(), home());
    let dir = home.path().join("keys");
    let root = fs::read(dir.join("root.key")).unwrap();
    let mixed = [&created.recovery_shares[..2], &other.recovery_shares[2..3]].concat();
    let refused = recover_root(&dir, &mixed).unwrap_err().to_string();
    assert!(refused.starts_with("share 3 of those given belongs to key"), "{refused}");
    let refused = recover_root(&dir, &created.custodian_shares).unwrap_err().to_string();
    assert!(refused.starts_with("share 1 of those given is a `custodian` share"), "{refused}");
    assert_eq!(fs::read(dir.join("root.key")).unwrap(), root, "and the root key is left alone");
}

#[test]
fn the_custodian_s_key_is_in_its_shares_alone() {
    let (home, created) = home();
    let dir = home.path().join("keys");
    let public = created.ring.custodian_public();
    let sealed = public.seal(b"record 1", b"name").unwrap();
    let shares = created.custodian_shares;
    assert_eq!((shares.len(), created.custodian_threshold), (3, 2));
    for chosen in [[0, 1], [0, 2], [2, 1]] {
        let private = custodian_private(&chosen.map(|at| shares[at].clone()), &public).unwrap();
        assert_eq!(private.open(b"record 1", &sealed).unwrap(), b"name");
    }
    let refused = custodian_private(&shares[..1], &public).unwrap_err().to_string();
    assert_eq!(refused, "1 different shares were given, but 2 are needed");
    let (_, other) = sealed_box::PrivateKey::generate();
    assert!(custodian_private(&shares, &other).is_err());
    // Every key that the ring names: none is the custodian's private one.
    let keyring = fs::read_to_string(dir.join("keyring.json")).unwrap();
    let custodians = keyring.lines().filter(|line| line.contains("\"name\": \"custodian")).count();
    assert_eq!(custodians, 1);
    assert!(keyring.contains("\"name\": \"custodian/public\""));
}

#[test]
fn the_ring_of_a_process_holds_its_row_and_nothing_else() {
    let (folder, created) = home();
    for role in ProcessRole::all() {
        let dir = folder.path().join(role.as_str());
        created.ring.give(role, &dir).unwrap();
        assert!(matches!(created.ring.give(role, &dir), Err(KeyError::Exists(_))));
        let ring = Keyring::open(&dir).unwrap();
        ring.require(role).unwrap();
        for other in ProcessRole::all().into_iter().filter(|other| *other != role) {
            assert!(matches!(ring.require(other), Err(KeyError::Row { .. })), "{role} as {other}");
        }
        assert!(created.ring.require(role).is_err(), "the home's own ring holds more");
        assert_eq!(ring.gateway().is_ok(), role == ProcessRole::Gateway);
        assert_eq!(ring.worker().is_ok(), role == ProcessRole::Worker);
        for zone in Zone::all() {
            let needed = zone_reach(role, zone) != ZoneReach::Nothing && zone != Zone::Landing;
            assert_eq!(ring.zone(zone).is_ok(), needed, "{role} {zone}");
            if needed {
                assert_eq!(ring.zone(zone).unwrap().id(), created.ring.zone(zone).unwrap().id());
            }
        }
        let held = ring.list().unwrap();
        assert!(key_names(role).iter().all(|name| held.iter().any(|key| key.name == *name)));
        assert_ne!(held[0].id, created.ring.list().unwrap()[0].id, "a root key of its own");
        assert_eq!(ring.landing_public().to_string(), created.ring.landing_public().to_string());
    }
}
