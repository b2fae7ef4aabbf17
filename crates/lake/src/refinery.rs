//! Opens segments, splits identity from medicine, and publishes what remains.
//!
//! One publication at a time (design §2.6–2.7):
//!
//! 1. an *intent* row fixes the sequence and the segments it will hold;
//! 2. new record keys go to the vault, then to the link zone;
//! 3. sealed fragments go to the vault;
//! 4. every table of raw and views is appended to, marked with its lanes' ordinals;
//! 5. one control transaction publishes the sequence with every table's version.
//!
//! A crash anywhere leaves an intent that is carried out again, exactly: marks
//! drop what was committed, keys and links are read back, and the vault's
//! objects carry the worker's epoch, so that nothing is ever written over.

mod batch;
mod commit;
mod dictionary;
mod feeds;
mod heartbeat;
mod people;
mod pseudonyms;
mod records;
pub(crate) mod rows;
mod shape;
mod state;
pub(crate) mod view_rows;

use crate::{
    LakeError,
    registry::Views,
    stores::Stores,
    table::{Table, TableId},
    upkeep,
};
use commit::LinkCommits;
use control::{Control, NewPublication, Publication, PublicationKind, WorkerLease};
pub(crate) use heartbeat::Heartbeat;
use identity::Policy;
use keys::WorkerKeys;
use landing::SegmentReader;
use model::{AuditEvent, AuditOutcome, AuditSink, Clock, CommitSeq, LaneId, Ordinal, Timestamp, failpoint};
use object_store::ObjectStore;
use state::State;
use std::{collections::HashMap, sync::Arc, time::Duration};
use views::View;

pub use pseudonyms::Pseudonyms;
pub(crate) use rows as columns;

/// How much one publication may hold.
#[derive(Clone, Copy, Debug)]
pub struct RefineryLimits {
    /// Bytes of segments once they are opened. A segment that alone has more is taken alone.
    pub opened_bytes: u64,
    /// Resources.
    pub resources: u32,
    /// How long the worker's lease holds without renewal, in milliseconds.
    pub lease_ms: i64,
}

impl RefineryLimits {
    /// How often a lease is renewed while something long is under way: three times in the time that it holds.
    pub(crate) fn beat(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.lease_ms / 3).unwrap_or(1_000).max(1))
    }
}

impl Default for RefineryLimits {
    fn default() -> Self {
        Self { opened_bytes: 96 << 20, resources: 40_000, lease_ms: 6_000 }
    }
}

/// What a worker is made of: exactly what its row of the design's §3 lists.
pub struct WorkerParts {
    /// Lanes, catalogue, publications.
    pub control: Arc<Control>,
    /// Raw, views, marts, links.
    pub stores: Stores,
    /// Sealed segments: read and deleted.
    pub landing: Arc<dyn ObjectStore>,
    /// The vault: put, nothing else.
    pub vault: Arc<dyn ObjectStore>,
    /// The worker's keys.
    pub keys: WorkerKeys,
    /// What is kept and what is not.
    pub policy: &'static Policy,
    /// The ViewDefinitions that every lake keeps as tables.
    pub views: Vec<View>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where jobs are recorded.
    pub audit: Arc<dyn AuditSink>,
    /// Names this process in leases.
    pub holder: String,
    /// Bounds.
    pub limits: RefineryLimits,
}

impl WorkerParts {
    /// Begins a publication, unless it cannot be recorded: then the next to come resumes or drops the intent.
    pub(crate) async fn begin(
        &self,
        lease: &WorkerLease,
        intent: &NewPublication,
    ) -> Result<Publication, LakeError> {
        let begun = self.control.begin_publication(lease, intent).await;
        let publication = begun.map_err(LakeError::control("begin a publication"))?;
        self.announce(&publication).await?;
        Ok(publication)
    }

