//! One crawl: what is listed is held against what was looked at before, and only what is new or stands otherwise is
//! read.

use crate::{
    Classifier, CrawlError, Plan, Recognised, Report, Source, Target, Verdict, database,
    listing::{DeltaFolder, Wanted, list, patterns},
    place::Place,
    recognise::{delta, recognise},
    sample::Sample,
    tables::Tables,
};
use bytes::Bytes;
use control::{Control, CrawlChange, CrawledObject, TableName};
use futures::{StreamExt, stream};
use model::Timestamp;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use sqlx::PgPool;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// So many first bytes are read at first.
const FIRST_HEAD: u64 = 32 * 1024;

/// So many bytes are read of an object at most.
const MOST_READ: u64 = 16 << 20;

/// So many bytes are read of a checkpoint of a Delta table at most.
const MOST_OF_A_CHECKPOINT: u64 = 256 << 20;

/// Objects that are read at once.
const AT_ONCE: usize = 16;

/// Partitions of one table beyond this are not held against what was there.
const MOST_PARTITIONS: u64 = 1_000_000;

/// A keyed hash of 32 bytes.
pub type Hash = dyn Fn(&[u8]) -> [u8; 32] + Send + Sync;

/// A crawler about to crawl.
pub struct Crawl<'c> {
    /// Its name.
    pub name: &'c str,
    /// What it crawls and how.
    pub plan: &'c Plan,
    /// Its targets, open, in the order of the plan.
    pub sources: Vec<Source>,
    /// Its classifiers, in the order in which they are tried.
    pub classifiers: Arc<[Classifier]>,
    /// Makes names and states of objects unreadable.
    pub hash: &'c Hash,
    /// The time.
    pub now: Timestamp,
}

/// What was there, and what is there.
struct Seen {
    /// What was looked at before and was not seen yet.
    before: HashMap<[u8; 16], CrawledObject>,
    /// The names of what was met: targets may overlap.
    met: HashSet<[u8; 16]>,
    objects: Vec<CrawledObject>,
    report: Report,
}

