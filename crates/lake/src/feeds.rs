//! What has changed in what a source sends, against the days before and its contract (crate `profile`).

use crate::LakeError;
use control::{Control, NewFinding};
use model::SourceId;
use profile::{
    contract::{Contract, Remark},
    drift,
    feed::FeedProfile,
};

/// How many days before a day it is held against.
pub const BASELINE_DAYS: i64 = 28;

/// What a requirement of a contract that is not met is kept as.
const CONTRACT: &str = "contract";

/// Holds a source's day (in days since 1970, UTC) against the days before it and its contract, and keeps what was
/// found in place of what was kept of that day; says how much.
///
/// # Errors
/// The control database failed.
pub async fn judge(
    control: &Control,
    source: &SourceId,
    day: i64,
    contract: &Contract,
) -> Result<usize, LakeError> {
    let kept = control.feed_profiles(source, day - BASELINE_DAYS, day).await;
    let kept = kept.map_err(LakeError::control("read feed profiles"))?;
    let read = |of: i64| {
        let found = kept.iter().find(|profile| profile.day == of)?;
        FeedProfile::from_json(&found.profile).ok()
    };
    let before: Vec<FeedProfile> = (day - BASELINE_DAYS..day).filter_map(read).collect();
    let now = read(day).unwrap_or_else(|| FeedProfile::silent(day));
    let verdict = contract.judge(&drift::compare(&before, &now), &now);
    let stops = verdict.stops.iter().map(|remark| found(remark, true));
    let findings: Vec<NewFinding> =
        stops.chain(verdict.warns.iter().map(|remark| found(remark, false))).collect();
    control.put_findings(source, day, &findings).await.map_err(LakeError::control("keep findings"))?;
    Ok(findings.len())
}

fn found(remark: &Remark, stops: bool) -> NewFinding {
    let sentence = remark.sentence.clone();
    match &remark.finding {
        Some(finding) => NewFinding {
            kind: finding.kind.as_str().to_owned(),
            place: finding.whole_place(),
            sentence,
            detail: serde_json::to_string(finding).unwrap_or_default(),
            stops,
        },
        None => NewFinding {
            kind: CONTRACT.to_owned(),
            place: sentence.clone(),
            sentence,
            detail: String::new(),
            stops,
        },
    }
}
