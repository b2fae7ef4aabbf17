//! Where a chain begins: with its first record, or where retention has cut it.

use super::{Damage, VerifyError};
use crate::{
    head::{self, Head, Says, SignedHead},
    line::first_hash,
    place,
};
use object_store::{ObjectStore, ObjectStoreExt as _};

/// The marks that retention has left of a chain, in order, each signed, its own, and no further than the log of
/// checkpoints tells of the chain (`told`). Whether the log tells the same, the walk shows: it has to come by there.
pub(crate) async fn read_marks(
    store: &dyn ObjectStore,
    public_key: &[u8; 32],
    writer: &str,
    counts: &[u64],
    told: u64,
) -> Result<Vec<SignedHead>, VerifyError> {
    let mut marks = Vec::with_capacity(counts.len());
    for &count in counts {
        let index = count;
        let unreadable = |source| VerifyError::Unreadable { writer: writer.to_owned(), index, source };
        let object = store.get(&place::cut(writer, count)).await.map_err(unreadable)?;
        let bytes = object.bytes().await.map_err(unreadable)?;
        let tampered = |what| VerifyError::Tampered { writer: writer.to_owned(), index, what };
        let mark = bytes.strip_suffix(b"\n").and_then(head::read);
        let mark = mark.filter(|mark| mark.is_signed(Says::Cut, public_key));
        let mark = mark.filter(|mark| mark.head.writer == writer && mark.head.count == count);
        marks.push(mark.ok_or_else(|| tampered(Damage::Signature))?);
        if count > told {
            return Err(tampered(Damage::Untold));
        }
    }
    Ok(marks)
}

/// Where a chain begins, and whether it was closed by then: at a mark, or with its first record.
pub(crate) fn begin(writer: &str, mark: Option<&SignedHead>) -> (Head, bool) {
    match mark {
        Some(mark) => (mark.head.clone(), mark.closed),
        None => (Head { writer: writer.to_owned(), count: 0, hash: first_hash(writer) }, false),
    }
}
