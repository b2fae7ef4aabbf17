//! Leases, and the epochs that fence off whoever has lost one (design §2.1).
//!
//! A lease may be held past its end while nobody else has asked for it: what
//! counts is the epoch, which the transactions that matter check under the
//! lock of the lease's row. The end only says when another may take it.

use crate::{Control, ControlError, Holding, database::Tx};
use model::{Epoch, LaneId, Timestamp};

/// The right to register segments in a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The lane.
    pub lane: LaneId,
    /// Greater than that of every earlier holder.
    pub epoch: Epoch,
    /// When another may take it, unless it is renewed.
    pub expires: Timestamp,
    /// Who holds it.
    pub holder: String,
}

/// The right to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLease {
    /// Greater than that of every earlier holder.
    pub epoch: Epoch,
    /// When another may take it, unless it is renewed.
    pub expires: Timestamp,
    /// Who holds it.
    pub holder: String,
}

/// The statements on the leases of one table.
struct Statements {
    take: &'static str,
    until: &'static str,
    renew: &'static str,
    release: &'static str,
}

macro_rules! statements {
    ($table:literal) => {
        Statements {
            take: concat!(
                "UPDATE ",
                $table,
                " SET epoch = CASE WHEN holder = $2 THEN epoch ELSE epoch + 1 END, holder = $2, expires = $3
                 WHERE id = $1 AND (holder IS NULL OR holder = $2 OR expires <= $4) RETURNING epoch"
            ),
            until: concat!("SELECT expires FROM ", $table, " WHERE id = $1"),
            renew: concat!(
                "UPDATE ",
                $table,
                " SET expires = $4 WHERE id = $1 AND epoch = $2 AND holder = $3"
            ),
            release: concat!(
                "UPDATE ",
                $table,
                " SET holder = NULL, expires = 0 WHERE id = $1 AND epoch = $2 AND holder = $3"
            ),
        }
    };
}

const LANE: Statements = statements!("lane");
const WORKER: Statements = statements!("worker");
const WORKER_ID: i64 = 1;

impl Control {
    /// Takes a lane for `ttl_ms`. A holder that has it already renews it and keeps its epoch,
    /// so a holder's name must be of one process only.
    ///
    /// # Errors
    /// [`ControlError::Leased`] while another holds it; [`ControlError::NotFound`] if there is no such lane.
    pub async fn lease_lane(&self, lane: LaneId, holder: &str, ttl_ms: i64) -> Result<Lease, ControlError> {
        let (epoch, expires) = self.take(&LANE, Holding::Lane(lane), holder, ttl_ms).await?;
        Ok(Lease { lane, epoch, expires, holder: holder.to_owned() })
    }

    /// Holds a lane for `ttl_ms` from now.
    ///
    /// # Errors
    /// [`ControlError::Fenced`] if another has it or it was released.
    pub async fn renew_lane(&self, lease: &Lease, ttl_ms: i64) -> Result<Lease, ControlError> {
        let holding = Holding::Lane(lease.lane);
        let expires = self.renew(&LANE, holding, lease.epoch, &lease.holder, ttl_ms).await?;
        Ok(Lease { expires, ..lease.clone() })
    }

