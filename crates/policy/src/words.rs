//! Closed lists of words: an enum, and the names that policies have for what is in it.

/// Makes an enum whose members have names: `all`, `as_str`, `Display`, and `FromStr` with an error of its own.
macro_rules! words {
    (
        $(#[$about:meta])*
        pub enum $list:ident or $error:ident, $message:literal {
            $($(#[$what:meta])* $member:ident = $name:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $list {
            $($(#[$what])* $member,)+
        }

        #[doc = concat!("The text is no name of a [`", stringify!($list), "`].")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $error;

        impl $list {
            /// Every one there is.
            #[must_use]
            pub const fn all() -> &'static [Self] {
                &[$(Self::$member,)+]
            }

            /// Its name in policies.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$member => $name,)+
                }
            }
        }

        impl std::fmt::Display for $list {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $list {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::all().iter().copied().find(|one| one.as_str() == text).ok_or($error)
            }
        }
    };
}

pub(crate) use words;
