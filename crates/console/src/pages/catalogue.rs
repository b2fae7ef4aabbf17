//! The catalogue: databases and tables.

use crate::{
    Address, Frame, Page, Paging, Place, Section, Sort, button, facts,
    field::{self, Field},
    figure,
    grid::{self, Grid},
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// One table in the list.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What kind of table, such as `raw`, `view`, `mart`.
    pub kind: String,
    /// What it holds.
    pub about: String,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Its columns.
    pub columns: u64,
    /// When its newest version was published.
    pub published: Timestamp,
}

/// Which tables are looked for; the query parameters `q` and `database`.
#[derive(Clone, Debug, Default)]
pub struct CatalogueFilter {
    /// Words of names, columns and descriptions.
    pub text: String,
    /// Of this database; empty for all.
    pub database: String,
}

/// The catalogue.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Every database, by name.
    pub databases: Vec<String>,
    /// What was looked for.
    pub filter: CatalogueFilter,
    /// The tables, in order.
    pub rows: Vec<TableRow>,
    /// How they are ordered: by `name`, `rows`, `bytes` or `published`.
    pub sort: Sort,
    /// Which of them are shown.
    pub paging: Paging,
}

impl Page for Catalogue {
    fn title(&self) -> String {
        "Catalogue".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Catalogue)
    }

    fn command(&self) -> Option<String> {
        Some("catalog list".to_owned())
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        Some(button::button(&Address::outside(), "Tables outside"))
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn body(&self, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Table").by("name"),
            grid::column("Kind"),
            grid::column("What it holds"),
            grid::numbers("Columns"),
            grid::numbers("Rows").by("rows"),
            grid::numbers("Size").by("bytes"),
            grid::column("Published").by("published"),
        ];
        let any = [("", "all")];
        let databases: Vec<_> =
            any.into_iter().chain(self.databases.iter().map(|name| (name.as_str(), name.as_str()))).collect();
        html! {
            (field::ask(&Address::catalogue(), "Find tables", html! {
                (Field { name: "q", label: "Table, column, meaning, tag or owner", value: &self.filter.text, ..Field::default() }.render())
                (field::choice("database", "Database", &databases, &self.filter.database))
                (field::submit("Find"))
            }))
            @if self.rows.is_empty() {
                (facts::empty("No table is found.", html! { "Tables come with the first publication, and with marts." }))
            } @else {
                (Grid { caption: "Tables", quiet: true, columns: &columns, rows: self.rows.iter().map(|row| table(row, frame)).collect() }
                    .render(frame, Some(&self.sort)))
                (grid::paging(frame, &self.paging, "tables"))
            }
        }
    }
}

fn table(row: &TableRow, frame: &Frame) -> Vec<Markup> {
    vec![
        button::link(&Address::table(&row.schema, &row.name), &format!("{}.{}", row.schema, row.name)),
        text(&row.kind),
        text(&row.about),
        html! { (figure::count(row.columns)) },
        html! { (figure::count(row.rows)) },
        html! { (figure::bytes(row.bytes)) },
        figure::ago(row.published, frame.now),
    ]
}