    /// Gives a lane back; nothing happens if it has been lost before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_lane(&self, lease: &Lease) -> Result<(), ControlError> {
        self.release(&LANE, Holding::Lane(lease.lane), lease.epoch, &lease.holder).await
    }

    /// The newest epoch of a lane: whoever holds a smaller one is fenced off.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such lane.
    pub async fn lane_epoch(&self, lane: LaneId) -> Result<Epoch, ControlError> {
        let row = self
            .database
            .row("read an epoch", "SELECT epoch FROM lane WHERE id = $1", &[lane.0.into()])
            .await?;
        let row = row.ok_or_else(|| ControlError::NotFound { what: "lane", name: lane.to_string() })?;
        row.int(0).map(Epoch)
    }

    /// Takes the worker's part for `ttl_ms`, by the rules of [`Control::lease_lane`].
    ///
    /// # Errors
    /// [`ControlError::Leased`] while another holds it.
    pub async fn lease_worker(&self, holder: &str, ttl_ms: i64) -> Result<WorkerLease, ControlError> {
        let (epoch, expires) = self.take(&WORKER, Holding::Worker, holder, ttl_ms).await?;
        Ok(WorkerLease { epoch, expires, holder: holder.to_owned() })
    }

    /// Who holds the worker's work, and until when; nobody, where it was given back.
    ///
    /// # Errors
    /// The database failed.
    pub async fn worker_holder(&self) -> Result<Option<(String, Timestamp)>, ControlError> {
        const SQL: &str = "SELECT holder, expires FROM worker WHERE id = 1";
        let Some(row) = self.database.row("find the worker", SQL, &[]).await? else { return Ok(None) };
        let expires = Timestamp(row.int(1)?);
        Ok(row.maybe_text(0)?.map(|holder| (holder, expires)))
    }

    /// Holds the worker's part for `ttl_ms` from now.
    ///
    /// # Errors
    /// [`ControlError::Fenced`] if another has it or it was released.
    pub async fn renew_worker(&self, lease: &WorkerLease, ttl_ms: i64) -> Result<WorkerLease, ControlError> {
        let expires = self.renew(&WORKER, Holding::Worker, lease.epoch, &lease.holder, ttl_ms).await?;
        Ok(WorkerLease { expires, ..lease.clone() })
    }

    /// Gives the worker's part back; nothing happens if it has been lost before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_worker(&self, lease: &WorkerLease) -> Result<(), ControlError> {
        self.release(&WORKER, Holding::Worker, lease.epoch, &lease.holder).await
    }

    async fn take(
        &self,
        sql: &Statements,
        holding: Holding,
        holder: &str,
        ttl_ms: i64,
    ) -> Result<(Epoch, Timestamp), ControlError> {
        const ACTION: &str = "take a lease";
        let now = self.now();
        let expires = now.plus_ms(ttl_ms);
        let id = id(holding);
        let mut tx = self.begin(ACTION).await?;
        let params = [id.into(), holder.into(), expires.0.into(), now.0.into()];
        if let Some(row) = tx.row(ACTION, sql.take, &params).await? {
            let epoch = Epoch(row.int(0)?);
            tx.commit(ACTION).await?;
            return Ok((epoch, expires));
        }
        match tx.row(ACTION, sql.until, &[id.into()]).await? {
            Some(row) => Err(ControlError::Leased { holding, until: Timestamp(row.int(0)?) }),
            None => Err(ControlError::NotFound { what: "lane", name: id.to_string() }),
        }
    }

    async fn renew(
        &self,
        sql: &Statements,
        holding: Holding,
        epoch: Epoch,
        holder: &str,
        ttl_ms: i64,
    ) -> Result<Timestamp, ControlError> {
        let expires = self.now().plus_ms(ttl_ms);
        let params = [id(holding).into(), epoch.0.into(), holder.into(), expires.0.into()];
        match self.database.run("renew a lease", sql.renew, &params).await? {
            0 => Err(ControlError::Fenced { holding }),
            _ => Ok(expires),
        }
    }

    async fn release(
        &self,
        sql: &Statements,
        holding: Holding,
        epoch: Epoch,
        holder: &str,
    ) -> Result<(), ControlError> {
        let params = [id(holding).into(), epoch.0.into(), holder.into()];
        self.database.run("release a lease", sql.release, &params).await.map(drop)
    }
}

const fn id(holding: Holding) -> i64 {
    match holding {
        Holding::Lane(lane) => lane.0,
        Holding::Worker => WORKER_ID,
    }
}

/// Locks the worker's row and makes sure that `lease` is still the one that counts.
pub(crate) async fn check_worker(
    tx: &mut Tx,
    action: &'static str,
    lease: &WorkerLease,
) -> Result<(), ControlError> {
    const SQL: &str = "UPDATE worker SET epoch = epoch WHERE id = $1 AND epoch = $2 AND holder = $3";
    let params = [WORKER_ID.into(), lease.epoch.0.into(), lease.holder.as_str().into()];
    match tx.run(action, SQL, &params).await? {
        0 => Err(ControlError::Fenced { holding: Holding::Worker }),
        _ => Ok(()),
    }
}
