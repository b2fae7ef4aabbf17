//! The home's own certificate authority, and the gateway's certificate.

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// Names that the server certificate is good for.
const NAMES: &[&str] = &["localhost", "127.0.0.1", "::1"];

/// Writes `ca.pem`, `server.pem` and `server.key` to `folder`.
///
/// The authority's own key is not kept: nothing else is ever signed with it.
pub(super) fn create(folder: &Path) -> anyhow::Result<()> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "carelake local certificate authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let mut server = CertificateParams::new(NAMES.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    server.distinguished_name.push(DnType::CommonName, "carelake gateway");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let server_key = KeyPair::generate()?;
    let server_certificate = server.signed_by(&server_key, &issuer)?;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    write(&folder.join("ca.pem"), &authority_certificate.pem(), 0o644)?;
    write(&folder.join("server.pem"), &server_certificate.pem(), 0o644)?;
    write(&folder.join("server.key"), &server_key.serialize_pem(), 0o600)
}

fn write(file: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut open = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file)
        .with_context(|| format!("write {}", file.display()))?;
    open.write_all(text.as_bytes())?;
    open.sync_all()?;
    Ok(())
}
