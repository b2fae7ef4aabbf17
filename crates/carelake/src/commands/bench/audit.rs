//! `carelake bench audit`: how fast the audit trail is written, proved and asked, on a home's own encrypted zone.

use super::machine::Machine;
use crate::proc::peak_memory_bytes;
use crate::{cli::BenchAuditArgs, commands::sql, home, parts::Parts, screen};
use ::audit::{AuditLog, Checkpoint, Checkpoints, Filter, Witnesses, records, verify};
use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use keys::{SigningPurpose, Zone};
use model::{AuditEntity, AuditEvent, AuditNetwork, AuditOutcome, AuditSink, Clock, Timestamp};
use object_store::ObjectStore;
use serde_json::json;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

/// The days that the records are spread over.
const DAYS: i64 = 100;
const DAY_MS: i64 = 86_400_000;
/// The first of them.
const BEGAN: i64 = 1_767_225_600_000;
/// The providers that the records are of.
const PROVIDERS: u64 = 100;
/// How many callers wait for their records at once.
const CALLERS: usize = 4096;
/// How many records are written one by one.
const ALONE: u64 = 200;
/// How many checkpoints are made while records are written.
const CHECKPOINTS: u64 = 10;

/// A clock that goes on by the same step whenever it is read: the days pass as the records come.
struct Passing {
    reads: AtomicI64,
    step_ms: f64,
}

impl Clock for Passing {
    fn now(&self) -> Timestamp {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        Timestamp(BEGAN + (reads as f64 * self.step_ms) as i64)
    }
}

/// A line of the result.
struct Line {
    what: &'static str,
    records: u64,
    seconds: f64,
}

impl Line {
    async fn measure<T>(
        what: &'static str,
        work: impl Future<Output = anyhow::Result<(u64, T)>>,
    ) -> anyhow::Result<(Self, T)> {
        let begun = Instant::now();
        let (records, result) = work.await?;
        let seconds = begun.elapsed().as_secs_f64();
        let line = Self { what, records, seconds };
        screen::note(format!(
            "  {:<44} {:>10} records  {:>9.3} s",
            line.what,
            screen::count(records),
            seconds
        ));
        Ok((line, result))
    }

    fn rate(&self) -> f64 {
        self.records as f64 / self.seconds.max(1e-9)
    }
}

pub(super) async fn run(args: &BenchAuditArgs, json: bool) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("home");
    home::create(&folder, None).await?;
    let parts = Parts::open(&folder, "bench").await?;
    let measured = measure(&parts, args.records).await;
    parts.close().await?;
    let machine = Machine::now();
    if json {
        let lines = measured?.into_iter().map(|line| {
            json!({ "what": line.what, "records": line.records, "seconds": line.seconds, "per_second": line.rate() })
        });
        let lines: Vec<_> = lines.collect();
        let memory = peak_memory_bytes();
        screen::say(
            json!({ "measured": lines, "peak_memory_bytes": memory, "machine": machine.json() }).to_string(),
        );
        return Ok(());
    }
    let rows: Vec<_> = measured?
        .iter()
        .map(|line| {
            vec![
                line.what.to_owned(),
                screen::count(line.records),
                format!("{:.3}", line.seconds),
                screen::count(line.rate() as u64),
            ]
        })
        .collect();
    screen::say(screen::table(&["what", "records", "seconds", "a second"], &rows));
    let memory = peak_memory_bytes()
        .map_or(String::new(), |bytes| format!(", {} at most", screen::bytes(bytes as i64)));
    screen::say(format!("\nOn {}{memory}.", machine.text()));
    Ok(())
}

