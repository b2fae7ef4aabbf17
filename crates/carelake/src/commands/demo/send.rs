//! The providers at work: each sends its messages in order, all at the same time.

use super::super::provider::Secret;
use crate::{
    client::Gateway,
    screen::{self, say},
};
use ::simulate::{Expected, Message, Request, Simulation};
use anyhow::{Context, bail};
use model::SourceId;
use serde_json::Value;
use std::{collections::BTreeMap, time::Instant};
use tokio::{sync::mpsc, task::JoinSet};

/// Messages that wait for a provider's turn.
const WAITING: usize = 16;

/// What was sent, and what was answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    sources: BTreeMap<SourceId, Counts>,
    /// Resources in all messages that were to be accepted.
    pub(super) resources: u64,
    seconds: f64,
    /// The first refusal of a malformed message, as it was answered.
    refusal: Option<(u16, String)>,
}

/// One provider's answers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) messages: u64,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) rejected: u64,
    /// Messages that were answered otherwise than they should have been.
    pub(super) surprises: u64,
}

/// Sends everything.
pub(super) async fn all(
    gateway: &Gateway,
    credentials: &BTreeMap<SourceId, Secret>,
    simulation: &Simulation,
) -> anyhow::Result<Sent> {
    let begun = Instant::now();
    let bar = screen::progress(simulation.messages().count() as u64, "sending");
    let mut senders = BTreeMap::new();
    let mut providers = JoinSet::new();
    for (source, credential) in credentials {
        let (sender, receiver) = mpsc::channel(WAITING);
        senders.insert(source.clone(), sender);
        let gateway = gateway.clone().authenticated(&credential.client_id, &credential.client_secret).await?;
        providers.spawn(one(source.clone(), gateway, receiver, bar.clone()));
    }
    for message in simulation.messages() {
        let sender = senders.get(&message.source).context("a message of an unknown provider")?;
        if sender.send(message).await.is_err() {
            break;
        }
    }
    drop(senders);
    let mut sent = Sent::default();
    while let Some(provider) = providers.join_next().await {
        let (source, counts, resources, refusal) = provider??;
        sent.sources.insert(source, counts);
        sent.resources += resources;
        sent.refusal = sent.refusal.or(refusal);
    }
    bar.finish_and_clear();
    sent.seconds = begun.elapsed().as_secs_f64();
    Ok(sent)
}

type Told = (SourceId, Counts, u64, Option<(u16, String)>);

async fn one(
    source: SourceId,
    gateway: Gateway,
    mut messages: mpsc::Receiver<Message>,
    bar: indicatif::ProgressBar,
) -> anyhow::Result<Told> {
    let (mut counts, mut resources, mut refusal) = (Counts::default(), 0, None);
    while let Some(message) = messages.recv().await {
        let bundle = matches!(message.request, Request::Bundle(_));
        let answer = gateway.send(message.request).await?;
        let status = answer.status().as_u16();
        let body = answer.text().await?;
        counts.messages += 1;
        bar.inc(1);
        match message.expected {
            Expected::Accepted { created, updated, .. } => {
                resources += u64::from(message.resources);
                let found = if bundle {
                    entries(&body)?
                } else {
                    (u32::from(status == 201), u32::from(status == 200))
                };
                counts.created += u64::from(found.0);
                // An update that changes nothing is answered 200 as well; it is no new version.
                counts.updated += u64::from(updated.min(found.1));
                counts.surprises +=
                    u64::from(!(200..300).contains(&status) || found.0 != created || found.1 < updated);
            }
            Expected::Rejected { status: wanted, .. } => {
                counts.rejected += 1;
                counts.surprises += u64::from(status != wanted);
                refusal = refusal.or(Some((status, body)));
            }
        }
    }
    Ok((source, counts, resources, refusal))
}

/// How many entries of a transaction-response were created, and how many not.
fn entries(body: &str) -> anyhow::Result<(u32, u32)> {
    let answer: Value = serde_json::from_str(body).context("the answer is not JSON")?;
    let Some(entries) = answer["entry"].as_array() else {
        bail!("the answer is no transaction-response: {body}")
    };
    let created = entries
        .iter()
        .filter(|entry| entry["response"]["status"].as_str().is_some_and(|status| status.starts_with("201")));
    let created = created.count() as u32;
    Ok((created, entries.len() as u32 - created))
}

impl Sent {
    pub(super) fn per_second(&self) -> u64 {
        (self.resources as f64 / self.seconds.max(0.001)) as u64
    }

    /// All providers together.
    pub(super) fn total(&self) -> Counts {
        self.sources.values().fold(Counts::default(), |sum, counts| Counts {
            messages: sum.messages + counts.messages,
            created: sum.created + counts.created,
            updated: sum.updated + counts.updated,
            rejected: sum.rejected + counts.rejected,
            surprises: sum.surprises + counts.surprises,
        })
    }

    pub(super) fn tell(&self) {
        let row = |name: String, counts: &Counts| {
            let numbers = [counts.messages, counts.created, counts.updated, counts.rejected];
            std::iter::once(name).chain(numbers.map(screen::count)).collect::<Vec<_>>()
        };
        let mut rows: Vec<_> =
            self.sources.iter().map(|(source, counts)| row(source.to_string(), counts)).collect();
        rows.push(row("together".to_owned(), &self.total()));
        say(screen::table(&["provider", "messages", "created", "updated", "refused"], &rows));
        if let Some((status, body)) = &self.refusal {
            say(format!(
                "\n   A malformed message is answered {status}, and nothing of it is stored:\n   {body}"
            ));
        }
    }
}
