//! A publication's commits to Delta tables, and what the catalogue is told of them.

use super::{
    WorkerParts,
    dictionary::Admission,
    people::People,
    records::GENERATION,
    rows::{DISPLAY, DISPLAY_SEEN, PERSON_KEY, PERSON_LINK, RECORD_KEY},
    state::State,
};
use crate::{
    LakeError, models,
    registry::{self, Kept},
    table::{Committed, Mark, Table, TableId},
    upkeep::Group,
};
use arrow::{
    array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray},
    datatypes::SchemaRef,
};
use control::{Publication, TableVersion};
use fhir::ResourceType;
use futures::{StreamExt, stream};
use keys::sealed_box::PublicKey;
use model::{Pseudonym, failpoint};
use std::{collections::BTreeMap, sync::Arc};

/// How many tables are committed to at a time: their fsyncs overlap.
const COMMITTING: usize = 8;

/// One mark per lane, at the last ordinal that the publication holds.
pub(super) fn marks(publication: &Publication) -> Vec<Mark> {
    publication
        .lanes
        .iter()
        .map(|(lane, _, until)| Mark { application: format!("lane-{lane}"), version: until.0 })
        .collect()
}

fn texts(values: impl IntoIterator<Item = String>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Vec<_>>().into_iter().map(Some).collect::<StringArray>())
}

fn batch(id: &TableId, schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch, LakeError> {
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(LakeError::columns(id))
}

/// Commits record keys, persons, links and the dictionary, in the order in which
/// each may be relied on, and moves the state on.
pub(super) async fn links(
    mut commits: LinkCommits<'_>,
    fresh: &[(Pseudonym, PublicKey)],
    people: &People,
    admission: &Admission,
) -> Result<Vec<TableId>, LakeError> {
    let keys = batch(
        &TableId::record_key(),
        &RECORD_KEY,
        vec![
            texts(fresh.iter().map(|(record, _)| record.to_string())),
            Arc::new(Int32Array::from(vec![GENERATION as i32; fresh.len()])),
            texts(fresh.iter().map(|(_, public)| hex::encode(public.as_bytes()))),
        ],
    )?;
    commits.commit(Rows::Drawn, TableId::record_key(), keys).await?;
    commits.state.learn_records(fresh.to_vec());

    let persons = batch(
        &TableId::person_key(),
        &PERSON_KEY,
        vec![
            texts(people.persons.iter().map(|(number, _)| hex::encode(number))),
            texts(people.persons.iter().map(|(_, person)| person.to_string())),
        ],
    )?;
    commits.commit(Rows::Drawn, TableId::person_key(), persons).await?;
    commits.state.learn_persons(&people.persons);

    let links = batch(
        &TableId::person_link(),
        &PERSON_LINK,
        vec![
            texts(people.links.iter().map(|(patient, _, _)| patient.to_string())),
            Arc::new(people.links.iter().map(|(_, version, _)| *version).collect::<Int32Array>()),
            texts(people.links.iter().map(|(_, _, person)| person.to_string())),
            Arc::new(Int64Array::from(vec![people.seq.0; people.links.len()])),
        ],
    )?;
    commits.commit(Rows::Certain, TableId::person_link(), links).await?;

    // Admitted entries first: were those that wait committed first, a crash
    // between the two would make the tenth patient look like an old one.
    let admitted = batch(
        &TableId::display(),
        &DISPLAY,
        vec![
            texts(admission.admitted.iter().map(|(_, entry)| entry.system.clone())),
            texts(admission.admitted.iter().map(|(_, entry)| entry.code.clone())),
            texts(admission.admitted.iter().map(|(_, entry)| entry.display.clone())),
        ],
    )?;
    commits.commit(Rows::Certain, TableId::display(), admitted).await?;
    let seen = batch(
        &TableId::display_seen(),
        &DISPLAY_SEEN,
        vec![
            texts(admission.seen.iter().map(|(entry, _)| hex::encode(entry))),
            texts(admission.seen.iter().map(|(_, patient)| patient.to_string())),
        ],
    )?;
    commits.commit(Rows::Certain, TableId::display_seen(), seen).await?;
    commits
        .state
        .dictionary_mut()
        .learn(admission.admitted.iter().map(|(entry, _)| *entry), admission.seen.iter().copied());
    Ok(commits.touched)
}

/// Whether the rows of a link table are the same at every try.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// They follow from the segments.
    Certain,
    /// They hold keys or ids that were drawn just now.
    Drawn,
}

