//! Fragments, sealed to the keys of their records: one sealed box per record and object.

use crate::{
    FragmentsKey, RecordId, VaultError,
    reader::{Reader, object},
};
use fhir::ResourceType;
use keys::sealed_box::{PrivateKey, PublicKey};
use model::Pseudonym;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use std::collections::BTreeMap;

pub(crate) const LAYOUT: &[u8; 8] = b"CLFRAG1\n";

/// Fragments compress well at the lowest level; higher ones cost more than they save.
const ZSTD_LEVEL: i32 = 1;

/// The most that one record's fragments in one object may be when opened: 1 GiB.
const OPENED_LIMIT_BYTES: usize = 1 << 30;

/// What one version of a resource left to the vault.
#[derive(Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The resource's type.
    pub resource_type: ResourceType,
    /// The resource's pseudonym.
    pub id: Pseudonym,
    /// The resource's version, from 1.
    pub version: u32,
    /// Further patients it is about, for erasure.
    pub others: Vec<Pseudonym>,
    /// The fragment's canonical JSON (`identity::Split::fragment`).
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Fragment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The bytes are what the vault is for hiding.
        write!(
            f,
            "Fragment({}/{} v{}, {} bytes)",
            self.resource_type,
            self.id,
            self.version,
            self.bytes.len()
        )
    }
}

/// Gathers fragments, record by record, and seals them together.
#[derive(Debug, Default)]
pub struct FragmentWriter {
    records: BTreeMap<RecordId, Gathered>,
    size_bytes: usize,
}

struct Gathered {
    public: PublicKey,
    entries: Vec<u8>,
    others: Vec<Pseudonym>,
}

impl std::fmt::Debug for Gathered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gathered({} bytes)", self.entries.len())
    }
}

/// Where one record's box lies after the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) record: RecordId,
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

/// What an object's index says.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Sorted by record.
    pub(crate) entries: Vec<Entry>,
    /// A further patient, and the record that holds something about them.
    pub(crate) mentions: Vec<(Pseudonym, RecordId)>,
}

/// What binds a box to its record and object.
fn context(object: &str, record: RecordId) -> Vec<u8> {
    let mut context = format!("carelake fragments 1 {object} ").into_bytes();
    context.extend_from_slice(&record.0);
    context
}

impl FragmentWriter {
    /// One that holds nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Roughly how many bytes it holds, for the caller's budget.
    #[must_use]
    pub const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Adds a fragment to those of `record`, to be sealed to `public`.
    ///
    /// # Errors
    /// It has more other subjects, or more bytes, than the layout can count; nothing was added then.
    pub fn add(
        &mut self,
        record: RecordId,
        public: &PublicKey,
        fragment: Fragment,
    ) -> Result<(), VaultError> {
        let too_large = |_| VaultError::TooLarge { record };
        let name = fragment.resource_type.as_str();
        let name_length = u8::try_from(name.len()).map_err(too_large)?;
        let others = u16::try_from(fragment.others.len()).map_err(too_large)?;
        let length = u32::try_from(fragment.bytes.len()).map_err(too_large)?;
        let new = || Gathered { public: *public, entries: Vec::new(), others: Vec::new() };
        let gathered = self.records.entry(record).or_insert_with(new);
        let before = gathered.entries.len();
        let out = &mut gathered.entries;
        out.push(name_length);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&fragment.id.0);
        out.extend_from_slice(&fragment.version.to_be_bytes());
        out.extend_from_slice(&others.to_be_bytes());
        fragment.others.iter().for_each(|other| out.extend_from_slice(&other.0));
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&fragment.bytes);
        self.size_bytes += out.len() - before;
        gathered.others.extend(fragment.others);
        Ok(())
    }

    /// Seals what was added as the object `key`: one key agreement per record.
    ///
    /// # Errors
    /// A record's public key cannot be sealed to, or the object would be larger than 4 GiB.
    pub fn finish(self, key: &FragmentsKey) -> Result<Vec<u8>, VaultError> {
        let mut entries = Vec::new();
        let mut mentions = Vec::new();
        let mut sealed = Vec::new();
        let object_name = key.to_string();
        for (record, gathered) in self.records {
            let too_large = || VaultError::TooLarge { record };
            if gathered.entries.len() > OPENED_LIMIT_BYTES {
                return Err(too_large());
            }
            let packed = zstd::bulk::compress(&gathered.entries, ZSTD_LEVEL).map_err(|_| too_large())?;
            let boxed = gathered.public.seal(&context(&object_name, record), &packed);
            let boxed = boxed.map_err(|source| VaultError::Seal { record, source })?;
            let place = u32::try_from(sealed.len()).ok().zip(u32::try_from(boxed.len()).ok());
            let (offset, length) = place.ok_or_else(too_large)?;
            entries.push((record, offset, length));
            sealed.extend_from_slice(&boxed);
            mentions.extend(gathered.others.into_iter().map(|other| (other, record)));
        }
        mentions.sort_unstable();
        mentions.dedup();
        let record = entries.first().map_or(Pseudonym([0; 16]), |(record, ..)| *record);
        let too_large = || VaultError::TooLarge { record };
        let count = u32::try_from(entries.len()).map_err(|_| too_large())?;
        let mut index = count.to_be_bytes().to_vec();
        for (record, offset, length) in entries {
            index.extend_from_slice(&record.0);
            index.extend_from_slice(&offset.to_be_bytes());
            index.extend_from_slice(&length.to_be_bytes());
        }
        for (other, record) in mentions {
            index.extend_from_slice(&other.0);
            index.extend_from_slice(&record.0);
        }
        object(LAYOUT, &index, &sealed).ok_or_else(too_large)
    }
}

