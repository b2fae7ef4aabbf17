//! One signed request to Glue and its answer, tried again where that can help.

use super::{Access, GlueError};
use crate::nulls::without_nulls;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use model::Clock;
use reqwest::Response;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// The largest answer that is read: a page of tables or partitions has a hundred, of some kilobytes each.
const ANSWER_LIMIT_BYTES: usize = 64 << 20;
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// Refusals that ask for patience, by the names that AWS gives them.
const PASSING: &[&str] = &[
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "SlowDown",
    "OperationTimeoutException",
    "ConcurrentModificationException",
];

/// How often a request is tried, and how long is waited in between.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// How often at most, the first time included.
    pub tries: u32,
    /// How long is waited after the first, in milliseconds; twice as long after each further one.
    pub first_wait_ms: u64,
    /// The longest wait, in milliseconds.
    pub longest_wait_ms: u64,
}

/// Asks Glue.
pub struct Client {
    access: Access,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    retry: Retry,
}

/// What came of one try.
enum Tried {
    Answered(Vec<u8>),
    /// Worth trying again.
    Passing(GlueError),
    Final(GlueError),
}

/// What is asked: the operation, and a name for errors.
pub(super) struct Call {
    pub(super) operation: &'static str,
    pub(super) subject: String,
    /// Whether what Glue says of a refusal may repeat values of rows.
    pub(super) private: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self { tries: 8, first_wait_ms: 100, longest_wait_ms: 20_000 }
    }
}

impl Retry {
    /// How long is waited after the `tried`-th try. Without chance: one client asks one thing at a time.
    fn wait(self, tried: u32) -> Duration {
        let doubled =
            self.first_wait_ms.saturating_mul(1_u64.checked_shl(tried.saturating_sub(1)).unwrap_or(u64::MAX));
        Duration::from_millis(doubled.min(self.longest_wait_ms))
    }
}

impl Client {
    /// A client that asks by `http`, which says whose certificates are believed and how long an answer may take.
    #[must_use]
    pub fn new(access: Access, http: reqwest::Client, clock: Arc<dyn Clock>, retry: Retry) -> Self {
        Self { access, http, clock, retry }
    }

    pub(super) async fn call<A: DeserializeOwned>(
        &self,
        call: &Call,
        question: &impl Serialize,
    ) -> Result<A, GlueError> {
        let body = serde_json::to_vec(question).map_err(|error| call.unreachable(error))?;
        let mut tried = 1;
        let answer = loop {
            match self.attempt(call, body.clone()).await {
                Tried::Answered(answer) => break answer,
                Tried::Passing(_) if tried < self.retry.tries => {
                    tokio::time::sleep(self.retry.wait(tried)).await;
                    tried += 1;
                }
                Tried::Passing(error) | Tried::Final(error) => return Err(error),
            }
        };
        let unread = || call.answer("it is not the JSON that was expected");
        // Some operations answer with nothing at all; and Glue leaves out what others that play it make null.
        let answer = if answer.is_empty() {
            json!({})
        } else {
            serde_json::from_slice(&answer).map_err(|_| unread())?
        };
        serde_json::from_value(without_nulls(answer)).map_err(|_| unread())
    }

    async fn attempt(&self, call: &Call, body: Vec<u8>) -> Tried {
        let request = match self.signed(call, body) {
            Ok(request) => request,
            Err(error) => return Tried::Final(error),
        };
        let answer = match self.http.execute(request).await {
            Ok(answer) => answer,
            Err(error) => return Tried::Passing(call.unreachable(error.without_url())),
        };
        let status = answer.status().as_u16();
        let bytes = match read(call, answer).await {
            Ok(bytes) => bytes,
            Err(error) => return error,
        };
        if (200..300).contains(&status) {
            return Tried::Answered(bytes);
        }
        let (code, message) = refusal(&bytes);
        let passing = status >= 500 || status == 429 || PASSING.contains(&code.as_str());
        let message = if call.private || message.is_empty() { String::new() } else { format!(": {message}") };
        let subject = call.subject.clone();
        let error = GlueError::Refused { operation: call.operation, subject, status, code, message };
        if passing { Tried::Passing(error) } else { Tried::Final(error) }
    }

