//! What a store holds, put in order.

use crate::{CrawlError, plan::Target};
use futures::TryStreamExt;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use object_store::{ObjectMeta, ObjectStore};
use std::collections::BTreeMap;

/// A target of more objects than this is refused.
pub(crate) const MOST_OBJECTS: usize = 5_000_000;

/// The folder that makes another a Delta table.
const DELTA_LOG: &str = "_delta_log";

/// What lies within a target.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Objects, by path within the connection.
    pub(crate) objects: Vec<ObjectMeta>,
    /// Delta tables, by the path of their folder.
    pub(crate) delta: BTreeMap<String, DeltaFolder>,
}

/// A folder that is a Delta table.
#[derive(Debug, Default)]
pub(crate) struct DeltaFolder {
    /// What its log holds.
    pub(crate) log: Vec<ObjectMeta>,
    /// The bytes of everything else in it.
    pub(crate) bytes: u64,
    /// How much of everything else there is.
    pub(crate) files: u64,
}

/// Which paths are looked at.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) include: Option<GlobSet>,
    pub(crate) exclude: Option<GlobSet>,
}

/// A set of patterns; `None` if there are none. `*` fits within a folder, `**` any folders.
pub(crate) fn patterns(texts: &[String]) -> Result<Option<GlobSet>, CrawlError> {
    if texts.is_empty() {
        return Ok(None);
    }
    let wrong = |pattern: &str, error: globset::Error| CrawlError::Pattern {
        pattern: pattern.to_owned(),
        reason: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        set.add(glob.map_err(|error| wrong(text, error))?);
    }
    set.build().map(Some).map_err(|error| wrong(&texts.join(" "), error))
}

impl Wanted {
    fn has(&self, path: &str) -> bool {
        self.include.as_ref().is_none_or(|set| set.is_match(path))
            && !self.exclude.as_ref().is_some_and(|set| set.is_match(path))
    }
}

/// Lists a target. What begins with a dot or an underline is passed over, as all that reads folders as tables does; so
/// is what is empty.
pub(crate) async fn list(
    store: &dyn ObjectStore,
    target: &Target,
    wanted: &Wanted,
) -> Result<Listing, CrawlError> {
    let failed = |error| CrawlError::object("list", &target.connection, &error);
    let mut found = store.list(target.prefix().as_ref());
    let (mut objects, mut logs) = (Vec::new(), BTreeMap::<String, DeltaFolder>::new());
    let mut seen = 0;
    while let Some(object) = found.try_next().await.map_err(failed)? {
        seen += 1;
        if seen > MOST_OBJECTS {
            return Err(CrawlError::TooMany { target: target.to_string(), most: MOST_OBJECTS });
        }
        let path = object.location.as_ref();
        if !wanted.has(path) || object.size == 0 {
            continue;
        }
        if let Some(root) = delta_root(path) {
            logs.entry(root.to_owned()).or_default().log.push(object);
        } else if !path.split('/').any(|part| part.starts_with(['.', '_'])) {
            objects.push(object);
        }
    }
    objects.sort_by(|one, other| one.location.cmp(&other.location));
    let mut listing = Listing { objects: Vec::with_capacity(objects.len()), delta: logs };
    for object in objects {
        match within(object.location.as_ref(), &mut listing.delta) {
            Some(folder) => {
                folder.bytes += object.size;
                folder.files += 1;
            }
            None => listing.objects.push(object),
        }
    }
    for folder in listing.delta.values_mut() {
        folder.log.sort_by(|one, other| one.location.cmp(&other.location));
    }
    Ok(listing)
}

/// The folder of a Delta table, if `path` lies in its log.
fn delta_root(path: &str) -> Option<&str> {
    let at = path.find(DELTA_LOG)?;
    let begins = at == 0 || path.as_bytes().get(at - 1) == Some(&b'/');
    let goes_on = path.as_bytes().get(at + DELTA_LOG.len()) == Some(&b'/');
    (begins && goes_on).then(|| path.get(..at.saturating_sub(1)).unwrap_or_default())
}

/// The Delta table that `path` lies in.
fn within<'d>(path: &str, delta: &'d mut BTreeMap<String, DeltaFolder>) -> Option<&'d mut DeltaFolder> {
    if delta.is_empty() {
        return None;
    }
    let mut folder = path;
    while let Some((parent, _)) = folder.rsplit_once('/') {
        if delta.contains_key(parent) {
            return delta.get_mut(parent);
        }
        folder = parent;
    }
    delta.get_mut("")
}

/// Looks whether all of `texts` are patterns of paths.
///
/// # Errors
/// What is wrong with one of them.
pub fn check_patterns(texts: &[String]) -> Result<(), CrawlError> {
    patterns(texts).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::{ObjectStoreExt, memory::InMemory, path::Path};

    #[tokio::test]
    async fn tables_of_delta_are_one_and_hidden_names_none() {
        let store = InMemory::new();
        for path in [
            "a/b.csv",
            "a/_SUCCESS",
            "a/.b.csv.crc",
            "d/_delta_log/0.json",
            "d/_delta_log/1.json",
            "d/day=1/part.parquet",
            "x/other.csv",
        ] {
            store.put(&Path::from(path), "1".into()).await.unwrap();
        }
        store.put(&Path::from("a/empty.csv"), "".into()).await.unwrap();
        let target: Target = "c".parse().unwrap();
        let wanted = Wanted { include: None, exclude: patterns(&["x/**".to_owned()]).unwrap() };
        let listing = list(&store, &target, &wanted).await.unwrap();
        let paths: Vec<_> = listing.objects.iter().map(|object| object.location.to_string()).collect();
        assert_eq!(paths, ["a/b.csv"]);
        let delta = &listing.delta["d"];
        assert_eq!((delta.log.len(), delta.files, delta.bytes), (2, 1, 1));
    }

    #[test]
    fn the_log_of_a_table_tells_its_folder() {
        assert_eq!(delta_root("a/_delta_log/0.json"), Some("a"));
        assert_eq!(delta_root("_delta_log/0.json"), Some(""));
        assert_eq!(delta_root("a/my_delta_log/0.json"), None);
        assert_eq!(delta_root("a/_delta_log"), None);
    }
}
