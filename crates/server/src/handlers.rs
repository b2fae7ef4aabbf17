//! The handlers: one HTTP resource, one file.

pub(crate) mod bundle;
pub(crate) mod create;
pub(crate) mod document;
pub(crate) mod health;
pub(crate) mod metadata;
pub(crate) mod receipt;
pub(crate) mod refused;
pub(crate) mod signing_credential;
pub(crate) mod smart;
pub(crate) mod token;
pub(crate) mod update;

use crate::{
    app::AppState,
    caller::Caller,
    error::{ApiError, Kind},
};
use fhir::ResourceType;
use landing::{Accepted, Change, IntakeError};
use std::time::Duration;

/// Hands changes in, as part `part` of the caller's request, and waits, not for ever, until they are durable.
pub(crate) async fn submit(
    state: &AppState,
    caller: &Caller,
    changes: Vec<Change>,
    part: usize,
) -> Result<Result<Accepted, IntakeError>, ApiError> {
    let within = Duration::from_millis(state.config.request_timeout_ms);
    let submission = caller.submission(changes, part);
    let answer = tokio::time::timeout(within, state.intake.submit(&caller.source, submission)).await;
    let answer = answer.map_err(|_| {
        tracing::error!("storage did not answer in time");
        let text = "storage did not answer in time; whether this was stored is not known, so please send it again by PUT";
        ApiError::new(Kind::Unknown, text).retry_after(5)
    })?;
    if let Ok(accepted) = &answer {
        caller.trail.fact("receipt", &accepted.receipt);
        if accepted.repeated {
            caller.trail.fact("repeated", true);
        }
    }
    Ok(answer)
}

/// Notes for the trail whose data it is, if it is a patient's: by a keyed hash of the source's own id.
pub(crate) fn about(state: &AppState, caller: &Caller, patient: Option<String>) {
    if let Some(patient) = patient {
        let source = caller.source.as_str();
        caller.trail.subject(state.keys.ledger_mac.mac16(&[
            b"subject",
            source.as_bytes(),
            patient.as_bytes(),
        ]));
    }
}

/// The type that a URL names; 404 unless FHIR R4 defines it.
pub(crate) fn resource_type(name: &str) -> Result<ResourceType, ApiError> {
    ResourceType::parse(name).ok_or_else(|| {
        ApiError::new(
            Kind::NotFound,
            "FHIR R4 has no resource type of that name, and operations are not supported",
        )
    })
}
