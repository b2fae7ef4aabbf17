//! Feeds are judged after each midnight, as a job.

use crate::{home::own_files, parts::Parts};
use async_trait::async_trait;
use control::{Claimed, Control, NewJob};
use lake::{
    feeds,
    jobs::{Outcome, Work},
};
use marts::Schedule;
use model::{Clock, Timestamp};
use profile::contract::Contract;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The kind of the job.
const KIND: &str = "feeds";

/// When a day is over everywhere that it is counted: half an hour after midnight.
const SCHEDULE: (&str, &str) = ("30 0 * * *", "UTC");

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// How many days profiles are kept.
const KEPT_DAYS: i64 = 400;

/// Judges what sources send.
pub(crate) struct Feeds {
    control: Arc<Control>,
    clock: Arc<dyn Clock>,
    contracts: PathBuf,
}

impl Feeds {
    pub(crate) fn new(parts: &Parts) -> Self {
        Self {
            control: Arc::clone(&parts.control),
            clock: Arc::clone(&parts.clock),
            contracts: parts.home.places().contracts(),
        }
    }

    /// Writes the job that does so.
    pub(crate) async fn put_job(&self) -> anyhow::Result<()> {
        let (schedule, zone) = SCHEDULE;
        let job = NewJob {
            schedule: schedule.to_owned(),
            zone: zone.to_owned(),
            retries: 3,
            backoff_ms: 60_000,
            ..NewJob::by_command("feeds.judge", KIND, "all")
        };
        let next = Schedule::parse(schedule, zone)?.after(self.clock.now());
        Ok(self.control.put_job(&job, next).await?)
    }

    /// Judges a day of every source; says how many sources there are, and how much was found.
    pub(crate) async fn judge(&self, day: i64) -> anyhow::Result<(usize, usize)> {
        let contracts = contracts(&self.contracts)?;
        let general = contracts.iter().find(|contract| contract.provider().is_none()).cloned();
        let general = general.unwrap_or_default();
        let (mut sources, mut found) = (0, 0);
        for (source, _) in self.control.sources().await? {
            let own = contracts.iter().find(|contract| contract.provider() == Some(&source));
            let contract = own.map_or_else(|| general.clone(), |own| own.over(&general));
            found += feeds::judge(&self.control, &source, day, &contract).await?;
            sources += 1;
        }
        self.control.forget_feed_profiles(day - KEPT_DAYS).await?;
        Ok((sources, found))
    }
}

/// The day (in days since 1970, UTC) that is over at `now`.
pub(crate) fn yesterday(now: Timestamp) -> i64 {
    now.0.div_euclid(DAY_MS) - 1
}

/// The contracts of a home.
fn contracts(folder: &Path) -> anyhow::Result<Vec<Contract>> {
    let files = own_files(folder)?;
    files.iter().map(|(file, text)| Ok(Contract::read(file, text)?)).collect()
}

#[async_trait]
impl Work for Feeds {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn carry_out(&self, claimed: &Claimed) -> Result<Outcome, String> {
        let day = yesterday(claimed.run.due.unwrap_or_else(|| self.clock.now()));
        let (sources, found) = self.judge(day).await.map_err(|error| format!("{error:#}"))?;
        Ok(Outcome::Other {
            detail: format!("{found} findings in the feeds of {sources} sources"),
            facts: serde_json::json!({ "day": day, "sources": sources, "findings": found }).to_string(),
        })
    }
}
