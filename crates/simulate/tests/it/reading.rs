//! Reads messages as a receiver would: resources one by one, with the id under which they are sent.

use serde_json::Value;
use simulate::{Expected, Message, Request, Simulation};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// A resource as sent.
pub(crate) struct Sent {
    /// The id in the request's address; nothing for a POST.
    pub(crate) id: Option<String>,
    pub(crate) resource: Value,
}

impl Sent {
    pub(crate) fn resource_type(&self) -> &str {
        self.resource["resourceType"].as_str().unwrap()
    }

    /// `Type/id`, where there is an id.
    pub(crate) fn address(&self) -> Option<String> {
        self.id.as_ref().map(|id| format!("{}/{id}", self.resource_type()))
    }
}

/// The resources of an accepted message in order; none for one that must be refused.
pub(crate) fn resources(message: &Message) -> Vec<Sent> {
    let parse = |body: &[u8]| serde_json::from_slice::<Value>(body).expect("accepted messages are JSON");
    match (&message.request, &message.expected) {
        (_, Expected::Rejected { .. }) => Vec::new(),
        (Request::Bundle(body), _) => entries(&parse(body)),
        (Request::Put { resource_type, id, body }, _) => {
            let resource = parse(body);
            assert_eq!(
                (resource["resourceType"].as_str(), resource["id"].as_str()),
                (Some(*resource_type), Some(&**id))
            );
            vec![Sent { id: Some(id.clone()), resource }]
        }
        (Request::Post { resource_type, body } | Request::Raw { resource_type, body }, _) => {
            let resource = parse(body);
            assert_eq!(
                (resource["resourceType"].as_str(), resource["id"].as_str()),
                (Some(*resource_type), None)
            );
            vec![Sent { id: None, resource }]
        }
    }
}

fn entries(bundle: &Value) -> Vec<Sent> {
    assert_eq!(
        (bundle["resourceType"].as_str(), bundle["type"].as_str()),
        (Some("Bundle"), Some("transaction"))
    );
    let entry = |entry: &Value| {
        let resource = entry["resource"].clone();
        let id = resource["id"].as_str().unwrap().to_owned();
        let url = format!("{}/{id}", resource["resourceType"].as_str().unwrap());
        assert_eq!(
            (entry["request"]["method"].as_str(), entry["request"]["url"].as_str()),
            (Some("PUT"), Some(&*url))
        );
        Sent { id: Some(id), resource }
    };
    bundle["entry"].as_array().unwrap().iter().map(entry).collect()
}

/// What one provider holds on one person: every version of the Patient resource, in order.
pub(crate) struct Record {
    pub(crate) source: String,
    pub(crate) id: String,
    pub(crate) versions: Vec<Value>,
}

impl Record {
    pub(crate) fn first(&self) -> &Value {
        &self.versions[0]
    }

    pub(crate) fn last(&self) -> &Value {
        &self.versions[self.versions.len() - 1]
    }
}

/// All records of a region, by source and id.
pub(crate) fn records(simulation: &Simulation) -> Vec<Record> {
    let mut records: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for message in simulation.messages() {
        let patients = resources(&message).into_iter().filter(|sent| sent.resource_type() == "Patient");
        for Sent { id, resource } in patients {
            records.entry((message.source.to_string(), id.unwrap())).or_default().push(resource);
        }
    }
    records.into_iter().map(|((source, id), versions)| Record { source, id, versions }).collect()
}

/// Who a patient really is: names and date of birth, which no provider gets wrong here.
pub(crate) fn who(patient: &Value) -> String {
    let name = &patient["name"][0];
    format!("{} {} {}", name["given"], name["family"], patient["birthDate"])
}

/// A patient's NHS number and its verification status.
pub(crate) fn nhs_number(patient: &Value) -> Option<(String, String)> {
    let identifiers = patient["identifier"].as_array().unwrap();
    let number = identifiers.iter().find(|each| each["system"] == "https://fhir.nhs.uk/Id/nhs-number")?;
    let status = &number["extension"][0]["valueCodeableConcept"]["coding"][0]["code"];
    Some((number["value"].as_str().unwrap().to_owned(), status.as_str().unwrap().to_owned()))
}

/// Asserts how many in a hundred of the `whole` there are.
#[track_caller]
pub(crate) fn check_percent(part: usize, whole: usize, percent: RangeInclusive<usize>) {
    let (low, high) = percent.into_inner();
    let fits = part * 100 >= whole * low && part * 100 <= whole * high;
    assert!(fits, "{part} of {whole} are not {low} to {high} in a hundred");
}

/// Calls `visit` with every object in `value`, itself included.
pub(crate) fn each_object(value: &Value, visit: &mut dyn FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(members);
            members.values().for_each(|member| each_object(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each_object(item, visit)),
        _ => {}
    }
}
