//! One table: what its columns mean, where its rows come from.

use super::Said;
use crate::{
    Address, Frame, Page, Place, Section, button, chart, facts, field, figure,
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
    /// The columns that it is computed from, such as `view.encounter.class`; none where that is not known.
    pub origins: Vec<String>,
}

/// What a column holds, in figures.
#[derive(Clone, Debug, Default)]
pub struct ColumnFigures {
    /// Its name.
    pub name: String,
    /// Rows in which it is null.
    pub nulls: u64,
    /// About how many different values it has.
    pub distinct: u64,
    /// The smallest and the largest, of numbers and times.
    pub range: Option<(String, String)>,
    /// How values lie between these: from which value on there are how many.
    pub histogram: Vec<(String, u64)>,
    /// The most frequent codes, with their rows.
    pub top: Vec<(String, u64)>,
}

/// What a table holds, in figures.
#[derive(Clone, Debug, Default)]
pub struct TableFigures {
    /// The version that was counted.
    pub version: i64,
    /// Its rows, as readers see them.
    pub rows: u64,
    /// Each column.
    pub columns: Vec<ColumnFigures>,
}

/// A version of a table.
#[derive(Clone, Debug)]
pub struct VersionRow {
    /// The sequence that published it.
    pub sequence: u64,
    /// When.
    pub published: Timestamp,
    /// The version in Delta Lake.
    pub version: i64,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// What is different in its columns from the version before, a line each; none where that is not known.
    pub changes: Vec<String>,
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
    /// What people say of it.
    pub said: Said,
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
    /// What it holds, where that was counted and the person may see it.
    pub figures: Option<TableFigures>,
    /// Its versions that can be read still, the newest first.
    pub versions: Vec<VersionRow>,
    /// Whether the person may ask for its rows.
    pub may_query: bool,
    /// Whether the person may make a mart of it.
    pub may_model: bool,
    /// Whether the person may say something of it.
    pub may_describe: bool,
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
        Some(html! {
            @if self.may_query { (button::button(&Address::sql().with("sql", &ask), "Query it")) }
            @if self.may_describe { (button::button(&Address::describe(&self.schema, &self.name), "Describe it")) }
            @if self.may_model { (button::button(&Address::new_mart().with("from", &self.title()), "Make a mart of it")) }
        })
    }

    fn body(&self, frame: &Frame) -> Markup {
        let mut told = vec![
            ("Kind", text(&self.kind)),
            ("Zone", text(&self.zone)),
            ("Rows", html! { (figure::count(self.rows)) }),
            ("Size", html! { (figure::bytes(self.bytes)) }),
            ("Version", html! { (self.version) }),
            ("Published", html! { (figure::ago(self.published, frame.now)) ", sequence " (self.sequence) }),
            (
                "Made from",
                html! {
                    @match self.made_from { Some(seq) => { "sequence " (seq) }, None => (figure::none()) }
                },
            ),
            (
                "Made by",
                html! {
                    @match &self.job { Some(job) => (button::link(&Address::job(job), job)), None => "the refinery" }
                },
            ),
        ];
        told.extend(self.said.facts());
        html! {
            p { (text(&self.about)) }
            (facts::facts(&told))
            (facts::section("Columns", columns(&self.columns, frame)))
            @if self.may_query { (facts::section("What is in it", self.counted(frame))) }
            @if self.lineage.nodes.len() > 1 {
                (facts::section("Lineage", self.lineage.render("Where the table's rows come from, and what is made of them")))
            }
            @if !self.versions.is_empty() { (facts::section("Versions", self.versions(frame))) }
        }
    }
}

