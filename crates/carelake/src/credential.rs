//! Makes credentials of providers, by whatever they are to show. What is made counts once it is kept.

use crate::{outside::Outside, parts::Parts};
use anyhow::Context;
use control::{Control, Credential, Material, NewCredential};
use credentials::key_set::KeySet;
use keys::{MacKey, SealedFor, SealingKey};
use model::Timestamp;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use server::{AskError, NewProof, Proof};
use std::sync::Arc;
use uuid::Uuid;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

/// What credentials are made with.
pub(crate) struct Credentials {
    control: Arc<Control>,
    secret_mac: MacKey,
    door: SealingKey,
    outside: Outside,
}

/// What somebody has handed in is at fault.
fn at_fault(error: anyhow::Error) -> AskError {
    AskError::Question(format!("{error:#}"))
}

fn failed(error: impl std::error::Error) -> AskError {
    AskError::Lake(error.to_string())
}

impl Credentials {
    pub(crate) fn new(parts: &Parts) -> anyhow::Result<Self> {
        let keys = parts.keyring.console()?;
        Ok(Self {
            control: Arc::clone(&parts.control),
            secret_mac: keys.provider_secret_mac,
            door: keys.door,
            outside: Outside::new(&parts.home.config.outside)?,
        })
    }

    /// A credential for the client `client_id`.
    pub(crate) async fn make(&self, client_id: &str, proof: &Proof) -> Result<NewProof, AskError> {
        match proof {
            Proof::Secret => Ok(self.secret(client_id)),
            Proof::Signing => self.signing().map_err(|error| AskError::Lake(format!("{error:#}"))),
            Proof::Keys(keys) => self.key_set(keys.trim()).await,
            Proof::Certificate(pem) => certificate(pem).map_err(at_fault),
            Proof::Issuer { issuer, client } => self.outside(issuer, client).await,
        }
    }

    /// A random secret (two UUIDs of version 4), of which only a keyed hash is kept.
    fn secret(&self, client_id: &str) -> NewProof {
        let secret = Zeroizing::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
        let mac = server::provider_secret_mac(&self.secret_mac, client_id, &secret);
        let new = NewCredential { id: fresh_id("secret"), material: Material::Secret(mac), expires: None };
        NewProof { new, shown: vec![("client_secret", secret)] }
    }

    /// A key to sign with: its secret is sealed to the door, which must read it to compare.
    fn signing(&self) -> anyhow::Result<NewProof> {
        let pair = server::SigningPair::generate("CLAK")?;
        let id = pair.access_key_id.clone();
        let sealed =
            self.door.seal(SealedFor::SigningSecret, id.as_bytes(), pair.secret_access_key.as_bytes())?;
        let shown = vec![
            ("access_key_id", Zeroizing::new(id.clone())),
            ("secret_access_key", Zeroizing::new(pair.secret_access_key.to_string())),
        ];
        Ok(NewProof { new: NewCredential { id, material: Material::Signing(sealed), expires: None }, shown })
    }

    /// Public keys by value, or where they are; in that case they are fetched once now.
    async fn key_set(&self, keys: &str) -> Result<NewProof, AskError> {
        let material = if keys.starts_with("https://") {
            let jwks = self.outside.key_set(keys).await.with_context(|| format!("fetch {keys}"));
            let jwks = jwks.map_err(at_fault)?;
            self.control.follow_key_set(keys).await.map_err(failed)?;
            self.control.put_key_set(keys, Ok(&jwks)).await.map_err(failed)?;
            Material::KeySetUrl(keys.to_owned())
        } else {
            KeySet::parse(keys.as_bytes()).context("understand the key set").map_err(at_fault)?;
            Material::KeySet(keys.as_bytes().to_vec())
        };
        let new = NewCredential { id: fresh_id("smart"), material, expires: None };
        Ok(NewProof { new, shown: Vec::new() })
    }

    async fn outside(&self, issuer: &str, client: &str) -> Result<NewProof, AskError> {
        let known = self.control.issuers().await.map_err(failed)?;
        if !known.iter().any(|known| known.name == issuer) {
            let why = format!("there is no issuer `{issuer}`: register it with `carelake issuer add`");
            return Err(AskError::Question(why));
        }
        let material = Material::Outside { issuer: issuer.to_owned(), client: client.to_owned() };
        let id = Credential::outside_id(issuer, client);
        Ok(NewProof { new: NewCredential { id, material, expires: None }, shown: Vec::new() })
    }
}

/// A certificate, by its thumbprint, for as long as it says that it is valid.
fn certificate(pem: &str) -> anyhow::Result<NewProof> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).context("read the certificate")?;
    let (_, parsed) =
        x509_parser::certificate::X509Certificate::from_der(&der).context("understand the certificate")?;
    let validity = parsed.validity();
    anyhow::ensure!(
        validity.is_valid(),
        "the certificate is valid from {} to {}, not now",
        validity.not_before,
        validity.not_after
    );
    let material = Material::Certificate(server::certificate_thumbprint(&der));
    let expires = Some(Timestamp(validity.not_after.timestamp() * 1000));
    let new = NewCredential { id: fresh_id("mtls"), material, expires };
    Ok(NewProof { new, shown: Vec::new() })
}

fn fresh_id(method: &str) -> String {
    format!("{method}-{}", &Uuid::new_v4().simple().to_string()[..12])
}
