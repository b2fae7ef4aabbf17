//! Batches: each entry succeeds or fails apart (FHIR R4 §3.1.0.11.1).

use crate::{
    answer::{self, EntryAnswer},
    app::AppState,
    bundle,
    caller::Caller,
    error::ApiError,
    handlers,
    permissions::Permissions,
    prepare,
};
use axum::response::Response;
use fhir::bundle::Entry;
use futures::{StreamExt, stream};
use landing::{Change, IntakeError};

/// How many entries wait for storage at a time where each is stored apart.
const WAITING: usize = 128;

/// What each entry asks for, or why it cannot be done.
pub(crate) fn plan(entries: Vec<Entry<'_>>, permissions: &Permissions) -> Vec<Result<Change, ApiError>> {
    entries
        .into_iter()
        .map(|mut entry| {
            let target = bundle::target(&entry, permissions)?;
            let Some(mut resource) = entry.resource.take() else {
                return Err(ApiError::new(crate::error::Kind::NotFhir, "the entry has no resource"));
            };
            bundle::resolve_references(&mut resource, &mut |_| Ok(None))?;
            prepare::change(resource, target.resource_type, target.id, target.intent)
        })
        .enumerate()
        .map(|(index, planned)| planned.map_err(|error: ApiError| error.in_entry(index)))
        .collect()
}

/// Stores what can be stored and answers entry by entry.
pub(crate) async fn submit(
    state: &AppState,
    caller: &Caller,
    planned: Vec<Result<Change, ApiError>>,
    with_outcome: bool,
) -> Result<Response, ApiError> {
    caller.trail.action("fhir.batch");
    let good: Vec<Change> = planned.iter().filter_map(|entry| entry.as_ref().ok().cloned()).collect();
    // Nearly always every entry can be stored, so they are tried together: one segment, one receipt.
    let together = match good.len() {
        0 => None,
        _ => match handlers::submit(state, caller, good, 0).await? {
            Ok(accepted) => Some(accepted),
            Err(
                IntakeError::VersionConflict { .. }
                | IntakeError::NotGranted { .. }
                | IntakeError::TooLarge { .. },
            ) => None,
            Err(error) => return Err(ApiError::from_intake(error, true)),
        },
    };
    let mut receipt = None;
    let answers = match together {
        Some(accepted) if !fits(&planned, &accepted) => {
            let text = "this request came before, when other grants counted; sign it anew";
            return Err(ApiError::new(crate::error::Kind::Forbidden, text));
        }
        Some(accepted) => {
            let mut stored = accepted.entries.iter();
            receipt = Some(accepted.receipt);
            planned
                .iter()
                .filter_map(|entry| match entry {
                    Err(error) => Some(EntryAnswer::refused(error)),
                    Ok(_) => stored.next().map(|stored| EntryAnswer::stored(stored, None, with_outcome)),
                })
                .collect()
        }
        None => apart(state, caller, planned, with_outcome).await,
    };
    let refused = answers.iter().filter(|answer| answer.is_refused()).count();
    caller.trail.fact("resources", answers.len() - refused);
    caller.trail.fact("refused", refused);
    Ok(answer::bundle("batch-response", &answers, receipt.as_ref()))
}

/// Whether a first answer is one to what is planned now: grants may have changed since.
fn fits(planned: &[Result<Change, ApiError>], accepted: &landing::Accepted) -> bool {
    let wanted = planned.iter().filter_map(|entry| entry.as_ref().ok()).map(|change| change.resource_type);
    wanted.eq(accepted.entries.iter().map(|stored| stored.resource_type))
}

/// Stores each entry on its own, in order.
async fn apart(
    state: &AppState,
    caller: &Caller,
    planned: Vec<Result<Change, ApiError>>,
    with_outcome: bool,
) -> Vec<EntryAnswer> {
    stream::iter(planned.into_iter().enumerate())
        .map(|(index, planned)| async move {
            let result = match planned {
                Err(error) => Err(error),
                Ok(change) => {
                    one(state, caller, change, index + 1).await.map_err(|error| error.in_entry(index))
                }
            };
            match result {
                Ok(accepted) => match accepted.entries.first() {
                    Some(stored) => EntryAnswer::stored(stored, Some(&accepted.receipt), with_outcome),
                    None => EntryAnswer::refused(&ApiError::new(
                        crate::error::Kind::Internal,
                        "nothing was stored",
                    )),
                },
                Err(error) => EntryAnswer::refused(&error),
            }
        })
        .buffered(WAITING)
        .collect()
        .await
}

async fn one(
    state: &AppState,
    caller: &Caller,
    change: Change,
    part: usize,
) -> Result<landing::Accepted, ApiError> {
    handlers::submit(state, caller, vec![change], part)
        .await?
        .map_err(|error| ApiError::from_intake(error, false))
}
