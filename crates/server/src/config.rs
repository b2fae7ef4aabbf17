//! The gateway's section of the configuration.

use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// What the operator sets for the gateway. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// Where it listens, IPv4 and IPv6 alike. Loopback only by default.
    pub listen: Vec<SocketAddr>,
    /// Further addresses that only a private link leads to. Some providers may come over these alone.
    pub listen_private: Vec<SocketAddr>,
    /// How the gateway is reached from outside, such as `https://lake.example.nhs.uk`;
    /// what `Location` headers begin with, and what client
    /// assertions must name. Without it they begin with the request's own host, and assertions name a loopback
    /// address.
    pub base_url: Option<String>,
    /// The largest body, in bytes.
    pub body_limit_bytes: usize,
    /// The bodies that may be in flight together, in bytes; requests beyond are answered 503.
    pub max_in_flight_bytes: usize,
    /// The connections that may be open together; further ones are closed at once.
    pub max_connections: usize,
    /// How long a token is good for, in seconds; never more than 3600.
    pub token_ttl_s: u32,
    /// How long a request may take to arrive and, apart from that, to be stored, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long requests on their way may take to finish when the gateway stops, in milliseconds.
    pub shutdown_grace_ms: u64,
}

/// The longest life of a token, in seconds.
pub(crate) const LONGEST_TOKEN_S: u32 = 3600;

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 8443))],
            listen_private: Vec::new(),
            base_url: None,
            body_limit_bytes: 16 << 20,
            max_in_flight_bytes: 128 << 20,
            max_connections: 4096,
            token_ttl_s: 900,
            request_timeout_ms: 60_000,
            shutdown_grace_ms: 10_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_and_a_missing_one_has_its_default() {
        assert!(serde_json::from_str::<GatewayConfig>(r#"{"listn":[]}"#).is_err());
        let config: GatewayConfig = serde_json::from_str(r#"{"listen":["[::1]:9"]}"#).unwrap();
        assert_eq!(config.body_limit_bytes, 16 << 20);
        assert!(config.listen[0].is_ipv6());
    }
}
