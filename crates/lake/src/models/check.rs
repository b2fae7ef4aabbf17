//! Whether a mart can be registered: every model planned, every incremental one proved.

use super::{
    affected, by_person, exposed,
    known::{job_of, marts, next_due},
    periods, program, pseudonym, rows,
};
use crate::{
    LakeError,
    refinery::chain,
    registry,
    sql::{PUBLIC, Planned, Reader, Session},
    table,
};
use arrow::datatypes::SchemaRef;
use datafusion::datasource::empty::EmptyTable;
use marts::{Mart, MartError, Materialised, Model, TableRef, order, reference::REFERENCE};
use model::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Plans every model of a mart, each seeing those before it, and proves that the incremental ones may be made for
/// some persons only. `reader` knows the mart's own views.
///
/// # Errors
/// Of a model, with its file: it cannot be planned; its comment speaks of a column that it does not have, or a test
/// does; it publishes a linked person; it is incremental and brings persons together, with what does so.
async fn check(reader: &Reader, mart: &Mart) -> Result<Result<Reads, MartError>, LakeError> {
    let mut reads = Reads::new();
    let session = reader.session(None).await?;
    let places = registry::places(&reader.control, &reader.views).await?;
    for model in &mart.models {
        let wrong = |what: String| Ok(Err(MartError { file: format!("{}.sql", model.name), line: 0, what }));
        // Any period: a plan does not tell one from another.
        periods::offer(session.context(), mart, model, Timestamp(0));
        if let Some(what) = offer_pseudonyms(&session, model) {
            return wrong(what);
        }
        let planned = match session.plan(&model.sql).await {
            Ok(planned) => planned,
            Err(error) => return wrong(chain(&error)),
        };
        merge(&mut reads, planned.question.reads.clone());
        let columns = match columns(reader, &session, model, &planned).await {
            Ok(columns) => columns,
            Err(what) => return wrong(what),
        };
        let has = |name: &str| columns.field_with_name(name).is_ok();
        if let Some((column, _)) = model.columns.iter().find(|(column, _)| !has(column)) {
            return wrong(format!(
                "the comment speaks of a column `{column}`, which the {} does not have",
                if model.program.is_some() { "program" } else { "query" }
            ));
        }
        let named = session.tables_named(&model.sql)?;
        let persons = exposed::persons(planned.logical(), &named);
        if let Some(column) = persons.map_err(LakeError::Query)?.first() {
            return wrong(format!(
                "its column `{column}` tells who is who: publish a person as mart_person(…), under the mart's own \
                 pseudonym"
            ));
        }
        if let Some(by) = &model.by_period
            && !columns.field_with_name(&by.time).is_ok_and(|field| periods::can_tell(field.data_type()))
        {
            return wrong(format!("its column `{}` is to be a day or a time, and is not", by.time));
        }
        if model.materialised == Materialised::Incremental {
            let key = model.key.as_deref().unwrap_or_default();
            let proved =
                by_person::prove(planned.logical(), key, &named, &affected::personal(&session, &places));
            if let Err(why) = proved {
                return wrong(format!(
                    "it cannot be incremental: {why}. `materialised: table` makes it whole at every run"
                ));
            }
        }
        let empty = Arc::new(EmptyTable::new(columns));
        session.put(PUBLIC, super::tests::THIS, Arc::clone(&empty) as _)?;
        session.put(&mart.name, &model.name, empty)?;
        if let Err(what) = plan_tests(&session, model, &mut reads).await {
            return wrong(what);
        }
    }
    // What is its own is no reading of others'. The links of persons are joined by every mart and published by none.
    let own = format!("{}.", mart.name);
    let is_own =
        |table: &str| table.starts_with(&own) || [super::tests::THIS, "person_link"].contains(&table);
    reads.retain(|table, _| !is_own(table));
    Ok(Ok(reads))
}

/// The columns of a model whose query has been planned; or what is wrong with its program.
async fn columns(
    reader: &Reader,
    session: &Session,
    model: &Model,
    planned: &Planned,
) -> Result<SchemaRef, String> {
    if let Some(program) = &model.program {
        let name = program.words.first().map_or("", String::as_str);
        reader.programs.program(name).map_err(|error| error.to_string())?;
        let handed = table::plain_schema(planned.logical().schema().as_arrow());
        if let Some(what) = program::unfit(&handed) {
            return Err(what);
        }
    }
    rows::columns(session, model, planned).await.map_err(|error| chain(&error))
}

