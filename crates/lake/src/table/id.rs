//! Which table: its zone, its name, and where it lies.

use crate::stores::SCHEME;
use fhir::ResourceType;
use keys::Zone;
use std::{fmt, sync::Arc};
use url::Url;

/// Names a table within its zone. Its folder has the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId {
    zone: Zone,
    name: Arc<str>,
}

impl TableId {
    fn new(zone: Zone, name: impl Into<Arc<str>>) -> Self {
        Self { zone, name: name.into() }
    }

    /// The pseudonymised resources of one type.
    #[must_use]
    pub fn raw(resource_type: ResourceType) -> Self {
        Self::new(Zone::Raw, resource_type.as_str().to_ascii_lowercase())
    }

    /// Which versions of resources of one type are superseded.
    #[must_use]
    pub fn superseded(resource_type: ResourceType) -> Self {
        Self::new(Zone::Raw, format!("superseded_{}", resource_type.as_str().to_ascii_lowercase()))
    }

    /// The display dictionary.
    #[must_use]
    pub fn display() -> Self {
        Self::new(Zone::Raw, "display")
    }

    /// The rows of one ViewDefinition.
    #[must_use]
    pub fn view(name: &str) -> Self {
        Self::new(Zone::View, name)
    }

    /// The rows of one registered view: another registration has another number, and so another table.
    #[must_use]
    pub fn registered(name: &str, number: i64) -> Self {
        Self::new(Zone::View, format!("{name}@{number}"))
    }

    /// One table of a mart.
    #[must_use]
    pub fn mart(mart: &str, name: &str) -> Self {
        Self::new(Zone::Mart, format!("{mart}.{name}"))
    }

    /// Which person a patient is.
    #[must_use]
    pub fn person_link() -> Self {
        Self::new(Zone::Link, "person_link")
    }

    /// Which person a verified NHS number stands for, under a keyed hash.
    #[must_use]
    pub fn person_key() -> Self {
        Self::new(Zone::Link, "person_key")
    }

    /// The public halves of record keys.
    #[must_use]
    pub fn record_key() -> Self {
        Self::new(Zone::Link, "record_key")
    }

    /// Which patients have carried a display that is not in the dictionary yet.
    #[must_use]
    pub fn display_seen() -> Self {
        Self::new(Zone::Link, "display_seen")
    }

    /// The zone it lies in.
    #[must_use]
    pub const fn zone(&self) -> Zone {
        self.zone
    }

    /// Its name within the zone.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How Delta and DataFusion name its place.
    pub(crate) fn url(&self) -> Option<Url> {
        Url::parse(&format!("{SCHEME}://{}/{}", self.zone.as_str(), self.name)).ok()
    }

    /// The table that a catalogue row speaks of.
    #[must_use]
    pub fn from_location(location: &str) -> Option<Self> {
        let (zone, name) = location.split_once('/')?;
        let zone =
            [Zone::Raw, Zone::View, Zone::Mart, Zone::Link].into_iter().find(|each| each.as_str() == zone)?;
        Some(Self::new(zone, name))
    }

    /// `zone/name`, as catalogue rows keep it.
    #[must_use]
    pub fn location(&self) -> String {
        format!("{}/{}", self.zone.as_str(), self.name)
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location())
    }
}
