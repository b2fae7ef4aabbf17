//! Shares of a key, as texts to be printed and kept apart (Shamir's scheme over GF(256)).
//!
//! A share reads `carelake-recovery-2-<key id>-<seven groups of eight>-<checksum>`:
//! its kind, its number, the id of the key that it belongs to (16 hexadecimal
//! digits), and in Crockford's base 32 its contents (version, threshold, number and
//! 32 bytes) and five bytes of SHA-256 over all of that. Letters of either case are
//! read, `O` as `0`, `I` and `L` as `1`.

use crate::{KeyError, KeyId, ShareError, secret::Secret};
use aws_lc_rs::digest;
use blahaj::{Share, Sharks};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Which key a share restores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShareKind {
    /// The root key of a ring.
    Recovery,
    /// The custodian's private key.
    Custodian,
}

impl ShareKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Custodian => "custodian",
        }
    }
}

const VERSION: u8 = 1;
const CONTENT_LEN: usize = 3 + Secret::LEN;
const CHECKSUM_LEN: usize = 5;
const GROUP: usize = 8;
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Splits `secret` into `count` shares, any `threshold` of which restore it.
pub(crate) fn split(secret: &Secret, kind: ShareKind, key: KeyId, threshold: u8, count: u8) -> Vec<String> {
    let shares = Sharks(threshold);
    shares
        .dealer(secret.expose())
        .take(usize::from(count))
        .map(|share| print(&share, kind, key, threshold))
        .collect()
}

/// Restores the secret that `texts` are shares of. The caller proves that it is the right one.
pub(crate) fn join(texts: &[String], kind: ShareKind, key: KeyId) -> Result<Secret, KeyError> {
    let mut shares = BTreeMap::new();
    let mut needed = 0;
    for (at, text) in texts.iter().enumerate() {
        let parsed = parse(text, at + 1)?;
        if parsed.kind != kind {
            let (found, expected) = (parsed.kind.as_str(), kind.as_str());
            return Err(ShareError::OtherKind { position: at + 1, found, expected }.into());
        }
        if parsed.key != key {
            return Err(ShareError::OtherKey { position: at + 1, found: parsed.key, expected: key }.into());
        }
        needed = needed.max(parsed.threshold);
        shares.insert(parsed.number, parsed.share);
    }
    let needed_count = usize::from(needed.max(1));
    if shares.len() < needed_count {
        return Err(ShareError::TooFew { given: shares.len(), needed: needed_count }.into());
    }
    let joined = Sharks(needed).recover(shares.values()).map_err(|_| ShareError::Mixed)?;
    Ok(Secret::from_slice(&Zeroizing::new(joined)).ok_or(ShareError::Mixed)?)
}

struct ParsedShare {
    kind: ShareKind,
    key: KeyId,
    threshold: u8,
    number: u8,
    share: Share,
}

fn print(share: &Share, kind: ShareKind, key: KeyId, threshold: u8) -> String {
    let bytes = Zeroizing::new(Vec::from(share));
    let number = bytes.first().copied().unwrap_or_default();
    let content = Zeroizing::new([&[VERSION, threshold], bytes.as_slice()].concat());
    let mut text = format!("carelake-{}-{number}-{key}", kind.as_str());
    for (at, digit) in encode(&content).into_iter().enumerate() {
        if at % GROUP == 0 {
            text.push('-');
        }
        text.push(char::from(digit));
    }
    text.push('-');
    text.extend(encode(&checksum(kind, number, key, &content)).into_iter().map(char::from));
    text
}

fn parse(text: &str, position: usize) -> Result<ParsedShare, ShareError> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let text = Zeroizing::new(text);
    let malformed = || ShareError::NotAShare(position);
    let mistyped = || ShareError::Mistyped(position);
    let mut fields = text.split('-');
    if fields.next() != Some("carelake") {
        return Err(malformed());
    }
    let kind = match fields.next() {
        Some("recovery") => ShareKind::Recovery,
        Some("custodian") => ShareKind::Custodian,
        _ => return Err(malformed()),
    };
    let number: u8 = fields.next().and_then(|field| field.parse().ok()).ok_or_else(malformed)?;
    let key: KeyId = fields.next().and_then(|field| field.parse().ok()).ok_or_else(malformed)?;
    let digits = Zeroizing::new(fields.collect::<String>());
    let bytes = Zeroizing::new(decode(&digits).ok_or_else(mistyped)?);
    if bytes.len() != CONTENT_LEN + CHECKSUM_LEN {
        return Err(mistyped());
    }
    let (content, check) = bytes.split_at(CONTENT_LEN);
    if checksum(kind, number, key, content) != check {
        return Err(mistyped());
    }
    match content {
        [VERSION, threshold, rest @ ..] => Ok(ParsedShare {
            kind,
            key,
            threshold: *threshold,
            number,
            share: Share::try_from(rest).map_err(|_| malformed())?,
        }),
        _ => Err(malformed()),
    }
}