    /// Records that a publication is about to be made. All before its sequence have been: whoever did not live to
    /// record that of the one before is vouched for.
    pub(crate) async fn announce(&self, publication: &Publication) -> Result<(), LakeError> {
        let (now, kind) = (self.clock.now(), publication.kind.as_str());
        let event = AuditEvent::new(now, "publication.begin", "worker", AuditOutcome::Success, kind)
            .with("sequence", publication.seq)
            .with("of", &publication.detail);
        let lanes =
            publication.lanes.iter().map(|(lane, from, to)| format!("{}:{}-{}", lane.0, from.0, to.0));
        let event = event.with("segments", lanes.collect::<Vec<_>>().join(" "));
        self.audit.record(event).await?;
        Ok(())
    }

    /// Records what was done. It is true already, so that it could not be recorded is told in the log.
    pub(crate) async fn record(&self, event: AuditEvent) {
        let action = event.action.clone();
        if let Err(error) = self.audit.record(event).await {
            tracing::error!(%error, action, "something was done but could not be recorded in the audit trail");
        }
    }
}

/// One publication, as it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Its sequence.
    pub seq: CommitSeq,
    /// Resources in it.
    pub resources: u64,
    /// Patients whose verified NHS number links them to a person.
    pub linked: u64,
    /// Resources that the policy could not place: whole in the vault.
    pub whole_to_vault: u64,
    /// References that could not be pseudonymised: in the vault, unresolved.
    pub unresolved_references: u64,
    /// Of these, those that name their target by a search.
    pub conditional_references: u64,
    /// Rows that a view could not hold.
    pub view_errors: u64,
}

/// The worker that refines.
pub struct Refinery {
    parts: Arc<WorkerParts>,
    lease: Option<WorkerLease>,
    state: Option<State>,
    views: Views,
    /// Whether a step was begun and has not ended: still so when its future was dropped.
    unsettled: bool,
    /// Whose turn it is to go first into a publication.
    turn: usize,
    /// When a compaction that another process left behind was published here.
    settled: Option<Timestamp>,
    /// Lanes whose next segment could not be read: which it is, and when it is tried again.
    unreadable: HashMap<LaneId, (Ordinal, Timestamp)>,
}

/// A lane, the ordinal before the first, the last ordinal.
type LaneRange = (LaneId, Ordinal, Ordinal);

/// How long a lane waits whose next segment could not be read, in milliseconds.
const UNREADABLE_MS: i64 = 30_000;

impl Refinery {
    /// A worker that holds no lease yet.
    #[must_use]
    pub fn new(parts: Arc<WorkerParts>) -> Self {
        let views = Views::new(&parts.views);
        Self {
            parts,
            lease: None,
            state: None,
            views,
            unsettled: false,
            turn: 0,
            settled: None,
            unreadable: HashMap::new(),
        }
    }

    /// What it is made of.
    #[must_use]
    pub fn parts(&self) -> &Arc<WorkerParts> {
        &self.parts
    }

    /// Makes one publication, or finds nothing to do.
    ///
    /// # Errors
    /// See [`LakeError`]. What was begun is carried out by the next call, here or in another process.
    pub async fn step(&mut self) -> Result<Option<Published>, LakeError> {
        if self.unsettled {
            self.forget();
        }
        self.unsettled = true;
        let mut made = self.try_step().await;
        if let Err(LakeError::OtherColumns(table)) = &made
            && self.views.renew(&self.parts.control, table).await?
        {
            // What it had begun it carries out again, without that view.
            self.forget();
            made = self.try_step().await;
        }
        self.unsettled = false;
        match &made {
            // Nothing was begun.
            Ok(_) | Err(LakeError::Segment { .. }) => {}
            Err(_) => self.forget(),
        }
        made
    }

    /// After a failure, or a step that was dropped half-way: what is cached may no longer be what is stored.
    fn forget(&mut self) {
        self.state = None;
        self.lease = None;
    }

