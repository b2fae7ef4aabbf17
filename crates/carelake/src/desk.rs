//! What the console asks of the lake, answered by its parts.

use crate::{
    asking, credential::Credentials, external, parts::Parts, proc, profiling, registering, which::Which,
};
use anyhow::Context;
use async_trait::async_trait;
use audit::{Follower, Record};
use control::{Column, Control, ControlError, TableName};
use keys::{KeyInfo, MacKey, Zone};
use lake::{
    LakeError,
    models::{self, Difference, Lineage, Origin},
    sql::{Reader, Session},
};
use marts::{Mart, Model, Schedule};
use model::{Clock, Timestamp};
use object_store::ObjectStore;
use profile::{difference, table::TableProfile};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use server::{
    Answered, AskError, ColumnFigures, HomeKind, KeyRow, Lake, Machine, Made, MartFiles, ModelDifference,
    NewOutside, NewProof, Proof, Question, Search, TableFigures, Trail,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};
use tokio::sync::Mutex;
use x509_parser::prelude::FromDer as _;

/// The models of every mart, by name.
type Marts = Arc<BTreeMap<String, Vec<Made>>>;

/// The lake behind the console.
pub(crate) struct Desk {
    reader: Reader,
    control: Arc<Control>,
    trail: Arc<dyn ObjectStore>,
    kind: HomeKind,
    clock: Arc<dyn Clock>,
    project_mac: MacKey,
    credentials: Credentials,
    keys: Vec<KeyRow>,
    /// The home, and the gateway's certificate in it.
    places: (PathBuf, PathBuf),
    database: &'static str,
    began: Timestamp,
    /// The marts as they were at that count of changes.
    marts: Mutex<Option<(i64, Marts)>>,
    /// What columns of marts are computed from, by mart, as they were at that count of changes.
    lineages: Mutex<BTreeMap<String, (i64, Lineage)>>,
}

impl Desk {
    pub(crate) fn new(parts: &Parts) -> anyhow::Result<Self> {
        let places = parts.home.places();
        Ok(Self {
            reader: parts.reader()?,
            control: Arc::clone(&parts.control),
            trail: parts.zone(Zone::Audit)?,
            kind: parts.kind,
            clock: Arc::clone(&parts.clock),
            project_mac: parts.keyring.console()?.project_mac,
            credentials: Credentials::new(parts)?,
            keys: parts.keyring.list()?.iter().map(key_row).collect(),
            places: (parts.home.folder().to_owned(), places.tls().join("server.pem")),
            database: if parts.home.control_url().starts_with("sqlite") { "SQLite" } else { "PostgreSQL" },
            began: parts.clock.now(),
            marts: Mutex::default(),
            lineages: Mutex::default(),
        })
    }
}

/// What a key is for, by its name in the ring.
pub(crate) fn key_purpose(name: &str) -> String {
    match name.split_once('/') {
        Some(("zone", zone)) => format!("encrypts the objects of zone {zone}"),
        Some(("signer", "audit")) => "signs the heads of the audit trail".to_owned(),
        Some(("signer", _)) => "signs access tokens".to_owned(),
        Some(("mac", purpose)) => format!("makes keyed hashes: {}", purpose.replace('-', " ")),
        Some(("landing", _)) => "opens what providers have sent, which the gateway cannot".to_owned(),
        Some(("custodian", _)) => {
            "seals the vault; its other half is in the custodians' shares only".to_owned()
        }
        Some(("outside", _)) => "seals what is secret of connections to the outside".to_owned(),
        Some(("door", _)) => "seals secrets that the gateway must read: signing keys, devices".to_owned(),
        _ => "wraps every other key".to_owned(),
    }
}

/// What is different between a table's columns before and now, in words.
pub(crate) fn column_changes(before: &[Column], now: &[Column]) -> Vec<String> {
    let column = |column: &Column| difference::Column {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        nullable: column.nullable,
        description: column.description.clone(),
    };
    let columns = |all: &[Column]| all.iter().map(column).collect::<Vec<_>>();
    difference::compare(&columns(before), &columns(now)).iter().map(ToString::to_string).collect()
}

