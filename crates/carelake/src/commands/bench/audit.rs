//! `carelake bench audit`: how fast the audit trail is written, proved and asked, on a home's own encrypted zone.

use super::{
    machine::Machine,
    trail::{BEGAN, DAY_MS, DAYS, Writer, event, provider},
};
use crate::proc::peak_memory_bytes;
use crate::{cli::BenchAuditArgs, commands::sql, home, parts::Parts, screen};
use ::audit::{Checkpoint, Checkpoints, Filter, Witnesses, records, verify};
use anyhow::Context;
use futures::TryStreamExt;
use keys::{SigningPurpose, Zone};
use model::{AuditSink, Timestamp};
use object_store::ObjectStore;
use serde_json::json;
use std::{pin::pin, sync::Arc, time::Instant};

/// How many records are written one by one.
const ALONE: u64 = 200;
/// How many checkpoints are made while records are written.
const CHECKPOINTS: u64 = 10;

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
    home::create(&folder, None, None).await?;
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
    let checkpoints = Checkpoints::new(Arc::clone(&store), Arc::clone(&signer), Arc::clone(&parts.clock));
    let writer = Writer::new(Arc::clone(&store), Arc::clone(&signer), (BEGAN, count));
    let alone = writer.open("alone").await?;
    let one_by_one = async {
        for number in 0..ALONE {
            alone.record(event(number)).await?;
        }
        alone.close().await?;
        Ok((ALONE, ()))
    };
    let mut lines = vec![Line::measure("written one by one, durable", one_by_one).await?.0];

    let written = async { Ok((count, writer.write("gateway", count, CHECKPOINTS, &checkpoints).await?)) };
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
        let mut pages = pin!(records(
            Arc::clone(&store),
            Filter { from, until, mention: vec![actor], ..Filter::default() }
        ));
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
