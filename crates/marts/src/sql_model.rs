//! One model: a table that a SELECT makes, and what its comment says of it.

use crate::{
    MartError, Period, Program, Test,
    comment::{Comment, Line},
    mart::is_name,
    named::{TableRef, tables_named},
};

/// How a model's table is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Materialised {
    /// Made whole at every run.
    #[default]
    Table,
    /// Made for the persons of whom something has changed. The engine proves that this gives the same rows.
    Incremental,
    /// Made for one period of time after the other.
    Period,
    /// Not made, but asked whenever it is read. It reads tables of marts and reference tables only.
    View,
}

/// By which periods a model is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByPeriod {
    /// Their length.
    pub period: Period,
    /// The column that says in which period a row is: a day or a time.
    pub time: String,
    /// How many periods before a new one are made again, for what arrived late.
    pub again: u32,
}

/// A table that SQL makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name in the mart.
    pub name: String,
    /// The whole file.
    pub sql: String,
    /// What a row is, in a sentence.
    pub description: String,
    /// What the columns mean, by name, in the order of the comment.
    pub columns: Vec<(String, String)>,
    /// How it is kept.
    pub materialised: Materialised,
    /// The column that holds whom a row is about: the mart's pseudonym of a person.
    pub key: Option<String>,
    /// By which periods it is made, if it is made by periods.
    pub by_period: Option<ByPeriod>,
    /// What the query's rows go through, if they are not the table's yet.
    pub program: Option<Program>,
    /// What must hold of its rows.
    pub tests: Vec<Test>,
    /// The tables that its SQL reads.
    pub reads: Vec<TableRef>,
}

/// How many periods are made again, where a model does not say.
const USUALLY_AGAIN: u32 = 1;

/// The most that may be.
const MOST_AGAIN: u32 = 400;

/// What a comment says of periods.
#[derive(Default)]
struct Said {
    period: Option<Period>,
    time: Option<String>,
    again: Option<u32>,
}

impl Materialised {
    /// Its name in a model's comment.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Incremental => "incremental",
            Self::Period => "period",
            Self::View => "view",
        }
    }
}

impl Model {
    /// Reads a file `NAME.sql` of a mart.
    ///
    /// # Errors
    /// With file and line: it is not one SELECT, its comment has a line that is not understood, or it has none.
    pub fn read(file: &str, text: &str) -> Result<Self, MartError> {
        let wrong = |line: usize, what: String| MartError::new(file, line, what);
        let name = file.rsplit('/').next().and_then(|name| name.strip_suffix(".sql")).unwrap_or_default();
        if !is_name(name) {
            return Err(wrong(
                0,
                "a model's file is called by its table: small letters, digits and `_`, then `.sql`"
                    .to_owned(),
            ));
        }
        let comment = Comment::read(text);
        let description = first_sentence(&comment.text);
        if description.is_empty() {
            return Err(wrong(1, "the file begins with a comment that says what a row is".to_owned()));
        }
        if let Some((line, stray)) = comment.strays.first() {
            return Err(wrong(*line, format!("`{stray}` is no `name: value`")));
        }
        let reads = tables_named(text).map_err(|why| wrong(0, why))?;
        let strange = reads
            .iter()
            .find(|table| table.schema.is_empty() && !crate::named::IS_PUBLIC.contains(&table.name.as_str()));
        if let Some(table) = strange {
            return Err(wrong(0, format!("`{table}` has no schema, such as `view.{table}`")));
        }
        let columns =
            comment.section("Columns").map(|line| (line.name.to_owned(), line.value.to_owned())).collect();
        let tests = comment.section("Tests").map(|line| Test::read(file, line)).collect::<Result<_, _>>()?;
        let mut model = Self {
            name: name.to_owned(),
            sql: text.to_owned(),
            description,
            columns,
            materialised: Materialised::default(),
            key: None,
            by_period: None,
            program: Program::read(file, &comment)?,
            tests,
            reads,
        };
        let mut said = Said::default();
        for line in comment.section("Model") {
            model.set(&mut said, file, line)?;
        }
        let of_model = comment.sections.iter().find(|(title, ..)| *title == "Model");
        let missing = |what: &str| Err(wrong(of_model.map_or(0, |(_, line, _)| *line), what.to_owned()));
        if model.program.is_some()
            && matches!(model.materialised, Materialised::Incremental | Materialised::View)
        {
            return missing(
                "what a program gives for some persons cannot be told from what it gives for all: with a program, a \
                 model is a `table` or made by `period`",
            );
        }
        match (model.materialised, &model.key, said) {
            (Materialised::Incremental, None, _) => {
                missing("an incremental model needs `key: COLUMN`, the column with mart_person(…)")
            }
            (Materialised::Period, _, Said { period: Some(period), time: Some(time), again }) => {
                model.by_period = Some(ByPeriod { period, time, again: again.unwrap_or(USUALLY_AGAIN) });
                Ok(model)
            }
            (Materialised::Period, ..) => {
                missing("a model by period needs `period: day`, week, month or year, and `time: COLUMN`")
            }
            (_, _, Said { period: None, time: None, again: None }) => Ok(model),
            _ => missing("`period`, `time` and `again` are for `materialised: period`"),
        }
    }

    fn set(&mut self, said: &mut Said, file: &str, line: &Line<'_>) -> Result<(), MartError> {
        let wrong = |what: String| Err(MartError::new(file, line.number, what));
        match (line.name, line.value) {
            ("materialised", "table") => self.materialised = Materialised::Table,
            ("materialised", "incremental") => self.materialised = Materialised::Incremental,
            ("materialised", "period") => self.materialised = Materialised::Period,
            ("materialised", "view") => self.materialised = Materialised::View,
            ("materialised", other) => {
                return wrong(format!(
                    "`{other}` is no way to keep a table: there are `table`, `incremental`, `period` and `view`"
                ));
            }
            ("period", length) => match Period::parse(length) {
                Some(period) => said.period = Some(period),
                None => {
                    return wrong(format!("`{length}` is no period: there are day, week, month and year"));
                }
            },
            ("time", column) if is_name(column) => said.time = Some(column.to_owned()),
            ("again", count) => match count.parse() {
                Ok(count @ 0..=MOST_AGAIN) => said.again = Some(count),
                _ => return wrong(format!("`{count}` is no number of periods up to {MOST_AGAIN}")),
            },
            ("key", column) if is_name(column) => self.key = Some(column.to_owned()),
            ("key" | "time", column) => return wrong(format!("`{column}` is no name of a column")),
            (other, _) => {
                return wrong(format!(
                    "`{other}` is not known here: there are materialised, key, period, time and again"
                ));
            }
        }
        Ok(())
    }

    /// What a column means.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&str> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, meaning)| meaning.as_str())
    }
}

fn first_sentence(text: &str) -> String {
    text.split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
}
