//! Alerts, and how far the watch that raises them has come: written together, so that none is raised twice or lost.

use crate::{
    Control, ControlError,
    database::{Row, Tx, number},
};
use model::{AuditPosition, Timestamp};
use std::collections::BTreeMap;

/// Names the transaction in errors.
const PUT: &str = "keep alerts";

/// The columns that [`read`] reads, in its order.
macro_rules! select {
    () => {
        "SELECT id, alert_key, rule, severity, title, sentence, subject, counted, first_time, last_time,
        first_writer, first_index, last_writer, last_index, raised, acknowledged, acknowledged_by, note,
        attempts, attempted, delivered"
    };
}

/// What a watch has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlert {
    /// The watch's own name for it: an alert of the same key is the same one, gone on.
    pub key: String,
    /// The rule that raised it.
    pub rule: String,
    /// How bad it is, as rules say it.
    pub severity: String,
    /// The rule's title.
    pub title: String,
    /// What happened, for a person.
    pub sentence: String,
    /// Who or from where.
    pub subject: String,
    /// How much was counted.
    pub count: u64,
    /// When the first of it happened.
    pub first_time: Timestamp,
    /// When the last of it happened.
    pub last_time: Timestamp,
    /// The first record that was counted.
    pub first: AuditPosition,
    /// The last one.
    pub last: AuditPosition,
}

/// An alert, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its number.
    pub id: i64,
    /// What the watch says, as it went on.
    pub found: NewAlert,
    /// When it was raised.
    pub raised: Timestamp,
    /// That somebody has seen to it.
    pub acknowledged: Option<Acknowledged>,
    /// How often it was tried to tell somebody.
    pub attempts: u64,
    /// When that was tried last.
    pub attempted: Option<Timestamp>,
    /// When it succeeded.
    pub delivered: Option<Timestamp>,
}

/// That somebody has seen to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// When.
    pub time: Timestamp,
    /// Who.
    pub by: String,
    /// What they say of it; may be empty.
    pub note: String,
}

/// Which alerts to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichAlerts {
    /// Those that nobody has acknowledged.
    Open,
    /// Those too that somebody has.
    All,
}

/// How far a watch has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchState {
    /// Grows with each change; 0 before the first.
    pub step: u64,
    /// What it remembers; empty before the first change.
    pub state: Vec<u8>,
}

/// A writer that has recorded more than a watch has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriterAhead {
    /// The writer.
    pub writer: String,
    /// How many of its records the watch has seen.
    pub seen: u64,
    /// How many it has recorded.
    pub records: u64,
}

/// What a watch has seen and found since it was kept last.
#[derive(Clone, Copy, Debug)]
pub struct WatchProgress<'a> {
    /// The step that it goes on from.
    pub step: u64,
    /// What it remembers now.
    pub state: &'a [u8],
    /// Writers of whom there is more now, and how many of their records it has seen.
    pub cursors: &'a BTreeMap<String, u64>,
    /// Alerts that it raised, and those that went on.
    pub alerts: &'a [NewAlert],
}

impl WhichAlerts {
    /// The statement that lists them; its parameter is how many.
    const fn sql(self) -> &'static str {
        match self {
            Self::Open => {
                concat!(select!(), " FROM alert WHERE acknowledged IS NULL ORDER BY id DESC LIMIT $1")
            }
            Self::All => concat!(select!(), " FROM alert ORDER BY id DESC LIMIT $1"),
        }
    }
}

impl Control {
    /// How far the watch `name` has come.
    ///
    /// # Errors
    /// The database failed.
    pub async fn watch_state(&self, name: &str) -> Result<WatchState, ControlError> {
        const ACTION: &str = "read how far the watch has come";
        const STATE: &str = "SELECT step, state FROM watch_state WHERE name = $1";
        match self.database.row(ACTION, STATE, &[name.into()]).await? {
            Some(row) => Ok(WatchState { step: row.count(0)?, state: row.bytes(1)? }),
            None => Ok(WatchState::default()),
        }
    }

