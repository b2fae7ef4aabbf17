//! Whether all is well with the service itself.

use super::{
    answer::{Refused, page},
    desk::Desk,
    lake::Machine,
    listing,
    session::Visitor,
};
use ::console::{
    Address, Tone,
    pages::{Check, HealthPage},
    rounded,
};
use axum::response::Response;
use control::CheckpointUse;
use model::{AuditOutcome, Timestamp};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// Segments that may wait before it is remarked.
const MANY_WAIT: u64 = 1_000;
/// Days before its end on which a certificate is remarked.
const CERTIFICATE_DAYS: i64 = 21;
/// Parts of the disk that should be free, in a hundred.
const FREE: u64 = 10;
/// Parts of the open files that may be used, in a hundred.
const FILES: u64 = 80;

/// `GET /health`
pub(super) async fn show(visitor: Visitor) -> Result<Response, Refused> {
    let shown = looked_at(&visitor.desk).await?;
    visitor.record("health.show", AuditOutcome::Success, "service", &[]).await?;
    if let Some(format) = listing::format(&visitor) {
        let head = ["what", "state", "found", "advice"];
        let line = |check: &Check| {
            vec![check.what.clone(), check.word.clone(), check.found.clone(), check.advice.clone()]
        };
        return Ok(format.answer("health", &head, shown.checks.iter().map(line)));
    }
    page(&visitor, Address::health(), &shown).await
}

fn check(what: &str, well: bool, found: String, advice: &str) -> Check {
    let (tone, word) = if well { (Tone::Good, "well") } else { (Tone::Warning, "look") };
    let advice = if well { "" } else { advice };
    Check { what: what.to_owned(), tone, word: word.to_owned(), found, advice: advice.to_owned() }
}

fn broken(check: Check) -> Check {
    Check { tone: Tone::Bad, word: "broken".to_owned(), ..check }
}

async fn looked_at(desk: &Desk) -> Result<HealthPage, Refused> {
    let now = desk.clock.now();
    let machine = desk.lake.machine().await?;
    // That the database answers is seen from here on.
    let mut checks = vec![check("Control database", true, format!("{} answers", machine.database), "")];
    checks.extend(trail(desk, now).await?);
    checks.extend(work(desk, now).await?);
    checks.extend(ground(&machine, now));
    let facts = vec![
        ("Version", machine.version),
        ("Running for", rounded((now.0 - machine.began.0).max(0))),
        ("Memory", format!("{} MiB", machine.memory_bytes >> 20)),
        ("Home for", format!("{} data", desk.home_kind.as_str())),
        ("Gateway", desk.gateway.clone()),
        ("Console", desk.server.to_string()),
    ];
    Ok(HealthPage { checks, machine: facts })
}

/// Whether what is done is recorded, and nothing of it waits for somebody.
async fn trail(desk: &Desk, now: Timestamp) -> Result<[Check; 3], Refused> {
    let writable = match desk.audit.writable().await {
        Ok(()) => check("Audit trail", true, "the last record is durable".to_owned(), ""),
        Err(error) => {
            let advice = "Nothing is answered without its record. See the disk and the log.";
            broken(check("Audit trail", false, error.to_string(), advice))
        }
    };
    let made = desk.control.audit_checkpoint(CheckpointUse::Newest).await?;
    let young = made.as_ref().is_none_or(|made| now.0 - made.made.0 < 2 * DAY_MS);
    let found =
        made.map_or("none yet".to_owned(), |made| format!("{} records, {}", made.size, ago(made.made, now)));
    let advice = "`carelake audit verify` says whether the trail is whole.";
    let checkpoint = check("Checkpoint of the trail", young, found, advice);
    let open = desk.control.count_open_alerts().await?;
    let found = format!("{open} that nobody has seen to");
    Ok([writable, checkpoint, check("Alerts", open == 0, found, "See Alerts, as an auditor.")])
}

/// Whether what comes in is published.
async fn work(desk: &Desk, now: Timestamp) -> Result<[Check; 3], Refused> {
    let control = &desk.control;
    let worker = match control.worker_holder().await?.filter(|(_, until)| until.0 > now.0) {
        Some((holder, _)) => check("Worker", true, format!("{holder} publishes and runs jobs"), ""),
        None => {
            let advice = "Start `carelake serve`, or see why it cannot lease the work.";
            check("Worker", false, "nobody publishes".to_owned(), advice)
        }
    };
    let waiting: u64 = super::overview::backlog(control).await?.values().sum();
    let advice = "If it grows, the worker does not keep up: see what failed in Jobs and the log.";
    let found = format!("{waiting} segments");
    let backlog = check("Waiting to be published", waiting < MANY_WAIT, found, advice);
    let published = control.last_publication().await?;
    let fresh = waiting == 0 || published.is_none_or(|at| now.0 - at.0 < 10 * MINUTE_MS);
    let found = published.map_or("nothing yet".to_owned(), |at| ago(at, now));
    let advice = "Segments wait, and none was published for ten minutes.";
    Ok([worker, backlog, check("Newest publication", fresh, found, advice)])
}

/// Whether the process has what it stands on.
fn ground(machine: &Machine, now: Timestamp) -> [Check; 3] {
    const CERTIFICATE: &str = "Certificate of the gateway";
    let certificate = match machine.certificate_ends {
        Some(ends) => {
            let long = ends.0 - now.0 > CERTIFICATE_DAYS * DAY_MS;
            let advice = "Put a new one into the folder tls; it is taken up without a restart.";
            check(CERTIFICATE, long, format!("valid until {}", &ends.to_string()[..10]), advice)
        }
        None => {
            let advice = "See the folder tls of the home.";
            broken(check(CERTIFICATE, false, "it cannot be read".to_owned(), advice))
        }
    };
    let (free, size) = machine.disk_bytes;
    let found = format!("{} of {} GiB are free", free >> 30, size >> 30);
    let advice = "A full disk takes nothing in: make room, or move the home.";
    let disk = check("Disk", size == 0 || free * 100 / size >= FREE, found, advice);
    let (open, most) = machine.files;
    let few = most == 0 || open * 100 / most < FILES;
    [certificate, disk, check("Open files", few, format!("{open} of {most}"), "Raise the limit (ulimit -n).")]
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", rounded((now.0 - at.0).max(0)))
}
