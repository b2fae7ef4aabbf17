//! Which claims link a patient record to a person, and what changes when a claim does.

use crate::{NhsClaim, NhsNumber};

/// What the link zone has to do about one patient record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// Nothing: the record stays linked, or unlinked, as it was.
    Keep,
    /// Link the record to the person of this number, away from any other.
    Link(NhsNumber),
    /// Take the record away from the person it was linked to.
    Unlink,
}

/// The number that links a record, if its claim does. A right check digit alone never links.
#[must_use]
pub const fn linking_number(claim: &NhsClaim) -> Option<&NhsNumber> {
    match claim {
        NhsClaim::Verified(number) => Some(number),
        NhsClaim::None | NhsClaim::Unverified(_) | NhsClaim::Malformed | NhsClaim::Conflicting => None,
    }
}

/// What follows when a record's claim was `before` (its newest accepted version; `None` for a new record) and is now `after`.
///
/// A record whose number is no longer vouched for is unlinked: keeping the link
/// would join two people on the strength of a number that was withdrawn.
#[must_use]
pub fn change(before: Option<&NhsClaim>, after: &NhsClaim) -> LinkChange {
    match (before.and_then(linking_number), linking_number(after)) {
        (old, new) if old == new => LinkChange::Keep,
        (_, Some(new)) => LinkChange::Link(*new),
        (_, None) => LinkChange::Unlink,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_follows_the_verified_number_and_nothing_else() {
        let a: NhsNumber = "9434765919".parse().unwrap();
        let b: NhsNumber = "9990000018".parse().unwrap();
        let (verified_a, verified_b) = (NhsClaim::Verified(a), NhsClaim::Verified(b));
        for (before, after, expected) in [
            (None, verified_a, LinkChange::Link(a)),
            (None, NhsClaim::Unverified(a), LinkChange::Keep),
            (None, NhsClaim::Conflicting, LinkChange::Keep),
            (Some(verified_a), verified_a, LinkChange::Keep),
            (Some(verified_a), verified_b, LinkChange::Link(b)),
            (Some(verified_a), NhsClaim::Malformed, LinkChange::Unlink),
            (Some(NhsClaim::Unverified(a)), verified_a, LinkChange::Link(a)),
            (Some(NhsClaim::Unverified(a)), NhsClaim::None, LinkChange::Keep),
        ] {
            assert_eq!(change(before.as_ref(), &after), expected, "{before:?} → {after:?}");
        }
    }
}
