//! Key pairs that are made here, and tokens that they sign, good and bad.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{self, KeySize},
    signature::{
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
        RsaEncoding,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// RSA keys take a while to make, so all tests share these.
pub(super) static RSA: LazyLock<Rsa> = LazyLock::new(|| Rsa::new("rsa", KeySize::Rsa2048));
pub(super) static EC: LazyLock<Ec> = LazyLock::new(|| Ec::new("ec"));

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The part of a token that is signed.
pub(super) fn unsigned(header: &Value, claims: &str) -> String {
    format!("{}.{}", encode(header.to_string()), encode(claims))
}

pub(super) struct Rsa {
    id: &'static str,
    pair: rsa::KeyPair,
}

impl Rsa {
    pub(super) fn new(id: &'static str, size: KeySize) -> Self {
        Self { id, pair: rsa::KeyPair::generate(size).unwrap() }
    }

    pub(super) fn public(&self) -> Value {
        let public = self.pair.public_key();
        let number = |bytes: &[u8]| encode(bytes);
        json!({ "kty": "RSA", "kid": self.id, "alg": "RS384",
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()) })
    }

    pub(super) fn sign(&self, header: &Value, claims: &str) -> String {
        let encoding: &'static dyn RsaEncoding =
            if header["alg"] == "RS256" { &RSA_PKCS1_SHA256 } else { &RSA_PKCS1_SHA384 };
        let text = unsigned(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", encode(signature))
    }
}

pub(super) struct Ec {
    id: &'static str,
    pair: EcdsaKeyPair,
}

impl Ec {
    pub(super) fn new(id: &'static str) -> Self {
        Self { id, pair: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap() }
    }

    pub(super) fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-384", "kid": self.id, "alg": "ES384", "use": "sig",
            "x": encode(&point[1..49]), "y": encode(&point[49..]) })
    }

    pub(super) fn sign(&self, header: &Value, claims: &str) -> String {
        let text = unsigned(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", encode(signature))
    }
}

/// A token "signed" with a public key as if it were a secret.
pub(super) fn confused(header: &Value, claims: &str, secret: &[u8]) -> String {
    let text = unsigned(header, claims);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA384, secret), text.as_bytes());
    format!("{text}.{}", encode(signature))
}

pub(super) fn set(keys: &[Value]) -> Vec<u8> {
    json!({ "keys": keys }).to_string().into_bytes()
}