impl Crawl<'_> {
    /// Crawls, and says what is different since the last time. Nothing is written.
    ///
    /// # Errors
    /// A store or database did not answer or holds too much, a pattern is none, or the control database failed.
    pub async fn run(self, control: &Control) -> Result<(CrawlChange, Report), CrawlError> {
        let known =
            control.external_tables(None).await.map_err(CrawlError::control("list external tables"))?;
        let (own, others): (Vec<_>, Vec<_>) = known.into_iter().partition(|table| table.crawler == self.name);
        let taken = others.into_iter().map(|other| other.table);
        let taken =
            taken.filter(|table| table.schema == self.plan.database).map(|table| table.name).collect();
        let partitioned = own.iter().filter(|table| !table.partitioned_by.is_empty());
        let partitioned: Vec<(i64, TableName)> =
            partitioned.map(|table| (table.number, table.table.clone())).collect();
        let before = control.crawled_objects(self.name).await;
        let before = before.map_err(CrawlError::control("read what was crawled"))?;
        let before = before.into_iter().map(|object| (object.name, object)).collect();
        let mut tables = Tables::new((self.name, self.plan), own, taken, self.now);
        let mut seen = Seen { before, met: HashSet::new(), objects: Vec::new(), report: Report::default() };
        for (target, source) in self.plan.targets.iter().zip(&self.sources) {
            match source {
                Source::Store(store) => self.crawl_store(target, store, &mut tables, &mut seen).await?,
                Source::Database(pool) => self.crawl_database(target, pool, &mut tables, &mut seen).await?,
            }
        }
        for gone in seen.before.values() {
            tables.lose(gone);
        }
        seen.report.objects.gone = seen.before.len() as u64;
        let mut parts = HashMap::new();
        for (number, table) in partitioned {
            let known = control.external_partitions(&table, MOST_PARTITIONS).await;
            parts.insert(number, known.map_err(CrawlError::control("list external partitions"))?);
        }
        let change = tables.finish(parts, &mut seen.report);
        let gone = seen.before.into_keys().collect();
        Ok((CrawlChange { objects: seen.objects, gone, ..change }, seen.report))
    }

    async fn crawl_store(
        &self,
        target: &Target,
        store: &Arc<dyn ObjectStore>,
        tables: &mut Tables<'_>,
        seen: &mut Seen,
    ) -> Result<(), CrawlError> {
        let wanted =
            Wanted { include: patterns(&self.plan.include)?, exclude: patterns(&self.plan.exclude)? };
        let listing = list(store.as_ref(), target, &wanted).await?;
        let mut to_read = Vec::new();
        for object in listing.objects {
            let name = self.name_of(target, object.location.as_ref());
            let state = self.state_of([&object]);
            if !seen.is_done_with(name, state, object.size, tables) {
                to_read.push((name, state, object));
            }
        }
        let mut read = stream::iter(to_read)
            .map(|(name, state, object)| {
                let (store, classifiers) = (Arc::clone(store), Arc::clone(&self.classifiers));
                tokio::spawn(async move {
                    let found = look_at(store.as_ref(), &object, &classifiers).await;
                    (name, state, object, found)
                })
            })
            .buffered(AT_ONCE);
        while let Some(one) = read.next().await {
            let (name, state, object, found) = one.map_err(CrawlError::Task)?;
            let found = match found {
                // It went between being listed and being read.
                Err(object_store::Error::NotFound { .. }) => continue,
                found => {
                    found.map_err(|error| CrawlError::object("read an object", &target.connection, &error))?
                }
            };
            let place = Place::of(object.location.as_ref());
            seen.took((name, state), (&target.connection, &place), found.as_ref(), object.size, tables);
        }
        for (folder, delta) in listing.delta {
            let name = self.name_of(target, &folder);
            let state = self.state_of(&delta.log);
            if seen.is_done_with(name, state, delta.bytes, tables) {
                continue;
            }
            let metadata = newest_metadata(store.as_ref(), &delta).await;
            let metadata = metadata.map_err(|error| {
                CrawlError::object("read the log of a Delta table", &target.connection, &error)
            })?;
            let place = match &metadata {
                Some(metadata) => {
                    Place { keys: metadata.partitioned_by.clone(), ..Place::of_folder(&folder) }
                }
                None => Place::of_folder(&folder),
            };
            let is = metadata.map(|metadata| metadata.recognised());
            seen.took((name, state), (&target.connection, &place), is.as_ref(), delta.bytes, tables);
        }
        Ok(())
    }

    async fn crawl_database(
        &self,
        target: &Target,
        pool: &PgPool,
        tables: &mut Tables<'_>,
        seen: &mut Seen,
    ) -> Result<(), CrawlError> {
        for table in database::tables(pool, target).await? {
            let name = self.name_of(target, &format!("{}.{}", table.schema, table.name));
            let told = format!("{:?} {}", table.is, table.bytes);
            let state = self.short(told.as_bytes());
            if !seen.is_done_with(name, state, table.bytes, tables) {
                let place = Place::of_folder(&table.schema);
                seen.took((name, state), (&target.connection, &place), Some(&table.is), table.bytes, tables);
            }
        }
        Ok(())
    }

    fn name_of(&self, target: &Target, path: &str) -> [u8; 16] {
        self.short([target.connection.as_str(), path].join("\0").as_bytes())
    }

    /// How objects stand: their sizes, times and tags, and the classifiers that they were looked at with.
    fn state_of<'o>(&self, objects: impl IntoIterator<Item = &'o ObjectMeta>) -> [u8; 16] {
        let mut told = String::new();
        for object in objects {
            let time = object.last_modified.timestamp_micros();
            let tag = object.e_tag.as_deref().unwrap_or_default();
            told.push_str(&format!(
                "{} {time} {tag} {}\n",
                object.size,
                object.location.filename().unwrap_or_default()
            ));
        }
        for classifier in self.classifiers.iter() {
            told.push_str(classifier.text());
        }
        self.short(told.as_bytes())
    }

    fn short(&self, text: &[u8]) -> [u8; 16] {
        let hash = (self.hash)(text);
        let mut short = [0; 16];
        short.copy_from_slice(&hash[..16]);
        short
    }
}

