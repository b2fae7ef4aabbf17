//! What sources sent by day, what has changed in it, and what tables held. Profiles are texts, whose form is their
//! writer's business; they hold counts and names, nothing of what a resource says.

use crate::{
    Acknowledged, Control, ControlError, TableName,
    database::{Row, Tx, number},
};
use model::{SourceId, Timestamp};

/// Names the transaction in errors.
const PUT: &str = "keep findings";

/// The columns that [`read`] reads, in its order.
macro_rules! select {
    () => {
        "SELECT id, source, day, kind, place, sentence, detail, stops, found, acknowledged, acknowledged_by, note
        FROM finding"
    };
}

/// What a source sent in a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayProfile {
    /// The day, in days since 1970 (UTC).
    pub day: i64,
    /// Grows with each change; 0 before the first.
    pub step: u64,
    /// The profile; empty before the first.
    pub profile: String,
    /// Resources that were sent, as the profile has them.
    pub resources: u64,
}

/// Something that has changed in a source's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFinding {
    /// What kind of change.
    pub kind: String,
    /// Where: a type, an element, a name. With the kind it tells a finding of a day from the others.
    pub place: String,
    /// What happened, for a person.
    pub sentence: String,
    /// All of it, in the form of whoever found it.
    pub detail: String,
    /// Whether it stops promotion.
    pub stops: bool,
}

/// A finding, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFinding {
    /// Its number.
    pub id: i64,
    /// Whose feed.
    pub source: SourceId,
    /// On which day, in days since 1970 (UTC).
    pub day: i64,
    /// What was found.
    pub found: NewFinding,
    /// When it was found.
    pub time: Timestamp,
    /// That somebody has seen to it.
    pub acknowledged: Option<Acknowledged>,
}

/// Which findings to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichFindings {
    /// Those that nobody has acknowledged.
    Open,
    /// Those too that somebody has.
    All,
}

/// Resources that a source sent on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The source.
    pub source: SourceId,
    /// The day, counted from 1970-01-01 in UTC.
    pub day: i64,
    /// How many.
    pub resources: u64,
}

