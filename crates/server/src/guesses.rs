//! Slows guessing down, without letting a guesser lock others out.
//!
//! What is right is let in, always. What is wrong is counted by the network that it comes from, and from some number
//! on answered with "later" alone; such answers leave one audit record together, so that strangers cannot fill the
//! trail.

use model::{AuditEvent, Timestamp};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

/// How long failures are counted together, in milliseconds.
const WINDOW_MS: i64 = 60_000;

/// How many of them are answered one by one.
const ONE_BY_ONE: u32 = 30;

/// Networks that are counted apart; those beyond are counted as one.
const MOST_NETWORKS: usize = 16_384;

/// Failed authentications of late.
#[derive(Default)]
pub(crate) struct Guesses(Mutex<HashMap<Option<IpAddr>, Failures>>);

struct Failures {
    since: Timestamp,
    count: u32,
}

/// How a failed authentication is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As what it is.
    Refused,
    /// With "later".
    Later {
        /// Seconds until failures are counted anew.
        retry_after_s: u32,
        /// Whether it is the first one of these, which is recorded for all.
        first: bool,
    },
}

impl Guesses {
    /// Counts one more failure from `address`.
    pub(crate) fn failed(&self, address: Option<IpAddr>, now: Timestamp) -> Verdict {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut network = address.map(network);
        if networks.len() >= MOST_NETWORKS && !networks.contains_key(&network) {
            networks.retain(|_, failures| now < failures.since.plus_ms(WINDOW_MS));
            if networks.len() >= MOST_NETWORKS {
                network = None;
            }
        }
        let failures = networks.entry(network).or_insert(Failures { since: now, count: 0 });
        // A clock that was set back does not make the window longer.
        if now >= failures.since.plus_ms(WINDOW_MS) || now < failures.since {
            *failures = Failures { since: now, count: 0 };
        }
        failures.count = failures.count.saturating_add(1);
        if failures.count <= ONE_BY_ONE {
            return Verdict::Refused;
        }
        let left_ms = failures.since.plus_ms(WINDOW_MS).0 - now.0;
        let retry_after_s = u32::try_from(left_ms / 1000 + 1).unwrap_or(60);
        Verdict::Later { retry_after_s, first: failures.count == ONE_BY_ONE + 1 }
    }
}

impl Guesses {
    /// The event that tells the trail of something that a stranger from `client` was not given; none if an earlier one
    /// of this minute stands for it. It is counted for the network of `counted_for`.
    pub(crate) fn told(
        &self,
        counted_for: Option<IpAddr>,
        client: IpAddr,
        event: AuditEvent,
    ) -> Option<AuditEvent> {
        let event = event.with("network", network_of(client));
        match self.failed(counted_for, event.time) {
            Verdict::Refused => Some(event),
            Verdict::Later { first: true, .. } => Some(event.with("further", "not recorded one by one")),
            Verdict::Later { first: false, .. } => None,
        }
    }
}

/// The network that failures from this address count for, for the trail.
pub(crate) fn network_of(address: IpAddr) -> String {
    match network(address) {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(network) => format!("{network}/64"),
    }
}

/// What one guesser is likely to have to himself: an IPv4 address, an IPv6 network of 64 bits (RFC 6177).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn after_some_failures_a_network_is_told_to_come_later_and_others_are_not() {
        let (guesses, now) = (Guesses::default(), Timestamp(1_000_000));
        for _ in 0..ONE_BY_ONE {
            assert_eq!(guesses.failed(address("2001:db8::1"), now), Verdict::Refused);
        }
        let later = |first| Verdict::Later { retry_after_s: 61, first };
        assert_eq!(guesses.failed(address("2001:db8::2"), now), later(true), "the same network");
        assert_eq!(guesses.failed(address("2001:db8::1"), now), later(false));
        assert_eq!(guesses.failed(address("2001:db8:1::1"), now), Verdict::Refused);
        assert_eq!(guesses.failed(address("192.0.2.1"), now), Verdict::Refused);
        assert_eq!(guesses.failed(address("2001:db8::1"), now.plus_ms(WINDOW_MS)), Verdict::Refused);
    }

    #[test]
    fn however_many_networks_there_are_the_memory_is_bounded() {
        let (guesses, now) = (Guesses::default(), Timestamp(1_000_000));
        for host in 0..(MOST_NETWORKS as u32 + 1000) {
            guesses.failed(Some(IpAddr::V4(Ipv4Addr::from_bits(host))), now);
        }
        assert!(guesses.0.lock().unwrap().len() <= MOST_NETWORKS + 1);
    }
}