impl TablePage {
    fn counted(&self, frame: &Frame) -> Markup {
        let here = Address::table(&self.schema, &self.name);
        let count = |label: &str| {
            field::post(
                frame,
                &here.change("count"),
                "plain",
                html! { button class="button" type="submit" { (label) } },
            )
        };
        let Some(figures) = &self.figures else {
            return html! { p { "It has not been counted yet." } (count("Count it now")) };
        };
        let columns = [
            grid::column("Column"),
            grid::numbers("Null"),
            grid::numbers("Different"),
            grid::column("From"),
            grid::column("To"),
            grid::column("How they lie"),
            grid::column("Most frequent"),
        ];
        let row = |one: &ColumnFigures| {
            let share = if figures.rows == 0 { 0.0 } else { one.nulls as f64 / figures.rows as f64 * 100.0 };
            let (from, to) = one.range.clone().unzip();
            let bound = |value: Option<String>| html! { @match value { Some(value) => (text(&value)), None => (figure::none()) } };
            let counts: Vec<u64> = one.histogram.iter().map(|(_, count)| *count).collect();
            vec![
                text(&one.name),
                html! { (format!("{share:.1} %")) },
                html! { (figure::count(one.distinct)) },
                bound(from),
                bound(to),
                html! {
                    @if counts.len() > 1 { (chart::spark(&counts, &lie(&one.histogram))) } @else { (figure::none()) }
                },
                html! {
                    @if one.top.is_empty() { (figure::none()) }
                    @for (at, (code, rows)) in one.top.iter().take(5).enumerate() {
                        @if at > 0 { ", " } (text(code)) " " (figure::count(*rows))
                    }
                },
            ]
        };
        let rows = figures.columns.iter().map(row).collect();
        html! {
            p class="hint" {
                (figure::counted(figures.rows, "row", "rows")) " of version " (figures.version)
                @if figures.version != self.version { ", which is not the newest" }
                ". Values that fewer than five rows have are not told. From the command line: "
                (facts::command(&format!("catalog profile {}", facts::word(&self.title()))))
            }
            (Grid { caption: "Columns in figures", quiet: true, columns: &columns, rows }.render(frame, None))
            @if figures.version != self.version { (count("Count it anew")) }
        }
    }

    fn versions(&self, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Published"),
            grid::numbers("Sequence"),
            grid::numbers("Version"),
            grid::numbers("Rows"),
            grid::numbers("Size"),
            grid::column("What is different in its columns"),
        ];
        let row = |one: &VersionRow| {
            vec![
                figure::moment(one.published),
                html! { (one.sequence) },
                html! { (one.version) },
                html! { (figure::count(one.rows)) },
                html! { (figure::bytes(one.bytes)) },
                changes(&one.changes),
            ]
        };
        let rows = self.versions.iter().map(row).collect();
        Grid { caption: "Versions that can be read", quiet: true, columns: &columns, rows }
            .render(frame, None)
    }
}

/// What is different from a version before, a line each.
pub(super) fn changes(all: &[String]) -> Markup {
    html! {
        @if all.is_empty() { (figure::none()) }
        @else { ul class="plain" { @for change in all { li { (text(change)) } } } }
    }
}

/// Columns, with what they mean.
pub(super) fn columns(all: &[ColumnRow], frame: &Frame) -> Markup {
    let mut columns =
        vec![grid::column("Column"), grid::column("Type"), grid::column("Null"), grid::column("Meaning")];
    let has_origins = all.iter().any(|column| !column.origins.is_empty());
    if has_origins {
        columns.push(grid::column("Computed from"));
    }
    let row = |column: &ColumnRow| {
        let mut cells = vec![
            text(&column.name),
            html! { code { (text(&column.data_type)) } },
            html! { @if column.nullable { "may be" } @else { "never" } },
            text(&column.meaning),
        ];
        if has_origins {
            cells.push(html! {
                @if column.origins.is_empty() { (figure::none()) }
                @for (at, origin) in column.origins.iter().enumerate() { @if at > 0 { ", " } (text(origin)) }
            });
        }
        cells
    };
    let rows = all.iter().map(row).collect();
    Grid { caption: "Columns", quiet: true, columns: &columns, rows }.render(frame, None)
}

/// A histogram in words.
fn lie(histogram: &[(String, u64)]) -> String {
    let most = histogram.iter().max_by_key(|(_, count)| *count);
    most.map(|(from, count)| {
        format!("{} classes; most, {}, from {from} on", histogram.len(), figure::count(*count))
    })
    .unwrap_or_default()
}
