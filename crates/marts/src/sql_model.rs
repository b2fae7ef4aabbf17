//! One model: a table that a SELECT makes, and what its comment says of it.

use crate::{
    MartError, Test,
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
    /// What must hold of its rows.
    pub tests: Vec<Test>,
    /// The tables that its SQL reads.
    pub reads: Vec<TableRef>,
}

impl Materialised {
    /// Its name in a model's comment.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Incremental => "incremental",
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
            tests,
            reads,
        };
        for line in comment.section("Model") {
            model.set(file, line)?;
        }
        match (model.materialised, &model.key) {
            (Materialised::Incremental, None) => {
                let line = comment
                    .sections
                    .iter()
                    .find(|(title, ..)| *title == "Model")
                    .map_or(0, |(_, line, _)| *line);
                Err(wrong(
                    line,
                    "an incremental model needs `key: COLUMN`, the column with mart_person(…)".to_owned(),
                ))
            }
            _ => Ok(model),
        }
    }

    fn set(&mut self, file: &str, line: &Line<'_>) -> Result<(), MartError> {
        let wrong = |what: String| Err(MartError::new(file, line.number, what));
        match (line.name, line.value) {
            ("materialised", "table") => self.materialised = Materialised::Table,
            ("materialised", "incremental") => self.materialised = Materialised::Incremental,
            ("materialised", other) => {
                return wrong(format!(
                    "`{other}` is no way to keep a table: there are `table` and `incremental`"
                ));
            }
            ("key", column) if is_name(column) => self.key = Some(column.to_owned()),
            ("key", column) => return wrong(format!("`{column}` is no name of a column")),
            (other, _) => {
                return wrong(format!("`{other}` is not known here: there are materialised and key"));
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
