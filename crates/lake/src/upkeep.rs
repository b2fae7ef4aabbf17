//! Keeps tables small in number of files and short in log, whatever has been written.
//!
//! One *group* at a time: a resource type's raw table, the views over it and
//! what it supersedes; or one table that nothing supersedes. Small files are
//! merged; where many rows are superseded, they are folded away and the list of
//! superseded versions begins anew, always last, so that a crash in between
//! leaves rows that are still told to be superseded. Then the log is
//! checkpointed, and what no kept sequence needs is deleted.

pub(crate) mod compact;
mod group;
mod tidy;

use crate::{
    LakeError,
    refinery::{Heartbeat, Refinery},
    registry,
    table::TableId,
};
use control::{NewPublication, Publication, PublicationKind, ViewState};
pub(crate) use group::Group;
use model::{AuditEvent, AuditOutcome, CommitSeq, Timestamp, failpoint};
use std::collections::{HashMap, HashSet, VecDeque};

/// When upkeep has something to do, and what it may delete.
#[derive(Clone, Copy, Debug)]
pub struct UpkeepLimits {
    /// A file below this is small.
    pub small_file_bytes: i64,
    /// So many small files of one table are merged.
    pub small_files: usize,
    /// Superseded rows are folded away from this share of a table's rows on, in percent…
    pub superseded_percent: i64,
    /// … and this many.
    pub superseded_rows: i64,
    /// How long a replaced file, an old log entry and an old sequence are kept, in milliseconds.
    pub keep_ms: i64,
    /// How long a published segment is kept, in milliseconds (design §2.9).
    pub keep_segments_ms: i64,
    /// How long runs of jobs are remembered, in milliseconds; the newest of each job is in any case.
    pub keep_runs_ms: i64,
    /// A log is checkpointed after so many versions.
    pub checkpoint_versions: i64,
}

impl Default for UpkeepLimits {
    fn default() -> Self {
        Self {
            small_file_bytes: 32 << 20,
            small_files: 10,
            superseded_percent: 20,
            superseded_rows: 1_000,
            keep_ms: 15 * 60_000,
            keep_segments_ms: 24 * 3_600_000,
            keep_runs_ms: 400 * 24 * 3_600_000,
            checkpoint_versions: 20,
        }
    }
}

/// What a round of upkeep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tended {
    /// Groups compacted.
    pub compacted: u32,
    /// Data and log files deleted.
    pub deleted_files: u64,
    /// Segments deleted from landing.
    pub deleted_segments: u32,
}

/// Upkeep's memory between rounds.
#[derive(Default)]
pub struct Upkeep {
    limits: UpkeepLimits,
    published: VecDeque<(Timestamp, CommitSeq)>,
    last_tidy: Option<Timestamp>,
    /// Up to which version each log is checkpointed.
    checkpoints: HashMap<TableId, i64>,
}

impl Upkeep {
    /// Upkeep with these limits.
    #[must_use]
    pub fn new(limits: UpkeepLimits) -> Self {
        Self { limits, published: VecDeque::new(), last_tidy: None, checkpoints: HashMap::new() }
    }

    /// Does what is due, as the worker that `refinery` is.
    ///
    /// # Errors
    /// A zone or the control database failed, or another worker is at work. Nothing is left half done that readers could see.
    pub async fn tend(&mut self, refinery: &mut Refinery) -> Result<Tended, LakeError> {
        let mut tended = Tended::default();
        let catalogue = refinery.parts().control.tables().await;
        let catalogue = catalogue.map_err(LakeError::control("read the catalogue"))?;
        let there: HashSet<_> = catalogue.into_iter().map(|row| row.table.location).collect();
        // Under the lease: no other worker can begin to build a view over what is folded here.
        refinery.lease().await?;
        refinery.look_at_views().await?;
        let views = refinery.views().kept();
        let mut groups = Group::all(&views);
        groups.retain(|group| group.tables().iter().any(|table| there.contains(&table.location())));
        for group in &groups {
            if self.tend_group(refinery, group).await? {
                tended.compacted += 1;
            }
        }
        self.checkpoint(refinery, &groups).await?;
        self.tidy(refinery, &mut tended).await?;
        Ok(tended)
    }

    async fn tend_group(&self, refinery: &mut Refinery, group: &Group) -> Result<bool, LakeError> {
        let Some(plan) = compact::plan(refinery, group, &self.limits).await? else { return Ok(false) };
        let parts = refinery.parts().clone();
        let lease = refinery.lease().await?;
        let _heartbeat = Heartbeat::start(&parts, &lease);
        let intent = NewPublication {
            kind: PublicationKind::Compact,
            lanes: Vec::new(),
            detail: group.name().to_owned(),
        };
        let publication = parts.begin(&lease, &intent).await?;
        let started = parts.clock.now();
        compact::carry_out(refinery, group, plan, &self.limits).await?;
        failpoint!("compaction.after-rewrite");
        publish(refinery, group, &publication).await?;
        failpoint!("compaction.after-publish");
        let event = AuditEvent::new(started, "compact", "worker", AuditOutcome::Success, group.name());
        parts.record(event.with("sequence", publication.seq)).await;
        Ok(true)
    }

