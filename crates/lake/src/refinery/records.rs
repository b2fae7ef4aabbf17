//! Record keys and sealed fragments: what goes to the vault, by put alone.

use super::{WorkerParts, state::State};
use crate::LakeError;
use control::WorkerLease;
use keys::sealed_box::PublicKey;
use model::{CommitSeq, Pseudonym, failpoint};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    thread,
};
use vault::{Fragment, FragmentWriter, FragmentsKey, KeysKey};

/// The generation that new record keys are sealed under.
pub(super) const GENERATION: u32 = 1;

/// Makes a key pair for every record that has none yet. The private halves are
/// in the vault, sealed to the custodian, when this returns.
pub(super) async fn mint(
    parts: &Arc<WorkerParts>,
    lease: &WorkerLease,
    seq: CommitSeq,
    state: &State,
    fragments: &[(Pseudonym, Fragment)],
) -> Result<Vec<(Pseudonym, PublicKey)>, LakeError> {
    let fresh: BTreeSet<_> =
        fragments.iter().map(|(record, _)| *record).filter(|record| state.record(record).is_none()).collect();
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let fresh: Vec<_> = fresh.into_iter().collect();
    let custodian = parts.keys.custodian_public;
    let minted = tokio::task::spawn_blocking(move || vault::mint(&custodian, GENERATION, &fresh));
    let (publics, file) = minted.await?.map_err(|error| LakeError::Vault(Box::new(error)))?;
    let key = KeysKey { generation: GENERATION, seq, epoch: lease.epoch, part: 0 };
    vault::put_keys(parts.vault.as_ref(), &key, file)
        .await
        .map_err(|error| LakeError::Vault(Box::new(error)))?;
    Ok(publics)
}

/// Seals every fragment to its record's key, and puts them.
pub(super) async fn seal(
    parts: &Arc<WorkerParts>,
    lease: &WorkerLease,
    seq: CommitSeq,
    state: &State,
    fragments: Vec<(Pseudonym, Fragment)>,
) -> Result<(), LakeError> {
    let mut records: BTreeMap<Pseudonym, Vec<Fragment>> = BTreeMap::new();
    for (record, fragment) in fragments {
        records.entry(record).or_default().push(fragment);
    }
    let records: Vec<_> = records.into_iter().collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = records.len().div_ceil(cores).max(1);
    let files = tokio::task::block_in_place(|| {
        thread::scope(|scope| {
            let mut workers = Vec::new();
            let mut rest = records.into_iter();
            for part in 0.. {
                let share: Vec<_> = rest.by_ref().take(share).collect();
                if share.is_empty() {
                    break;
                }
                let key = FragmentsKey { seq, epoch: lease.epoch, part };
                workers.push(scope.spawn(move || file(key, state, share)));
            }
            workers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        })
    });
    for file in files {
        let ended = || LakeError::Vault("a sealing thread ended early".into());
        let (key, bytes) = file.map_err(|_| ended())??;
        vault::put_fragments(parts.vault.as_ref(), &key, bytes)
            .await
            .map_err(|error| LakeError::Vault(Box::new(error)))?;
        failpoint!("refinery.vault.after-each-fragments");
    }
    Ok(())
}

fn file(
    key: FragmentsKey,
    state: &State,
    records: Vec<(Pseudonym, Vec<Fragment>)>,
) -> Result<(FragmentsKey, Vec<u8>), LakeError> {
    let failed = |error: vault::VaultError| LakeError::Vault(Box::new(error));
    let mut writer = FragmentWriter::new();
    for (record, fragments) in records {
        let public = state.record(&record).ok_or_else(|| LakeError::Vault("a record has no key".into()))?;
        for fragment in fragments {
            writer.add(record, public, fragment).map_err(failed)?;
        }
    }
    let bytes = writer.finish(&key).map_err(failed)?;
    Ok((key, bytes))
}