/// What each column of a table is computed from, such as `view.encounter.class`, as the mart that makes it tells;
/// nothing of a table that no mart makes.
pub(crate) async fn origins(
    reader: &Reader,
    table: &TableName,
) -> Result<BTreeMap<String, Vec<String>>, LakeError> {
    Ok(named(&lineage(reader, &table.schema).await?, &table.name))
}

async fn lineage(reader: &Reader, mart: &str) -> Result<Lineage, LakeError> {
    let marts = models::marts(&reader.control).await?;
    match marts.iter().find(|known| known.name == mart) {
        Some(mart) => models::lineage(reader, mart).await,
        None => Ok(Lineage::new()),
    }
}

/// What the columns of a model are computed from, as people read it.
fn named(lineage: &Lineage, model: &str) -> BTreeMap<String, Vec<String>> {
    let columns = lineage.get(model).into_iter().flatten();
    let origin = |(table, column): &Origin| format!("{table}.{column}");
    columns.map(|(name, from)| (name.clone(), from.iter().map(origin).collect())).collect()
}

fn key_row(key: &KeyInfo) -> KeyRow {
    KeyRow {
        name: key.name.clone(),
        kind: key.kind.to_owned(),
        purpose: key_purpose(&key.name),
        id: key.id.to_string(),
    }
}

/// What the question is at fault for.
fn asked(error: LakeError) -> AskError {
    match error {
        LakeError::Query(_) => AskError::Question(format!("{:#}", anyhow::Error::from(error))),
        other => failed(other.into()),
    }
}

fn failed(error: anyhow::Error) -> AskError {
    AskError::Lake(format!("{error:#}"))
}

impl Desk {
    /// A session at the newest sequence, with the catalogue and the trail among its tables.
    async fn session(&self) -> Result<Session, AskError> {
        let session = self.reader.session(None).await.map_err(asked)?;
        let trail = Arc::clone(&self.trail);
        asking::complete(&session, &self.control, self.kind, trail).await.map_err(failed)?;
        Ok(session)
    }
}

#[async_trait]
impl Lake for Desk {
    async fn tables_named(&self, sql: &str) -> Result<Vec<(String, String)>, AskError> {
        let session = self.reader.session(None).await.map_err(asked)?;
        session.tables_named(sql).map_err(asked)
    }

