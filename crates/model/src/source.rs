//! Who sent a resource.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// Names a data owner. Each has its own space of resource ids.
///
/// One to 64 characters of `a`–`z`, `0`–`9` and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceId(Arc<str>);

/// Why a text is not a [`SourceId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a source name: use 1 to 64 of a-z, 0-9 and -, beginning with a letter")]
pub struct SourceIdError(String);

impl SourceId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceId {
    type Err = SourceIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text.into())) } else { Err(SourceIdError(text.chars().take(80).collect())) }
    }
}

impl TryFrom<String> for SourceId {
    type Error = SourceIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SourceId> for String {
    fn from(id: SourceId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_name_is_lower_case_and_bounded() {
        assert!("gp-elm-grove".parse::<SourceId>().is_ok());
        for bad in ["", "9lives", "GP", "a b", "../x", &"a".repeat(65)] {
            assert!(bad.parse::<SourceId>().is_err(), "{bad}");
        }
    }
}
