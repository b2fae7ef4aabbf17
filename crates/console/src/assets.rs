//! What pages fetch besides themselves: one stylesheet, one small script, one icon; and the policy that allows no more.
//!
//! Their paths hold a hash of their content, so they may be kept for ever
//! (`Cache-Control: public, max-age=31536000, immutable`).

/// The value of `Content-Security-Policy` that every answer of the console carries. Nothing comes from elsewhere,
/// nothing within a page is a script or a style, no page stands in another's frame, and no form is sent elsewhere.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                          connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A file that pages fetch.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Where it is, with a hash of its content.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its content.
    pub content: &'static str,
}

/// Every one.
pub const ALL: [Asset; 3] = [STYLE, SCRIPT, ICON];

macro_rules! asset {
    ($name:ident, $file:literal, $before:literal, $after:literal, $content_type:literal, $doc:literal) => {
        #[doc = $doc]
        pub const $name: Asset = {
            const CONTENT: &str = include_str!(concat!("assets/", $file));
            const PATH: [u8; $before.len() + 16 + $after.len()] =
                named($before.as_bytes(), CONTENT.as_bytes(), $after.as_bytes());
            const NAME: &str = match std::str::from_utf8(&PATH) {
                Ok(name) => name,
                // Not reached: a hash in hex between two texts is a text.
                Err(_) => $before,
            };
            Asset { path: NAME, content_type: $content_type, content: CONTENT }
        };
    };
}

asset!(
    STYLE,
    "console.css",
    "/assets/console-",
    ".css",
    "text/css; charset=utf-8",
    "The stylesheet, our design system."
);
asset!(
    SCRIPT,
    "console.js",
    "/assets/console-",
    ".js",
    "text/javascript; charset=utf-8",
    "The script, which shows what changes while a page is open. Every page works without it."
);
asset!(ICON, "icon.svg", "/assets/icon-", ".svg", "image/svg+xml", "The icon of the browser's tab.");

/// `before`, the FNV-1a hash of `content` in hex, `after`. It tells versions apart; it protects nothing.
const fn named<const N: usize>(before: &[u8], content: &[u8], after: &[u8]) -> [u8; N] {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < content.len() {
        hash = (hash ^ content[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    let mut out = [0; N];
    at = 0;
    while at < N {
        out[at] = if at < before.len() {
            before[at]
        } else if at < before.len() + 16 {
            let nibble = hash >> (60 - 4 * (at - before.len()) as u64) & 0xf;
            b"0123456789abcdef"[nibble as usize]
        } else {
            after[at - before.len() - 16]
        };
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_holds_the_hash_of_its_content() {
        // FNV-1a of "a", from the authors' test vectors.
        assert_eq!(&named::<20>(b"x-", b"a", b".y"), b"x-af63dc4c8601ec8c.y");
        assert!(STYLE.path.starts_with("/assets/console-") && STYLE.path.ends_with(".css"));
        assert_ne!(STYLE.path[..32], SCRIPT.path[..32]);
    }

    #[test]
    fn assets_are_small_and_ask_for_nothing() {
        assert!(STYLE.content.len() < 30_000, "{}", STYLE.content.len());
        assert!(SCRIPT.content.len() < 4_000, "{}", SCRIPT.content.len());
        for asset in ALL {
            assert!(!asset.content.contains("@import") && !asset.content.contains("url("), "{}", asset.path);
            assert!(
                !asset.content.contains("eval(") && !asset.content.contains("Function("),
                "{}",
                asset.path
            );
        }
    }

    #[test]
    fn the_policy_allows_nothing_unsafe() {
        assert!(!POLICY.contains("unsafe") && !POLICY.contains('*') && !POLICY.contains("http"));
    }
}