    async fn try_step(&mut self) -> Result<Option<Published>, LakeError> {
        let lease = self.lease().await?;
        let _heartbeat = Heartbeat::start(&self.parts, &lease);
        let control = Arc::clone(&self.parts.control);
        self.look_at_views().await?;
        let pending =
            control.pending_publication().await.map_err(LakeError::control("look for an intent"))?;
        let resumed = pending.is_some();
        let (publication, segments) = match pending {
            Some(pending) if pending.kind == PublicationKind::Refine => {
                self.parts.announce(&pending).await?;
                let segments = batch::open(&self.parts, &pending.lanes).await?.whole()?;
                (pending, segments)
            }
            Some(pending) => {
                self.settle(&lease, &pending).await?;
                return Ok(Some(Published::default()));
            }
            None => {
                // Opened before the intent: a segment that cannot be read must hold up no lane but its own.
                let Some((lanes, segments)) = self.readable().await? else { return Ok(None) };
                let intent = NewPublication { kind: PublicationKind::Refine, lanes, detail: String::new() };
                (self.parts.begin(&lease, &intent).await?, segments)
            }
        };
        failpoint!("refinery.intent.after-commit");
        let published = self.refine(&lease, &publication, &segments, resumed).await?;
        Ok(Some(published))
    }

    /// The next lanes as far as their segments can be read, and these segments; `None` if there is nothing to do.
    ///
    /// # Errors
    /// Nothing else is left than a lane whose next segment cannot be read.
    async fn readable(&mut self) -> Result<Option<(Vec<LaneRange>, Vec<SegmentReader>)>, LakeError> {
        let now = self.parts.clock.now();
        self.unreadable.retain(|_, (_, until)| now < *until);
        let lanes = self.next_lanes().await?;
        let opened = batch::open(&self.parts, &lanes).await?;
        for (lane, ordinal, error) in &opened.unreadable {
            tracing::error!(error = chain(error), "a lane waits until its next segment can be read again");
            self.unreadable.insert(*lane, (*ordinal, now.plus_ms(UNREADABLE_MS)));
        }
        if !opened.segments.is_empty() {
            return Ok(Some((opened.lanes, opened.segments)));
        }
        match (opened.unreadable.into_iter().next(), self.unreadable.iter().next()) {
            (Some((.., error)), _) => Err(error),
            (None, Some((lane, (ordinal, _)))) => {
                let source = "it could not be read a moment ago, and is tried again soon".into();
                Err(LakeError::Segment { lane: lane.0, ordinal: ordinal.0, source })
            }
            (None, None) => Ok(None),
        }
    }

    /// Ends an intent that another process began and that is not the refinery's own.
    async fn settle(&mut self, lease: &WorkerLease, pending: &Publication) -> Result<(), LakeError> {
        let now = self.parts.clock.now();
        let record = |action, target: &str| {
            AuditEvent::new(now, action, "worker", AuditOutcome::Success, target)
                .with("sequence", pending.seq)
        };
        if pending.kind == PublicationKind::Compact && upkeep::finish(self, pending).await? {
            self.settled = Some(now);
            self.parts.record(record("compact", &pending.detail).with("begun_by", "another process")).await;
            return Ok(());
        }
        // A model's tables are published together or not at all; it is built again.
        let abandoned = self.parts.control.abandon_publication(lease, pending).await;
        abandoned.map_err(LakeError::control("abandon an intent"))?;
        self.parts.record(record("abandon", "an intent of another process")).await;
        Ok(())
    }

    /// The open handle of a table, or a new one; `None` if there is no such table.
    pub(crate) async fn open_table(&mut self, id: &TableId) -> Result<Option<Table>, LakeError> {
        if let Some(table) = self.state.as_mut().and_then(|state| state.give_table(id)) {
            return Ok(Some(table));
        }
        Table::open(&self.parts.stores, id).await
    }

