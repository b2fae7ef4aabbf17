//! Publications: the intent, and the one transaction that makes sequence N true (design §2.7).

use crate::{
    Control, ControlError, TableVersion, WorkerLease,
    catalog::write_versions,
    database::{Row, Tx},
    lease::check_worker,
};
use model::{CommitSeq, LaneId, Ordinal, Timestamp};

/// Names the transaction of a publication in errors.
pub(crate) const PUBLISH: &str = "publish";

/// What a publication does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicationKind {
    /// Brings segments into raw and views.
    Refine,
    /// Builds tables from tables.
    Model,
    /// Rewrites files without changing what they say.
    Compact,
    /// Shows a registered view, or no longer.
    View,
}

/// A publication that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPublication {
    /// What it does.
    pub kind: PublicationKind,
    /// The segments it takes: a lane, the ordinal before the first, the last ordinal.
    pub lanes: Vec<(LaneId, Ordinal, Ordinal)>,
    /// What whoever resumes it must know.
    pub detail: String,
}

/// A publication that has begun, and is not yet published or abandoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The sequence it will be published as.
    pub seq: CommitSeq,
    /// What it does.
    pub kind: PublicationKind,
    /// The segments it takes: a lane, the ordinal before the first, the last ordinal.
    pub lanes: Vec<(LaneId, Ordinal, Ordinal)>,
    /// What whoever resumes it must know.
    pub detail: String,
    /// When it began. Whoever resumes it uses this time, so that it writes the same rows.
    pub began: Timestamp,
}

impl PublicationKind {
    /// Its name in the database and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refine => "refine",
            Self::Model => "model",
            Self::Compact => "compact",
            Self::View => "view",
        }
    }

    fn parse(text: &str) -> Result<Self, ControlError> {
        [Self::Refine, Self::Model, Self::Compact, Self::View]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(ControlError::Malformed { what: "publication kind" })
    }
}

impl Control {
    /// Writes down what is about to be published, before any table is touched.
    ///
    /// # Errors
    /// [`ControlError::PendingPublication`] if another was begun and not ended;
    /// [`ControlError::OutOfOrder`] if a lane's range does not begin where it is published to, or is empty, or
    /// ends beyond what is registered; [`ControlError::Fenced`] if the worker's part was lost.
    pub async fn begin_publication(
        &self,
        lease: &WorkerLease,
        new: &NewPublication,
    ) -> Result<Publication, ControlError> {
        const ACTION: &str = "begin a publication";
        const INSERT: &str = "INSERT INTO publication (seq, kind, detail, epoch, began, published, pending)
            VALUES ($1, $2, $3, $4, $5, NULL, 1)";
        const INSERT_LANE: &str = "INSERT INTO publication_lane (seq, lane, from_ordinal, to_ordinal)
            VALUES ($1, $2, $3, $4)";
        let mut tx = self.begin(ACTION).await?;
        check_worker(&mut tx, ACTION, lease).await?;
        if let Some(pending) = read_pending(&mut tx, ACTION).await? {
            return Err(ControlError::PendingPublication(Box::new(pending)));
        }
        const LAST: &str = "SELECT value FROM counter WHERE name = 'commit_seq'";
        let last = tx.row(ACTION, LAST, &[]).await?.ok_or(ControlError::Malformed { what: "counter" })?;
        let seq = CommitSeq(last.int(0)?).next();
        let began = self.now();
        let kind = new.kind.as_str();
        let params =
            [seq.0.into(), kind.into(), new.detail.as_str().into(), lease.epoch.0.into(), began.0.into()];
        tx.run(ACTION, INSERT, &params).await?;
        for &(lane, from, to) in &new.lanes {
            const FITS: &str = "SELECT id FROM lane WHERE id = $1 AND published = $2 AND registered >= $3";
            let fits = tx.row(ACTION, FITS, &[lane.0.into(), from.0.into(), to.0.into()]).await?;
            if fits.is_none() || from >= to {
                return Err(ControlError::OutOfOrder { lane, from, to });
            }
            tx.run(ACTION, INSERT_LANE, &[seq.0.into(), lane.0.into(), from.0.into(), to.0.into()]).await?;
        }
        tx.commit(ACTION).await?;
        let NewPublication { kind, lanes, detail } = new.clone();
        Ok(Publication { seq, kind, lanes, detail, began })
    }

