//! Questions in SQL, asked for a purpose, each table as the policies allow.

use super::{
    answer::{Refused, done, html},
    lake::{Answered, AskError, Question},
    listing::Format,
    session::{Sent, Visitor},
};
use ::console::{
    Address, Section,
    pages::{Answer, Chart, Confirm, ResultColumn, SavedRow, SqlPage},
};
use axum::{extract::Path, response::Response};
use control::{ControlError, SavedQuery, TableKind, WhichTables};
use model::AuditOutcome;
use policy::{Action, Purpose, Resource, Table};
use serde_json::Value;

/// Tables that are offered to begin with.
const OFFERED: u64 = 60;
/// Characters of the name of a question that is kept.
const LONGEST_NAME: usize = 80;
/// Characters of what it answers.
const LONGEST_ABOUT: usize = 400;

/// `GET /sql`
pub(super) async fn page(visitor: Visitor) -> Result<Response, Refused> {
    let opened = visitor.asked("saved");
    let sql = match opened {
        "" => visitor.asked("sql").to_owned(),
        name => found(&visitor, name).await?.sql,
    };
    show(&visitor, SqlPage { sql, opened: opened.to_owned(), ..SqlPage::default() }).await
}

async fn found(visitor: &Visitor, name: &str) -> Result<SavedQuery, Refused> {
    let found = visitor.desk.control.saved_query(&visitor.name, name).await?;
    found.ok_or_else(|| Refused::NotFound(format!("question {name}")))
}

async fn show(visitor: &Visitor, page: SqlPage) -> Result<Response, Refused> {
    let control = &visitor.desk.control;
    let mut tables = Vec::new();
    for kind in [TableKind::Mart, TableKind::View] {
        let which = WhichTables { kind: Some(kind), limit: OFFERED, ..WhichTables::default() };
        let found = control.find_tables(&which).await?.rows;
        tables.extend(found.iter().map(|row| row.table.table.to_string()));
    }
    tables.truncate(OFFERED as usize);
    let saved = control.saved_queries(&visitor.name).await?.into_iter().map(|one| SavedRow {
        own: one.owner == visitor.name,
        name: one.name,
        about: one.about,
        owner: one.owner,
        shared: one.shared,
    });
    let saved = saved.collect();
    let purposes =
        Purpose::all().iter().map(|purpose| (purpose.as_str().to_owned(), purpose.as_str().to_owned()));
    let purposes: Vec<_> = [(String::new(), "say what for".to_owned())].into_iter().chain(purposes).collect();
    let frame = visitor.frame(Address::sql()).await?;
    Ok(html(&frame, &SqlPage { tables, saved, purposes, ..page }))
}

/// `POST /sql/save`
pub(super) async fn save(sent: Sent) -> Result<Response, Refused> {
    let visitor = &sent.visitor;
    let (name, sql) = (sent.field("name").trim().to_owned(), sent.field("sql").to_owned());
    let again = |problem: &str| SqlPage {
        problem: Some(problem.to_owned()),
        sql: sql.clone(),
        opened: name.clone(),
        ..SqlPage::default()
    };
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return show(visitor, again("A name has from 1 to 80 characters.")).await;
    }
    let taken = visitor.desk.control.saved_query(&visitor.name, &name).await?;
    if taken.is_some_and(|one| one.owner != visitor.name) {
        return show(visitor, again("Somebody else has kept a question of this name: choose another.")).await;
    }
    let query = SavedQuery {
        name: name.clone(),
        owner: visitor.name.clone(),
        shared: sent.field("shared") == "yes",
        about: sent.field("about").chars().take(LONGEST_ABOUT).collect(),
        sql: sql.clone(),
        changed: visitor.desk.clock.now(),
    };
    visitor
        .record("query.save", AuditOutcome::Success, &name, &[("shared", query.shared.to_string())])
        .await?;
    match visitor.desk.control.save_query(&query).await {
        // One that is somebody else's alone.
        Err(ControlError::AlreadyExists { .. }) => {
            show(visitor, again("This name is taken: choose another.")).await
        }
        saved => saved.map(|()| done(&Address::sql().with("saved", &name), "kept")).map_err(Into::into),
    }
}

