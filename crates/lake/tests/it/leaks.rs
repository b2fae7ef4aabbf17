//! Nobody's identity is outside the vault: searched for in everything that a lake keeps,
//! decrypted and decompressed.

use crate::{
    canary::{Canary, WORD},
    home::{Home, build_marts},
    truth::joins,
};
use arrow::json::LineDelimitedWriter;
use futures::TryStreamExt;
use identity::Policy;
use keys::Zone;
use lake::upkeep::{Upkeep, UpkeepLimits};
use landing::{Change, Intent};
use object_store::ObjectStoreExt;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use simulate::Simulation;
use std::path::Path;

/// Everything outside the vault as text, with where it came from.
async fn everything(home: &Home) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for zone in [Zone::Raw, Zone::View, Zone::Mart, Zone::Link, Zone::Audit] {
        let store = home.zone(zone);
        for object in store.list(None).try_collect::<Vec<_>>().await.unwrap() {
            let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
            let name = format!("{zone}/{}", object.location);
            // Footers, statistics and page headers lie open in a Parquet file…
            texts.push((name.clone(), readable(&bytes)));
            if name.ends_with(".parquet") {
                // … and its values once they are decompressed.
                let mut writer = LineDelimitedWriter::new(Vec::new());
                for batch in ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap() {
                    writer.write(&batch.unwrap()).unwrap();
                }
                writer.finish().unwrap();
                texts.push((name, readable(&writer.into_inner())));
            }
        }
    }
    files(&home.path("ledger"), &mut texts);
    files(&home.path("landing"), &mut texts);
    files(&home.path("vault"), &mut texts);
    for name in ["control.db", "control.db-wal"] {
        if let Ok(bytes) = std::fs::read(home.path(name)) {
            texts.push((name.to_owned(), readable(&bytes)));
        }
    }
    texts
}

/// The files of a folder as they lie on disk.
pub(crate) fn files(folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, texts);
        } else {
            texts.push((path.display().to_string(), readable(&std::fs::read(&path).unwrap())));
        }
    }
}

fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_lowercase()
}

/// Where any of the words is found. Says nothing of what is around it.
fn hits<'w>(texts: &[(String, String)], words: impl IntoIterator<Item = &'w String>) -> Vec<String> {
    let mut hits = Vec::new();
    for word in words {
        let finder = memchr::memmem::Finder::new(word.as_bytes());
        let found = texts.iter().filter(|(_, text)| finder.find(text.as_bytes()).is_some());
        hits.extend(found.map(|(name, _)| format!("{word} in {name}")));
    }
    hits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_identity_word_of_a_region_is_outside_the_vault() {
    let region = Simulation::new(21, 12);
    let mut home = Home::new().await;
    home.send_all(&region).await;
    let mut worker = home.worker("w");
    worker.drain().await.unwrap();
    build_marts(&home, &mut worker, (None, false)).await.unwrap();
    Upkeep::new(UpkeepLimits { small_files: 1, ..UpkeepLimits::default() }).tend(&mut worker).await.unwrap();
    assert!(home.number("select count(*) from display").await > 0, "the dictionary has entries to search");

    let truth = region.truth();
    let mut words = Vec::new();
    for word in &truth.identity_words {
        let word = word.to_lowercase();
        if let Some((given, family)) = word.rsplit_once(' ') {
            words.push(format!("{family} {given}"));
            words.push(format!("{family}, {given}"));
        }
        words.push(word);
    }
    words.extend(truth.record_ids.iter().map(|id| id.to_lowercase()));
    // Those of children are also dates of visits.
    words.extend(truth.birth_dates.iter().filter(|date| date.as_str() < "2005").cloned());
    let all = words.len();
    // Shorter ones are in any text by chance.
    words.retain(|word| word.len() >= 4 && (word.len() >= 6 || word.chars().any(|c| !c.is_ascii_digit())));
    eprintln!(
        "{} of {all} words are searched for; the others have fewer than 4 characters or 6 digits",
        words.len()
    );
    let texts = everything(&home).await;
    let size: usize = texts.iter().map(|(_, text)| text.len()).sum();
    assert!(words.len() > 100 && size > 1_000_000, "{} words in {size} bytes", words.len());
    let hits = hits(&texts, &words);
    assert!(hits.is_empty(), "{hits:#?}");
    // The search finds what is there: a code that everybody has.
    assert!(!self::hits(&texts, &["loinc.org".to_owned()]).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_of_a_resource_full_of_words_is_outside_the_vault() {
    let mut home = Home::new().await;
    let source = "canary".parse().unwrap();
    let mut worker = home.worker("w");
    // No word comes twice, so none is a display that ten patients carry.
    let mut canary = Canary::default();
    for kind in Policy::builtin().resource_types() {
        let mut changes = Vec::new();
        for lures in [false, true] {
            canary.lures = lures;
            let id = if lures { "lured" } else { "plain" };
            let body = canary.resource(kind.as_str(), id, "lured").to_canonical();
            changes.push(Change { resource_type: kind, id: id.to_owned(), body, intent: Intent::Create });
        }
        home.submit(&source, changes).await;
    }
    worker.drain().await.unwrap();
    joins(&home).await;
    build_marts(&home, &mut worker, (None, false)).await.unwrap();
    Upkeep::new(UpkeepLimits { small_files: 1, ..UpkeepLimits::default() }).tend(&mut worker).await.unwrap();
    let sent: usize = home.sent.resources.values().map(|versions| versions[0].body.len()).sum();
    assert!(sent > 100_000, "only {sent} bytes of words were sent");
    let hits = hits(&everything(&home).await, &[WORD.to_lowercase()]);
    assert!(hits.is_empty(), "{hits:#?}");
}
