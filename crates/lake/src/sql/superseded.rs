//! A list of what is superseded, held in memory, and which rows it leaves.

use crate::table::{DataFile, Table};
use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray},
    buffer::BooleanBuffer,
    compute,
    datatypes::{DataType, Int32Type, Int64Type},
};
use datafusion::{
    common::{DataFusionError, internal_err},
    error::Result,
    execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use futures::{StreamExt, TryStreamExt, stream};
use model::Pseudonym;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder},
};
use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hash, Hasher},
    sync::Arc,
};
use tokio::{sync::OnceCell, task};

/// By pseudonym, the newest version that is superseded.
type Versions = HashMap<u128, i32, BuildHasherDefault<Drawn>>;

/// How many files of a list are read at a time.
const READING: usize = 4;

/// What an entry takes, with the room that a table leaves free.
const ENTRY_BYTES: usize = 64;

/// A list at one version of its table. It is read when rows are asked for, once for all who hold it.
pub(crate) struct List {
    table: Table,
    files: Vec<DataFile>,
    held: OnceCell<Arc<Held>>,
}

/// A list in memory.
struct Held {
    versions: Versions,
    sieve: Sieve,
    /// Given back when the last plan that holds the list is gone.
    _memory: MemoryReservation,
}

impl List {
    pub(crate) fn new(table: Table) -> Arc<Self> {
        Arc::new(Self { files: table.files(), table, held: OnceCell::new() })
    }

    /// Whether nothing is superseded.
    pub(super) const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Which rows the list leaves.
    ///
    /// # Errors
    /// It cannot be read, or takes more memory than `pool` has.
    pub(super) async fn counts(&self, pool: &Arc<dyn MemoryPool>) -> Result<Counts> {
        let held = self.held.get_or_try_init(|| self.read(pool)).await?;
        // Said to be volatile, so that it is not offered to the files to skip by: they know nothing of it, and would read
        // the statistics of all their pages to find that out.
        Ok(Counts { held: Arc::clone(held), signature: Signature::variadic_any(Volatility::Volatile) })
    }

    async fn read(&self, pool: &Arc<dyn MemoryPool>) -> Result<Arc<Held>> {
        let entries = self.files.iter().filter_map(|file| usize::try_from(file.rows).ok()).sum::<usize>();
        let memory = MemoryConsumer::new("superseded").register(pool);
        memory.try_grow(entries * ENTRY_BYTES)?;
        let store = self.table.delta().log_store().object_store(None);
        let paths: Vec<_> = self.files.iter().map(|file| Path::from(file.path.as_str())).collect();
        let mut files = stream::iter(paths).map(|path| file(&store, path)).buffer_unordered(READING);
        let mut versions = Versions::with_capacity_and_hasher(entries, BuildHasherDefault::default());
        while let Some(entries) = files.try_next().await? {
            for (id, version) in entries {
                let newest = versions.entry(id).or_insert(version);
                *newest = version.max(*newest);
            }
        }
        Ok(Arc::new(Held { sieve: Sieve::of(&versions), versions, _memory: memory }))
    }
}

/// What a file of a list says.
async fn file(store: &Arc<dyn ObjectStore>, path: Path) -> Result<Vec<(u128, i32)>> {
    let bytes = store.get(&path).await?.bytes().await?;
    let entries = task::spawn_blocking(move || entries(bytes)).await;
    entries.map_err(|error| DataFusionError::External(Box::new(error)))?
}

/// The same: columns `id` and `version_id`.
fn entries(file: bytes::Bytes) -> Result<Vec<(u128, i32)>> {
    let metadata = ArrowReaderMetadata::load(&file, Default::default())?;
    let columns = ProjectionMask::columns(metadata.parquet_schema(), ["id", "version_id"]);
    let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let mut entries = Vec::new();
    for batch in batches.with_projection(columns).build()? {
        let batch = batch?;
        let ids = pseudonyms(batch.column(0))?;
        entries.extend(
            ids.into_iter().zip(batch.column(1).as_primitive::<Int32Type>().values().iter().copied()),
        );
    }
    Ok(entries)
}

impl Held {
    fn counts(&self, id: u128, version: i32) -> bool {
        self.versions.get(&id).is_none_or(|superseded| version > *superseded)
    }

