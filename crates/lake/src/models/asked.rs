//! How a mart's run is asked for.

use model::Timestamp;
use std::fmt;

/// How a mart's run is asked for, as the run keeps it in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// What is new.
    #[default]
    Due,
    /// Incremental models from the first row on, models by period from the first period on.
    Whole,
    /// Of models by period, the periods between two moments.
    Span(Timestamp, Timestamp),
}

/// The word for [`Asked::Whole`].
const WHOLE: &str = "whole";

impl Asked {
    /// What these words ask for; what is due, if they are not understood.
    #[must_use]
    pub fn read(words: &str) -> Self {
        let span = || {
            let (from, until) = words.strip_prefix("span ")?.split_once(' ')?;
            Some(Self::Span(Timestamp(from.parse().ok()?), Timestamp(until.parse().ok()?)))
        };
        if words == WHOLE { Self::Whole } else { span().unwrap_or_default() }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Due => Ok(()),
            Self::Whole => f.write_str(WHOLE),
            Self::Span(from, until) => write!(f, "span {} {}", from.0, until.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read_as_it_is_written() {
        for asked in [Asked::Due, Asked::Whole, Asked::Span(Timestamp(-1), Timestamp(2))] {
            assert_eq!(Asked::read(&asked.to_string()), asked);
        }
        assert_eq!(Asked::read("span 1"), Asked::Due);
    }
}
