//! The counters that order everything: lanes, ordinals, epochs and commit sequences.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// Names a lane: the ordered queue of sealed segments that one or more sources write to.
    LaneId
}
counter! {
    /// A segment's place in its lane. The first is 1; none is skipped.
    Ordinal
}
counter! {
    /// Fences off an earlier holder of a lease: the holder with the greatest epoch is the only one whose writes count.
    Epoch
}
counter! {
    /// Numbers what has been published. Readers see the lake at one sequence; 0 is the empty lake.
    CommitSeq
}
