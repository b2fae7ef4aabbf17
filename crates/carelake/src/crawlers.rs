//! Crawlers at work: connections are opened with their secrets, and what is found is kept.

use crate::{
    config::OutsideConfig,
    home::{Places, own_files},
    outside::may_ask,
    parts::Parts,
};
use anyhow::{Context, bail};
use async_trait::async_trait;
use control::{Claimed, Connection, Control};
use crawl::{Classifier, Crawl, Plan, Properties, Report, Source};
use keys::{CrawlerKeys, Keyring, SealedFor};
use lake::jobs::{Outcome, Work};
use model::Clock;
use std::{path::Path, sync::Arc, time::Instant};

/// The kind of a crawler's job.
pub(crate) const KIND: &str = "crawl";

/// The job of a crawler.
pub(crate) fn job_name(crawler: &str) -> String {
    format!("{KIND}.{crawler}")
}

/// Whether a text can be the name of a connection or crawler.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

/// Does the jobs of crawlers.
pub(crate) struct Crawlers {
    control: Arc<Control>,
    clock: Arc<dyn Clock>,
    keys: Arc<Keyring>,
    places: Places,
    outside: OutsideConfig,
}

impl Crawlers {
    pub(crate) fn new(parts: &Parts) -> Self {
        Self {
            control: Arc::clone(&parts.control),
            clock: Arc::clone(&parts.clock),
            keys: Arc::clone(&parts.keyring),
            places: parts.home.places(),
            outside: parts.home.config.outside.clone(),
        }
    }

    /// Opens a connection, if it leads where it may.
    pub(crate) async fn open(&self, connection: &Connection) -> anyhow::Result<Source> {
        let properties = properties(connection)?;
        may_lead(&self.outside, &self.places, &properties)?;
        let name = connection.name.as_str();
        let secret = match &connection.secret {
            None => None,
            Some(sealed) => {
                let keys = self.keys.crawler()?;
                let opened = keys.outside.open(SealedFor::Connection, name.as_bytes(), sealed);
                Some(opened.with_context(|| format!("open what is secret of the connection {name}"))?)
            }
        };
        let secret = secret.as_ref().map(|secret| std::str::from_utf8(secret)).transpose();
        Ok(properties.open(name, secret.context("read what is secret of the connection")?).await?)
    }

    /// The classifiers called so.
    pub(crate) fn classifiers(&self, names: &[String]) -> anyhow::Result<Arc<[Classifier]>> {
        let files = own_files(&self.places.classifiers())?;
        let find = |name: &String| {
            let file = format!("{name}.toml");
            let found = files
                .iter()
                .find(|(path, _)| Path::new(path).file_name().is_some_and(|it| it == file.as_str()));
            let (path, text) = found.with_context(|| {
                format!("there is no classifier {}", self.places.classifiers().join(&file).display())
            })?;
            Ok(Classifier::read(path, text)?)
        };
        names.iter().map(find).collect()
    }

    async fn crawl(&self, claimed: &Claimed) -> anyhow::Result<Report> {
        let began = Instant::now();
        let name = claimed.run.target.as_str();
        let crawler = self.control.crawler(name).await?;
        let crawler = crawler.with_context(|| format!("there is no crawler {name}"))?;
        let plan: Plan = serde_json::from_str(&crawler.said).context("read what the crawler crawls")?;
        let mut sources = Vec::new();
        for target in &plan.targets {
            let connection = self.control.connection(&target.connection).await?;
            let connection =
                connection.with_context(|| format!("there is no connection {}", target.connection))?;
            sources.push(self.open(&connection).await?);
        }
        let CrawlerKeys { object_mac, .. } = self.keys.crawler()?;
        let hash = move |text: &[u8]| object_mac.mac(&[text]);
        let crawl = Crawl {
            name,
            plan: &plan,
            sources,
            classifiers: self.classifiers(&plan.classifiers)?,
            hash: &hash,
            now: self.clock.now(),
        };
        let (change, mut report) = crawl.run(&self.control).await?;
        report.took_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let facts = serde_json::to_string(&report)?;
        self.control.keep_crawl(&claimed.lease, name, &change, (&report.told(), &facts)).await?;
        Ok(report)
    }
}

/// Where a connection leads.
pub(crate) fn properties(connection: &Connection) -> anyhow::Result<Properties> {
    serde_json::from_str(&connection.said)
        .with_context(|| format!("read where the connection {} leads", connection.name))
}

/// Refuses what leads to a host that may not be asked, or to the lake's own home.
pub(crate) fn may_lead(
    outside: &OutsideConfig,
    places: &Places,
    properties: &Properties,
) -> anyhow::Result<()> {
    if let Some(host) = properties.asks() {
        return if properties.is_here() { Ok(()) } else { may_ask(outside, &host, &host) };
    }
    if let Properties::Folder { path } = properties {
        let folder = path.canonicalize().with_context(|| format!("find {}", path.display()))?;
        let home = places.folder().canonicalize().context("find the home")?;
        if folder.starts_with(&home) || home.starts_with(&folder) {
            bail!("{} holds this lake's home, or lies in it: that is not outside", path.display());
        }
    }
    Ok(())
}

#[async_trait]
impl Work for Crawlers {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn carry_out(&self, claimed: &Claimed) -> Result<Outcome, String> {
        let report = self.crawl(claimed).await.map_err(|error| format!("{error:#}"))?;
        Ok(Outcome::Ended { detail: report.told() })
    }
}