/// `GET /query/{name}/{change}`
pub(super) async fn ask(
    visitor: Visitor,
    Path((name, change)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let query = found(&visitor, &name).await?;
    if change != "forget" || query.owner != visitor.name {
        return Err(Refused::NotFound(format!("change {change} of a question")));
    }
    let shown = Confirm {
        title: format!("Forget the question {name}?"),
        section: Section::Sql,
        of: Address::saved_query(&name),
        back: Address::sql(),
        change: "forget",
        effect: "Nobody finds it any more.".to_owned(),
        undo: None,
        note: None,
        button: "Forget it".to_owned(),
        takes_away: true,
        command: String::new(),
    };
    super::answer::page(&visitor, Address::sql(), &shown).await
}

/// `POST /query/{name}/{change}`
pub(super) async fn change(
    Path((name, change)): Path<(String, String)>,
    Sent { visitor, .. }: Sent,
) -> Result<Response, Refused> {
    if change != "forget" {
        return Err(Refused::NotFound(format!("change {change} of a question")));
    }
    visitor.record("query.forget", AuditOutcome::Success, &name, &[]).await?;
    visitor.desk.control.forget_query(&visitor.name, &name).await?;
    Ok(done(&Address::sql(), "forgotten"))
}

/// `POST /sql`
pub(super) async fn run(sent: Sent) -> Result<Response, Refused> {
    let (visitor, desk) = (&sent.visitor, &sent.visitor.desk);
    let chart = match sent.field("chart") {
        "bar" => Some(Chart::Bar),
        "line" => Some(Chart::Line),
        _ => None,
    };
    let (sql, purpose) = (sent.field("sql").to_owned(), sent.field("purpose").to_owned());
    let page = SqlPage { sql, purpose, chart, ..SqlPage::default() };
    let problem = |page: SqlPage, problem: String| SqlPage { problem: Some(problem), ..page };
    let Ok(purpose) = page.purpose.parse::<Purpose>() else {
        return show(visitor, problem(page, "Say what you ask for: choose a purpose.".to_owned())).await;
    };
    let tables = match desk.lake.tables_named(&page.sql).await {
        Ok(tables) => tables,
        Err(AskError::Question(why)) => return show(visitor, problem(page, why)).await,
        Err(error) => return Err(error.into()),
    };
    for (schema, name) in &tables {
        require_some(visitor, (schema, name), purpose).await?;
    }
    let answered = match permitted(visitor, &page.sql, purpose).await? {
        Ok(answered) => answered,
        Err(AskError::Question(why)) => {
            let facts = [("purpose", purpose.as_str().to_owned())];
            visitor.record("sql", AuditOutcome::Refused, "query", &facts).await?;
            return show(visitor, problem(page, why)).await;
        }
        Err(error) => return Err(error.into()),
    };
    let facts = [
        ("purpose", purpose.as_str().to_owned()),
        ("statement", answered.statement),
        ("rows", answered.rows.len().to_string()),
        ("sequence", answered.sequence.to_string()),
    ];
    visitor.record_about("sql", AuditOutcome::Success, "query", &facts, answered.about).await?;
    if let Some(format) = Format::named(sent.field("format")) {
        let head: Vec<_> = answered.columns.iter().map(|(name, ..)| name.as_str()).collect();
        let row = |row: &Vec<Option<String>>| {
            let cells = row.iter().zip(&answered.columns);
            cells.map(|(cell, (_, _, number))| value(cell.as_deref(), *number)).collect()
        };
        return Ok(format.answer("answer", &head, answered.rows.iter().map(row)));
    }
    let columns = answered.columns.into_iter();
    let answer = Answer {
        columns: columns.map(|(name, data_type, number)| ResultColumn { name, data_type, number }).collect(),
        rows: answered.rows,
        more: answered.more,
        took_ms: answered.took_ms,
        sequence: answered.sequence,
        plan: answered.plan,
    };
    show(visitor, SqlPage { answer: Some(answer), ..page }).await
}

/// The answer to a query of columns that they may read, all of them; or why it is no query.
async fn permitted(
    visitor: &Visitor,
    sql: &str,
    purpose: Purpose,
) -> Result<Result<Answered, AskError>, Refused> {
    let desk = &visitor.desk;
    let reads = match desk.lake.reads(sql).await {
        Ok(reads) => reads,
        Err(error) => return Ok(Err(error)),
    };
    for (table, columns) in &reads {
        visitor.require_columns((Table::named(table), columns), Some(purpose)).await?;
    }
    Ok(desk.lake.ask(&Question { sql, most_rows: desk.config.most_rows, reads: &reads }).await)
}

/// Refuses, before anything of a table is looked at, whoever may read neither it nor a column of it.
async fn require_some(
    visitor: &Visitor,
    (schema, name): (&str, &str),
    purpose: Purpose,
) -> Result<(), Refused> {
    let table = Table::of_sql(schema, name);
    let may = |resource| visitor.may_for(Action::SqlQuery, resource, Some(purpose));
    if may(Resource::Table(table)) {
        return Ok(());
    }
    let known = visitor.desk.control.table(schema, name).await?;
    let mut columns = known.iter().flat_map(|known| &known.table.columns);
    if columns.any(|column| may(Resource::Column(table, &column.name))) {
        return Ok(());
    }
    visitor.require_for(Action::SqlQuery, Resource::Table(table), Some(purpose)).await
}

/// A cell in JSON: a number only if it is written the same as one; a decimal keeps its digits as a text.
fn value(cell: Option<&str>, number: bool) -> Value {
    let Some(text) = cell else { return Value::Null };
    let read = number.then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    let same = |value: &Value| matches!(value, Value::Number(number) if number.to_string() == text);
    read.filter(same).unwrap_or_else(|| text.into())
}
