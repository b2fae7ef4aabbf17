//! Sends messages through the intake, and remembers what was accepted.

use crate::home::Home;
use fhir::{ResourceType, bundle, json};
use identity::Pseudonymise;
use lake::refinery::Pseudonyms;
use landing::{Change, Intent, Status, Submission};
use model::{Pseudonym, SourceId, Timestamp};
use simulate::{Expected, Message, Request, Simulation};
use std::collections::BTreeMap;

/// One accepted version: when, and its canonical text.
pub(crate) struct Version {
    pub(crate) at: Timestamp,
    pub(crate) body: Vec<u8>,
}

/// What was accepted: by source, type and id, every version from 1.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) resources: BTreeMap<(SourceId, ResourceType, String), Vec<Version>>,
    pub(crate) posted: u32,
    pub(crate) rejected: u64,
}

impl Sent {
    /// How many resources of a type there are, whatever their versions.
    pub(crate) fn per_type(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for (_, kind, _) in self.resources.keys() {
            *counts.entry(kind.as_str()).or_default() += 1;
        }
        counts
    }
}

const PUT: Intent = Intent::Put { if_match: None, may_create: true, may_update: true };

impl Home {
    /// The pseudonym that the lake gives a resource.
    pub(crate) fn pseudonym(&self, source: &SourceId, kind: &str, id: &str) -> Pseudonym {
        Pseudonyms(self.created.ring.worker().unwrap().pseudonym_mac).resource(source, kind, id)
    }

    /// Sends all messages of a region, and finds every one answered as the region expects.
    pub(crate) async fn send_all(&mut self, region: &Simulation) {
        for message in region.messages() {
            self.send(&message).await;
        }
    }

    pub(crate) async fn send(&mut self, message: &Message) {
        let Some(changes) = self.changes(&message.request) else {
            assert!(matches!(message.expected, Expected::Rejected { .. }));
            self.sent.rejected += 1;
            return;
        };
        let statuses = self.submit(&message.source, changes).await;
        let count = |status| statuses.iter().filter(|each| **each == status).count() as u32;
        let (created, updated, unchanged) =
            (count(Status::Created), count(Status::Updated), count(Status::Unchanged));
        assert_eq!(Expected::Accepted { created, updated, unchanged }, message.expected);
    }

    /// Puts one handmade resource; its version and what became of it.
    pub(crate) async fn put(&mut self, source: &str, resource: &str) -> Status {
        let value = json::parse(resource.as_bytes()).unwrap();
        let (kind, id) = named(&value);
        let change = Change { resource_type: kind, id, body: value.to_canonical(), intent: PUT };
        self.submit(&source.parse().unwrap(), vec![change]).await[0]
    }

    /// Moves the clock on, so that versions differ in time, and submits.
    pub(crate) async fn submit(&mut self, source: &SourceId, changes: Vec<Change>) -> Vec<Status> {
        self.clock.advance_ms(1);
        let accepted = self.intake.submit(source, Submission::from(changes.clone())).await.unwrap();
        for (stored, change) in accepted.entries.iter().zip(changes) {
            let key = (source.clone(), stored.resource_type, stored.id.clone());
            let versions = self.sent.resources.entry(key).or_default();
            if stored.status != Status::Unchanged {
                versions.push(Version { at: stored.last_updated.unwrap(), body: change.body });
            }
            assert_eq!(versions.len() as u32, stored.version);
        }
        accepted.entries.iter().map(|stored| stored.status).collect()
    }

    /// What the gateway makes of a request; nothing if it must refuse it.
    fn changes(&mut self, request: &Request) -> Option<Vec<Change>> {
        let checked = |body: &[u8], kind: &str, id: Option<String>, intent| {
            let kind = ResourceType::parse(kind)?;
            let value = json::parse(body).ok()?;
            let id = id.unwrap_or_else(|| named(&value).1);
            Change::checked(value, kind, id, intent).ok()
        };
        match request {
            Request::Bundle(body) => {
                let (_, entries) = bundle::read(json::parse(body).unwrap()).unwrap();
                let change = |entry: bundle::Entry<'_>| {
                    let (kind, id) = entry.url.split_once('/')?;
                    checked(&entry.resource?.to_canonical(), kind, Some(id.to_owned()), PUT)
                };
                Some(entries.into_iter().map(|entry| change(entry).unwrap()).collect())
            }
            Request::Put { resource_type, body, .. } => {
                checked(body, resource_type, None, PUT).map(|one| vec![one])
            }
            Request::Post { resource_type, body } | Request::Raw { resource_type, body } => {
                self.sent.posted += 1;
                let id = format!("posted-{}", self.sent.posted);
                checked(body, resource_type, Some(id), Intent::Create).map(|one| vec![one])
            }
        }
    }
}

fn named(value: &json::Value<'_>) -> (ResourceType, String) {
    let text = |name| value.get(name).and_then(json::Value::as_str).unwrap();
    (ResourceType::parse(text("resourceType")).unwrap(), text("id").to_owned())
}