impl Index {
    pub(crate) fn parse(index: &[u8]) -> Option<Self> {
        let mut reader = Reader(index);
        let mut parsed = Self::default();
        for _ in 0..reader.u32()? {
            let record = reader.pseudonym()?;
            parsed.entries.push(Entry { record, offset: reader.length()?, length: reader.length()? });
        }
        while !reader.0.is_empty() {
            parsed.mentions.push((reader.pseudonym()?, reader.pseudonym()?));
        }
        Some(parsed)
    }

    /// Where the record's box lies, if the object has one.
    pub(crate) fn entry(&self, record: RecordId) -> Option<Entry> {
        let at = self.entries.binary_search_by_key(&record, |entry| entry.record).ok()?;
        self.entries.get(at).copied()
    }
}

/// Opens one record's box.
pub(crate) fn open(
    object: &str,
    record: RecordId,
    private: &PrivateKey,
    sealed: &[u8],
) -> Result<Vec<Fragment>, VaultError> {
    let opened = private.open(&context(object, record), sealed);
    let packed = opened.map_err(|source| VaultError::Open { object: object.to_owned(), record, source })?;
    let damaged = || VaultError::Damaged { object: object.to_owned() };
    let size = zstd::zstd_safe::get_frame_content_size(&packed).ok().flatten();
    let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= OPENED_LIMIT_BYTES);
    let entries = zstd::bulk::decompress(&packed, size.ok_or_else(damaged)?).map_err(|_| damaged())?;
    let mut reader = Reader(&entries);
    let mut fragments = Vec::new();
    while !reader.0.is_empty() {
        fragments.push(fragment(&mut reader).ok_or_else(damaged)?);
    }
    Ok(fragments)
}

fn fragment(reader: &mut Reader<'_>) -> Option<Fragment> {
    let name_length = usize::from(reader.u8()?);
    let resource_type = ResourceType::parse(std::str::from_utf8(reader.bytes(name_length)?).ok()?)?;
    let (id, version) = (reader.pseudonym()?, reader.u32()?);
    let others = (0..reader.u16()?).map(|_| reader.pseudonym()).collect::<Option<Vec<_>>>()?;
    let length = reader.length()?;
    Some(Fragment { resource_type, id, version, others, bytes: reader.bytes(length)?.to_vec() })
}

/// Puts sealed fragments where the custodian looks for them; the same again writes over them. Needs only `put`.
///
/// # Errors
/// The store failed.
pub async fn put_fragments(
    store: &dyn ObjectStore,
    key: &FragmentsKey,
    bytes: Vec<u8>,
) -> Result<(), VaultError> {
    match store.put(&key.path(), PutPayload::from(bytes)).await {
        Ok(_) => Ok(()),
        Err(source) => Err(VaultError::Store { action: "put", object: key.to_string(), source }),
    }
}