async fn measure(parts: &Parts, count: u64) -> anyhow::Result<Vec<Line>> {
    let store = parts.zone(Zone::Audit)?;
    let signer = parts.keyring.signer(SigningPurpose::Audit)?;
    let clock =
        Arc::new(Passing { reads: AtomicI64::new(0), step_ms: (DAYS * DAY_MS) as f64 / count as f64 });
    let checkpoints = Checkpoints::new(Arc::clone(&store), Arc::clone(&signer), Arc::clone(&parts.clock));
    let open = |name: &str| {
        AuditLog::open(
            Arc::clone(&store),
            Arc::clone(&signer),
            name.to_owned(),
            Arc::clone(&clock) as Arc<dyn Clock>,
        )
    };
    let alone = open("alone").await?;
    let one_by_one = async {
        for number in 0..ALONE {
            alone.record(event(number)).await?;
        }
        alone.close().await?;
        Ok((ALONE, ()))
    };
    let mut lines = vec![Line::measure("written one by one, durable", one_by_one).await?.0];

    let log = open("gateway").await?;
    let written = async {
        let (mut last, mut at) = (None, 0);
        for part in 0..CHECKPOINTS {
            let numbers = count * part / CHECKPOINTS..count * (part + 1) / CHECKPOINTS;
            let recorded = stream::iter(numbers).map(|number| log.record(event(number)));
            recorded.buffer_unordered(CALLERS).try_for_each(|_| async { Ok(()) }).await?;
            if let Some(made) = checkpoints.make(&[log.head()], at).await? {
                at = made.at;
                // The last but one: what comes after it is left to be proved.
                last = if part + 1 < CHECKPOINTS { Some(made.checkpoint) } else { last };
            }
        }
        log.close().await?;
        Ok((count, last))
    };
    let (line, checkpoint) = Line::measure("written by 4,096 callers, durable", written).await?;
    lines.push(line);
    let public_key = signer.public_key();
    let prove = async |proved: Option<Checkpoint>| -> anyhow::Result<(u64, ())> {
        let witnesses = Witnesses { proved, ..Witnesses::default() };
        Ok((verify(store.as_ref(), &public_key, &witnesses).await?.records, ()))
    };
    lines.push(Line::measure("proved, all of it", prove(None)).await?.0);
    lines.push(Line::measure("proved from the last checkpoint but one", prove(checkpoint)).await?.0);
    lines.extend(ask(parts, store).await?);
    Ok(lines)
}

/// One provider's records of one day, read and counted in SQL.
async fn ask(parts: &Parts, store: Arc<dyn ObjectStore>) -> anyhow::Result<[Line; 2]> {
    let day = BEGAN + DAYS / 2 * DAY_MS;
    let asked = async {
        let actor = json!(provider(7)).to_string();
        let (from, until) = (Some(Timestamp(day)), Some(Timestamp(day + DAY_MS)));
        let mut pages = pin!(records(Arc::clone(&store), Filter { from, until, mention: vec![actor] }));
        let mut found = 0;
        while let Some(page) = pages.try_next().await? {
            found += page.len() as u64;
        }
        Ok((found, ()))
    };
    let read = Line::measure("asked: one provider's records of a day", asked).await?.0;
    let question = format!(
        "select outcome, count(*) as n from audit.records where actor = '{}' and time >= '{}' and time < '{}' group by outcome",
        provider(7),
        Timestamp(day),
        Timestamp(day + DAY_MS)
    );
    let in_sql = async {
        let rows = sql::ask(parts, &question).await?;
        let counts = rows.iter().map(|batch| {
            let counts = arrow::compute::cast(batch.column(1), &arrow::datatypes::DataType::Int64);
            counts.map(|counts| {
                arrow::compute::sum(arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(
                    &counts,
                ))
            })
        });
        let found: i64 = counts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().sum();
        Ok((u64::try_from(found).context("a count is negative")?, ()))
    };
    Ok([read, Line::measure("asked in SQL: the same, by outcome", in_sql).await?.0])
}

fn provider(number: u64) -> String {
    format!("practice-{:03}", number % PROVIDERS)
}

/// What the gateway records of an update.
fn event(number: u64) -> AuditEvent {
    let outcome = if number % 20 == 19 { AuditOutcome::Refused } else { AuditOutcome::Success };
    let network = AuditNetwork {
        client: format!("10.0.{}.9", number % PROVIDERS),
        server: "https://lake.example.nhs.uk".into(),
    };
    let event = AuditEvent::new(
        Timestamp(BEGAN),
        "fhir.update",
        provider(number),
        outcome,
        "PUT /fhir/r4/{type}/{id}",
    )
    .with("home", "synthetic")
    .with("method", "token")
    .with("policies", "provider-creates provider-updates")
    .with("receipt", format!("7-1-{number}-a7579acbb77abe69481d3a4f9abf8065"))
    .with("status", 200)
    .with("type", "Observation")
    .about(AuditEntity::Subject(format!("{:032x}", u128::from(number) * 0x9e37_79b9_7f4a_7c15)));
    AuditEvent { network: Some(network), ..event }
}
