//! Tables of a page: caption, sortable headings, paging. Sorting and paging are links; whoever fills the page does it.

use crate::{Frame, text::text};
use maud::{Markup, html};

/// How rows are ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// The column's key, as in the query parameter `sort`; empty for the order that rows come in.
    pub by: String,
    /// Whether the greatest comes first; in the query, `-` before the key.
    pub descending: bool,
}

/// Which rows of many are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// The number of the first row that is shown, from 1; 0 if there is none.
    pub first: u64,
    /// The number of the last row that is shown.
    pub last: u64,
    /// How many there are, if that is known.
    pub total: Option<u64>,
    /// What the query parameter `page` is on the page before, if there is one.
    pub before: Option<String>,
    /// What it is on the page after.
    pub after: Option<String>,
}

/// A column of a table.
pub(crate) struct Column<'a> {
    label: &'a str,
    number: bool,
    key: Option<&'static str>,
}

/// A column of texts.
pub(crate) const fn column(label: &str) -> Column<'_> {
    Column { label, number: false, key: None }
}

/// A column of numbers.
pub(crate) const fn numbers(label: &str) -> Column<'_> {
    Column { label, number: true, key: None }
}

impl Column<'_> {
    /// By which rows can be ordered.
    pub(crate) const fn by(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }
}

/// A table that is about to be shown. Its first column names the row.
pub(crate) struct Grid<'a> {
    pub(crate) caption: &'a str,
    /// Whether a heading above says what the caption would; it is then for screen readers only.
    pub(crate) quiet: bool,
    pub(crate) columns: &'a [Column<'a>],
    pub(crate) rows: Vec<Vec<Markup>>,
}

impl Grid<'_> {
    pub(crate) fn render(self, frame: &Frame, sort: Option<&Sort>) -> Markup {
        html! {
            div class="scroll" tabindex="0" role="region" aria-label=(crate::text::plain(self.caption, 80)) {
                table {
                    caption class=[self.quiet.then_some("hidden")] { (text(self.caption)) }
                    thead { tr {
                        @for column in self.columns { (heading(column, frame, sort)) }
                    } }
                    tbody { @for row in self.rows { (cells(self.columns, row)) } }
                }
            }
        }
    }
}

fn cells(columns: &[Column<'_>], row: Vec<Markup>) -> Markup {
    html! { tr {
        @for (at, cell) in row.into_iter().enumerate() {
            @let class = columns.get(at).filter(|column| column.number).map(|_| "num");
            @if at == 0 { th scope="row" class=[class] { (cell) } } @else { td class=[class] { (cell) } }
        }
    } }
}

fn heading(column: &Column<'_>, frame: &Frame, sort: Option<&Sort>) -> Markup {
    let class = column.number.then_some("num");
    let (Some(key), Some(sort)) = (column.key, sort) else {
        return html! { th scope="col" class=[class] { (text(column.label)) } };
    };
    let ordered = (sort.by == key).then_some(if sort.descending { "descending" } else { "ascending" });
    let next = if ordered == Some("ascending") { format!("-{key}") } else { key.to_owned() };
    let to = frame.here.with("page", "").with("sort", &next);
    html! {
        th scope="col" class=[class] aria-sort=[ordered] {
            a class="sort" href=(to) {
                (text(column.label))
                @match ordered {
                    Some("ascending") => (crate::icon::UP),
                    Some(_) => (crate::icon::DOWN),
                    None => {}
                }
            }
        }
    }
}

/// Says which rows are shown and leads to the others; nothing where all are shown.
pub(crate) fn paging(frame: &Frame, paging: &Paging, what: &str) -> Markup {
    let count = crate::figure::count;
    html! {
        @if paging.before.is_some() || paging.after.is_some() {
            nav class="paging" aria-label=(format!("Pages of {what}")) {
                span {
                    (count(paging.first)) "–" (count(paging.last))
                    @if let Some(total) = paging.total { " of " (count(total)) }
                    " " (what)
                }
                @match &paging.before {
                    Some(page) => a class="button" rel="prev" href=(frame.here.with("page", page)) { "Earlier page" },
                    None => {}
                }
                @match &paging.after {
                    Some(page) => a class="button" rel="next" href=(frame.here.with("page", page)) { "Next page" },
                    None => {}
                }
            }
        }
    }
}
