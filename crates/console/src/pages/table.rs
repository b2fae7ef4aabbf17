//! One table: what its columns mean, where its rows come from.

use crate::{
    Address, Frame, Page, Place, Section, button, facts, figure,
    graph::Graph,
    grid::{self, Grid},
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// A column.
#[derive(Clone, Debug)]
pub struct ColumnRow {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// Whether it can be null.
    pub nullable: bool,
    /// What it means.
    pub meaning: String,
}

/// One table.
#[derive(Clone, Debug)]
pub struct TablePage {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What kind of table.
    pub kind: String,
    /// What it holds.
    pub about: String,
    /// The zone that it lies in.
    pub zone: String,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Its version in Delta Lake.
    pub version: i64,
    /// The sequence that published it.
    pub sequence: u64,
    /// When.
    pub published: Timestamp,
    /// The sequence that its rows were made from, if it is of a mart.
    pub made_from: Option<u64>,
    /// The job that makes it, if one does.
    pub job: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<ColumnRow>,
    /// Where its rows come from and go to.
    pub lineage: Graph,
    /// Whether the person may ask for its rows.
    pub may_query: bool,
}

impl Page for TablePage {
    fn title(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    fn place(&self) -> Place {
        Place::below(Section::Catalogue)
    }

    fn command(&self) -> Option<String> {
        Some(format!("catalog show {}", facts::word(&self.title())))
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        let ask = format!("select * from {}.{} limit 100", self.schema, self.name);
        self.may_query.then(|| button::button(&Address::sql().with("sql", &ask), "Query it"))
    }

    fn body(&self, frame: &Frame) -> Markup {
        let columns =
            [grid::column("Column"), grid::column("Type"), grid::column("Null"), grid::column("Meaning")];
        let row = |column: &ColumnRow| {
            vec![
                text(&column.name),
                html! { code { (text(&column.data_type)) } },
                html! { @if column.nullable { "may be" } @else { "never" } },
                text(&column.meaning),
            ]
        };
        let rows = self.columns.iter().map(row).collect();
        html! {
            p { (text(&self.about)) }
            (facts::facts(&[
                ("Kind", text(&self.kind)),
                ("Zone", text(&self.zone)),
                ("Rows", html! { (figure::count(self.rows)) }),
                ("Size", html! { (figure::bytes(self.bytes)) }),
                ("Version", html! { (self.version) }),
                ("Published", html! { (figure::ago(self.published, frame.now)) ", sequence " (self.sequence) }),
                ("Made from", html! {
                    @match self.made_from { Some(seq) => { "sequence " (seq) }, None => (figure::none()) }
                }),
                ("Made by", html! {
                    @match &self.job { Some(job) => (button::link(&Address::job(job), job)), None => "the refinery" }
                }),
            ]))
            (facts::section("Columns", Grid { caption: "Columns", quiet: true, columns: &columns, rows }.render(frame, None)))
            @if self.lineage.nodes.len() > 1 {
                (facts::section("Lineage", self.lineage.render("Where the table's rows come from, and what is made of them")))
            }
        }
    }
}
