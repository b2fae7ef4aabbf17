//! Makes a credential by one of the methods.

use crate::{
    cli::{CredentialArgs, Method},
    outside::Outside,
    parts::Parts,
};
use anyhow::{Context, bail, ensure};
use control::{Credential, Material, NewCredential};
use credentials::key_set::KeySet;
use keys::DoorPurpose;
use model::Timestamp;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;
use x509_parser::prelude::FromDer;

/// A new credential, and what of it is shown this once.
pub(super) struct Made {
    pub(super) new: NewCredential,
    pub(super) shown: Value,
}

/// Makes what `args` ask for, for the client `client_id`.
pub(super) async fn make(parts: &Parts, client_id: &str, args: &CredentialArgs) -> anyhow::Result<Made> {
    match args.auth {
        Method::Secret => secret(parts, client_id),
        Method::Sigv4 => signing(parts),
        Method::Smart => key_set(parts, args.jwks.as_deref().unwrap_or_default()).await,
        Method::Mtls => certificate(args.cert.as_deref().unwrap_or(Path::new(""))),
        Method::Issuer => {
            outside(
                parts,
                args.issuer.as_deref().unwrap_or_default(),
                args.client.as_deref().unwrap_or_default(),
            )
            .await
        }
    }
}

/// A random secret (two UUIDs of version 4), of which only a keyed hash is kept.
fn secret(parts: &Parts, client_id: &str) -> anyhow::Result<Made> {
    let client_secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let key = parts.keyring.gateway()?.provider_secret_mac;
    let mac = server::provider_secret_mac(&key, client_id, &client_secret);
    let new = NewCredential { id: fresh_id("secret"), material: Material::Secret(mac), expires: None };
    Ok(Made { new, shown: json!({ "client_secret": client_secret }) })
}

/// A key to sign with: its secret is sealed to the door, which must read it to compare.
fn signing(parts: &Parts) -> anyhow::Result<Made> {
    let pair = server::SigningPair::generate("CLAK")?;
    let id = pair.access_key_id.clone();
    let door = parts.keyring.gateway()?.door;
    let sealed = door.seal(DoorPurpose::SigningSecret, id.as_bytes(), pair.secret_access_key.as_bytes())?;
    let shown = json!({ "access_key_id": id, "secret_access_key": pair.secret_access_key.as_str() });
    Ok(Made { new: NewCredential { id, material: Material::Signing(sealed), expires: None }, shown })
}

/// Public keys by value, or where they are; in that case they are fetched once now.
async fn key_set(parts: &Parts, place: &str) -> anyhow::Result<Made> {
    let material = if place.starts_with("https://") {
        let outside = Outside::new(&parts.home.config.outside)?;
        let jwks = outside.key_set(place).await.with_context(|| format!("fetch {place}"))?;
        parts.control.follow_key_set(place).await?;
        parts.control.put_key_set(place, Ok(&jwks)).await?;
        Material::KeySetUrl(place.to_owned())
    } else {
        let jwks = std::fs::read(place).with_context(|| format!("read {place}"))?;
        KeySet::parse(&jwks).with_context(|| format!("understand the key set in {place}"))?;
        Material::KeySet(jwks)
    };
    Ok(Made { new: NewCredential { id: fresh_id("smart"), material, expires: None }, shown: json!({}) })
}

/// A certificate, by its thumbprint, for as long as it says that it is valid.
fn certificate(file: &Path) -> anyhow::Result<Made> {
    let der = CertificateDer::from_pem_file(file).with_context(|| format!("read {}", file.display()))?;
    let (_, parsed) = x509_parser::certificate::X509Certificate::from_der(&der)
        .with_context(|| format!("understand the certificate in {}", file.display()))?;
    let validity = parsed.validity();
    ensure!(
        validity.is_valid(),
        "the certificate in {} is valid from {} to {}, not now",
        file.display(),
        validity.not_before,
        validity.not_after
    );
    let material = Material::Certificate(server::certificate_thumbprint(&der));
    let expires = Some(Timestamp(validity.not_after.timestamp() * 1000));
    Ok(Made { new: NewCredential { id: fresh_id("mtls"), material, expires }, shown: json!({}) })
}

async fn outside(parts: &Parts, issuer: &str, client: &str) -> anyhow::Result<Made> {
    if !parts.control.issuers().await?.iter().any(|known| known.name == issuer) {
        bail!("there is no issuer `{issuer}`: register it with `carelake issuer add`");
    }
    let material = Material::Outside { issuer: issuer.to_owned(), client: client.to_owned() };
    let id = Credential::outside_id(issuer, client);
    Ok(Made { new: NewCredential { id, material, expires: None }, shown: json!({}) })
}

fn fresh_id(method: &str) -> String {
    format!("{method}-{}", &Uuid::new_v4().simple().to_string()[..12])
}