    /// Learns which views are registered, if that has changed. Not to be called while a publication is made: which
    /// views that appends to is settled when it begins, and no change of it comes between.
    pub(crate) async fn look_at_views(&mut self) -> Result<(), LakeError> {
        self.views.refresh(&self.parts).await
    }

    /// The views whose tables are appended to, and all that are registered, as last looked at.
    pub(crate) const fn views(&self) -> &Views {
        &self.views
    }

    /// Lets go of a table that is not used any more.
    pub(crate) fn close_table(&mut self, id: &TableId) {
        drop(self.state.as_mut().and_then(|state| state.give_table(id)));
    }

    /// Takes back a handle that [`Refinery::open_table`] gave.
    pub(crate) fn keep_table(&mut self, table: Table) {
        if let Some(state) = self.state.as_mut() {
            state.put_table(table);
        }
    }

    /// How many lanes hold segments that are not published.
    ///
    /// # Errors
    /// The control database failed.
    pub async fn backlog(&self) -> Result<usize, LakeError> {
        let backlog = self.parts.control.backlog().await.map_err(LakeError::control("read the backlog"))?;
        Ok(backlog.len())
    }

    /// Whether `lane` holds segments that are not published.
    ///
    /// # Errors
    /// The control database failed.
    pub async fn waits(&self, lane: LaneId) -> Result<bool, LakeError> {
        let backlog = self.parts.control.backlog().await.map_err(LakeError::control("read the backlog"))?;
        Ok(backlog.iter().any(|(waiting, ..)| *waiting == lane))
    }

    /// Publishes until nothing registered is left unpublished.
    ///
    /// # Errors
    /// As [`Refinery::step`].
    pub async fn drain(&mut self) -> Result<Published, LakeError> {
        let mut total = Published::default();
        while let Some(published) = self.step().await? {
            total = total.and(published);
        }
        Ok(total)
    }

    /// Gives the lease back.
    pub async fn close(mut self) {
        if let Some(lease) = self.lease.take()
            && let Err(error) = self.parts.control.release_worker(&lease).await
        {
            tracing::warn!(error = chain(&error), "the worker's lease was not given back; it will run out");
        }
    }

    /// The worker's lease, if it is held.
    pub(crate) fn held(&self) -> Option<WorkerLease> {
        self.lease.clone()
    }

    /// When a compaction that another process left behind was published here, if that happened.
    pub(crate) const fn settled(&self) -> Option<Timestamp> {
        self.settled
    }

    /// The worker's lease, renewed or taken.
    pub(crate) async fn lease(&mut self) -> Result<WorkerLease, LakeError> {
        let (control, ttl) = (&self.parts.control, self.parts.limits.lease_ms);
        if let Some(lease) = self.lease.take() {
            let renewed =
                control.renew_worker(&lease, ttl).await.map_err(LakeError::control("renew the lease"))?;
            self.lease = Some(renewed.clone());
            return Ok(renewed);
        }
        // What another worker did meanwhile is not in our memory.
        self.state = None;
        let take = || control.lease_worker(&self.parts.holder, ttl);
        let before = take().await.map_err(LakeError::control("take the lease"))?;
        // A holder that takes a lease again keeps its epoch. An earlier try of ours may have put
        // vault objects under that epoch, which must never be written over: so it is given back
        // first, and the one taken now is new.
        control.release_worker(&before).await.map_err(LakeError::control("renew the epoch"))?;
        let lease = take().await.map_err(LakeError::control("take the lease"))?;
        self.lease = Some(lease.clone());
        Ok(lease)
    }

