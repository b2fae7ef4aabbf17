//! Questions in SQL, asked for a purpose, each table as the policies allow.

use super::{
    answer::{Refused, html},
    lake::{self, AskError, Question},
    session::{Sent, Visitor},
};
use ::console::{
    Address,
    pages::{Answer, Chart, ResultColumn, SqlPage},
};
use axum::response::Response;
use control::TableKind;
use model::AuditOutcome;
use policy::{Action, Purpose, Resource};

/// Tables that are offered to begin with.
const OFFERED: usize = 60;

/// `GET /sql`
pub(super) async fn page(visitor: Visitor) -> Result<Response, Refused> {
    let sql = visitor.asked("sql").to_owned();
    show(&visitor, SqlPage { sql, ..SqlPage::default() }).await
}

async fn show(visitor: &Visitor, page: SqlPage) -> Result<Response, Refused> {
    let mut tables = visitor.desk.control.tables().await?;
    tables.retain(|row| matches!(row.table.kind, TableKind::View | TableKind::Mart));
    tables.sort_by_key(|row| (row.table.kind != TableKind::Mart, row.table.table.clone()));
    let tables = tables.iter().take(OFFERED).map(|row| row.table.table.to_string()).collect();
    let purposes =
        Purpose::all().iter().map(|purpose| (purpose.as_str().to_owned(), purpose.as_str().to_owned()));
    let purposes: Vec<_> = [(String::new(), "say what for".to_owned())].into_iter().chain(purposes).collect();
    let frame = visitor.frame(Address::sql()).await?;
    Ok(html(&frame, &SqlPage { tables, purposes, ..page }))
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
        let table = Resource::Table(lake::table(schema, name));
        visitor.require_for(Action::SqlQuery, table, Some(purpose)).await?;
    }
    let asked = desk.lake.ask(&Question { sql: &page.sql, most_rows: desk.config.most_rows }).await;
    let answered = match asked {
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