    /// The request, signed at this moment: a later try needs a new signature.
    fn signed(&self, call: &Call, body: Vec<u8>) -> Result<reqwest::Request, GlueError> {
        let endpoint = &self.access.endpoint;
        let target = format!("AWSGlue.{}", call.operation);
        let host = match (endpoint.host_str(), endpoint.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let headers = [("host", host.as_str()), ("content-type", CONTENT_TYPE), ("x-amz-target", &target)];
        let milliseconds = u64::try_from(self.clock.now().0).unwrap_or_default();
        let identity = self.access.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.access.region)
            .name("glue")
            .time(SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| call.unreachable(error))?
            .into();
        let signable =
            SignableRequest::new("POST", endpoint.as_str(), headers.into_iter(), SignableBody::Bytes(&body))
                .map_err(|error| call.unreachable(error))?;
        let (instructions, _) =
            sign(signable, &parameters).map_err(|error| call.unreachable(error))?.into_parts();
        let request = self.http.post(endpoint.clone()).header("content-type", CONTENT_TYPE);
        let request = request.header("x-amz-target", &target);
        let request =
            instructions.headers().fold(request, |request, (name, value)| request.header(name, value));
        request.body(body).build().map_err(|error| call.unreachable(error.without_url()))
    }
}

impl Call {
    /// A question whose refusal may be told in Glue's own words.
    pub(super) fn plain(operation: &'static str, subject: impl Into<String>) -> Self {
        Self { operation, subject: subject.into(), private: false }
    }

    /// One whose refusal could repeat values of rows.
    pub(super) fn private(operation: &'static str, subject: impl Into<String>) -> Self {
        Self { operation, subject: subject.into(), private: true }
    }

    fn unreachable(&self, source: impl std::error::Error + Send + Sync + 'static) -> GlueError {
        GlueError::Unreachable {
            operation: self.operation,
            subject: self.subject.clone(),
            source: Box::new(source),
        }
    }

    pub(super) fn answer(&self, problem: &'static str) -> GlueError {
        GlueError::Answer { operation: self.operation, subject: self.subject.clone(), problem }
    }
}

async fn read(call: &Call, mut answer: Response) -> Result<Vec<u8>, Tried> {
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(Tried::Passing(call.unreachable(error.without_url()))),
        }
        if bytes.len() > ANSWER_LIMIT_BYTES {
            return Err(Tried::Final(call.answer("it is too long")));
        }
    }
}

/// The name of a refusal and what is said of it. The name may come with the namespace of its shape before it, and
/// with an address after it (AWS JSON 1.1, "Operation error serialization").
fn refusal(body: &[u8]) -> (String, String) {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let text =
        |names: &[&str]| names.iter().find_map(|name| told[*name].as_str()).unwrap_or_default().to_owned();
    let code = text(&["__type", "code"]);
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(100).collect();
    let message: String =
        text(&["message", "Message"]).chars().filter(|c| !c.is_control()).take(500).collect();
    (if code.is_empty() { "an unknown error".to_owned() } else { code }, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_called_by_its_bare_name() {
        let body =
            br#"{"__type":"com.amazonaws.glue#EntityNotFoundException:http://x","Message":"no\nsuch"}"#;
        assert_eq!(refusal(body), ("EntityNotFoundException".to_owned(), "nosuch".to_owned()));
        assert_eq!(refusal(b"<html>").0, "an unknown error");
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry { tries: 100, first_wait_ms: 100, longest_wait_ms: 1000 };
        let waits: Vec<u128> = [1, 2, 3, 5, 99].map(|tried| retry.wait(tried).as_millis()).to_vec();
        assert_eq!(waits, [100, 200, 400, 1000, 1000]);
    }
}