impl Control {
    /// What a source sent on the days `from` to `to` (both included), the oldest first; days without a profile are
    /// left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn feed_profiles(
        &self,
        source: &SourceId,
        from: i64,
        to: i64,
    ) -> Result<Vec<DayProfile>, ControlError> {
        const SQL: &str = "SELECT day, step, profile, resources FROM feed_profile
            WHERE source = $1 AND day >= $2 AND day <= $3 ORDER BY day";
        let params = [source.as_str().into(), from.into(), to.into()];
        let day = |row: &Row| {
            let (day, step, profile) = (row.int(0)?, row.count(1)?, row.text(2)?);
            Ok(DayProfile { day, step, profile, resources: row.count(3)? })
        };
        self.database.rows("read feed profiles", SQL, &params).await?.iter().map(day).collect()
    }

    /// What all sources sent from one day to another, both included, by source and day.
    ///
    /// # Errors
    /// The database failed.
    pub async fn arrived(&self, from: i64, to: i64) -> Result<Vec<Arrived>, ControlError> {
        const SQL: &str = "SELECT source, day, resources FROM feed_profile
            WHERE day >= $1 AND day <= $2 ORDER BY source, day";
        let one = |row: &Row| {
            let source = row.text(0)?.parse().map_err(|_| ControlError::Malformed { what: "source" })?;
            Ok(Arrived { source, day: row.int(1)?, resources: row.count(2)? })
        };
        self.database
            .rows("read what arrived", SQL, &[from.into(), to.into()])
            .await?
            .iter()
            .map(one)
            .collect()
    }

    /// Keeps what a source sent on a day, in place of what was read at `profile.step`; gives the new step.
    ///
    /// # Errors
    /// [`ControlError::Outrun`] if somebody else has changed it meanwhile: read it again, and add to that.
    pub async fn put_feed_profile(
        &self,
        source: &SourceId,
        profile: &DayProfile,
    ) -> Result<u64, ControlError> {
        const ACTION: &str = "keep a feed profile";
        const BEGIN: &str = "INSERT INTO feed_profile (source, day, step, profile, changed)
            VALUES ($1, $2, 0, '', $3) ON CONFLICT (source, day) DO NOTHING";
        const GO_ON: &str =
            "UPDATE feed_profile SET step = step + 1, profile = $4, changed = $5, resources = $6
            WHERE source = $1 AND day = $2 AND step = $3 RETURNING step";
        let now = self.now().0;
        let mut tx = self.begin(ACTION).await?;
        if profile.step == 0 {
            let params = [source.as_str().into(), profile.day.into(), now.into()];
            tx.run(ACTION, BEGIN, &params).await?;
        }
        let params = [
            source.as_str().into(),
            profile.day.into(),
            number(profile.step).into(),
            profile.profile.as_str().into(),
            now.into(),
            number(profile.resources).into(),
        ];
        let row = tx.row(ACTION, GO_ON, &params).await?;
        let step = row.ok_or(ControlError::Outrun { step: profile.step })?.count(0)?;
        tx.commit(ACTION).await?;
        Ok(step)
    }

    /// Forgets what sources sent before a day, and the findings of these days that somebody has acknowledged; says how
    /// many profiles went.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_feed_profiles(&self, before: i64) -> Result<u64, ControlError> {
        const ACTION: &str = "forget feed profiles";
        const FINDINGS: &str = "DELETE FROM finding WHERE day < $1 AND acknowledged IS NOT NULL";
        const PROFILES: &str = "DELETE FROM feed_profile WHERE day < $1";
        let mut tx = self.begin(ACTION).await?;
        tx.run(ACTION, FINDINGS, &[before.into()]).await?;
        let gone = tx.run(ACTION, PROFILES, &[before.into()]).await?;
        tx.commit(ACTION).await?;
        Ok(gone)
    }

    /// Keeps what was found in a source's day, all or nothing. A finding that is known is written anew, and what became
    /// of it stays; one that is open and not found any more goes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_findings(
        &self,
        source: &SourceId,
        day: i64,
        findings: &[NewFinding],
    ) -> Result<(), ControlError> {
        const KNOWN: &str = concat!(select!(), " WHERE source = $1 AND day = $2 ORDER BY id");
        const DROP: &str = "DELETE FROM finding WHERE id = $1 AND acknowledged IS NULL";
        let mut tx = self.begin(PUT).await?;
        // The counter's row is locked from here on, so that nobody else keeps findings at the same time.
        tx.run(PUT, "UPDATE counter SET value = value WHERE name = 'finding'", &[]).await?;
        let rows = tx.rows(PUT, KNOWN, &[source.as_str().into(), day.into()]).await?;
        let known = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        for gone in known.iter().filter(|known| !findings.iter().any(|finding| finding.is(&known.found))) {
            tx.run(PUT, DROP, &[gone.id.into()]).await?;
        }
        for finding in findings {
            match known.iter().find(|known| finding.is(&known.found)) {
                Some(known) => write_anew(&mut tx, known.id, finding).await?,
                None => raise(&mut tx, (source, day), finding, self.now()).await?,
            }
        }
        tx.commit(PUT).await
    }

    /// Findings, the newest day first, at most `limit`; of one source or of all.
    ///
    /// # Errors
    /// The database failed.
    pub async fn findings(
        &self,
        source: Option<&SourceId>,
        which: WhichFindings,
        limit: usize,
    ) -> Result<Vec<KeptFinding>, ControlError> {
        const SQL: &str = concat!(
            select!(),
            " WHERE ($1 = '' OR source = $1) AND ($2 = 1 OR acknowledged IS NULL)
            ORDER BY day DESC, id LIMIT $3"
        );
        let all = i64::from(which == WhichFindings::All);
        let params = [source.map_or("", SourceId::as_str).into(), all.into(), number(limit as u64).into()];
        self.database.rows("list findings", SQL, &params).await?.iter().map(read).collect()
    }

    /// Whether an open finding stops the promotion of what a source sent.
    ///
    /// # Errors
    /// The database failed.
    pub async fn promotion_is_stopped(&self, source: &SourceId) -> Result<bool, ControlError> {
        const SQL: &str =
            "SELECT id FROM finding WHERE source = $1 AND stops = 1 AND acknowledged IS NULL LIMIT 1";
        let row = self.database.row("look for what stops promotion", SQL, &[source.as_str().into()]).await?;
        Ok(row.is_some())
    }

    /// Notes that somebody has seen to a finding. The first to do so stays the one who did.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no open finding of that number.
    pub async fn acknowledge_finding(&self, id: i64, by: &str, note: &str) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE finding SET acknowledged = $2, acknowledged_by = $3, note = $4
            WHERE id = $1 AND acknowledged IS NULL";
        let params = [id.into(), self.now().0.into(), by.into(), note.into()];
        match self.database.run("acknowledge a finding", SQL, &params).await? {
            0 => Err(ControlError::NotFound { what: "open finding", name: id.to_string() }),
            _ => Ok(()),
        }
    }

    /// Keeps what a table held at a Delta version, in place of what was kept of it before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_table_profile(
        &self,
        table: &TableName,
        delta_version: i64,
        profile: &str,
    ) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO table_profile (schema_name, table_name, delta_version, profile, made)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (schema_name, table_name, delta_version)
            DO UPDATE SET profile = excluded.profile, made = excluded.made";
        let (schema, name) = (table.schema.as_str().into(), table.name.as_str().into());
        let params = [schema, name, delta_version.into(), profile.into(), self.now().0.into()];
        self.database.run("keep a table profile", SQL, &params).await.map(drop)
    }

    /// What a table held at its newest profiled version that is no later than `delta_version`, and at which that was.
    ///
    /// # Errors
    /// The database failed.
    pub async fn table_profile(
        &self,
        table: &TableName,
        delta_version: i64,
    ) -> Result<Option<(i64, String)>, ControlError> {
        const SQL: &str = "SELECT delta_version, profile FROM table_profile
            WHERE schema_name = $1 AND table_name = $2 AND delta_version <= $3
            ORDER BY delta_version DESC LIMIT 1";
        let params = [table.schema.as_str().into(), table.name.as_str().into(), delta_version.into()];
        let row = self.database.row("read a table profile", SQL, &params).await?;
        row.map(|row| Ok((row.int(0)?, row.text(1)?))).transpose()
    }
}

