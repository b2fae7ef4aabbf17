//! Marts checked, compared and registered, whoever hands them in.

use crate::external;
use anyhow::Context;
use keys::MacKey;
use lake::{
    LakeError,
    models::{self, Difference, Reads},
    sql::Reader,
};
use marts::{Mart, MartError, Test};
use model::{CommitSeq, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The file that says what a mart is.
pub(crate) const HEAD: &str = "mart.toml";

/// What it says to begin with.
pub(crate) const FIRST_HEAD: &str =
    "question = \"What does this mart answer, in a sentence?\"\n\n[job]\non_commit = true\n";

/// The name of a mart, and the texts of its folder by file.
pub(crate) type Texts<'a> = (&'a str, &'a BTreeMap<String, String>);

/// The tables that a mart and its tests read, but its own. The links of persons are joined by every mart and published
/// by none, which is checked of the mart itself: they are not among these. What is not understood reads nothing, and
/// is refused with a better reason later.
pub(crate) fn reads(texts: Texts<'_>) -> Vec<String> {
    let Ok(mart) = read(texts) else { return Vec::new() };
    let tested = mart.models.iter().flat_map(|model| &model.tests).flat_map(Test::reads);
    let tables: BTreeSet<_> = mart.reads().cloned().chain(tested).collect();
    let others = tables
        .iter()
        .filter(|read| read.schema != mart.name && !(read.schema.is_empty() && read.name == "person_link"));
    others.map(ToString::to_string).collect()
}

/// Whether models of a mart put their rows through programs. What is not understood does not, and is refused with a
/// better reason later.
pub(crate) fn has_programs(texts: Texts<'_>) -> bool {
    read(texts).is_ok_and(|mart| mart.models.iter().any(|model| model.program.is_some()))
}

/// The mart that texts make.
pub(crate) fn read((name, files): Texts<'_>) -> Result<Mart, MartError> {
    Mart::read(name, files.iter().map(|(file, text)| (file.as_str(), text.as_str())))
}

/// The mart, if it could be registered.
pub(crate) async fn check(reader: &Reader, texts: Texts<'_>) -> anyhow::Result<Mart> {
    refuse_taken(reader, texts.0).await?;
    Ok(models::check_folder(reader, texts).await??.mart)
}

/// The columns that a mart and its tests read, as [`reads`] has the tables. What could not be registered reads nothing,
/// and is refused with a better reason later.
pub(crate) async fn columns(reader: &Reader, texts: Texts<'_>) -> Result<Reads, LakeError> {
    Ok(models::check_folder(reader, texts).await?.map(|checked| checked.reads).unwrap_or_default())
}

/// Refuses a mart that is called as a database of tables outside is.
async fn refuse_taken(reader: &Reader, name: &str) -> anyhow::Result<()> {
    if external::holds(&reader.control, name).await? {
        let what = format!("`{name}` holds tables that lie outside: give the folder another name");
        return Err(MartError { file: HEAD.to_owned(), line: 0, what }.into());
    }
    Ok(())
}

/// What the mart would publish, beside what is published.
pub(crate) async fn diff(
    reader: &Reader,
    texts: Texts<'_>,
    key: (&MacKey, Timestamp),
) -> anyhow::Result<(CommitSeq, Vec<Difference>)> {
    let mart = check(reader, texts).await?;
    Ok(models::diff(reader, &mart, key).await?)
}

/// Registers the mart and its views; whether anything is new.
pub(crate) async fn register(
    reader: &Reader,
    texts: Texts<'_>,
    who: &str,
    now: Timestamp,
) -> anyhow::Result<(Mart, bool)> {
    refuse_taken(reader, texts.0).await?;
    let (mart, new) = models::register(reader, texts, who, now).await??;
    for (file, text) in &mart.views {
        let registered = lake::registry::register(&reader.control, views::builtin(), text.as_bytes()).await;
        registered.with_context(|| format!("register the view of {file}"))?;
    }
    Ok((mart, new))
}

/// Whether an error is about what was handed in, and not about the lake.
pub(crate) fn is_of_texts(error: &anyhow::Error) -> bool {
    error.is::<MartError>()
        || matches!(
            error.downcast_ref::<LakeError>(),
            Some(LakeError::Query(_) | LakeError::TooLarge(_) | LakeError::Program { .. })
        )
}
