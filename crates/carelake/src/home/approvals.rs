//! What allows a home to hold real people's data, and until when.

use anyhow::{Context, bail};
use control::Control;
use model::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FACT: &str = "approvals";

/// The references under which real data may be held.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approvals {
    ethics: Approval,
    governance: Approval,
    data_protection: Approval,
}

/// One reference.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    /// Such as a committee's number for it.
    reference: String,
    /// The last day on which it holds, `YYYY-MM-DD`.
    expires: String,
}

impl Approvals {
    /// Reads and checks an approvals file.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let approvals: Self = toml::from_str(&text).with_context(|| {
            format!(
                "understand {}: it has the sections [ethics], [governance] and [data_protection], \
                 each with `reference` and `expires = \"YYYY-MM-DD\"`",
                file.display()
            )
        })?;
        approvals.check()?;
        Ok(approvals)
    }

    fn check(&self) -> anyhow::Result<()> {
        let today = SystemClock.now().to_string();
        for (name, approval) in [
            ("ethics", &self.ethics),
            ("governance", &self.governance),
            ("data_protection", &self.data_protection),
        ] {
            if approval.reference.trim().is_empty() {
                bail!("the approval `{name}` has no reference");
            }
            if chrono::NaiveDate::parse_from_str(&approval.expires, "%Y-%m-%d").is_err() {
                bail!("the approval `{name}` has no date of expiry: write expires = \"YYYY-MM-DD\"");
            }
            if today.get(..10).is_some_and(|today| today > approval.expires.as_str()) {
                bail!(
                    "the approval `{name}` expired on {}; renew it before this home is used",
                    approval.expires
                );
            }
        }
        Ok(())
    }

    /// Writes them where every later start finds them.
    pub(super) async fn keep(&self, control: &Control) -> anyhow::Result<()> {
        control.set_fact(FACT, &serde_json::to_string(self)?).await?;
        Ok(())
    }
}

/// Refuses a home whose approvals have run out.
pub(super) async fn still_hold(control: &Control) -> anyhow::Result<()> {
    let text = control.fact(FACT).await?.context("a home for real data holds no approvals")?;
    serde_json::from_str::<Approvals>(&text)?.check()
}
