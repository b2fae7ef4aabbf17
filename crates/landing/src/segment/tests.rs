//! A segment reads back, and nothing else is read as one.

use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

static PRIVATE: LazyLock<LandingPrivate> = LazyLock::new(|| LandingPrivate::generate().0);

type Row = (String, String, u32, i64, Vec<u8>);

fn sealed(rows: &[Row]) -> Vec<u8> {
    let mut writer = SegmentWriter::default();
    for (source, id, version, time, body) in rows {
        writer.push(&Record {
            source: &source.parse().unwrap(),
            resource_type: ResourceType::parse("Observation").unwrap(),
            id,
            version: *version,
            last_updated: Timestamp(*time),
            body,
        });
    }
    writer.seal(&PRIVATE.public()).unwrap()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let body = proptest::collection::vec(any::<u8>(), 0..400);
    let row = ("[a-z][a-z0-9]{2,20}", "[A-Za-z0-9.-]{1,64}", any::<u32>(), any::<i64>(), body);
    proptest::collection::vec(row, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_pushed_is_read_back_in_order(rows in rows()) {
        let bytes = sealed(&rows);
        let reader = open_segment(&bytes, &sha256_of(&bytes), &PRIVATE).unwrap();
        prop_assert_eq!(reader.count() as usize, rows.len());
        let read: Vec<Row> = reader
            .records()
            .map(|r| (r.source.to_owned(), r.id.to_owned(), r.version, r.last_updated.0, r.body.to_vec()))
            .collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn altered_bytes_are_refused_by_digest_and_by_seal(
        rows in rows(), at in any::<proptest::sample::Index>(), bit in 0..8u8,
    ) {
        let mut bytes = sealed(&rows);
        let registered = sha256_of(&bytes);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(matches!(open_segment(&bytes, &registered, &PRIVATE), Err(SegmentError::Digest)));
        // Even had the altered bytes been registered, they would not open to anything else.
        prop_assert!(open_segment(&bytes, &sha256_of(&bytes), &PRIVATE).is_err());
    }

    #[test]
    fn a_malformed_frame_is_an_error_and_never_a_panic(
        rows in rows(), at in any::<proptest::sample::Index>(), byte in any::<u8>(), cut in any::<proptest::sample::Index>(),
    ) {
        let bytes = sealed(&rows);
        let mut plain = open_segment(&bytes, &sha256_of(&bytes), &PRIVATE).unwrap().plain;
        let end = cut.index(plain.len());
        prop_assert!(SegmentReader::new(plain[..end].to_vec()).is_err());
        let at = at.index(plain.len());
        plain[at] = byte;
        if let Ok(reader) = SegmentReader::new(plain) {
            prop_assert_eq!(reader.records().count(), reader.count() as usize);
        }
    }
}

#[test]
fn another_key_opens_nothing() {
    let bytes = sealed(&[]);
    let (other, _) = LandingPrivate::generate();
    assert!(matches!(open_segment(&bytes, &sha256_of(&bytes), &other), Err(SegmentError::Open(_))));
}
