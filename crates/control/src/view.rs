//! Registered views: their definitions, and how far each has come into the lake.
//!
//! Who registers or removes a view only asks for it; the worker does it. What
//! changes the set of tables that the worker appends to (a build that begins or
//! ends, a view that leaves) is one transaction under the worker's lease, in
//! which no other publication is pending: so one publication is made, and
//! carried out again after a crash, with one and the same set of views.

use crate::{
    Control, ControlError, Publication, RunId, RunState, TableName, TableVersion, WorkerLease,
    catalog::drop_table,
    database::{Row, Tx, number},
    lease::check_worker,
    publication::{PUBLISH, publish_in, read_pending},
    run,
};
use model::{CommitSeq, Timestamp};

/// Where a registered view stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewState {
    /// Nothing has been done for it yet.
    Waiting,
    /// What is published is appended to its table, and what was there before is filled in.
    Building,
    /// Readers see it.
    Current,
    /// Readers see it until the worker has published that they do not.
    Leaving,
    /// Removed or replaced; only older sequences may show it.
    Gone,
}

/// A view to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewView {
    /// Its name in SQL.
    pub name: String,
    /// The resource type that it is over.
    pub resource: String,
    /// The ViewDefinition as JSON.
    pub definition: String,
}

/// How far a build has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildProgress {
    /// Slices of the raw table that are filled in.
    pub done: u64,
    /// Of how many.
    pub slices: u64,
    /// Rows made of them.
    pub rows: u64,
    /// Resources that the view cannot make rows of.
    pub skipped: u64,
}

/// A registered view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredView {
    /// Its number, which no other registration has.
    pub number: i64,
    /// Its name in SQL.
    pub name: String,
    /// The resource type that it is over.
    pub resource: String,
    /// The ViewDefinition as JSON.
    pub definition: String,
    /// Where it stands.
    pub state: ViewState,
    /// The sequence that its build began from: what was published later is appended as it comes.
    pub from_seq: Option<CommitSeq>,
    /// When it was registered.
    pub registered: Timestamp,
    /// The job that builds it.
    pub job: Option<RunId>,
    /// How far that has come.
    pub progress: BuildProgress,
    /// Why it did not go on when it was last tried; empty if it did.
    pub error: String,
}

/// What a publication does to registered views.
#[derive(Clone, Copy, Debug)]
pub enum ViewChange<'a> {
    /// A built view becomes what readers see under its name.
    Show(&'a RegisteredView, &'a TableVersion),
    /// A view is no longer seen, and why if nobody has asked for it.
    Drop(&'a RegisteredView, &'a TableName, &'a str),
}

impl ViewState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Building, Self::Current, Self::Leaving, Self::Gone];

    /// Its name in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Building => "building",
            Self::Current => "current",
            Self::Leaving => "leaving",
            Self::Gone => "gone",
        }
    }
}

const END_BUILDS: &str =
    "UPDATE job_run SET state = 'failed', ended = $2, detail = $3 WHERE ended IS NULL AND id IN
    (SELECT v.job FROM registered_view v WHERE v.name = $1 AND v.state = 'building')";
const END_NEW: &str =
    "UPDATE registered_view SET state = 'gone' WHERE name = $1 AND state IN ('waiting', 'building')";

macro_rules! select_views {
    ($rest:literal) => {
        concat!(
            "SELECT number, name, resource, definition, state, from_seq, registered, job, slices_done, slices,
                    row_count, skipped, error FROM registered_view ",
            $rest
        )
    };
}

impl Control {
    /// Registers a view, in place of one of the same name once it is built, and gives its number; `None` if the
    /// newest of that name has the same definition already.
    ///
    /// # Errors
    /// The database failed.
    pub async fn register_view(&self, new: &NewView) -> Result<Option<i64>, ControlError> {
        const ACTION: &str = "register a view";
        const NEWEST: &str = "SELECT definition FROM registered_view
            WHERE name = $1 AND state IN ('waiting', 'building', 'current') ORDER BY number DESC LIMIT 1";
        let mut tx = self.begin(ACTION).await?;
        // Taken first: it locks the counter's row, and so the registry.
        let number = tx.count(ACTION, "view").await?;
        if let Some(row) = tx.row(ACTION, NEWEST, &[new.name.as_str().into()]).await?
            && row.text(0)? == new.definition
        {
            return Ok(None);
        }
        self.put_view(&mut tx, ACTION, (number, new), "another definition was registered").await?;
        tx.commit(ACTION).await?;
        Ok(Some(number))
    }

    /// Registers a view as [`Control::register_view`] does, also in place of one with the same definition, because the
    /// table of registration `of` (or of a built-in view) can be appended to no more; not if a later one is under way.
    ///
    /// # Errors
    /// The database failed.
    pub async fn renew_view(&self, new: &NewView, of: Option<i64>) -> Result<(), ControlError> {
        const ACTION: &str = "register a view anew";
        const UNDER_WAY: &str = "SELECT 1 FROM registered_view
            WHERE name = $1 AND number > $2 AND state IN ('waiting', 'building')";
        let mut tx = self.begin(ACTION).await?;
        let number = tx.count(ACTION, "view").await?;
        let later = [new.name.as_str().into(), of.unwrap_or_default().into()];
        if tx.row(ACTION, UNDER_WAY, &later).await?.is_some() {
            return Ok(());
        }
        self.put_view(&mut tx, ACTION, (number, new), "its table had other columns").await?;
        tx.commit(ACTION).await
    }

