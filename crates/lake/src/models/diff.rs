//! What a changed mart would publish, beside what is published. Nothing is written.

use super::{
    periods::{self, Bounds},
    pseudonym, rows, tests,
};
use crate::{
    LakeError,
    sql::{self, Reader, Session},
    table::plain_type,
};
use arrow::datatypes::SchemaRef;
use datafusion::{catalog::TableProvider, datasource::ViewTable};
use keys::MacKey;
use marts::{Mart, Model, Test, sql_name};
use model::{CommitSeq, Timestamp};
use std::sync::Arc;

/// Names the published rows while they are compared.
const BEFORE: &str = "before";

/// What would be different of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The model that makes it.
    pub model: String,
    /// Whether there is such a table.
    pub published: bool,
    /// Columns that come, go, or change their type; each in words.
    pub columns: Vec<String>,
    /// Rows that are published.
    pub before: i64,
    /// Rows that would be.
    pub after: i64,
    /// Rows that come and that go, as far as the columns that both have tell. What is there twice counts twice.
    pub added: i64,
    /// See `added`.
    pub gone: i64,
    /// Of these, pairs that are the same row changed: known where a test `unique` says which columns tell rows apart.
    pub changed: Option<i64>,
    /// Why it would not be published: tests that do not hold, in words.
    pub failed: Option<String>,
}

/// Makes all models of `mart` whole at the newest sequence, as a run would (those by period for the newest period that is
/// over, beside that period's rows), and compares each with the table of its
/// name at the same sequence. The sequence comes with it. Persons are under the pseudonyms that `project_mac` gives
/// the mart; tests are asked at `now`.
///
/// # Errors
/// A query fails, or needs more memory than a query may have.
pub async fn diff(
    reader: &Reader,
    mart: &Mart,
    (project_mac, now): (&MacKey, Timestamp),
) -> Result<(CommitSeq, Vec<Difference>), LakeError> {
    let session = reader.session(None).await?;
    let own = pseudonym::Pseudonyms::new(project_mac, &mart.name);
    session.context().register_udf(pseudonym::mart_person(own));
    let mut differences = Vec::new();
    for model in &mart.models {
        let newest = model.by_period.as_ref().zip(periods::offer(session.context(), mart, model, now));
        let rows = rows::rows(reader, &session, (model, session.plan(&model.sql).await?)).await?;
        let after: i64 = rows.iter().map(|batch| batch.num_rows() as i64).sum();
        let Some(made) = sql::held(rows)? else {
            differences.push(Difference::of_nothing(model));
            continue;
        };
        let published = match session.table(&mart.name, &model.name) {
            Some(_) => Some(session.provider(&mart.name, &model.name).await?),
            None => None,
        };
        session.put(sql::PUBLIC, tests::THIS, Arc::clone(&made))?;
        let failed = match tests::run(&session, model, now).await {
            Ok(()) => None,
            Err(LakeError::ModelTests { failed, .. }) => Some(failed),
            Err(error) => return Err(error),
        };
        let mut difference = Difference { after, added: after, failed, ..Difference::of_nothing(model) };
        if let Some(published) = published {
            let (old, new) = (published.schema(), made.schema());
            let published: Arc<dyn TableProvider> = match &newest {
                Some((by, span)) if old.field_with_name(&by.time).is_ok() => {
                    let inside = Bounds::of(span).sql(&old, &by.time);
                    let asked = format!(
                        "select * from {}.{} where {inside}",
                        sql_name(&mart.name),
                        sql_name(&model.name)
                    );
                    Arc::new(ViewTable::new(session.logical(&asked).await?, None))
                }
                _ => published,
            };
            session.put(sql::PUBLIC, BEFORE, published)?;
            compare(&session, model, (&old, &new), &mut difference).await?;
        }
        // The models after it see what it would be.
        session.put(&mart.name, &model.name, made)?;
        differences.push(difference);
    }
    Ok((session.seq(), differences))
}

impl Difference {
    /// No rows, and none published.
    fn of_nothing(model: &Model) -> Self {
        Self {
            model: model.name.clone(),
            published: false,
            columns: Vec::new(),
            before: 0,
            after: 0,
            added: 0,
            gone: 0,
            changed: None,
            failed: None,
        }
    }

    /// Whether anything would be different.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.published || !self.columns.is_empty() || self.added > 0 || self.gone > 0
    }
}

/// Fills in how `this` differs from `before`.
async fn compare(
    session: &Session,
    model: &Model,
    (old, new): (&SchemaRef, &SchemaRef),
    difference: &mut Difference,
) -> Result<(), LakeError> {
    difference.published = true;
    difference.columns = columns(old, new);
    difference.before = session.number(&format!("select count(*) from {BEFORE}")).await?;
    let kept =
        |name: &str, kind| old.field_with_name(name).is_ok_and(|was| plain_type(was.data_type()) == kind);
    let both: Vec<String> = new
        .fields()
        .iter()
        .filter(|field| kept(field.name(), plain_type(field.data_type())))
        .map(|field| sql_name(field.name()))
        .collect();
    if both.is_empty() {
        difference.gone = difference.before;
        return Ok(());
    }
    let all = |names: &[String], is: &str, with: &str| {
        names.iter().map(|name| format!("(a.{name} {is} b.{name})")).collect::<Vec<_>>().join(with)
    };
    let more = |this: &str, than: &str| {
        let names = both.join(", ");
        let same = all(&both, "is not distinct from", " and ");
        format!(
            "select coalesce(sum(case when b.n is null then a.n when a.n > b.n then a.n - b.n else 0 end), 0)
             from (select {names}, count(*) as n from {this} group by {names}) a
             left join (select {names}, count(*) as n from {than} group by {names}) b on {same}"
        )
    };
    difference.added = session.number(&more(tests::THIS, BEFORE)).await?;
    difference.gone = session.number(&more(BEFORE, tests::THIS)).await?;
    let unique = model.tests.iter().find_map(|test| match test {
        Test::Unique(key) => Some(key.iter().map(|name| sql_name(name)).collect::<Vec<_>>()),
        _ => None,
    });
    if let Some(key) = unique.filter(|key| key.iter().all(|name| both.contains(name))) {
        let rest: Vec<_> = both.iter().filter(|name| !key.contains(name)).cloned().collect();
        difference.changed = Some(match rest.is_empty() {
            true => 0,
            false => {
                let same = all(&key, "is not distinct from", " and ");
                let other = all(&rest, "is distinct from", " or ");
                let this = tests::THIS;
                let sql = format!("select count(*) from {this} a join {BEFORE} b on {same} where {other}");
                session.number(&sql).await?
            }
        });
    }
    Ok(())
}

/// How the columns differ, in words.
fn columns(old: &SchemaRef, new: &SchemaRef) -> Vec<String> {
    let mut told = Vec::new();
    for field in new.fields() {
        let (name, is) = (field.name(), plain_type(field.data_type()));
        match old.field_with_name(name).map(|was| plain_type(was.data_type())) {
            Err(_) => told.push(format!("{name} comes ({is})")),
            Ok(was) if was != is => told.push(format!("{name} becomes {is}, was {was}")),
            Ok(_) => {}
        }
    }
    let goes = old.fields().iter().filter(|field| new.field_with_name(field.name()).is_err());
    told.extend(goes.map(|field| format!("{} goes", field.name())));
    told
}
