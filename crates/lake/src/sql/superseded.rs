//! A list of what is superseded, held in memory, and which rows it leaves.

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray},
    buffer::BooleanBuffer,
    compute,
    datatypes::{DataType, Int32Type, Int64Type},
};
use datafusion::{
    catalog::{Session, TableProvider},
    common::{DataFusionError, internal_err},
    error::Result,
    execution::memory_pool::{MemoryConsumer, MemoryReservation},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
    physical_plan,
};
use futures::TryStreamExt;
use model::Pseudonym;
use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hash, Hasher},
    sync::Arc,
};

/// By pseudonym, the newest version that is superseded.
type Versions = HashMap<u128, i32, BuildHasherDefault<Drawn>>;

/// What an entry takes, with the room that a table leaves free.
const ENTRY_BYTES: usize = 64;

/// `counts(pseudonym, version)`: whether the row of a resource's version is not superseded. The pseudonym is its digits
/// in one column, or its halves in two.
pub(super) struct Superseded {
    versions: Versions,
    sieve: Sieve,
    signature: Signature,
    /// Given back when the last plan that holds the list is gone.
    _memory: MemoryReservation,
}

impl Superseded {
    pub(super) const NAME: &str = "counts";

    /// Reads a list: columns `id` and `version_id`.
    ///
    /// # Errors
    /// It cannot be read, or takes more memory than the session has.
    pub(super) async fn read(state: &dyn Session, list: &Arc<dyn TableProvider>) -> Result<Self> {
        let schema = list.schema();
        let columns = vec![schema.index_of("id")?, schema.index_of("version_id")?];
        let plan = list.scan(state, Some(&columns), &[], None).await?;
        let mut batches = physical_plan::execute_stream(plan, state.task_ctx())?;
        let memory = MemoryConsumer::new("superseded").register(&state.runtime_env().memory_pool);
        let mut versions = Versions::default();
        while let Some(batch) = batches.try_next().await? {
            memory.try_grow(batch.num_rows() * ENTRY_BYTES)?;
            let superseded = batch.column(1).as_primitive::<Int32Type>();
            let ids = pseudonyms(batch.column(0))?;
            for (id, version) in ids.into_iter().zip(superseded.values()) {
                let newest = versions.entry(id).or_insert(*version);
                *newest = (*version).max(*newest);
            }
        }
        let sieve = Sieve::of(&versions);
        let signature = Signature::variadic_any(Volatility::Immutable);
        Ok(Self { versions, sieve, signature, _memory: memory })
    }

    fn counts(&self, id: u128, version: i32) -> bool {
        !self.sieve.may_have(id) || self.versions.get(&id).is_none_or(|superseded| version > *superseded)
    }
}

impl ScalarUDFImpl for Superseded {
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
        let versions = versions.as_primitive::<Int32Type>().values();
        let counts = match ids {
            [high, low] => {
                let (high, low) = (high.as_primitive::<Int64Type>(), low.as_primitive::<Int64Type>());
                let (high, low) = (high.values(), low.values());
                let id = |row| Pseudonym::of_halves(high[row], low[row]).bits();
                BooleanBuffer::collect_bool(versions.len(), |row| self.counts(id(row), versions[row]))
            }
            [digits] => {
                let ids = pseudonyms(digits)?;
                BooleanBuffer::collect_bool(versions.len(), |row| self.counts(ids[row], versions[row]))
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
            let (word, bit) = sieve.place(*id);
            sieve.bits[word] |= bit;
        }
        sieve
    }

    const fn place(&self, id: u128) -> (usize, u64) {
        let place = id as u64 & self.mask;
        ((place / 64) as usize, 1 << (place % 64))
    }

    fn may_have(&self, id: u128) -> bool {
        let (word, bit) = self.place(id);
        self.bits[word] & bit != 0
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

impl fmt::Debug for Superseded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Superseded").field("resources", &self.versions.len()).finish_non_exhaustive()
    }
}

/// Each was read for one scan: two are never taken for one another.
impl PartialEq for Superseded {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Superseded {}

impl Hash for Superseded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self).hash(state);
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
