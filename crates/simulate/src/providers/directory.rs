//! A provider's own organisations, places and staff, which it sends before anything else.

use super::{Provider, ProviderKind, staff::Practitioner};
use crate::json::Json;
use crate::message::{Expected, Message, Request};
use crate::providers::chart::{BUNDLE_END, BUNDLE_START};
use crate::random::Random;
use crate::truth::Tally;

/// The practices of the region. The first takes part here.
const PRACTICES: [(&str, &str); 4] = [
    ("Elm Grove Surgery", "Y90001"),
    ("Thornley Bridge Medical Centre", "Y90002"),
    ("Saltmarsh Health Centre", "Y90003"),
    ("Ashcombe Regis Practice", "Y90004"),
];

const fn locations(kind: ProviderKind) -> &'static [&'static str] {
    match kind {
        ProviderKind::GeneralPractice => &["Elm Grove Surgery"],
        ProviderKind::AcuteTrust => {
            &["Emergency Department", "Acute Medical Unit", "Outpatients", "Day Surgery Unit"]
        }
        ProviderKind::Nhs111 => &["Castlemere call centre"],
        ProviderKind::Ambulance => &["Vale ambulance station", "Castlemere General Hospital"],
        ProviderKind::MentalHealth => &["Willowbank Clinic"],
    }
}

/// The Bundle that creates a provider's directory: `org-1` is the provider, `org-2` to `org-5` the practices of the region.
pub(crate) fn directory(provider: &Provider, seed: u64, tally: &mut Tally) -> Message {
    let mut random = Random::new(seed, u64::MAX - provider.kind.ordinal());
    let mut json = Json::begun_with(BUNDLE_START, 8192);
    let mut created = 0;
    let mut add = |json: &mut Json, resource_type: &'static str, id: String, write: &dyn Fn(&mut Json)| {
        write_entry(json, resource_type, &id, write);
        tally.created(resource_type);
        created += 1;
    };
    let code = format!("X9{:03}", provider.kind.ordinal());
    add(&mut json, "Organization", "org-1".into(), &|json| write_organization(json, provider.title, &code));
    for ((name, code), number) in PRACTICES.iter().zip(2..) {
        add(&mut json, "Organization", format!("org-{number}"), &|json| write_organization(json, name, code));
    }
    for (name, number) in locations(provider.kind).iter().zip(1..) {
        add(&mut json, "Location", format!("loc-{number}"), &|json| {
            json.text("status", "active");
            json.text("name", name);
            json.object("managingOrganization", |json| json.text("reference", "Organization/org-1"));
        });
    }
    let staff = Practitioner::all(provider, seed, &mut random);
    for (practitioner, number) in staff.iter().zip(1..) {
        add(&mut json, "Practitioner", format!("prac-{number}"), &|json| practitioner.write(json));
    }
    staff.iter().for_each(|practitioner| practitioner.note_words(tally));
    Message {
        source: provider.source.clone(),
        request: Request::Bundle(json.ended_with(BUNDLE_END)),
        expected: Expected::Accepted { created, updated: 0, unchanged: 0 },
        resources: created,
    }
}

fn write_organization(json: &mut Json, name: &str, code: &str) {
    json.array_of_one("identifier", |json| {
        json.text("system", "https://fhir.nhs.uk/Id/ods-organization-code");
        json.text("value", code);
    });
    json.boolean("active", true);
    json.text("name", name);
}

/// One entry of a transaction: a resource under its own id.
pub(super) fn write_entry(json: &mut Json, resource_type: &str, id: &str, write: impl FnOnce(&mut Json)) {
    json.item(|json| {
        json.object("resource", |json| {
            json.text("resourceType", resource_type);
            json.text("id", id);
            write(json);
        });
        write_request(json, resource_type, id);
    });
}

/// The request of a transaction's entry.
pub(super) fn write_request(json: &mut Json, resource_type: &str, id: &str) {
    json.object("request", |json| {
        json.text("method", "PUT");
        json.text("url", &format!("{resource_type}/{id}"));
    });
}