impl Seen {
    /// Counts an object that is there, and says whether there is nothing more to do: it stands as it stood, or was met.
    fn is_done_with(&mut self, name: [u8; 16], state: [u8; 16], bytes: u64, tables: &mut Tables<'_>) -> bool {
        if !self.met.insert(name) {
            return true;
        }
        self.report.objects.seen += 1;
        self.report.objects.bytes += bytes;
        if self.before.get(&name).is_none_or(|object| object.state != state) {
            return false;
        }
        if let Some(object) = self.before.remove(&name) {
            tables.keep(&object);
        }
        true
    }

    /// Counts an object that was read.
    fn took(
        &mut self,
        (name, state): ([u8; 16], [u8; 16]),
        (connection, place): (&str, &Place),
        is: Option<&Recognised>,
        bytes: u64,
        tables: &mut Tables<'_>,
    ) {
        self.report.objects.read += 1;
        match self.before.remove(&name) {
            Some(before) => {
                tables.lose(&before);
                self.report.objects.changed += 1;
            }
            None => self.report.objects.new += 1,
        }
        let format = is.map_or("unrecognised", |is| is.format.as_str());
        *self.report.formats.entry(format.to_owned()).or_default() += 1;
        let table = is.map_or(0, |is| tables.take(connection, place, is, bytes));
        self.objects.push(CrawledObject {
            name,
            state,
            table,
            part: if table == 0 { Vec::new() } else { place.values.clone() },
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            rows: is.and_then(|is| is.rows).and_then(|rows| i64::try_from(rows).ok()),
        });
    }
}

/// Reads as much of an object as tells what it is.
async fn look_at(
    store: &dyn ObjectStore,
    object: &ObjectMeta,
    classifiers: &[Classifier],
) -> Result<Option<Recognised>, object_store::Error> {
    let size = object.size;
    let name = object.location.filename().unwrap_or_default();
    let all = classifiers.iter().any(Classifier::needs_all);
    let mut head = if all { size.min(MOST_READ) } else { size.min(FIRST_HEAD) };
    let mut read = store.get_range(&object.location, 0..head).await?;
    let mut tail = Bytes::new();
    loop {
        let sample = Sample::of(name, size, &read).with_tail(tail.clone());
        let last = head >= MOST_READ || tail.len() as u64 >= MOST_READ;
        let found = match recognise(&sample, last) {
            Verdict::NeedsHead(more) if more > head => {
                head = more.min(MOST_READ);
                read = store.get_range(&object.location, 0..head).await?;
                continue;
            }
            Verdict::NeedsTail(more) if more > tail.len() as u64 => {
                tail = store.get_range(&object.location, size - more.min(size).min(MOST_READ)..size).await?;
                continue;
            }
            Verdict::Is(found) => Some(found),
            Verdict::Unknown | Verdict::NeedsHead(_) | Verdict::NeedsTail(_) => None,
        };
        let path = object.location.as_ref();
        let own = classifiers.iter().find_map(|own| own.classify(path, &sample, found.as_ref()));
        return Ok(own.or(found));
    }
}

/// The newest metadata of a Delta table: looked for from the end of its log.
async fn newest_metadata(
    store: &dyn ObjectStore,
    delta: &DeltaFolder,
) -> Result<Option<delta::Metadata>, object_store::Error> {
    for object in delta.log.iter().rev() {
        let name = object.location.filename().unwrap_or_default();
        // `00000000000000000010.json`, `00000000000000000010.checkpoint.parquet` and the like.
        let numbered = name.get(..20).is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        if !numbered || object.size > MOST_OF_A_CHECKPOINT {
            continue;
        }
        let is_parquet = name.ends_with(".parquet");
        if !is_parquet && !name.ends_with(".json") {
            continue;
        }
        let bytes = store.get(&object.location).await?.bytes().await?;
        let found = match is_parquet {
            true => delta::Metadata::in_parquet(bytes),
            false => delta::Metadata::in_json(&bytes),
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
