//! The root key: kept from others, and restored from its shares.

use crate::{
    home::Home,
    inputs::{self, GP},
    rows::Rows,
};
use std::{fs, os::unix::fs::PermissionsExt};

#[test]
fn a_root_key_that_others_may_read_is_refused() {
    let home = Home::new();
    let key = home.path().join("keys/root.key");
    for mode in [0o644, 0o640, 0o604, 0o660] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        home.run(["catalog", "list"]).exits(1).says("root.key").says("set it to 600");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    home.run(["catalog", "list"]).exits(0);
}

#[test]
fn a_lost_root_key_is_restored_from_a_threshold_of_shares() {
    let home = Home::new();
    let [file, _] = inputs::halves(home.path().parent().unwrap(), GP);
    home.import(&file, GP).exits(0);
    let before = Rows::of(&home);
    let shares = |name: &str| -> Vec<String> {
        let shares = home.secrets[name].as_array().unwrap();
        shares.iter().map(|share| share.as_str().unwrap().to_owned()).collect()
    };
    let (recovery, custodian) = (shares("recovery_shares"), shares("custodian_shares"));
    let threshold = usize::try_from(home.secrets["recovery_threshold"].as_u64().unwrap()).unwrap();
    assert!(1 < threshold && threshold < recovery.len());

    fs::remove_file(home.path().join("keys/root.key")).unwrap();
    home.run(["catalog", "list"]).exits(1).says("root.key");
    let too_few = recovery[..threshold - 1].join("\n");
    home.tell(["key", "recover"], &too_few).exits(1).says("restore the root key");
    home.tell(["key", "recover"], "").exits(1).says("restore the root key");
    home.tell(["key", "recover"], &vec![recovery[0].clone(); threshold].join("\n")).exits(1);
    home.tell(["key", "recover"], &custodian.join("\n")).exits(1);
    let mut mistyped = recovery[..threshold].to_vec();
    let last = mistyped[0].pop().unwrap();
    mistyped[0].push(if last == '0' { '1' } else { '0' });
    home.tell(["key", "recover"], &mistyped.join("\n")).exits(1);
    assert!(!home.path().join("keys/root.key").exists(), "a refused recovery wrote a key");

    // Any of them will do, in any order.
    let enough: Vec<_> = recovery.iter().rev().take(threshold).cloned().collect();
    home.tell(["key", "recover"], &enough.join("\n")).exits(0).says("restored");
    Rows::of(&home).same_as(&before);
    home.run(["audit", "verify"]).exits(0);
    let mode = fs::metadata(home.path().join("keys/root.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