    /// Checkpoints the logs that have grown, so that none is long to read.
    async fn checkpoint(&mut self, refinery: &mut Refinery, groups: &[Group]) -> Result<(), LakeError> {
        for id in groups.iter().flat_map(Group::tables) {
            let Some(table) = refinery.open_table(&id).await? else { continue };
            let version = table.version();
            let known = *self.checkpoints.entry(id).or_insert(0);
            if version - known >= self.limits.checkpoint_versions {
                tidy::checkpoint(&table).await?;
                self.checkpoints.insert(table.id().clone(), version);
            }
            refinery.keep_table(table);
        }
        Ok(())
    }

    /// Deletes what no kept sequence needs, at most once in a quarter of the time that things are kept.
    async fn tidy(&mut self, refinery: &mut Refinery, tended: &mut Tended) -> Result<(), LakeError> {
        let parts = refinery.parts().clone();
        let now = parts.clock.now();
        let published =
            parts.control.published().await.map_err(LakeError::control("read the newest sequence"))?;
        if self.published.back().is_none_or(|(_, seq)| *seq < published) {
            self.published.push_back((now, published));
        }
        if self.last_tidy.is_some_and(|last| now < last.plus_ms(self.limits.keep_ms / 4)) {
            return Ok(());
        }
        // What a crashed compaction had replaced was read until its publication was made here.
        if refinery.settled().is_some_and(|settled| now < settled.plus_ms(self.limits.keep_ms)) {
            return Ok(());
        }
        let cutoff = now.plus_ms(-self.limits.keep_ms);
        let mut oldest = None;
        while let Some((at, seq)) = self.published.front().copied()
            && at < cutoff
            && self.published.len() > 1
        {
            oldest = Some(seq);
            self.published.pop_front();
        }
        if let Some(seq) = oldest {
            let retired = parts.control.retire_sequences_before(seq).await;
            retired.map_err(LakeError::control("retire old sequences"))?;
        }
        let views = refinery.views().kept();
        let catalogue = parts.control.tables().await.map_err(LakeError::control("read the catalogue"))?;
        for row in catalogue {
            // A table that is ahead of its publication is still read as it was before.
            if let Some(id) = TableId::from_location(&row.table.location)
                && !registry::is_read_by_a_build(&views, &id)
            {
                let oldest = parts.control.oldest_version(&row.table.table, &row.table.location).await;
                let oldest = oldest.map_err(LakeError::control("read the catalogue"))?;
                let kept =
                    tidy::Kept { published: row.table.version, oldest: oldest.unwrap_or_default(), cutoff };
                tended.deleted_files += tidy::table(refinery, &id, kept).await?;
            }
        }
        for view in refinery.views().registered().iter().filter(|view| view.state == ViewState::Gone) {
            tended.deleted_files += tidy::gone_view(refinery, view).await?;
        }
        let before = now.plus_ms(-self.limits.keep_segments_ms);
        tended.deleted_segments += tidy::landing(&parts, before).await?;
        let forgotten = parts.control.forget_runs(now.plus_ms(-self.limits.keep_runs_ms)).await;
        forgotten.map_err(LakeError::control("forget old runs"))?;
        self.last_tidy = Some(now);
        if tended.deleted_files > 0 || tended.deleted_segments > 0 {
            let event = AuditEvent::new(now, "tidy", "worker", AuditOutcome::Success, "zones")
                .with("files", tended.deleted_files)
                .with("segments", tended.deleted_segments);
            parts.record(event).await;
        }
        Ok(())
    }
}

/// Publishes a compaction that was begun and not published: every state it can
/// have been left in shows the same rows. False if its group is none of ours.
pub(crate) async fn finish(refinery: &mut Refinery, pending: &Publication) -> Result<bool, LakeError> {
    let views = refinery.views().kept();
    match Group::all(&views).into_iter().find(|group| group.name() == pending.detail) {
        Some(group) => publish(refinery, &group, pending).await.map(|()| true),
        None => Ok(false),
    }
}

async fn publish(refinery: &mut Refinery, group: &Group, publication: &Publication) -> Result<(), LakeError> {
    let parts = refinery.parts().clone();
    let views = refinery.views().kept();
    let mut versions = Vec::new();
    for id in group.tables().into_iter().filter(|id| !registry::is_building(&views, id)) {
        if let Some(table) = refinery.open_table(&id).await? {
            versions.push(crate::models::catalogue::describe(&table, &views, None));
            refinery.keep_table(table);
        }
    }
    let lease = refinery.lease().await?;
    parts.control.publish(&lease, publication, &versions).await.map_err(LakeError::control("publish"))?;
    Ok(())
}