    /// Carries out an intent, from segments to the published sequence.
    async fn refine(
        &mut self,
        lease: &WorkerLease,
        publication: &Publication,
        segments: &[SegmentReader],
        resumed: bool,
    ) -> Result<Published, LakeError> {
        let started = self.parts.clock.now();
        let parts = Arc::clone(&self.parts);
        if self.state.is_none() {
            self.state = Some(State::load(&parts.stores, &parts.keys.display_mac).await?);
        }
        let Some(state) = self.state.as_mut() else { return Err(LakeError::NotTheWorker) };
        let views = self.views.kept();
        let mut shaped =
            shape::shape((&parts, &views), publication.seq, segments, state.dictionary()).await?;
        let marks = commit::marks(publication);

        let people = people::resolve(state, &parts.keys, std::mem::take(&mut shaped.claims), publication.seq);
        let displays = state.dictionary().admit(std::mem::take(&mut shaped.displays));
        let fresh = records::mint(&parts, lease, publication.seq, state, &shaped.fragments).await?;
        failpoint!("refinery.vault.after-keys");
        let commits = LinkCommits { parts: &parts, state, marks: &marks, resumed, touched: Vec::new() };
        let mut touched = commit::links(commits, &fresh, &people, &displays).await?;
        failpoint!("refinery.link.after-commit");
        records::seal(&parts, lease, publication.seq, state, std::mem::take(&mut shaped.fragments)).await?;
        failpoint!("refinery.vault.after-fragments");
        touched.extend(commit::tables(&parts, state, &marks, std::mem::take(&mut shaped.tables)).await?);
        commit::whole_groups((&parts, &views), state, &mut touched).await?;

        let versions = commit::versions(&views, state, &touched);
        let seq = parts
            .control
            .publish(lease, publication, &versions)
            .await
            .map_err(LakeError::control("publish"))?;
        failpoint!("refinery.publish.after-commit");
        std::mem::take(&mut shaped.feeds).keep(&parts.control).await;
        let published = Published {
            seq,
            resources: shaped.resources,
            linked: people.links.len() as u64,
            whole_to_vault: shaped.whole_to_vault,
            unresolved_references: shaped.unresolved_references,
            conditional_references: shaped.conditional_references,
            view_errors: shaped.view_errors,
        };
        let event = AuditEvent::new(started, "refine", "worker", AuditOutcome::Success, "raw")
            .with("sequence", seq)
            .with("resources", published.resources)
            .with("tables", touched.len());
        parts.record(event).await;
        Ok(published)
    }

    /// As many segments of each lane, in order, as one publication may hold.
    async fn next_lanes(&mut self) -> Result<Vec<LaneRange>, LakeError> {
        let (control, limits) = (&self.parts.control, self.parts.limits);
        let mut lanes = Vec::new();
        let (mut bytes, mut resources) = (0, 0);
        let mut backlog = control.backlog().await.map_err(LakeError::control("read the backlog"))?;
        // Another lane goes first each time, so that a busy one cannot keep the others waiting.
        let first = self.turn.checked_rem(backlog.len()).unwrap_or_default();
        backlog.rotate_left(first);
        self.turn = self.turn.wrapping_add(1);
        backlog.retain(|(lane, ..)| !self.unreadable.contains_key(lane));
        for (lane, done, _) in backlog {
            let waiting = control
                .segments_after(lane, done, 1_000)
                .await
                .map_err(LakeError::control("read segments"))?;
            let mut until = done;
            for segment in waiting {
                let full = bytes + segment.opened > limits.opened_bytes
                    || resources + segment.resources > limits.resources;
                if full && bytes > 0 {
                    break;
                }
                bytes += segment.opened;
                resources += segment.resources;
                until = segment.ordinal;
            }
            if until > done {
                lanes.push((lane, done, until));
            }
        }
        Ok(lanes)
    }
}

impl Published {
    /// Both together; the later sequence counts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            seq: self.seq.max(other.seq),
            resources: self.resources + other.resources,
            linked: self.linked + other.linked,
            whole_to_vault: self.whole_to_vault + other.whole_to_vault,
            unresolved_references: self.unresolved_references + other.unresolved_references,
            conditional_references: self.conditional_references + other.conditional_references,
            view_errors: self.view_errors + other.view_errors,
        }
    }
}

/// An error with its causes, for a log line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
