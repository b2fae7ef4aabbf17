//! Of which persons something has changed between two sequences.
//!
//! A change of a resource is a raw row of a later sequence; whom the resource was
//! about before is told by raw as it was. A change of a link is a difference
//! between the two states of `person_link`. All patients of a person who is
//! affected at either end are read again, and rows about no patient always are.

use super::WORK;
use crate::{
    LakeError,
    registry::Places,
    sql::{PUBLIC, Reader, Session},
    table::TableId,
};
use arrow::{
    array::{Array, RecordBatch, StringArray},
    compute,
    datatypes::DataType,
};
use control::CatalogTable;
use datafusion::datasource::ViewTable;
use fhir::ResourceType;
use keys::Zone;
use model::CommitSeq;
use std::{collections::BTreeSet, sync::Arc};

/// The persons that something has changed of, and their patients.
pub(super) struct Affected {
    /// Whether anything has changed at all, of somebody or of nobody.
    pub(super) any: bool,
    persons: Vec<StringArray>,
    patients: Vec<RecordBatch>,
}

/// The column of a table that names the patient, if its rows are about one.
pub(super) fn personal<'a>(
    session: &'a Session,
    places: &'a Places,
) -> impl Fn(&str, &str) -> Option<&'static str> + 'a {
    move |schema, name| {
        let has = |column: &str| {
            let row = session.table(schema, name)?;
            row.table.columns.iter().find(|each| each.name == column).map(|_| ())
        };
        match (schema, name) {
            (PUBLIC, "person_link") => Some("patient"),
            (PUBLIC, _) => None,
            _ if over(session, places, schema, name) == ResourceType::parse("Patient")
                && schema == "view" =>
            {
                Some("id")
            }
            _ => has("patient").map(|()| "patient"),
        }
    }
}

/// The type of the resources that a table's rows come from.
fn over(session: &Session, places: &Places, schema: &str, name: &str) -> Option<ResourceType> {
    let id = TableId::from_location(&session.table(schema, name)?.table.location)?;
    match id.zone() {
        Zone::View => places.get(&id).copied(),
        Zone::Raw => ResourceType::all().find(|each| TableId::raw(*each) == id),
        _ => None,
    }
}