impl NewFinding {
    /// Whether it is the same finding, whatever is said of it.
    fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.place == other.place
    }
}

async fn write_anew(tx: &mut Tx, id: i64, finding: &NewFinding) -> Result<(), ControlError> {
    const SQL: &str = "UPDATE finding SET sentence = $2, detail = $3, stops = $4 WHERE id = $1";
    let (sentence, detail) = (finding.sentence.as_str().into(), finding.detail.as_str().into());
    tx.run(PUT, SQL, &[id.into(), sentence, detail, i64::from(finding.stops).into()]).await.map(drop)
}

async fn raise(
    tx: &mut Tx,
    (source, day): (&SourceId, i64),
    finding: &NewFinding,
    now: Timestamp,
) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO finding (id, source, day, kind, place, sentence, detail, stops, found)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let id = tx.count(PUT, "finding").await?;
    let params = [
        id.into(),
        source.as_str().into(),
        day.into(),
        finding.kind.as_str().into(),
        finding.place.as_str().into(),
        finding.sentence.as_str().into(),
        finding.detail.as_str().into(),
        i64::from(finding.stops).into(),
        now.0.into(),
    ];
    tx.run(PUT, SQL, &params).await.map(drop)
}

fn read(row: &Row) -> Result<KeptFinding, ControlError> {
    let source = row.text(1)?.parse().map_err(|_| ControlError::Malformed { what: "source" })?;
    let found = NewFinding {
        kind: row.text(3)?,
        place: row.text(4)?,
        sentence: row.text(5)?,
        detail: row.text(6)?,
        stops: row.int(7)? == 1,
    };
    let (by, note) = (row.text(10)?, row.text(11)?);
    let acknowledged = row.maybe_int(9)?.map(|time| Acknowledged { time: Timestamp(time), by, note });
    Ok(KeptFinding {
        id: row.int(0)?,
        source,
        day: row.int(2)?,
        found,
        time: Timestamp(row.int(8)?),
        acknowledged,
    })
}
