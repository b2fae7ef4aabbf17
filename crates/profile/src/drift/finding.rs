//! What was found, for programs and for people.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An extension that did not come before.
    NewExtension,
    /// An extension that does not come any more.
    VanishedExtension,
    /// A code system that did not come before in this element.
    NewCodeSystem,
    /// A code system that does not come any more in this element.
    VanishedCodeSystem,
    /// A unit in which this was not measured before.
    NewUnit,
    /// A unit in which this is not measured any more.
    VanishedUnit,
    /// A profile that did not come before.
    NewProfile,
    /// A profile that does not come any more.
    VanishedProfile,
    /// A resource type that did not come before.
    NewResourceType,
    /// A resource type that does not come any more.
    VanishedResourceType,
    /// An element is missing more or less often.
    MissingShare,
    /// Many more or fewer resources than on days like this.
    Volume,
    /// Resources take much longer, or much less long, to come.
    Delay,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of change.
    pub kind: Kind,
    /// Of which resource type; empty: of all together.
    pub resource_type: String,
    /// Where in it: an element, or of a unit what is measured (`system|code`). Empty: the type as a whole.
    pub place: String,
    /// The extension, code system, unit or profile; empty for other kinds.
    pub name: String,
    /// The figure before: a share of resources (of shares and names), resources in a day, or seconds.
    pub before: f64,
    /// The figure now.
    pub after: f64,
    /// What happened, for a person.
    pub sentence: String,
    /// Whether all types have changed alike.
    #[serde(default)]
    pub is_shared: bool,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::NewExtension,
        Self::VanishedExtension,
        Self::NewCodeSystem,
        Self::VanishedCodeSystem,
        Self::NewUnit,
        Self::VanishedUnit,
        Self::NewProfile,
        Self::VanishedProfile,
        Self::NewResourceType,
        Self::VanishedResourceType,
        Self::MissingShare,
        Self::Volume,
        Self::Delay,
    ];

    /// Its word in contracts and in the control database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewExtension => "new-extension",
            Self::VanishedExtension => "vanished-extension",
            Self::NewCodeSystem => "new-code-system",
            Self::VanishedCodeSystem => "vanished-code-system",
            Self::NewUnit => "new-unit",
            Self::VanishedUnit => "vanished-unit",
            Self::NewProfile => "new-profile",
            Self::VanishedProfile => "vanished-profile",
            Self::NewResourceType => "new-resource-type",
            Self::VanishedResourceType => "vanished-resource-type",
            Self::MissingShare => "missing-share",
            Self::Volume => "volume",
            Self::Delay => "delay",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Finding {
    /// The whole place in one text, such as `Patient.birthDate https://…`: with the kind it tells one finding of a
    /// source and day from the others.
    #[must_use]
    pub fn whole_place(&self) -> String {
        let separator = if self.place.contains('|') { " " } else { "." };
        let parts =
            [(self.resource_type.as_str(), ""), (self.place.as_str(), separator), (self.name.as_str(), " ")];
        parts.into_iter().filter(|(part, _)| !part.is_empty()).fold(
            String::new(),
            |mut whole, (part, separator)| {
                if !whole.is_empty() {
                    whole.push_str(separator);
                }
                whole.push_str(part);
                whole
            },
        )
    }
}

/// A share as people read it.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.1 => "less than 0.1 %".to_owned(),
        percent => format!("{percent:.1} %"),
    }
}

/// A time as people read it.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} seconds"),
        seconds if seconds < 7200.0 => format!("{:.0} minutes", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.1} hours", seconds / 3600.0),
        seconds => format!("{:.1} days", seconds / 86_400.0),
    }
}