    /// The publication that was begun and not ended, to be resumed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn pending_publication(&self) -> Result<Option<Publication>, ControlError> {
        let mut tx = self.begin("read the pending publication").await?;
        read_pending(&mut tx, "read the pending publication").await
    }

    /// Makes a publication true: moves its lanes, writes the versions of `tables` into the
    /// catalogue and advances the commit sequence, all in one transaction.
    ///
    /// # Errors
    /// [`ControlError::Fenced`] if the worker's part was lost; [`ControlError::NotPending`] if it was published or
    /// abandoned before; [`ControlError::AlreadyExists`] if a table is named twice. Nothing is changed then.
    pub async fn publish(
        &self,
        lease: &WorkerLease,
        publication: &Publication,
        tables: &[TableVersion],
    ) -> Result<CommitSeq, ControlError> {
        let mut tx = self.begin(PUBLISH).await?;
        let seq = publish_in(&mut tx, lease, publication, tables, self.now()).await?;
        tx.commit(PUBLISH).await?;
        Ok(seq)
    }

    /// Drops a publication that was begun; its sequence goes to the next one.
    ///
    /// # Errors
    /// [`ControlError::MustResume`] if it refines; [`ControlError::NotPending`] and [`ControlError::Fenced`] as for
    /// [`Control::publish`].
    pub async fn abandon_publication(
        &self,
        lease: &WorkerLease,
        publication: &Publication,
    ) -> Result<(), ControlError> {
        const ACTION: &str = "abandon a publication";
        let mut tx = self.begin(ACTION).await?;
        check_worker(&mut tx, ACTION, lease).await?;
        let Publication { seq, kind, .. } = still_pending(&mut tx, ACTION, publication).await?;
        if kind == PublicationKind::Refine {
            return Err(ControlError::MustResume { seq });
        }
        tx.run(ACTION, "DELETE FROM publication_lane WHERE seq = $1", &[seq.0.into()]).await?;
        tx.run(ACTION, "DELETE FROM publication WHERE seq = $1", &[seq.0.into()]).await?;
        tx.commit(ACTION).await
    }

    /// When the newest sequence was published; never, in an empty lake.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_publication(&self) -> Result<Option<Timestamp>, ControlError> {
        const SQL: &str = "SELECT p.published FROM publication p
            WHERE p.seq = (SELECT c.value FROM counter c WHERE c.name = 'commit_seq')";
        let row = self.database.row("read the newest publication", SQL, &[]).await?;
        Ok(row.map(|row| row.maybe_int(0)).transpose()?.flatten().map(Timestamp))
    }

    /// The newest published sequence; 0 is the empty lake.
    ///
    /// # Errors
    /// The database failed.
    pub async fn published(&self) -> Result<CommitSeq, ControlError> {
        self.counter("commit_seq").await
    }
}

/// What [`Control::publish`] does, within a transaction that may do more.
pub(crate) async fn publish_in(
    tx: &mut Tx,
    lease: &WorkerLease,
    publication: &Publication,
    tables: &[TableVersion],
    now: Timestamp,
) -> Result<CommitSeq, ControlError> {
    const ACTION: &str = PUBLISH;
    const MOVE: &str = "UPDATE lane SET published = $3
        WHERE id = $1 AND published = $2 AND registered >= $3";
    const DONE: &str = "UPDATE publication SET published = $2, pending = NULL WHERE seq = $1";
    const ADVANCE: &str = "UPDATE counter SET value = $1 WHERE name = 'commit_seq' AND value = $1 - 1";
    check_worker(tx, ACTION, lease).await?;
    let pending = still_pending(tx, ACTION, publication).await?;
    for (lane, from, to) in pending.lanes {
        let moved = tx.run(ACTION, MOVE, &[lane.0.into(), from.0.into(), to.0.into()]).await?;
        if moved == 0 {
            return Err(ControlError::OutOfOrder { lane, from, to });
        }
    }
    let seq = pending.seq;
    write_versions(tx, seq, tables).await?;
    tx.run(ACTION, DONE, &[seq.0.into(), now.0.into()]).await?;
    if tx.run(ACTION, ADVANCE, &[seq.0.into()]).await? == 0 {
        return Err(ControlError::Malformed { what: "commit sequence" });
    }
    Ok(seq)
}

async fn still_pending(
    tx: &mut Tx,
    action: &'static str,
    publication: &Publication,
) -> Result<Publication, ControlError> {
    let pending = read_pending(tx, action).await?;
    let seq = publication.seq;
    pending
        .filter(|pending| (pending.seq, pending.began) == (seq, publication.began))
        .ok_or(ControlError::NotPending { seq })
}

pub(crate) async fn read_pending(
    tx: &mut Tx,
    action: &'static str,
) -> Result<Option<Publication>, ControlError> {
    const SQL: &str = "SELECT seq, kind, detail, began FROM publication WHERE pending = 1";
    const LANES: &str =
        "SELECT lane, from_ordinal, to_ordinal FROM publication_lane WHERE seq = $1 ORDER BY lane";
    let Some(row) = tx.row(action, SQL, &[]).await? else { return Ok(None) };
    let seq = row.int(0)?;
    let lane = |row: &Row| Ok((LaneId(row.int(0)?), Ordinal(row.int(1)?), Ordinal(row.int(2)?)));
    let lanes = tx.rows(action, LANES, &[seq.into()]).await?;
    Ok(Some(Publication {
        seq: CommitSeq(seq),
        kind: PublicationKind::parse(&row.text(1)?)?,
        lanes: lanes.iter().map(lane).collect::<Result<_, ControlError>>()?,
        detail: row.text(2)?,
        began: Timestamp(row.int(3)?),
    }))
}