    /// The writers that have recorded more than the watch `name` has seen, as far as their heads are known, those that
    /// have waited longest first; at most 1,000.
    ///
    /// # Errors
    /// The database failed.
    pub async fn writers_ahead(&self, name: &str) -> Result<Vec<WriterAhead>, ControlError> {
        const SQL: &str = "SELECT h.writer, COALESCE(c.records, 0), h.records FROM audit_head h
            LEFT JOIN watch_cursor c ON c.name = $1 AND c.writer = h.writer
            WHERE h.records > COALESCE(c.records, 0) ORDER BY h.seen, h.writer LIMIT 1000";
        let rows = self.database.rows("look for what the watch has not seen", SQL, &[name.into()]).await?;
        let ahead =
            |row: &Row| Ok(WriterAhead { writer: row.text(0)?, seen: row.count(1)?, records: row.count(2)? });
        rows.iter().map(ahead).collect()
    }

    /// Keeps what the watch `name` has seen and found, all or nothing; gives its new step.
    ///
    /// An alert that is known goes on: what was said of it before is replaced, and what became of it stays.
    ///
    /// # Errors
    /// [`ControlError::Outrun`] if another watch has come further meanwhile: begin anew from [`Control::watch_state`].
    pub async fn put_watch(&self, name: &str, progress: WatchProgress<'_>) -> Result<u64, ControlError> {
        const CURSOR: &str = "INSERT INTO watch_cursor (name, writer, records) VALUES ($1, $2, $3)
            ON CONFLICT (name, writer) DO UPDATE SET records = excluded.records";
        let mut tx = self.begin(PUT).await?;
        let step = next_step(&mut tx, name, &progress).await?;
        for (writer, records) in progress.cursors {
            let params = [name.into(), writer.as_str().into(), number(*records).into()];
            tx.run(PUT, CURSOR, &params).await?;
        }
        for alert in progress.alerts {
            if !goes_on(&mut tx, alert).await? {
                raise(&mut tx, alert, self.now()).await?;
            }
        }
        tx.commit(PUT).await?;
        Ok(step)
    }

    /// Alerts, the newest first, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn alerts(&self, which: WhichAlerts, limit: usize) -> Result<Vec<Alert>, ControlError> {
        let params = [number(limit as u64).into()];
        self.database.rows("list alerts", which.sql(), &params).await?.iter().map(read).collect()
    }

    /// How many alerts nobody has seen to.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count_open_alerts(&self) -> Result<u64, ControlError> {
        const SQL: &str = "SELECT COUNT(*) FROM alert WHERE acknowledged IS NULL";
        self.database.row("count alerts", SQL, &[]).await?.map_or(Ok(0), |row| row.count(0))
    }

    /// One alert.
    ///
    /// # Errors
    /// The database failed.
    pub async fn alert(&self, id: i64) -> Result<Option<Alert>, ControlError> {
        const SQL: &str = concat!(select!(), " FROM alert WHERE id = $1");
        self.database.row("find an alert", SQL, &[id.into()]).await?.as_ref().map(read).transpose()
    }

    /// Notes that somebody has seen to an alert. The first to do so stays the one who did.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no open alert of that number.
    pub async fn acknowledge_alert(&self, id: i64, by: &str, note: &str) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE alert SET acknowledged = $2, acknowledged_by = $3, note = $4
            WHERE id = $1 AND acknowledged IS NULL";
        let params = [id.into(), self.now().0.into(), by.into(), note.into()];
        match self.database.run("acknowledge an alert", SQL, &params).await? {
            0 => Err(ControlError::NotFound { what: "open alert", name: id.to_string() }),
            _ => Ok(()),
        }
    }

    /// Alerts that nobody has been told of, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn undelivered_alerts(&self, limit: usize) -> Result<Vec<Alert>, ControlError> {
        const SQL: &str = concat!(select!(), " FROM alert WHERE delivered IS NULL ORDER BY id LIMIT $1");
        let params = [number(limit as u64).into()];
        self.database.rows("list undelivered alerts", SQL, &params).await?.iter().map(read).collect()
    }

    /// Notes a try to tell somebody of an alert, and whether it succeeded. Once it did, it stays so.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_delivery(&self, id: i64, delivered: bool) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE alert SET attempts = attempts + 1, attempted = $2,
            delivered = CASE WHEN delivered IS NULL AND $3 = 1 THEN $2 ELSE delivered END WHERE id = $1";
        let params = [id.into(), self.now().0.into(), i64::from(delivered).into()];
        self.database.run("note a delivery", SQL, &params).await.map(drop)
    }
}

