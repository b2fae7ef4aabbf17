//! Questions in SQL, and their answers.

use crate::{
    Address, Frame, Page, Place, Section, button,
    chart::Plot,
    facts,
    field::{self, Field},
    figure,
    grid::{self, Grid},
    text::{block, text},
};
use maud::{Markup, html};

/// A column of an answer.
#[derive(Clone, Debug)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// Whether its values are numbers.
    pub number: bool,
}

/// How an answer is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    /// A bar a row.
    Bar,
    /// A line over the rows.
    Line,
}

/// The rows of an answer that are shown.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its columns.
    pub columns: Vec<ResultColumn>,
    /// Its rows as texts; none is null.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there are more than these.
    pub more: bool,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The sequence that it was read at.
    pub sequence: u64,
    /// How it was carried out, as the engine tells it.
    pub plan: String,
}

/// A question that somebody has kept.
#[derive(Clone, Debug)]
pub struct SavedRow {
    /// What it is called.
    pub name: String,
    /// What it answers.
    pub about: String,
    /// Who has kept it.
    pub owner: String,
    /// Whether others find it.
    pub shared: bool,
    /// Whether it is the person's own.
    pub own: bool,
}

/// The SQL page.
#[derive(Clone, Debug, Default)]
pub struct SqlPage {
    /// The question, as it was typed.
    pub sql: String,
    /// What it is asked for: one of `purposes`, or empty.
    pub purpose: String,
    /// The purposes that there are: word and explanation.
    pub purposes: Vec<(String, String)>,
    /// What came of it.
    pub answer: Option<Answer>,
    /// Which chart was asked for: the first column names the rows, the last one of numbers is drawn.
    pub chart: Option<Chart>,
    /// Why there is no answer, if there is none: what happened, where, what to do.
    pub problem: Option<String>,
    /// Tables to begin with, such as `view.patient`.
    pub tables: Vec<String>,
    /// Questions that are kept.
    pub saved: Vec<SavedRow>,
    /// The kept question that this one was.
    pub opened: String,
}

impl Page for SqlPage {
    fn title(&self) -> String {
        "SQL".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Sql)
    }

    fn command(&self) -> Option<String> {
        (!self.sql.is_empty()).then(|| format!("sql {}", facts::word(&self.sql)))
    }

    fn body(&self, frame: &Frame) -> Markup {
        let purposes: Vec<_> =
            self.purposes.iter().map(|(word, said)| (word.as_str(), said.as_str())).collect();
        let chart = match self.chart {
            None => "",
            Some(Chart::Bar) => "bar",
            Some(Chart::Line) => "line",
        };
        html! {
            @if let Some(problem) = &self.problem { (field::problem("sql", problem)) }
            (field::post(frame, &Address::sql(), "form wide", html! {
                (Field {
                    name: "sql", label: "Question", value: &self.sql, lines: 8, required: true,
                    hint: "One SELECT. What is asked is recorded, without its values.", ..Field::default()
                }.render())
                div class="filter" {
                    (field::choice("purpose", "Purpose", &purposes, &self.purpose))
                    (field::choice("chart", "Chart", &[("", "none"), ("bar", "bars"), ("line", "line")], chart))
                    (field::submit("Ask"))
                    @if self.answer.is_some() {
                        button class="button" type="submit" name="format" value="csv" { "As CSV" }
                        button class="button" type="submit" name="format" value="json" { "As JSON" }
                    }
                }
            }))
            @if let Some(answer) = &self.answer { (self.answered(answer, frame)) }
            @if !self.sql.is_empty() { (self.keep(frame)) }
            @if self.answer.is_none() && !self.saved.is_empty() { (facts::section("Kept questions", self.kept(frame))) }
            @if self.answer.is_none() && !self.tables.is_empty() {
                (facts::section("Tables to begin with", html! {
                    ul class="tables" {
                        @for table in &self.tables {
                            li {
                                @let (schema, name) = table.split_once('.').unwrap_or(("public", table));
                                (button::link(&Address::table(schema, name), table))
                            }
                        }
                    }
                }))
            }
        }
    }
}

impl SqlPage {
    fn answered(&self, answer: &Answer, frame: &Frame) -> Markup {
        let columns: Vec<_> = answer
            .columns
            .iter()
            .map(
                |column| if column.number { grid::numbers(&column.name) } else { grid::column(&column.name) },
            )
            .collect();
        let cell = |value: &Option<String>| match value {
            Some(value) => text(value),
            None => html! { span class="none" { "null" } },
        };
        let rows = answer.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        html! {
            (facts::section("Answer", html! {
                p class="hint" {
                    @if answer.more { "The first " }
                    (figure::counted(answer.rows.len() as u64, "row", "rows"))
                    @if answer.more { " of more" }
                    "; " (figure::lasting(answer.took_ms)) ", at sequence " (answer.sequence) "."
                }
                @if let Some(plot) = self.plot(answer) { (plot.render("answer")) }
                @if !answer.rows.is_empty() {
                    (Grid { caption: "Answer", quiet: true, columns: &columns, rows }.render(frame, None))
                }
                details { summary { "How it was carried out" } (block(&answer.plan)) }
            }))
        }
    }

    fn keep(&self, frame: &Frame) -> Markup {
        html! {
            details class="keep" {
                summary { "Keep this question" }
                (field::post(frame, &Address::save_query(), "form", html! {
                    input type="hidden" name="sql" value=(self.sql);
                    (Field { name: "name", label: "Name", value: &self.opened, required: true,
                        hint: "one of your own with this name is replaced", ..Field::default() }.render())
                    (Field { name: "about", label: "What it answers", ..Field::default() }.render())
                    (field::tick("shared", "Others find it too", false))
                    button class="button" type="submit" { "Keep it" }
                }))
            }
        }
    }

    fn kept(&self, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Question"),
            grid::column("What it answers"),
            grid::column("Whose"),
            grid::column("Change"),
        ];
        let row = |one: &SavedRow| {
            vec![
                button::link(&Address::sql().with("saved", &one.name), &one.name),
                text(&one.about),
                html! { (text(&one.owner)) @if one.shared { ", for everybody" } },
                html! {
                    @if one.own { (button::link(&Address::saved_query(&one.name).change("forget"), "Forget it")) }
                    @else { (figure::none()) }
                },
            ]
        };
        let rows = self.saved.iter().map(row).collect();
        Grid { caption: "Kept questions", quiet: true, columns: &columns, rows }.render(frame, None)
    }

    fn plot(&self, answer: &Answer) -> Option<Plot> {
        let chart = self.chart?;
        let drawn = answer.columns.iter().rposition(|column| column.number)?;
        let values = answer.rows.iter().map(|row| {
            let name = row.first().cloned().flatten().unwrap_or_default();
            (name, row.get(drawn).cloned().flatten().and_then(|value| value.parse().ok()))
        });
        let title = format!("{} by {}", answer.columns[drawn].name, answer.columns.first()?.name);
        Some(Plot { title, values: values.collect(), line: chart == Chart::Line })
    }
}
