//! Tells other systems of alerts (Standard Webhooks 1.0): that there is one, and where to look; nothing of anybody.

use crate::{config::AlertsConfig, outside::Outside};
use anyhow::{Context, bail};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use control::{Alert, Control};
use model::{Clock, Timestamp};
use serde_json::json;
use std::sync::Arc;

/// How many alerts are told at once.
const AT_ONCE: usize = 100;
/// Alerts that are older are told nobody any more, in milliseconds.
const NEWS_MS: i64 = 86_400_000;
/// How long is waited after each try, times the tries so far, in milliseconds.
const BETWEEN_TRIES_MS: i64 = 30_000;
/// What a secret begins with.
const SECRET_OPENS: &str = "whsec_";

/// Where alerts are sent.
pub(crate) struct Webhooks {
    outside: Arc<Outside>,
    urls: Vec<String>,
    /// Signs what is sent. There are no addresses without it.
    key: Option<hmac::Key>,
    clock: Arc<dyn Clock>,
}

impl Webhooks {
    /// # Errors
    /// There are addresses, and no secret that can be read.
    pub(crate) fn new(
        config: &AlertsConfig,
        outside: Arc<Outside>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let key = match (&config.secret_file, config.webhooks.is_empty()) {
            (_, true) => None,
            (Some(file), false) => {
                let text =
                    std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
                let secret =
                    text.trim().strip_prefix(SECRET_OPENS).and_then(|text| STANDARD.decode(text).ok());
                let secret = secret.filter(|secret| (24..=64).contains(&secret.len()));
                let secret = secret.with_context(|| {
                    format!(
                        "{} holds no webhook secret: {SECRET_OPENS} and 24 to 64 bytes in base 64",
                        file.display()
                    )
                })?;
                Some(hmac::Key::new(hmac::HMAC_SHA256, &secret))
            }
            (None, false) => {
                bail!("[alerts] webhooks needs a secret_file, by which receivers know who tells them")
            }
        };
        Ok(Self { outside, urls: config.webhooks.clone(), key, clock })
    }

    /// Sends what nobody has been told yet. What fails is tried again, ever more seldom.
    pub(crate) async fn deliver(&self, control: &Control) {
        if self.urls.is_empty() {
            return;
        }
        let alerts = match control.undelivered_alerts(AT_ONCE).await {
            Ok(alerts) => alerts,
            Err(error) => {
                tracing::error!(%error, "the alerts could not be read");
                return;
            }
        };
        let now = self.clock.now();
        for alert in alerts.iter().filter(|alert| is_due(alert, now)) {
            let told = self.tell_all(alert, now).await;
            if let Err(error) = &told {
                tracing::warn!(cause = format!("{error:#}"), alert = alert.id, "a webhook could not be told");
            }
            if let Err(error) = control.note_delivery(alert.id, told.is_ok()).await {
                tracing::error!(%error, "that an alert was told could not be noted");
            }
        }
    }

    async fn tell_all(&self, alert: &Alert, now: Timestamp) -> anyhow::Result<()> {
        let found = &alert.found;
        let body = json!({
            "type": "audit.alert", "timestamp": found.last_time.to_string(),
            "data": {
                "id": alert.id, "rule": found.rule, "severity": found.severity, "title": found.title,
                "sentence": found.sentence, "subject": found.subject, "count": found.count,
                "first_time": found.first_time.to_string(), "last_time": found.last_time.to_string(),
                "raised": alert.raised.to_string(),
            },
        })
        .to_string();
        let (id, seconds) = (format!("alert_{}", found.key), now.seconds().to_string());
        let signature = self.signature(&id, &seconds, &body).context("there is no secret")?;
        let headers = [("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", signature)];
        for url in &self.urls {
            self.outside.post(url, &headers, body.clone()).await.context("tell a webhook")?;
        }
        Ok(())
    }

    fn signature(&self, id: &str, seconds: &str, body: &str) -> Option<String> {
        let signed = hmac::sign(self.key.as_ref()?, format!("{id}.{seconds}.{body}").as_bytes());
        Some(format!("v1,{}", STANDARD.encode(signed)))
    }
}

fn is_due(alert: &Alert, now: Timestamp) -> bool {
    let tries = i64::try_from(alert.attempts).unwrap_or(i64::MAX);
    let rested = alert.attempted.is_none_or(|at| at.plus_ms(BETWEEN_TRIES_MS.saturating_mul(tries)) <= now);
    rested && alert.raised.plus_ms(NEWS_MS) > now
}