/// Plans every test of a model, and adds what they read; or says which cannot be asked.
async fn plan_tests(session: &Session, model: &Model, reads: &mut Reads) -> Result<(), String> {
    for test in &model.tests {
        match session.plan(&test.sql(Timestamp(0))).await {
            Ok(planned) => merge(reads, planned.question.reads),
            Err(error) => return Err(format!("the test `{test}` cannot be asked: {}", chain(&error))),
        }
    }
    Ok(())
}

/// Lets a model ask for persons under the mart's own pseudonyms, but one that is a view: whoever asks it asks with the
/// rights to the mart. Says what is wrong with a view that reads more than these open.
fn offer_pseudonyms(session: &Session, model: &Model) -> Option<String> {
    if model.materialised != Materialised::View {
        session.context().register_udf(pseudonym::planned());
        return None;
    }
    session.context().deregister_udf("mart_person");
    let is_open = |table: &&TableRef| table.schema == REFERENCE || marts::can_be_schema(&table.schema);
    let closed = model.reads.iter().find(|table| !is_open(table))?;
    Some(format!(
        "a view reads tables of marts and reference tables only, and not `{closed}`: make a table of that first, and \
         read it here"
    ))
}

fn merge(reads: &mut Reads, more: Reads) {
    for (table, columns) in more {
        reads.entry(table).or_default().extend(columns);
    }
}

/// The columns that are read, by table (`schema.name`).
pub type Reads = BTreeMap<String, BTreeSet<String>>;

/// A mart that can be registered.
#[derive(Debug)]
pub struct Checked {
    /// The mart.
    pub mart: Mart,
    /// What its models and tests read, without what is its own and without the links of persons.
    pub reads: Reads,
}

/// Reads a mart from the texts of its folder, and checks that it can be registered: that every model can be planned,
/// and that those that are incremental may be. `reader` knows the views that every lake has.
///
/// # Errors
/// The mart is not understood or cannot be kept, with file and reason; or the control database failed.
pub async fn check_folder(
    reader: &Reader,
    (name, files): (&str, &BTreeMap<String, String>),
) -> Result<Result<Checked, MartError>, LakeError> {
    let texts = files.iter().map(|(file, text)| (file.as_str(), text.as_str()));
    let mart = match Mart::read(name, texts) {
        Ok(mart) => mart,
        Err(error) => return Ok(Err(error)),
    };
    let wrong = |file: &str, what: String| Ok(Err(MartError { file: file.to_owned(), line: 0, what }));
    if marts::builtin().map_err(LakeError::Mart)?.iter().any(|built_in| built_in.name == name) {
        return wrong("mart.toml", format!("`{name}` is a built-in mart's name: give the folder another"));
    }
    let mut known = reader.views.as_ref().clone();
    for (file, text) in &mart.views {
        match registry::compile(text.as_bytes()) {
            Ok(view) => known.push(view),
            Err(error) => return wrong(file, chain(&error)),
        }
    }
    let reader = Reader { views: Arc::new(known), ..reader.clone() };
    let mut all = marts(&reader.control).await?;
    all.retain(|other| other.name != name);
    all.push(mart.clone());
    if let Err(circle) = order::of_marts(&all) {
        return wrong("mart.toml", circle.to_string());
    }
    Ok(check(&reader, &mart).await?.map(|reads| Checked { mart, reads }))
}

/// Registers a mart from the texts of its folder, with the job that builds it; `false` if the newest of its name has
/// the same texts already. The views that it brings are registered by whoever calls.
///
/// # Errors
/// As [`check_folder`]; nothing is changed then.
pub async fn register(
    reader: &Reader,
    (name, files): (&str, &BTreeMap<String, String>),
    actor: &str,
    now: Timestamp,
) -> Result<Result<(Mart, bool), MartError>, LakeError> {
    let mart = match check_folder(reader, (name, files)).await? {
        Ok(checked) => checked.mart,
        Err(error) => return Ok(Err(error)),
    };
    let job = job_of(&mart);
    let registered = reader.control.register_mart(name, files, actor, (&job, next_due(&mart, now))).await;
    let new = registered.map_err(LakeError::control("register a mart"))?.is_some();
    Ok(Ok((mart, new)))
}
