//! Whether all is well with the service itself.

use super::{
    answer::{Refused, page},
    desk::Desk,
    listing,
    session::Visitor,
};
use ::console::{
    Address, Tone,
    pages::{Check, HealthPage},
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
    let (control, now) = (&desk.control, desk.clock.now());
    let mut checks = Vec::new();
    // That it answers is seen from here on.
    let machine = desk.lake.machine().await?;
    checks.push(check("Control database", true, format!("{} answers", machine.database), ""));
    let trail = match desk.audit.writable().await {
        Ok(()) => check("Audit trail", true, "the last record is durable".to_owned(), ""),
        Err(error) => broken(check(
            "Audit trail",
            false,
            error.to_string(),
            "Nothing is answered without its record. See the disk and the log.",
        )),
    };
    checks.push(trail);
    let checkpoint = control.audit_checkpoint(CheckpointUse::Newest).await?;
    checks.push(match checkpoint {
        Some(made) => check(
            "Checkpoint of the trail",
            now.0 - made.made.0 < 2 * DAY_MS,
            format!("{} records, {}", made.size, ago(made.made, now)),
            "`carelake audit verify` says whether the trail is whole.",
        ),
        None => check("Checkpoint of the trail", true, "none yet".to_owned(), ""),
    });
    let worker = control.worker_holder().await?;
    checks.push(match &worker {
        Some((holder, until)) if until.0 > now.0 => {
            check("Worker", true, format!("{holder} publishes and runs jobs"), "")
        }
        _ => check(
            "Worker",
            false,
            "nobody publishes".to_owned(),
            "Start `carelake serve`, or see why it cannot lease the work.",
        ),
    });
    let waiting: u64 = super::overview::backlog(control).await?.values().sum();
    let advice = "If it grows, the worker does not keep up: see what failed in Jobs and the log.";
    checks.push(check("Waiting to be published", waiting < MANY_WAIT, format!("{waiting} segments"), advice));
    let published = control.last_publication().await?;
    let found = published.map_or("nothing yet".to_owned(), |at| ago(at, now));
    checks.push(check(
        "Newest publication",
        waiting == 0 || published.is_none_or(|at| now.0 - at.0 < 10 * MINUTE_MS),
        found,
        "Segments wait, and none was published for ten minutes.",
    ));
    checks.push(match machine.certificate_ends {
        Some(ends) => check(
            "Certificate of the gateway",
            ends.0 - now.0 > CERTIFICATE_DAYS * DAY_MS,
            format!("valid until {}", &ends.to_string()[..10]),
            "Put a new one into the folder tls; it is taken up without a restart.",
        ),
        None => broken(check(
            "Certificate of the gateway",
            false,
            "it cannot be read".to_owned(),
            "See the folder tls of the home.",
        )),
    });
    let (free, disk) = machine.disk_bytes;
    let found = format!("{} of {} GiB are free", free >> 30, disk >> 30);
    checks.push(check(
        "Disk",
        disk == 0 || free * 100 / disk >= FREE,
        found,
        "What is full takes nothing: make room, or move the home.",
    ));
    let (open, most) = machine.files;
    checks.push(check(
        "Open files",
        most == 0 || open * 100 / most < FILES,
        format!("{open} of {most}"),
        "Raise the limit (ulimit -n).",
    ));
    let alerts = control.count_open_alerts().await?;
    checks.push(check(
        "Alerts",
        alerts == 0,
        format!("{alerts} that nobody has seen to"),
        "See Alerts, as an auditor.",
    ));
    let facts = vec![
        ("Version", machine.version),
        ("Running for", lasting(now.0 - machine.began.0)),
        ("Memory", format!("{} MiB", machine.memory_bytes >> 20)),
        ("Home for", format!("{} data", desk.home_kind.as_str())),
        ("Gateway", desk.gateway.clone()),
        ("Console", desk.server.to_string()),
    ];
    Ok(HealthPage { checks, machine: facts })
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", lasting(now.0 - at.0))
}

fn lasting(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < MINUTE_MS => format!("{} s", ms / 1_000),
        ms if ms < 60 * MINUTE_MS => format!("{} min", ms / MINUTE_MS),
        ms if ms < 2 * DAY_MS => format!("{} h", ms / (60 * MINUTE_MS)),
        ms => format!("{} d", ms / DAY_MS),
    }
}
