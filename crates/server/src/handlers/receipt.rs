//! `GET /receipts/{id}`: how far a submission has come.

use crate::{
    app::AppState,
    caller::Caller,
    error::{ApiError, Kind},
};
use axum::{
    Json,
    extract::{Path, State},
};
use control::CheckpointUse;
use landing::ReceiptId;
use serde::Serialize;
use utoipa::ToSchema;

/// How far a submission has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptStatus {
    /// The receipt asked for.
    receipt: String,
    /// `accepted`: durable. `published`: in the tables as well.
    status: &'static str,
    /// How many resources the submission brought.
    resources: u32,
    /// The commit sequence at which they are to be seen, once published.
    commit_sequence: Option<i64>,
    /// The newest checkpoint of the audit trail (C2SP tlog-checkpoint): whoever keeps it can have it proved later that
    /// no record from before it is missing.
    audit_checkpoint: Option<String>,
}

/// Tells the sender of a submission, and nobody else, how far it has come.
#[utoipa::path(get, path = "/receipts/{id}", operation_id = "receipt", tag = "receipts",
    params(("id" = String, Path, description = "The receipt, from the header X-Carelake-Receipt")),
    responses((status = 200, body = ReceiptStatus), (status = 404, description = "No such receipt of this sender")),
    security(("token" = [])))]
pub(crate) async fn receipt(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ReceiptStatus>, ApiError> {
    caller.trail.action("receipt.read");
    caller.permissions.require_receipts()?;
    let parsed = id.parse::<ReceiptId>().ok();
    let (lane, ordinal, resources) = parsed
        .and_then(|receipt| state.intake.receipt(&receipt, &caller.source))
        .ok_or_else(|| ApiError::new(Kind::NotFound, "this sender has no such receipt"))?;
    let sequence = state
        .control
        .sequence_of(lane, ordinal)
        .await
        .map_err(|error| ApiError::unavailable("the control database", &error))?;
    let checkpoint = state
        .control
        .audit_checkpoint(CheckpointUse::Newest)
        .await
        .map_err(|error| ApiError::unavailable("the control database", &error))?;
    let status = if sequence.is_some() { "published" } else { "accepted" };
    Ok(Json(ReceiptStatus {
        receipt: id,
        status,
        resources,
        commit_sequence: sequence.map(|sequence| sequence.0),
        audit_checkpoint: checkpoint.map(|checkpoint| checkpoint.text),
    }))
}
