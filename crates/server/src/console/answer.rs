//! How pages, files and refusals are answered.

use super::{
    lake::AskError,
    session::{Fields, Visitor},
};
use ::console::{Address, Frame, Page, Theme, assets, pages::Failure};
use axum::{
    body::Body,
    extract::Path,
    response::{Html, IntoResponse, Redirect, Response},
};
use control::ControlError;
use futures::{StreamExt as _, stream};
use http::{HeaderValue, StatusCode, header};
use model::Timestamp;
use std::{any::Any, convert::Infallible};
use uuid::Uuid;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Refused {
    /// The policies say no.
    Forbidden {
        /// What was asked for.
        what: String,
        /// The decision, in a sentence.
        reason: String,
    },
    /// There is no such thing.
    NotFound(String),
    /// A form that no page of ours was shown with.
    NotOurs,
    /// Something of ours failed; the log has more under this number.
    Failed(String),
}

impl Refused {
    /// Something of ours failed. What is told of it goes to the log only.
    pub(super) fn failed(what: &str) -> Self {
        let reference = Uuid::new_v4().simple().to_string()[..12].to_owned();
        tracing::error!(reference, what, "a page of the console could not be made");
        Self::Failed(reference)
    }

    pub(super) fn unavailable(error: &dyn std::error::Error) -> Self {
        Self::failed(&error.to_string())
    }
}

impl From<ControlError> for Refused {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotFound { what, name } => Self::NotFound(format!("{what} {name}")),
            other => Self::unavailable(&other),
        }
    }
}

impl From<AskError> for Refused {
    fn from(error: AskError) -> Self {
        Self::unavailable(&error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, failure) = self.failure();
        (status, html(&stranger(Theme::System, String::new()), &failure)).into_response()
    }
}

impl Refused {
    fn failure(self) -> (StatusCode, Failure) {
        match self {
            Self::Forbidden { what, reason } => {
                let advice = "An administrator says which roles are open to you; some need a second factor.";
                (StatusCode::FORBIDDEN, Failure::Forbidden { what, reason, advice: advice.to_owned() })
            }
            Self::NotFound(what) => (StatusCode::NOT_FOUND, Failure::NotFound { what }),
            Self::NotOurs => {
                let (what, reason) =
                    ("send this form", "It is older than your session, or another site's.".to_owned());
                let advice = "Open the page again, and send the form from there.".to_owned();
                (StatusCode::FORBIDDEN, Failure::Forbidden { what: what.to_owned(), reason, advice })
            }
            Self::Failed(reference) => (StatusCode::SERVICE_UNAVAILABLE, Failure::Failed { reference }),
        }
    }

    /// The same within a page whose beginning has been sent.
    pub(super) fn in_place(self) -> String {
        self.failure().1.body(&stranger(Theme::System, String::new())).into_string()
    }
}

/// The frame of a page that is shown to nobody in particular.
pub(super) fn stranger(theme: Theme, csrf: String) -> Frame {
    Frame {
        person: None,
        csrf,
        here: Address::overview(),
        now: Timestamp(chrono::Utc::now().timestamp_millis()),
        theme,
        synthetic: false,
        sections: Vec::new(),
        open_alerts: 0,
        done: None,
        events: None,
    }
}

/// A page as it is sent.
pub(super) fn html(frame: &Frame, page: &dyn Page) -> Response {
    let mut response = Html(frame.render(page)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page at `here`, for whoever is signed in.
pub(super) async fn page(
    visitor: &Visitor,
    here: Address,
    page: &(dyn Page + Sync),
) -> Result<Response, Refused> {
    Ok(html(&visitor.frame(here).await?, page))
}

/// A page whose end comes when it is known: what stands before it is sent at once.
pub(super) fn late(
    frame: &Frame,
    page: &dyn Page,
    end: impl Future<Output = String> + Send + 'static,
) -> Response {
    let (before, after) = frame.render_around(page);
    let parts = stream::once(async { before }).chain(stream::once(end)).chain(stream::once(async { after }));
    let mut response = Html(Body::from_stream(parts.map(Ok::<_, Infallible>))).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Leads to a page, which then says what was done.
pub(super) fn done(to: &Address, what: &'static str) -> Response {
    Redirect::to(to.with("done", what).as_str()).into_response()
}

/// What has been done, by the word that [`done`] has put into the address: sentences of ours only.
pub(super) fn said(query: &Fields) -> Option<String> {
    let said = match query.get("done").map(String::as_str) {
        Some("queued") => "The run is queued.",
        Some("waits") => "A run of this job waits already.",
        Some("cancelled") => "The run ends.",
        Some("paused") => "The job rests.",
        Some("resumed") => "The job is queued again when it is due.",
        Some("acknowledged") => "It is noted that you have seen to this.",
        Some("disabled") => "The provider is refused from its next request on.",
        Some("registered") => "The mart is registered. Its next run makes its tables anew.",
        Some("kept") => "The question is kept.",
        Some("forgotten") => "The question is forgotten.",
        Some("counted") => "The table is counted.",
        Some("described") => "It is kept what is said of the table.",
        Some("written") => "The table is in the catalogue.",
        Some("revoked") => "The credential is refused from its next request on.",
        Some("enabled") => "The provider is let in again.",
        _ => return None,
    };
    Some(said.to_owned())
}

/// `GET /assets/{file}`: the stylesheet, the script, the icon. Their names change with their content.
pub(super) async fn asset(Path(file): Path<String>) -> Response {
    let path = format!("/assets/{file}");
    match assets::ALL.into_iter().find(|asset| asset.path == path) {
        Some(asset) => {
            let keep = "public, max-age=31536000, immutable";
            ([(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, keep)], asset.content)
                .into_response()
        }
        None => Refused::NotFound("file of the console".to_owned()).into_response(),
    }
}

/// Anything else.
pub(super) async fn nowhere() -> Refused {
    Refused::NotFound("page".to_owned())
}

/// What is answered when our code panicked. What it said went to the log by the panic hook.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Refused::failed("a page panicked").into_response()
}
