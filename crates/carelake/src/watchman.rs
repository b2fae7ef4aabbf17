//! Watches the audit trail by rules, while the lake serves: what is unusual becomes an alert, in the control database, in
//! the log, and at the webhooks.

mod webhook;

pub(crate) use webhook::Webhooks;

use crate::home::own_files;
use anyhow::bail;
use audit::{
    Follower, Record,
    watch::{Alert, Rules, Seen, Watch},
};
use control::{Control, ControlError, NewAlert, WatchProgress, WriterAhead};
use model::AuditPosition;
use object_store::ObjectStore;
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
    time::Duration,
};

/// What the watch's state is kept under.
const NAME: &str = "trail";
/// How often it is looked whether there is more.
const LOOKED_AT: Duration = Duration::from_secs(2);
/// About how many records are looked at before what was found is kept.
const AT_ONCE: usize = 20_000;

/// Looks at every record once.
pub(crate) struct Watchman {
    control: Arc<Control>,
    store: Arc<dyn ObjectStore>,
    rules: Rules,
    followers: HashMap<String, Follower>,
    webhooks: Webhooks,
}

/// The built-in rules, and the operator's own, which are files in `folder`.
pub(crate) fn rules(folder: &Path) -> anyhow::Result<Rules> {
    let own = own_files(folder)?;
    let texts: Vec<_> = own.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let rules = Rules::with_own(&texts)?;
    for rule in rules.iter() {
        if let Err(unproved) = rule.prove() {
            let cases: Vec<_> = unproved.iter().map(ToString::to_string).collect();
            bail!("the rule `{}` does not hold its own cases: {}", rule.name(), cases.join("; "));
        }
    }
    Ok(rules)
}

impl Watchman {
    pub(crate) fn new(
        control: Arc<Control>,
        store: Arc<dyn ObjectStore>,
        rules: Rules,
        webhooks: Webhooks,
    ) -> Self {
        Self { control, store, rules, followers: HashMap::new(), webhooks }
    }

    /// Watches, for ever.
    pub(crate) async fn keep(mut self) {
        loop {
            match self.turn().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(cause = format!("{error:#}"), "the audit trail could not be watched");
                }
            }
            self.webhooks.deliver(&self.control).await;
            tokio::time::sleep(LOOKED_AT).await;
        }
    }

    /// Looks at what has come, and says whether there may be more at once.
    async fn turn(&mut self) -> anyhow::Result<bool> {
        if self.control.writers_ahead(NAME).await?.is_empty() {
            self.followers.clear();
            return Ok(false);
        }
        // Whoever has come further since this was read is noticed when it is kept.
        let kept = self.control.watch_state(NAME).await?;
        let records = self.next_records().await?;
        if records.is_empty() {
            return Ok(false);
        }
        let mut watch = match kept.state.as_slice() {
            [] => Watch::new(self.rules.clone()),
            state => Watch::restore(self.rules.clone(), state).unwrap_or_else(|error| {
                tracing::warn!(%error, "what the watch remembered cannot be read; it begins anew");
                Watch::new(self.rules.clone())
            }),
        };
        let (mut cursors, mut alerts) = (BTreeMap::new(), Vec::new());
        for record in &records {
            cursors.insert(record.writer.clone(), record.index + 1);
            let position = AuditPosition { writer: record.writer.clone(), index: record.index };
            alerts.extend(watch.see(&Seen { position, event: record.event.clone() }));
        }
        for alert in &alerts {
            let Alert { rule, severity, sentence, .. } = alert;
            tracing::warn!(rule, severity = severity.as_str(), "{sentence}");
        }
        alerts.extend(watch.went_on());
        let alerts: Vec<NewAlert> = alerts.into_iter().map(new_alert).collect();
        let state = watch.save()?;
        let progress = WatchProgress { step: kept.step, state: &state, cursors: &cursors, alerts: &alerts };
        match self.control.put_watch(NAME, progress).await {
            Ok(_) => {}
            // Another process watches this lake too; what it has seen is not looked at twice.
            Err(ControlError::Outrun { .. }) => self.followers.clear(),
            Err(error) => return Err(error.into()),
        }
        Ok(records.len() >= AT_ONCE)
    }

    /// The records of writers that have grown, in the order of their time.
    async fn next_records(&mut self) -> anyhow::Result<Vec<Record>> {
        let mut records = Vec::new();
        for WriterAhead { writer, seen, .. } in self.control.writers_ahead(NAME).await? {
            let mut follower = self.followers.remove(&writer).filter(|follower| follower.next == seen);
            let follower = follower.get_or_insert_with(|| Follower::from(seen));
            let more = follower.read(&self.store, &writer, AT_ONCE - records.len().min(AT_ONCE - 1)).await?;
            records.extend(more);
            self.followers.insert(writer, follower.clone());
            if records.len() >= AT_ONCE {
                break;
            }
        }
        records.sort_by(|a, b| (a.recorded, &a.writer, a.index).cmp(&(b.recorded, &b.writer, b.index)));
        Ok(records)
    }
}

fn new_alert(alert: Alert) -> NewAlert {
    let Alert { key, rule, severity, title, sentence, subject, count, first_time, last_time, first, last } =
        alert;
    let severity = severity.as_str().to_owned();
    NewAlert { key, rule, severity, title, sentence, subject, count, first_time, last_time, first, last }
}