    async fn reads(&self, sql: &str) -> Result<BTreeMap<String, BTreeSet<String>>, AskError> {
        let session = self.session().await?;
        let planned = session.plan(sql).await.map_err(asked)?;
        Ok(asking::reads(&session.tables_named(sql).map_err(asked)?, &planned.question))
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Answered, AskError> {
        let began = Instant::now();
        let session = self.session().await?;
        let planned = session.plan(question.sql).await.map_err(asked)?;
        let (told, asks) = (planned.told(), planned.question.clone());
        // Tables may have become others since it was decided what may be read of them.
        if asking::reads(&session.tables_named(question.sql).map_err(asked)?, &asks) != *question.reads {
            return Err(AskError::Question("a table has just become another: ask again".to_owned()));
        }
        // One row more than is wanted says whether there are more.
        let planned = planned.at_most(question.most_rows + 1).map_err(asked)?;
        let batches = session.rows_of(planned).await.map_err(asked)?;
        let (columns, mut rows) = asking::texts(&batches).map_err(|error| failed(error.into()))?;
        let more = rows.len() > question.most_rows;
        rows.truncate(question.most_rows);
        let (_, patients) = asking::patients(&batches);
        Ok(Answered {
            columns,
            rows,
            more,
            sequence: u64::try_from(session.seq().0).unwrap_or_default(),
            took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
            statement: asks.statement,
            about: asking::tables(asks.reads).chain(patients).collect(),
            plan: told,
        })
    }

    async fn records(&self, search: &Search) -> Result<Vec<Trail>, AskError> {
        let found = match &search.record {
            Some((writer, index)) => {
                let next = Follower::from(*index).read(&self.trail, writer, 1).await;
                next.map_err(|error| failed(error.into()))?
                    .into_iter()
                    .filter(|one| one.index == *index)
                    .collect()
            }
            None => {
                let which = Which {
                    from: search.from,
                    until: search.until,
                    action: search.action.clone(),
                    actor: search.actor.clone(),
                    outcome: search.outcome,
                    patients: search.patient.clone().map(|patient| BTreeSet::from([patient])),
                };
                let newest = which.newest(&self.trail, search.limit).await;
                newest.map_err(|error| failed(error.into()))?
            }
        };
        Ok(found.into_iter().map(record).collect())
    }

    async fn pause(&self, job: &str, paused: bool) -> Result<(), AskError> {
        pause_job(&self.control, self.clock.as_ref(), job, paused).await.map_err(failed)
    }

    async fn marts(&self) -> Result<Marts, AskError> {
        let changed = self.control.marts_changed().await.map_err(|error| failed(error.into()))?;
        let mut kept = self.marts.lock().await;
        if let Some((_, marts)) = kept.as_ref().filter(|(at, _)| *at == changed) {
            return Ok(Arc::clone(marts));
        }
        let marts = models::marts(&self.control).await.map_err(|error| failed(error.into()))?;
        let marts: Marts = Arc::new(marts.into_iter().map(|mart| (mart.name.clone(), made(mart))).collect());
        *kept = Some((changed, Arc::clone(&marts)));
        Ok(marts)
    }

    async fn first_mart(&self, schema: &str, name: &str) -> Result<MartFiles, AskError> {
        let table = self.control.table(schema, name).await.map_err(|error| failed(error.into()))?;
        let table = table.ok_or_else(|| AskError::Question(format!("table {schema}.{name}")))?.table;
        let columns = table.columns.iter();
        let columns: Vec<_> = columns
            .map(|column| (column.name.as_str(), column.nullable, column.description.as_str()))
            .collect();
        let model = marts::starter(&format!("{schema}.{name}"), &columns);
        Ok(BTreeMap::from([
            (format!("{name}s.sql"), model),
            (registering::HEAD.to_owned(), registering::FIRST_HEAD.to_owned()),
        ]))
    }

    async fn mart_reads(&self, mart: &str, files: &MartFiles) -> Result<Vec<String>, AskError> {
        Ok(registering::reads((mart, files)))
    }

    fn mart_has_programs(&self, mart: &str, files: &MartFiles) -> bool {
        registering::has_programs((mart, files))
    }

    async fn mart_columns(
        &self,
        mart: &str,
        files: &MartFiles,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, AskError> {
        registering::columns(&self.reader, (mart, files)).await.map_err(asked)
    }

    async fn mart_diff(
        &self,
        mart: &str,
        files: &MartFiles,
    ) -> Result<(u64, Vec<ModelDifference>), AskError> {
        let key = (&self.project_mac, self.clock.now());
        let (seq, tables) = registering::diff(&self.reader, (mart, files), key).await.map_err(of_texts)?;
        let count = |rows: i64| u64::try_from(rows).unwrap_or_default();
        let table = |one: Difference| ModelDifference {
            table: format!("{mart}.{}", one.model),
            columns: one.columns,
            before: one.published.then(|| count(one.before)),
            after: count(one.after),
            added: count(one.added),
            gone: count(one.gone),
            failed: one.failed,
        };
        Ok((u64::try_from(seq.0).unwrap_or_default(), tables.into_iter().map(table).collect()))
    }

    async fn check_mart(&self, mart: &str, files: &MartFiles) -> Result<(), AskError> {
        registering::check(&self.reader, (mart, files)).await.map(drop).map_err(of_texts)
    }

    async fn register_mart(&self, mart: &str, files: &MartFiles, who: &str) -> Result<(), AskError> {
        let registered = registering::register(&self.reader, (mart, files), who, self.clock.now()).await;
        registered.map(drop).map_err(of_texts)
    }

    async fn credential(&self, client: &str, proof: &Proof) -> Result<NewProof, AskError> {
        self.credentials.make(client, proof).await
    }

    async fn figures(
        &self,
        schema: &str,
        name: &str,
        version: i64,
    ) -> Result<Option<TableFigures>, AskError> {
        let table = TableName::new(schema, name);
        let kept = profiling::kept(&self.control, &table, version).await.map_err(failed)?;
        Ok(kept.map(|(version, profile)| figures(version, profile)))
    }

    async fn count(&self, schema: &str, name: &str) -> Result<(), AskError> {
        let table = self.control.table(schema, name).await.map_err(|error| failed(error.into()))?;
        let table = table.ok_or_else(|| AskError::Question(format!("table {schema}.{name}")))?;
        profiling::count(&self.reader, &table).await.map(drop).map_err(failed)
    }

    async fn origins(&self, schema: &str, name: &str) -> Result<BTreeMap<String, Vec<String>>, AskError> {
        let models = self.marts().await?.get(schema).map_or(0, Vec::len);
        if models == 0 {
            return Ok(BTreeMap::new());
        }
        let changed = self.control.marts_changed().await.map_err(|error| failed(error.into()))?;
        let mut kept = self.lineages.lock().await;
        if kept.get(schema).is_none_or(|(at, _)| *at != changed) {
            let lineage = lineage(&self.reader, schema).await.map_err(asked)?;
            // What cannot be planned yet is looked at again.
            let at = if lineage.len() == models { changed } else { -1 };
            kept.insert(schema.to_owned(), (at, lineage));
        }
        Ok(kept.get(schema).map(|(_, lineage)| named(lineage, name)).unwrap_or_default())
    }

    async fn write_down(&self, new: &NewOutside) -> Result<(), AskError> {
        let written = external::write_down(&self.control, new, self.clock.now()).await;
        written.map(drop).map_err(|error| match error.downcast_ref::<ControlError>() {
            None | Some(ControlError::AlreadyExists { .. }) => AskError::Question(format!("{error:#}")),
            Some(_) => failed(error),
        })
    }

    fn changes(&self, before: &[Column], now: &[Column]) -> Vec<String> {
        column_changes(before, now)
    }

    async fn keys(&self) -> Result<Vec<KeyRow>, AskError> {
        Ok(self.keys.clone())
    }

    async fn machine(&self) -> Result<Machine, AskError> {
        let (home, certificate) = &self.places;
        let disk = rustix::fs::statvfs(home);
        Ok(Machine {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            began: self.began,
            memory_bytes: proc::memory_bytes().unwrap_or_default(),
            files: proc::open_files(),
            disk_bytes: disk
                .map_or((0, 0), |disk| (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)),
            certificate_ends: ends(certificate).ok(),
            database: self.database,
        })
    }
}

/// Until when the certificate in a file is valid.
fn ends(file: &std::path::Path) -> anyhow::Result<Timestamp> {
    let der = CertificateDer::from_pem_file(file)?;
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(&der)?;
    Ok(Timestamp(certificate.validity().not_after.timestamp() * 1_000))
}

fn figures(version: i64, profile: TableProfile) -> TableFigures {
    let column = |column: profile::table::ColumnProfile| {
        let (range, histogram) = match column.range {
            Some(range) => (Some((range.min, range.max)), range.histogram),
            None => (None, Vec::new()),
        };
        ColumnFigures {
            name: column.name,
            nulls: column.nulls,
            distinct: column.distinct,
            range,
            histogram,
            top: column.top,
        }
    };
    TableFigures { version, rows: profile.rows, columns: profile.columns.into_iter().map(column).collect() }
}

/// What is said of texts that cannot be registered, or of the lake if that is at fault.
fn of_texts(error: anyhow::Error) -> AskError {
    match registering::is_of_texts(&error) {
        true => AskError::Question(format!("{error:#}")),
        false => failed(error),
    }
}

fn made(mart: Mart) -> Vec<Made> {
    let made = |model: Model| {
        let reads: BTreeSet<_> = model.reads.iter().map(ToString::to_string).collect();
        Made {
            table: format!("{}.{}", mart.name, model.name),
            reads: reads.into_iter().collect(),
            sql: model.sql,
        }
    };
    mart.models.into_iter().map(made).collect()
}

/// Lets a job rest or resumes it. What was due meanwhile is not made up for.
pub(crate) async fn pause_job(
    control: &Control,
    clock: &dyn Clock,
    name: &str,
    paused: bool,
) -> anyhow::Result<()> {
    let job = control.job(name).await?;
    let job = job.with_context(|| format!("no job `{name}`; `carelake job list` shows them"))?;
    let next = match job.is.schedule.is_empty() {
        true => None,
        false => Schedule::parse(&job.is.schedule, &job.is.zone)?.after(clock.now()),
    };
    Ok(control.pause_job(name, paused, next).await?)
}

fn record(record: Record) -> Trail {
    Trail {
        writer: record.writer,
        index: record.index,
        recorded: record.recorded,
        event: record.event,
        hash: hex::encode(record.hash),
        resource: record.resource,
    }
}
