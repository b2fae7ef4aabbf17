//! R4's own rules of the AuditEvent that the checker of crate `fhir` leaves to others.
//!
//! Elements, cardinalities, primitive values and the required bindings of `action`, `outcome` and
//! `agent.network.type` are checked there. The names are those of R4 where R4 has one.

use super::rules::Rules;

pub(super) static RULES: Rules = Rules {
    name: "AuditEvent",
    with: &[],
    words: &[
        // The types that a reference says it leads to.
        (
            "target",
            "type | reference.where(matches('^[A-Z][A-Za-z]*[/?]')).replaceMatches('[/?].*$', '') \
             | resolve().type().name",
        ),
        (
            "actor",
            "'Device' | 'Organization' | 'Patient' | 'Practitioner' | 'PractitionerRole' | 'RelatedPerson'",
        ),
    ],
    rules: &[
        ("sev-1", "An entity has a name or a query, not both.", "entity.all(name.empty() or query.empty())"),
        (
            "agent-who",
            "An agent is a person, a patient, an organization or a device.",
            "agent.who.select(%target).subsetOf(%actor)",
        ),
        (
            "agent-location",
            "The location of an agent is a Location.",
            "agent.location.select(%target).subsetOf('Location')",
        ),
        (
            "source-observer",
            "The observer is a person, a patient, an organization or a device.",
            "source.observer.select(%target).subsetOf(%actor)",
        ),
        (
            "ref-1",
            "A reference that begins with # leads to a contained resource.",
            "descendants().ofType(Reference).where(reference.startsWith('#')).all(resolve().exists())",
        ),
        (
            "per-1",
            "A period does not end before it starts.",
            "descendants().ofType(Period).where(start > end).empty()",
        ),
        (
            "dom-3",
            "A contained resource is referred to, or refers to what contains it.",
            "contained.all(descendants().reference.where($this = '#').exists() \
             or ('#' + id) in %resource.descendants().select(reference | ofType(canonical) | ofType(uri) | ofType(url)))",
        ),
        (
            "dom-4",
            "A contained resource has no version of its own.",
            "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()",
        ),
        (
            "dom-5",
            "A contained resource has no security labels of its own.",
            "contained.meta.security.empty()",
        ),
    ],
};