    async fn put_view(
        &self,
        tx: &mut Tx,
        action: &'static str,
        (number, new): (i64, &NewView),
        why: &str,
    ) -> Result<(), ControlError> {
        const INSERT: &str =
            "INSERT INTO registered_view (number, name, resource, definition, state, from_seq,
            registered, job, slices_done, slices, row_count, skipped, error)
            VALUES ($1, $2, $3, $4, 'waiting', NULL, $5, NULL, 0, 0, 0, 0, '')";
        self.end_new(tx, action, &new.name, why).await?;
        let params = [
            number.into(),
            new.name.as_str().into(),
            new.resource.as_str().into(),
            new.definition.as_str().into(),
            self.now().0.into(),
        ];
        tx.run(action, INSERT, &params).await.map(drop)
    }

    /// Asks that a view be removed. The worker publishes that it is gone.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no view of that name is registered.
    pub async fn remove_view(&self, name: &str) -> Result<(), ControlError> {
        const ACTION: &str = "remove a view";
        const LEAVE: &str =
            "UPDATE registered_view SET state = 'leaving' WHERE name = $1 AND state = 'current'";
        let mut tx = self.begin(ACTION).await?;
        tx.count(ACTION, "view").await?;
        let ended = self.end_new(&mut tx, ACTION, name, "the view was removed").await?;
        let leaving = tx.run(ACTION, LEAVE, &[name.into()]).await?;
        if ended + leaving == 0 {
            return Err(ControlError::NotFound { what: "registered view", name: name.to_owned() });
        }
        tx.commit(ACTION).await
    }

    /// Every registered view, in the order of registration; those that are gone as long as a trace of them is left.
    ///
    /// # Errors
    /// The database failed.
    pub async fn views(&self) -> Result<Vec<RegisteredView>, ControlError> {
        const SQL: &str = select_views!("ORDER BY number");
        let rows = self.database.rows("list views", SQL, &[]).await?;
        rows.iter().map(read_view).collect()
    }

    /// A number that grows whenever a view is registered, begins to be built, is shown, leaves or is forgotten.
    ///
    /// # Errors
    /// The database failed.
    pub async fn views_changed(&self) -> Result<i64, ControlError> {
        self.counter("view").await.map(|counter| counter.0)
    }

    /// Begins to build a waiting view from the newest sequence, as a job: from now on whoever publishes appends to
    /// its table.
    ///
    /// # Errors
    /// [`ControlError::PendingPublication`] while a publication is under way; [`ControlError::NotFound`] if it does
    /// not wait any more; [`ControlError::Fenced`] if the worker's part was lost.
    pub async fn begin_view_build(
        &self,
        lease: &WorkerLease,
        view: &RegisteredView,
    ) -> Result<CommitSeq, ControlError> {
        const ACTION: &str = "begin to build a view";
        const SEQ: &str = "SELECT value FROM counter WHERE name = 'commit_seq'";
        const BEGIN: &str = "UPDATE registered_view SET state = 'building', from_seq = $2, job = $3
            WHERE number = $1 AND state = 'waiting'";
        let mut tx = self.begin(ACTION).await?;
        check_worker(&mut tx, ACTION, lease).await?;
        if let Some(pending) = read_pending(&mut tx, ACTION).await? {
            return Err(ControlError::PendingPublication(Box::new(pending)));
        }
        tx.count(ACTION, "view").await?;
        let row = tx.row(ACTION, SEQ, &[]).await?.ok_or(ControlError::Malformed { what: "counter" })?;
        let seq = row.int(0)?;
        let job = run::start_in(&mut tx, "view-build", &view.name, "worker", self.now()).await?;
        if tx.run(ACTION, BEGIN, &[view.number.into(), seq.into(), job.0.into()]).await? == 0 {
            return Err(ControlError::NotFound { what: "waiting view", name: view.name.clone() });
        }
        tx.commit(ACTION).await?;
        Ok(CommitSeq(seq))
    }

    /// Notes how far a build has come; `detail` says it for the list of jobs.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_view_progress(
        &self,
        view: &RegisteredView,
        progress: BuildProgress,
        detail: &str,
    ) -> Result<(), ControlError> {
        const ACTION: &str = "note how far a view is built";
        const SQL: &str = "UPDATE registered_view
            SET slices_done = $2, slices = $3, row_count = $4, skipped = $5, error = '' WHERE number = $1";
        let BuildProgress { done, slices, rows, skipped } = progress;
        let numbers = [done, slices, rows, skipped].map(|count| number(count).into());
        let params = [&[view.number.into()], numbers.as_slice()].concat();
        let mut tx = self.begin(ACTION).await?;
        tx.run(ACTION, SQL, &params).await?;
        note_job(&mut tx, ACTION, view, detail).await?;
        tx.commit(ACTION).await
    }

    /// Notes why a view does not go on; it is tried again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_view_error(&self, view: &RegisteredView, error: &str) -> Result<(), ControlError> {
        const ACTION: &str = "note why a view is not built";
        const SQL: &str = "UPDATE registered_view SET error = $2 WHERE number = $1";
        let mut tx = self.begin(ACTION).await?;
        tx.run(ACTION, SQL, &[view.number.into(), error.into()]).await?;
        note_job(&mut tx, ACTION, view, error).await?;
        tx.commit(ACTION).await
    }

    /// Publishes what becomes of a view: catalogue, registry and job in one transaction. `detail` says it for the
    /// list of jobs.
    ///
    /// # Errors
    /// As [`Control::publish`]; [`ControlError::NotFound`] if the view was removed or replaced meanwhile.
    pub async fn publish_view(
        &self,
        lease: &WorkerLease,
        publication: &Publication,
        change: ViewChange<'_>,
        detail: &str,
    ) -> Result<CommitSeq, ControlError> {
        const REPLACE: &str = "UPDATE registered_view SET state = 'gone'
            WHERE name = $1 AND number <> $2 AND state IN ('current', 'leaving')";
        const SHOW: &str = "UPDATE registered_view SET state = 'current', error = ''
            WHERE number = $1 AND state = 'building'";
        const DROP: &str = "UPDATE registered_view SET state = 'gone', error = $2
            WHERE number = $1 AND state IN ('current', 'leaving', 'building', 'waiting')";
        let now = self.now();
        let mut tx = self.begin(PUBLISH).await?;
        let (tables, view) = match change {
            ViewChange::Show(view, table) => (std::slice::from_ref(table), view),
            ViewChange::Drop(view, ..) => (&[][..], view),
        };
        let seq = publish_in(&mut tx, lease, publication, tables, now).await?;
        tx.count(PUBLISH, "view").await?;
        let (changed, state) = match change {
            ViewChange::Show(..) => {
                tx.run(PUBLISH, REPLACE, &[view.name.as_str().into(), view.number.into()]).await?;
                (tx.run(PUBLISH, SHOW, &[view.number.into()]).await?, RunState::Succeeded)
            }
            ViewChange::Drop(_, table, why) => {
                if matches!(view.state, ViewState::Current | ViewState::Leaving) {
                    drop_table(&mut tx, seq, table).await?;
                }
                (tx.run(PUBLISH, DROP, &[view.number.into(), why.into()]).await?, RunState::Failed)
            }
        };
        if changed == 0 {
            return Err(ControlError::NotFound { what: "registered view", name: view.name.clone() });
        }
        if let Some(job) = view.job {
            run::end_in(&mut tx, job, state, detail, Some(seq), now).await?;
        }
        tx.commit(PUBLISH).await?;
        Ok(seq)
    }

    /// Forgets a view that is gone, and whose table is deleted.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_view(&self, view: &RegisteredView) -> Result<(), ControlError> {
        const ACTION: &str = "forget a view";
        const SQL: &str = "DELETE FROM registered_view WHERE number = $1 AND state = 'gone'";
        let mut tx = self.begin(ACTION).await?;
        tx.count(ACTION, "view").await?;
        tx.run(ACTION, SQL, &[view.number.into()]).await?;
        tx.commit(ACTION).await
    }

    /// Ends whatever of that name is not shown yet, and says how many there were.
    async fn end_new(
        &self,
        tx: &mut Tx,
        action: &'static str,
        name: &str,
        why: &str,
    ) -> Result<u64, ControlError> {
        tx.run(action, END_BUILDS, &[name.into(), self.now().0.into(), why.into()]).await?;
        tx.run(action, END_NEW, &[name.into()]).await
    }
}

async fn note_job(
    tx: &mut Tx,
    action: &'static str,
    view: &RegisteredView,
    detail: &str,
) -> Result<(), ControlError> {
    const SQL: &str = "UPDATE job_run SET detail = $2 WHERE id = $1 AND ended IS NULL";
    let Some(job) = view.job else { return Ok(()) };
    tx.run(action, SQL, &[job.0.into(), detail.into()]).await.map(drop)
}

fn read_view(row: &Row) -> Result<RegisteredView, ControlError> {
    let state = row.text(4)?;
    let state = ViewState::ALL
        .into_iter()
        .find(|known| known.as_str() == state)
        .ok_or(ControlError::Malformed { what: "view state" })?;
    Ok(RegisteredView {
        number: row.int(0)?,
        name: row.text(1)?,
        resource: row.text(2)?,
        definition: row.text(3)?,
        state,
        from_seq: row.maybe_int(5)?.map(CommitSeq),
        registered: Timestamp(row.int(6)?),
        job: row.maybe_int(7)?.map(RunId),
        progress: BuildProgress {
            done: row.count(8)?,
            slices: row.count(9)?,
            rows: row.count(10)?,
            skipped: row.count(11)?,
        },
        error: row.text(12)?,
    })
}
