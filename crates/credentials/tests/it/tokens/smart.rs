//! The key sets that HL7 publishes with SMART App Launch.

use credentials::key_set::{KeySet, KeySetError};
use std::{fs, path::Path, process::Command};

#[test]
fn hl7_s_public_key_sets_are_read_and_its_private_ones_refused() {
    let unpack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/unpack");
    if !unpack.exists() {
        eprintln!("passed over: ../shared is not here, and with it HL7's key sets");
        return;
    }
    let output = Command::new(unpack).arg("suites/protocols/hl7-smart-app-launch*").output().unwrap();
    assert!(output.status.success());
    let folder = String::from_utf8(output.stdout).unwrap();
    let images = Path::new(folder.trim())
        .join("suites/protocols/hl7-smart-app-launch/hl7-smart-app-launch/input/images");
    for algorithm in ["RS384", "ES384"] {
        let read = |half: &str| fs::read(images.join(format!("{algorithm}.{half}.json"))).unwrap();
        assert!(KeySet::parse(&read("public")).is_ok(), "{algorithm}");
        assert_eq!(KeySet::parse(&read("private")).unwrap_err(), KeySetError::Private, "{algorithm}");
    }
}
