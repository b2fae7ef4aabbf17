//! The keyed functions that identity needs and must not own: the keys stay in `keys`.

use model::{Pseudonym, SourceId};

/// Makes pseudonyms under the lake's internal key generation (a keyed MAC; no look-ups, so the order of arrival never matters).
pub trait Pseudonymise {
    /// The pseudonym of the resource that `source` calls `resource_type`/`id`.
    ///
    /// The three are unambiguous together only when each is delimited or counted
    /// in what is hashed; equal ids of two sources or two types must not meet.
    fn resource(&self, source: &SourceId, resource_type: &str, id: &str) -> Pseudonym;

    /// The record that holds what of `source` belongs to no patient.
    fn source_record(&self, source: &SourceId) -> Pseudonym {
        // `source` is no FHIR resource type (those begin with a capital), so no resource shares it.
        self.resource(source, "source", "")
    }
}
