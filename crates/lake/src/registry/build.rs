//! Building registered views between publications: one slice, one beginning or one end at a time.

use super::{Kept, source::Source, table_of};
use crate::{
    LakeError, models,
    refinery::{Heartbeat, Refinery, chain, view_rows::table_schema},
    table::{Mark, Table},
};
use control::{
    BuildProgress, ControlError, NewPublication, PublicationKind, RegisteredView, TableName, ViewChange,
    ViewState,
};
use model::{AuditEvent, AuditOutcome, CommitSeq, Timestamp, failpoint};
use std::collections::HashMap;

/// The application of the marks that filled slices leave: the version is how many there are.
const FILL: &str = "fill";

/// Bytes of the raw table's files in a slice: opened they are several times as many.
const SLICE_BYTES: i64 = 48 << 20;

/// How long a view waits that could not be built on, in milliseconds.
const AGAIN_MS: i64 = 30_000;

/// What is remembered of builds between turns. All of it can be read back.
pub struct ViewBuilds {
    /// Views by number that failed, and when they are tried again.
    failed: HashMap<i64, Timestamp>,
    sources: HashMap<i64, (Source, BuildProgress)>,
    slice_bytes: i64,
}

impl Default for ViewBuilds {
    fn default() -> Self {
        Self::of_slices(SLICE_BYTES)
    }
}

/// What is to be done next.
enum Due<'a> {
    /// The catalogue must not show it any more, and why if nobody has asked for that.
    Leave(String),
    Build(&'a Kept),
    Begin,
}

impl ViewBuilds {
    /// Builds in slices of other than the usual size. Whoever goes on with a build must cut it in the same way.
    #[must_use]
    pub fn of_slices(slice_bytes: i64) -> Self {
        Self { failed: HashMap::new(), sources: HashMap::new(), slice_bytes }
    }

    /// Takes turns until nothing is due any more.
    ///
    /// # Errors
    /// As [`ViewBuilds::turn`].
    pub async fn work_off(&mut self, refinery: &mut Refinery) -> Result<(), LakeError> {
        while self.turn(refinery).await? {}
        Ok(())
    }

    /// Does the next thing that is due for a registered view, and says whether there was one.
    ///
    /// # Errors
    /// The control database failed, or another worker is at work. That a view cannot be built on is no error here:
    /// it is noted beside the view, which is tried again later.
    pub async fn turn(&mut self, refinery: &mut Refinery) -> Result<bool, LakeError> {
        refinery.look_at_views().await?;
        let parts = refinery.parts().clone();
        let now = parts.clock.now();
        self.failed.retain(|_, until| now < *until);
        let (kept, registered) = (refinery.views().kept(), refinery.views().registered());
        self.sources.retain(|number, _| {
            registered.iter().any(|row| row.number == *number && row.state == ViewState::Building)
        });
        let waiting = registered.iter().filter(|row| !self.failed.contains_key(&row.number));
        let due = waiting.filter_map(|row| Some((row, due(row, &kept)?)));
        let Some((row, due)) = due.min_by_key(|(row, due)| (due.rank(), row.number)) else {
            return Ok(false);
        };
        // What is pending is ended first, by the refinery's next step.
        let pending = parts.control.pending_publication().await;
        if pending.map_err(LakeError::control("look for an intent"))?.is_some() {
            return Ok(false);
        }
        let lease = refinery.lease().await?;
        let heartbeat = Heartbeat::start(&parts, &lease);
        let done = match due {
            Due::Leave(why) => leave(refinery, row, &why).await,
            Due::Build(kept) => self.build(refinery, row, kept).await,
            Due::Begin => {
                let begun = parts.control.begin_view_build(&lease, row).await;
                begun.map(drop).map_err(LakeError::control("begin to build a view"))
            }
        };
        drop(heartbeat);
        match done {
            Ok(()) => Ok(true),
            // It was removed or replaced a moment ago: the next turn sees it.
            Err(LakeError::Control { source: ControlError::NotFound { .. }, .. }) => Ok(true),
            Err(LakeError::NotTheWorker) => Err(LakeError::NotTheWorker),
            Err(error) => {
                let error = chain(&error);
                tracing::error!(view = row.name, error, "a view is not built, and is tried again later");
                self.failed.insert(row.number, now.plus_ms(AGAIN_MS));
                self.sources.remove(&row.number);
                let noted = parts.control.note_view_error(row, &error).await;
                noted.map_err(LakeError::control("note why a view is not built"))?;
                Ok(false)
            }
        }
    }

