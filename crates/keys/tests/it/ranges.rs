//! Ranges of encrypted objects against the same ranges of plain bytes.

use crate::{durable, encrypted, pattern, remote};
use keys::ZoneKey;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, path::Path};
use proptest::prelude::*;

fn range() -> impl Strategy<Value = GetRange> {
    let place = 0_u64..320_000;
    prop_oneof![
        (place.clone(), 1_u64..200_000).prop_map(|(start, length)| GetRange::Bounded(start..start + length)),
        place.clone().prop_map(GetRange::Offset),
        place.prop_map(GetRange::Suffix),
        Just(GetRange::Bounded(u64::MAX - 1..u64::MAX)),
        Just(GetRange::Suffix(u64::MAX)),
    ]
}

async fn check(store: &dyn ObjectStore, plain: &[u8], asked: Vec<GetRange>) {
    let name = Path::from("object");
    store.put(&name, plain.to_vec().into()).await.unwrap();
    let mut bounded = Vec::new();
    for range in asked {
        let options = GetOptions::new().with_range(Some(range.clone()));
        let read = async { store.get_opts(&name, options).await?.bytes().await }.await;
        match range.as_range(plain.len() as u64) {
            Ok(within) => {
                let expected = &plain[within.start as usize..within.end as usize];
                assert!(read.unwrap() == expected, "{range} of {}", plain.len());
                bounded.push(within);
            }
            Err(_) => assert!(read.is_err(), "{range} of {}", plain.len()),
        }
    }
    let read = store.get_ranges(&name, &bounded).await.unwrap();
    for (range, bytes) in bounded.iter().zip(read) {
        assert!(bytes == plain[range.start as usize..range.end as usize], "{range:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_range_is_what_the_plain_bytes_have_there(
        length in prop_oneof![0_usize..200, 65_500_usize..65_600, 0_usize..300_000],
        asked in prop::collection::vec(range(), 1..6),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (on_disk, _folder) = durable();
            for inner in [on_disk, remote()] {
                let store = encrypted(&inner, &ZoneKey::generate().unwrap());
                check(&*store, &pattern(length), asked.clone()).await;
            }
        });
    }
}