/// Takes the step after the one that the watch goes on from. Its row stays locked until the end.
async fn next_step(tx: &mut Tx, name: &str, progress: &WatchProgress<'_>) -> Result<u64, ControlError> {
    const BEGIN: &str = "INSERT INTO watch_state (name, step, state) VALUES ($1, 0, $2)
        ON CONFLICT (name) DO NOTHING";
    const GO_ON: &str = "UPDATE watch_state SET step = step + 1, state = $3
        WHERE name = $1 AND step = $2 RETURNING step";
    if progress.step == 0 {
        tx.run(PUT, BEGIN, &[name.into(), [].as_slice().into()]).await?;
    }
    let params = [name.into(), number(progress.step).into(), progress.state.into()];
    let row = tx.row(PUT, GO_ON, &params).await?;
    row.ok_or(ControlError::Outrun { step: progress.step })?.count(0)
}

/// Writes anew what is said of an alert, if it is known.
async fn goes_on(tx: &mut Tx, alert: &NewAlert) -> Result<bool, ControlError> {
    const SQL: &str =
        "UPDATE alert SET severity = $2, title = $3, sentence = $4, counted = $5, first_time = $6,
        last_time = $7, first_writer = $8, first_index = $9, last_writer = $10, last_index = $11
        WHERE alert_key = $1";
    let params = [
        alert.key.as_str().into(),
        alert.severity.as_str().into(),
        alert.title.as_str().into(),
        alert.sentence.as_str().into(),
        number(alert.count).into(),
        alert.first_time.0.into(),
        alert.last_time.0.into(),
        alert.first.writer.as_str().into(),
        number(alert.first.index).into(),
        alert.last.writer.as_str().into(),
        number(alert.last.index).into(),
    ];
    Ok(tx.run(PUT, SQL, &params).await? > 0)
}

async fn raise(tx: &mut Tx, alert: &NewAlert, now: Timestamp) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO alert (id, alert_key, rule, severity, title, sentence, subject, counted,
        first_time, last_time, first_writer, first_index, last_writer, last_index, raised)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let id = tx.count(PUT, "alert").await?;
    let params = [
        id.into(),
        alert.key.as_str().into(),
        alert.rule.as_str().into(),
        alert.severity.as_str().into(),
        alert.title.as_str().into(),
        alert.sentence.as_str().into(),
        alert.subject.as_str().into(),
        number(alert.count).into(),
        alert.first_time.0.into(),
        alert.last_time.0.into(),
        alert.first.writer.as_str().into(),
        number(alert.first.index).into(),
        alert.last.writer.as_str().into(),
        number(alert.last.index).into(),
        now.0.into(),
    ];
    tx.run(PUT, SQL, &params).await.map(drop)
}

fn read(row: &Row) -> Result<Alert, ControlError> {
    let found = NewAlert {
        key: row.text(1)?,
        rule: row.text(2)?,
        severity: row.text(3)?,
        title: row.text(4)?,
        sentence: row.text(5)?,
        subject: row.text(6)?,
        count: row.count(7)?,
        first_time: Timestamp(row.int(8)?),
        last_time: Timestamp(row.int(9)?),
        first: AuditPosition { writer: row.text(10)?, index: row.count(11)? },
        last: AuditPosition { writer: row.text(12)?, index: row.count(13)? },
    };
    let (by, note) = (row.text(16)?, row.text(17)?);
    let acknowledged = row.maybe_int(15)?.map(|time| Acknowledged { time: Timestamp(time), by, note });
    Ok(Alert {
        id: row.int(0)?,
        found,
        raised: Timestamp(row.int(14)?),
        acknowledged,
        attempts: row.count(18)?,
        attempted: row.maybe_int(19)?.map(Timestamp),
        delivered: row.maybe_int(20)?.map(Timestamp),
    })
}
