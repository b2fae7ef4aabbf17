//! Pseudonyms under the lake's internal key generation.

use identity::Pseudonymise;
use keys::MacKey;
use model::{Pseudonym, SourceId};

/// Resource pseudonyms: a keyed hash of source, type and id (design §4).
#[derive(Clone)]
pub struct Pseudonyms(pub MacKey);

impl Pseudonymise for Pseudonyms {
    fn resource(&self, source: &SourceId, resource_type: &str, id: &str) -> Pseudonym {
        Pseudonym(self.0.mac16(&[source.as_str().as_bytes(), resource_type.as_bytes(), id.as_bytes()]))
    }
}