    /// Which of `rows` rows count. The lower bits of a row's pseudonym are asked for of every row, and whether it counts
    /// where the sieve does not know.
    fn of_rows(
        &self,
        rows: usize,
        low: impl Fn(usize) -> u64,
        counts: impl Fn(usize) -> bool,
    ) -> BooleanBuffer {
        let words = (0..rows).step_by(64).map(|first| {
            let of_word = first..rows.min(first + 64);
            // No branch for each row: most of the time goes into waiting for the sieve's words, several at once.
            let mut asked = of_word.rev().fold(0, |asked, row| asked << 1 | self.sieve.may_have(low(row)));
            let mut kept = u64::MAX;
            while asked != 0 {
                let bit = asked.trailing_zeros();
                asked &= asked - 1;
                kept &= !(u64::from(!counts(first + bit as usize)) << bit);
            }
            kept.to_le()
        });
        BooleanBuffer::new(words.collect::<Vec<u64>>().into(), 0, rows)
    }
}

/// `counts(pseudonym, version)`: whether the row of a resource's version is not superseded. The pseudonym is its digits
/// in one column, or its halves in two.
pub(super) struct Counts {
    held: Arc<Held>,
    signature: Signature,
}

impl Counts {
    pub(super) const NAME: &str = "counts";
}

impl ScalarUDFImpl for Counts {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(&arguments.args)?;
        let Some((versions, ids)) = columns.split_last() else { return internal_err!("counts() of nothing") };
        let (held, versions) = (&self.held, versions.as_primitive::<Int32Type>().values());
        let rows = versions.len();
        let counts = match ids {
            [high, low] => {
                let (high, low) = (high.as_primitive::<Int64Type>(), low.as_primitive::<Int64Type>());
                // As long as one another, and seen to be: no place is checked then.
                let (high, low) = (&high.values()[..rows], &low.values()[..rows]);
                let id = |row: usize| Pseudonym::of_halves(high[row], low[row]).bits();
                held.of_rows(rows, |row| low[row].cast_unsigned(), |row| held.counts(id(row), versions[row]))
            }
            [digits] => {
                let ids = &pseudonyms(digits)?[..rows];
                held.of_rows(rows, |row| ids[row] as u64, |row| held.counts(ids[row], versions[row]))
            }
            _ => return internal_err!("a pseudonym of {} columns", ids.len()),
        };
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::from(counts))))
    }
}

/// Tells of most pseudonyms that a list does not have them, by one bit, which is looked up much faster than an entry.
struct Sieve {
    bits: Vec<u64>,
    mask: u64,
}

impl Sieve {
    /// Bits for each entry: of one that is not there the bit is set once in so many times.
    const SPARSE: usize = 16;

    fn of(versions: &Versions) -> Self {
        let places = (versions.len() * Self::SPARSE).next_power_of_two().max(64);
        let mut sieve = Self { bits: vec![0; places / 64], mask: places as u64 - 1 };
        for id in versions.keys() {
            let (word, bit) = sieve.place(*id as u64);
            sieve.bits[word] |= 1 << bit;
        }
        sieve
    }

    /// The word and the bit of a pseudonym with these lower bits.
    const fn place(&self, low: u64) -> (usize, u64) {
        let place = low & self.mask;
        ((place / 64) as usize, place % 64)
    }

    /// 1 if such a pseudonym may be there.
    #[inline]
    fn may_have(&self, low: u64) -> u64 {
        let (word, bit) = self.place(low);
        self.bits[word] >> bit & 1
    }
}

/// The pseudonyms whose digits a column holds.
fn pseudonyms(column: &ArrayRef) -> Result<Vec<u128>> {
    let digits = compute::cast(column, &DataType::Utf8View)?;
    let digits = digits.as_string_view();
    let parsed = (0..digits.len()).map(|row| digits.value(row).parse::<Pseudonym>());
    let parsed = parsed.map(|id| id.map(Pseudonym::bits));
    parsed.collect::<std::result::Result<_, _>>().map_err(|error| DataFusionError::External(Box::new(error)))
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("table", self.table.id()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counts").field("resources", &self.held.versions.len()).finish_non_exhaustive()
    }
}

/// By the list that they are of.
impl PartialEq for Counts {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.held, &other.held)
    }
}

impl Eq for Counts {}

impl Hash for Counts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.held).hash(state);
    }
}

/// Pseudonyms are drawn by a keyed function, so that nobody can choose any and their bits need no mixing.
#[derive(Default)]
struct Drawn(u64);

impl Hasher for Drawn {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, bits: u128) {
        self.0 = bits as u64;
    }
}