    /// Fills in the next slice; shows the view if there is none left.
    async fn build(
        &mut self,
        refinery: &mut Refinery,
        row: &RegisteredView,
        kept: &Kept,
    ) -> Result<(), LakeError> {
        let parts = refinery.parts().clone();
        let mut table = match refinery.open_table(&kept.table).await? {
            Some(table) => table,
            None => Table::open_or_create(&parts.stores, &kept.table, &table_schema(&kept.view)).await?,
        };
        let (source, mut progress) = match self.sources.remove(&row.number) {
            Some(known) => known,
            None => {
                let seq = row.from_seq.unwrap_or_default();
                (Source::open(&parts, kept.over, (seq, self.slice_bytes)).await?, row.progress)
            }
        };
        // What the table says counts: a crash may have come before it was noted.
        let reached = table.reached(FILL).await?.unwrap_or_default();
        progress.done = u64::try_from(reached).unwrap_or_default();
        progress.slices = source.slices();
        if progress.done >= progress.slices {
            return show(refinery, (row, kept), table, progress).await;
        }
        let at = usize::try_from(progress.done).unwrap_or(usize::MAX);
        let made = source.make(&parts, kept, &table, at).await?;
        let mark = Mark { application: FILL.to_owned(), version: reached + 1 };
        table.append_written(made.files, &[mark]).await?;
        failpoint!("view.fill.after-slice");
        refinery.keep_table(table);
        progress.done += 1;
        progress.rows += made.rows;
        progress.skipped += made.skipped;
        let noted = parts.control.note_view_progress(row, progress, &in_words(progress)).await;
        noted.map_err(LakeError::control("note how far a view is built"))?;
        self.sources.insert(row.number, (source, progress));
        Ok(())
    }
}

impl Due<'_> {
    const fn rank(&self) -> u8 {
        match self {
            Self::Leave(_) => 0,
            Self::Build(_) => 1,
            Self::Begin => 2,
        }
    }
}

fn due<'a>(row: &RegisteredView, kept: &'a [Kept]) -> Option<Due<'a>> {
    let table = table_of(row);
    let found = kept.iter().find(|kept| kept.table == table);
    match (row.state, found) {
        (ViewState::Gone, _) | (ViewState::Current, Some(_)) => None,
        (ViewState::Leaving, _) => Some(Due::Leave(String::new())),
        (ViewState::Waiting, _) => Some(Due::Begin),
        (ViewState::Building, Some(kept)) => Some(Due::Build(kept)),
        // Its definition was understood when it was registered. Without its rows it must not be shown.
        (ViewState::Building | ViewState::Current, None) => {
            let why = super::compile(row.definition.as_bytes()).err().map(|error| chain(&error));
            Some(Due::Leave(why.unwrap_or_default()))
        }
    }
}

fn in_words(progress: BuildProgress) -> String {
    let BuildProgress { done, slices, rows, skipped } = progress;
    let mut text = format!("{done} of {slices} slices, {rows} rows");
    if skipped > 0 {
        text += &format!(", {skipped} resources without a row");
    }
    text
}

/// Makes the view's table what readers see under its name.
async fn show(
    refinery: &mut Refinery,
    (row, kept): (&RegisteredView, &Kept),
    table: Table,
    progress: BuildProgress,
) -> Result<(), LakeError> {
    let version = models::catalogue::describe(&table, std::slice::from_ref(kept), None);
    refinery.keep_table(table);
    let detail = in_words(progress);
    let seq = publish(refinery, row, ViewChange::Show(row, &version), &detail).await?;
    record(refinery, "view.build", row, seq, &detail).await;
    Ok(())
}

/// Tells the catalogue that there is no such view.
async fn leave(refinery: &mut Refinery, row: &RegisteredView, why: &str) -> Result<(), LakeError> {
    if !why.is_empty() {
        tracing::error!(
            view = row.name,
            error = why,
            "a view's definition is not understood any more: it is removed"
        );
    }
    let table = TableName::new("view", row.name.as_str());
    let seq = publish(refinery, row, ViewChange::Drop(row, &table, why), why).await?;
    record(refinery, "view.remove", row, seq, why).await;
    Ok(())
}

async fn publish(
    refinery: &mut Refinery,
    row: &RegisteredView,
    change: ViewChange<'_>,
    detail: &str,
) -> Result<CommitSeq, LakeError> {
    let control = refinery.parts().control.clone();
    let lease = refinery.lease().await?;
    let intent = NewPublication { kind: PublicationKind::View, lanes: Vec::new(), detail: row.name.clone() };
    let publication = refinery.parts().begin(&lease, &intent).await?;
    failpoint!("view.swap.after-intent");
    match control.publish_view(&lease, &publication, change, detail).await {
        Ok(seq) => {
            failpoint!("view.swap.after-publish");
            Ok(seq)
        }
        Err(error @ ControlError::NotFound { .. }) => {
            let abandoned = control.abandon_publication(&lease, &publication).await;
            abandoned.map_err(LakeError::control("abandon an intent"))?;
            Err(LakeError::control("publish a view")(error))
        }
        Err(error) => Err(LakeError::control("publish a view")(error)),
    }
}

async fn record(refinery: &Refinery, action: &str, row: &RegisteredView, seq: CommitSeq, result: &str) {
    let parts = refinery.parts();
    let event = AuditEvent::new(parts.clock.now(), action, "worker", AuditOutcome::Success, &row.name);
    parts.record(event.with("sequence", seq).with("result", result)).await;
}