/// Finds the persons of whom something has changed in what `named` tables show, between sequence `from` and the
/// session's; if that cannot be told, says why.
pub(super) async fn find(
    (reader, session, places): (&Reader, &Session, &Places),
    named: &[(String, String)],
    from: CommitSeq,
) -> Result<Result<Affected, String>, LakeError> {
    let oldest = reader.control.oldest_sequence().await;
    if from < oldest.map_err(LakeError::control("read the oldest sequence"))? {
        return Ok(Err("the sequence that it was made from is no longer kept".to_owned()));
    }
    let before = reader.session(Some(from)).await?;
    let personal = personal(session, places);
    let mut types = BTreeSet::new();
    for (schema, name) in named {
        let (then, now) = (before.table(schema, name), session.table(schema, name));
        let place = |row: Option<&CatalogTable>| row.map(|row| row.table.location.clone());
        if place(then) != place(now) {
            return Ok(Err(format!("`{schema}.{name}` is another table than it was")));
        }
        match (over(session, places, schema, name), personal(schema, name)) {
            (Some(over), Some(_)) => {
                types.insert(over.as_str().to_ascii_lowercase());
            }
            (_, Some(_)) => {}
            _ if now.is_some_and(|row| row.seq > from) => {
                return Ok(Err(format!("`{schema}.{name}`, which is about no person, has changed")));
            }
            _ => {}
        }
    }
    let links = named.contains(&(PUBLIC.to_owned(), "person_link".to_owned()));
    seeds((session, &before), &types, from).await?;
    let changed = session.number("select count(*) from work.changed").await?;
    let linked_before = before.provider(PUBLIC, "person_link").await?;
    session.put(WORK, "link_before", linked_before)?;
    if links {
        put(
            session,
            "relinked",
            "select coalesce(a.patient, b.patient) as patient from work.link_before a
            full join person_link b on a.patient = b.patient where a.person is distinct from b.person",
        )
        .await?;
    }
    let relinked = if links { " union select patient from work.relinked" } else { "" };
    put(session, "seeds", &format!("select patient from work.changed where patient is not null{relinked}"))
        .await?;
    put(session, "persons", "select coalesce(l.person, s.patient) as person from work.seeds s left join person_link l on l.patient = s.patient
        union select coalesce(l.person, s.patient) from work.seeds s left join work.link_before l on l.patient = s.patient").await?;
    let patients = session
        .rows(
            "select patient from work.seeds
        union select l.patient from person_link l join work.persons p on p.person = l.person
        union select l.patient from work.link_before l join work.persons p on p.person = l.person",
        )
        .await?;
    let persons = session.rows("select cast(person as varchar) as person from work.persons").await?;
    let persons = persons.iter().map(texts).collect::<Result<Vec<_>, _>>()?;
    let any = persons.iter().any(|persons| !persons.is_empty()) || changed > 0;
    Ok(Ok(Affected { any, persons, patients }))
}

/// Puts the patients of changed resources into `work.changed`: whom they are about now, and whom they were about.
async fn seeds(
    (session, before): (&Session, &Session),
    types: &BTreeSet<String>,
    from: CommitSeq,
) -> Result<(), LakeError> {
    let mut parts = vec!["select cast(null as varchar) as patient where false".to_owned()];
    for name in types {
        if session.table("raw", name).is_none() {
            continue;
        }
        let changed = format!("changed_{name}");
        put(
            session,
            &changed,
            &format!("select id, patient from raw.\"{name}\" where commit_seq > {}", from.0),
        )
        .await?;
        parts.push(format!("select patient from work.\"{changed}\""));
        if before.table("raw", name).is_some() {
            let was = format!("before_{name}");
            session.put(WORK, &was, before.provider("raw", name).await?)?;
            parts.push(format!(
                "select b.patient from work.\"{was}\" b join work.\"{changed}\" c on c.id = b.id"
            ));
        }
    }
    put(session, "changed", &parts.join(" union ")).await
}

/// Runs a query, and keeps its rows as `work.NAME`.
async fn put(session: &Session, name: &str, sql: &str) -> Result<(), LakeError> {
    let rows = session.rows(sql).await?;
    session.put_rows(WORK, name, rows)
}

fn texts(batch: &RecordBatch) -> Result<StringArray, LakeError> {
    let column =
        compute::cast(batch.column(0), &DataType::Utf8).map_err(|error| LakeError::Query(error.into()))?;
    let empty = StringArray::new_null(0);
    Ok(column.as_any().downcast_ref::<StringArray>().unwrap_or(&empty).clone())
}

impl Affected {
    /// The persons, as the lake knows them.
    pub(super) fn persons(&self) -> impl Iterator<Item = &str> {
        self.persons.iter().flat_map(|batch| batch.iter().flatten())
    }

    /// Lets a session see, of the tables of persons among `named`, what they have of affected patients and of none.
    pub(super) async fn narrow(
        &self,
        session: &Session,
        named: &[(String, String)],
        places: &Places,
    ) -> Result<(), LakeError> {
        session.put_rows(WORK, "affected", self.patients.clone())?;
        let personal = personal(session, places);
        for (schema, name) in named {
            let Some(column) = personal(schema, name) else { continue };
            let table = format!("\"{schema}\".\"{name}\"");
            let sql = format!(
                "select t.* from {table} t left semi join work.affected a on a.patient = t.\"{column}\"
                 union all select * from {table} where \"{column}\" is null"
            );
            let plan = session.logical(&sql).await?;
            session.put(schema, name, Arc::new(ViewTable::new(plan, None)))?;
        }
        Ok(())
    }
}
