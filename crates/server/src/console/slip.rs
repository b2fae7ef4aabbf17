//! What a browser carries from one step of signing in to the next: some words, which only this lake can have written, for a
//! while.

use super::{desk::Desk, session::cookie};
use aws_lc_rs::constant_time;
use http::HeaderMap;
use model::Timestamp;

/// A cookie with words that hold no `|`.
#[derive(Clone, Copy)]
pub(super) struct Slip {
    /// The cookie.
    pub(super) cookie: &'static str,
    /// What it is for: no other slip's words are taken for its own.
    pub(super) purpose: &'static [u8],
    /// How long it counts, in milliseconds.
    pub(super) lasts_ms: i64,
}

impl Slip {
    /// The cookie's value, from now on.
    pub(super) fn write<const N: usize>(self, desk: &Desk, words: [&str; N]) -> String {
        self.until(desk, words, desk.clock.now().plus_ms(self.lasts_ms))
    }

    fn until<const N: usize>(self, desk: &Desk, words: [&str; N], until: Timestamp) -> String {
        let end = until.0.to_be_bytes();
        let mut parts = vec![self.purpose];
        parts.extend(words.iter().map(|word| word.as_bytes()));
        parts.push(&end);
        format!("{}|{}|{}", words.join("|"), until.0, hex::encode(desk.once_mac.mac(&parts)))
    }

    /// The words that were written, if the cookie is there and counts still.
    pub(super) fn read<'h, const N: usize>(
        self,
        desk: &Desk,
        headers: &'h HeaderMap,
    ) -> Option<[&'h str; N]> {
        let shown = cookie(headers, self.cookie)?;
        let mut parts = shown.split('|');
        let mut words = [""; N];
        for word in &mut words {
            *word = parts.next()?;
        }
        let until = Timestamp(parts.next()?.parse().ok()?);
        let known = self.until(desk, words, until);
        let same = constant_time::verify_slices_are_equal(known.as_bytes(), shown.as_bytes()).is_ok();
        (same && desk.clock.now() < until).then_some(words)
    }
}