/// The link tables of one publication, committed one after another.
pub(super) struct LinkCommits<'a> {
    pub(super) parts: &'a Arc<WorkerParts>,
    pub(super) state: &'a mut State,
    pub(super) marks: &'a [Mark],
    /// Whether an earlier try of this publication was cut short.
    pub(super) resumed: bool,
    pub(super) touched: Vec<TableId>,
}

impl LinkCommits<'_> {
    /// Commits rows of a link table. That drawn rows are marked already means that
    /// another worker was faster, with other keys: then ours must not be used.
    async fn commit(&mut self, kind: Rows, id: TableId, rows: RecordBatch) -> Result<(), LakeError> {
        if rows.num_rows() == 0 {
            // The earlier try may have committed what is now read back: then its version is still to be published.
            if self.resumed && self.state.table(&id).is_some() {
                self.touched.push(id);
            }
            return Ok(());
        }
        let mut table = self.state.take_table(&self.parts.stores, &id, &rows.schema()).await?;
        let before = table.version();
        let committed = table.append(vec![rows], self.marks).await?;
        let alone = committed == Committed::Now && table.version() == before + 1;
        failpoint!("refinery.link.after-each-commit");
        self.state.put_table(table);
        self.touched.push(id);
        if kind == Rows::Drawn && !alone { Err(LakeError::NotTheWorker) } else { Ok(()) }
    }
}

/// Commits the rows of raw and views, several tables at a time.
pub(super) async fn tables(
    parts: &Arc<WorkerParts>,
    state: &mut State,
    marks: &[Mark],
    rows: BTreeMap<TableId, Vec<RecordBatch>>,
) -> Result<Vec<TableId>, LakeError> {
    failpoint!("refinery.tables.before-commit");
    let mut open = Vec::with_capacity(rows.len());
    for (id, rows) in rows {
        let Some(first) = rows.first() else { continue };
        open.push((state.take_table(&parts.stores, &id, &first.schema()).await?, rows));
    }
    let mut commits = stream::iter(open.into_iter().map(|(table, rows)| append(table, rows, marks)))
        .buffer_unordered(COMMITTING);
    let mut touched = Vec::new();
    while let Some(table) = commits.next().await {
        let table = table?;
        failpoint!("refinery.tables.after-first-commit");
        touched.push(table.id().clone());
        state.put_table(table);
    }
    failpoint!("refinery.tables.after-last-commit");
    Ok(touched)
}

/// Adds to `touched` every other table whose rows a touched list supersedes. A list that a fold has emptied must
/// not be published without the tables that were folded: their superseded rows would be seen again.
pub(super) async fn whole_groups(
    (parts, views): (&Arc<WorkerParts>, &[Kept]),
    state: &mut State,
    touched: &mut Vec<TableId>,
) -> Result<(), LakeError> {
    let lists = ResourceType::all().filter(|each| touched.contains(&TableId::superseded(*each)));
    for resource_type in lists.collect::<Vec<_>>() {
        for id in Group::of_type(resource_type, views).tables() {
            if !touched.contains(&id) && state.has_table(&parts.stores, &id).await? {
                touched.push(id);
            }
        }
    }
    Ok(())
}

async fn append(mut table: Table, rows: Vec<RecordBatch>, marks: &[Mark]) -> Result<Table, LakeError> {
    table.append(rows, marks).await?;
    Ok(table)
}

/// What the catalogue is told of every touched table; of a view that is being built it is told nothing yet.
pub(super) fn versions(views: &[Kept], state: &State, touched: &[TableId]) -> Vec<TableVersion> {
    touched
        .iter()
        .filter(|id| !registry::is_building(views, id))
        .filter_map(|id| state.table(id))
        .map(|table| models::catalogue::describe(table, views, None))
        .collect()
}