fn checksum(kind: ShareKind, number: u8, key: KeyId, content: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [b"carelake share\0", kind.as_str().as_bytes(), &[0, number], &key.0, content] {
        context.update(part);
    }
    let mut check = [0; CHECKSUM_LEN];
    for (to, from) in check.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    check
}

/// Whole groups of five bytes as eight digits each.
fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut digits = Vec::with_capacity(bytes.len() / 5 * GROUP);
    for group in bytes.chunks(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        digits.extend((0..GROUP).rev().map(|at| DIGITS[(bits >> (at * 5) & 31) as usize]));
    }
    digits
}

fn decode(digits: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / GROUP * 5);
    for group in digits.as_bytes().chunks(GROUP) {
        if group.len() != GROUP {
            return None;
        }
        let mut bits = 0_u64;
        for digit in group {
            bits = bits << 5 | value(*digit)?;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u64> {
    let digit = match digit.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    DIGITS.iter().position(|known| *known == digit).map(|at| at as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: KeyId = KeyId([7; 8]);

    fn five() -> (Secret, Vec<String>) {
        let secret = Secret::random().unwrap();
        let shares = split(&secret, ShareKind::Recovery, KEY, 3, 5);
        (secret, shares)
    }

    #[track_caller]
    fn check(shares: &[String], expected: &str) {
        let refused = join(shares, ShareKind::Recovery, KEY).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some(expected));
    }

    #[test]
    fn any_three_of_five_restore_the_secret() {
        let (secret, shares) = five();
        for left_out in 0..1 << 5 {
            let chosen: Vec<_> =
                (0..5).filter(|at| left_out >> at & 1 == 0).map(|at| shares[at].clone()).collect();
            let joined = join(&chosen, ShareKind::Recovery, KEY);
            assert_eq!(chosen.len() >= 3, joined.is_ok());
            if let Ok(joined) = joined {
                assert_eq!(joined.expose(), secret.expose());
            }
        }
    }

    #[test]
    fn a_share_twice_counts_once() {
        let (_, shares) = five();
        check(
            &[shares[0].clone(), shares[1].clone(), shares[1].clone()],
            "2 different shares were given, but 3 are needed",
        );
        check(&[], "0 different shares were given, but 1 are needed");
    }

    #[test]
    fn a_typing_error_in_any_letter_is_found_and_the_share_named() {
        let (_, shares) = five();
        let start = "carelake-recovery-2-".len();
        for at in start..shares[1].len() {
            let mut typed = shares[1].clone().into_bytes();
            typed[at] = if typed[at] == b'7' { b'8' } else { b'7' };
            let typed = String::from_utf8(typed).unwrap();
            let given = [shares[0].clone(), typed, shares[2].clone()];
            let refused = join(&given, ShareKind::Recovery, KEY).err().map(|error| error.to_string());
            assert!(refused.unwrap().starts_with("share 2 of those given"), "letter {at}");
        }
    }

    #[test]
    fn case_spaces_and_look_alike_letters_do_not_matter() {
        let (secret, shares) = five();
        let sloppy: Vec<_> = shares[..3]
            .iter()
            .map(|share| {
                let (head, digits) = share.split_at("carelake-recovery-1-".len() + 16);
                format!(" {head}{}\n", digits.replace('0', "o").replace('1', "l").to_lowercase())
            })
            .collect();
        assert_eq!(join(&sloppy, ShareKind::Recovery, KEY).ok().unwrap().expose(), secret.expose());
    }

    #[test]
    fn shares_of_another_kind_or_key_are_named() {
        let (secret, mut shares) = five();
        shares[1] = split(&secret, ShareKind::Custodian, KEY, 2, 3)[0].clone();
        check(&shares, "share 2 of those given is a `custodian` share, but `recovery` shares are wanted");
        shares[1] = split(&secret, ShareKind::Recovery, KeyId([8; 8]), 3, 5)[0].clone();
        check(
            &shares,
            "share 2 of those given belongs to key `0808080808080808`, but key `0707070707070707` is wanted",
        );
        shares[1] = "swordfish".to_owned();
        check(
            &shares,
            "share 2 of those given is not a recovery share: copy it again, from `carelake-` to its end",
        );
    }
}
