//! Who is at the other end of a connection, as far as the connection itself tells.

use aws_lc_rs::digest;
use std::net::IpAddr;

/// The other end of a connection. Every request that comes over it carries this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address. What a header says of other addresses is not believed.
    pub address: IpAddr,
    /// Whether it came to one of the gateway's private addresses.
    pub private: bool,
    /// The SHA-256 of the certificate that it proved to hold the key of, if it showed one (RFC 8705 §3.1).
    pub certificate: Option<[u8; 32]>,
}

/// The SHA-256 of a certificate in DER, its thumbprint (RFC 8705 §3.1).
#[must_use]
pub fn certificate_thumbprint(der: &[u8]) -> [u8; 32] {
    let mut thumbprint = [0; 32];
    thumbprint.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    thumbprint
}
