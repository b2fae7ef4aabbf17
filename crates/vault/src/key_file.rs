//! Record keys: made at first sight, their private halves sealed to the custodian and forgotten.

use crate::{
    KeysKey, RecordId, VaultError,
    reader::{Reader, object, parts},
};
use keys::sealed_box::{PrivateKey, PublicKey};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

const LAYOUT: &[u8; 8] = b"CLRKEY1\n";

/// Sealed private halves, sorted by record, as they are stored.
///
/// Nothing in it opens without the custodian's private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile(pub(crate) Vec<u8>);

/// One record's sealed private half.
pub(crate) struct SealedKey {
    pub(crate) record: RecordId,
    pub(crate) generation: u32,
    pub(crate) sealed: Vec<u8>,
}

/// What binds a sealed private half to its record and generation.
fn context(generation: u32, record: RecordId) -> Vec<u8> {
    let mut context = b"carelake record key 1 ".to_vec();
    context.extend_from_slice(&generation.to_be_bytes());
    context.extend_from_slice(&record.0);
    context
}

/// Makes a key pair for each of `records` (a repeated one counts once): the public halves are
/// for the link zone, the file of sealed private halves for the vault.
///
/// Store the file before anything is sealed to the public halves: a fragment whose private half was lost is lost.
///
/// # Errors
/// The custodian's key cannot be sealed to.
pub fn mint(
    custodian: &PublicKey,
    generation: u32,
    records: &[RecordId],
) -> Result<(Vec<(RecordId, PublicKey)>, KeyFile), VaultError> {
    let mut records = records.to_vec();
    records.sort_unstable();
    records.dedup();
    let mut public = Vec::with_capacity(records.len());
    let mut index = generation.to_be_bytes().to_vec();
    for record in records {
        let (private, half) = PrivateKey::generate();
        let sealed = private.seal_to(custodian, &context(generation, record));
        let sealed = sealed.map_err(|source| VaultError::Seal { record, source })?;
        let length = u16::try_from(sealed.len()).map_err(|_| VaultError::TooLarge { record })?;
        index.extend_from_slice(&record.0);
        index.extend_from_slice(&length.to_be_bytes());
        index.extend_from_slice(&sealed);
        public.push((record, half));
    }
    let first = public.first().map_or(model::Pseudonym([0; 16]), |(record, _)| *record);
    let bytes = object(LAYOUT, &index, &[]).ok_or(VaultError::TooLarge { record: first })?;
    Ok((public, KeyFile(bytes)))
}

impl KeyFile {
    /// The bytes as they are stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The entries of a stored file; `None` when it is damaged.
    pub(crate) fn entries(bytes: &[u8]) -> Option<Vec<SealedKey>> {
        let (index, rest) = parts(LAYOUT, bytes)?;
        let mut reader = Reader(index);
        let generation = reader.u32()?;
        let mut entries = Vec::new();
        while !reader.0.is_empty() {
            let record = reader.pseudonym()?;
            let length = reader.u16()?;
            let sealed = reader.bytes(usize::from(length))?.to_vec();
            entries.push(SealedKey { record, generation, sealed });
        }
        rest.is_empty().then_some(entries)
    }
}

impl SealedKey {
    /// The private half, with the custodian's.
    pub(crate) fn open(&self, custodian: &PrivateKey) -> Result<PrivateKey, keys::OpenError> {
        PrivateKey::open_sealed_key(custodian, &context(self.generation, self.record), &self.sealed)
    }
}

/// Puts a file of record keys where the custodian looks for it. Needs only `put`.
///
/// # Errors
/// The store failed.
pub async fn put_keys(store: &dyn ObjectStore, key: &KeysKey, file: KeyFile) -> Result<(), VaultError> {
    match store.put(&key.path(), PutPayload::from(file.0)).await {
        Ok(_) => Ok(()),
        Err(source) => Err(VaultError::Store { action: "put", object: key.to_string(), source }),
    }
}
