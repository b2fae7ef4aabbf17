//! Models: tables that SQL makes from other tables, grouped into marts.
//!
//! A model is one `.sql` file under `marts/<mart>/`. Its leading comment says
//! what it is; the lines under `-- Columns` say what each column means. It is
//! built at one published sequence, written whole, and published like anything
//! else; the catalogue records the sequence that it was made from.

mod build;
pub(crate) mod catalogue;
mod pseudonym;

pub use build::{Built, build};
pub use catalogue::count_rows;

/// A mart: a named set of tables that answers one kind of question.
#[derive(Clone, Copy, Debug)]
pub struct Mart {
    /// Its name, and its schema in SQL.
    pub name: &'static str,
    /// What it answers, in a sentence.
    pub question: &'static str,
    /// Its tables.
    pub models: &'static [Model],
}

/// A table that SQL makes.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Its name in the mart.
    pub name: &'static str,
    /// The whole file.
    pub sql: &'static str,
}

/// The marts that come with the lake.
pub const MARTS: &[Mart] = &[
    Mart {
        name: "urgent_care",
        question: "How do people move from NHS 111 through ambulance and emergency department to admission, and how long does each step take?",
        models: &[Model { name: "pathways", sql: include_str!("../marts/urgent_care/pathways.sql") }],
    },
    Mart {
        name: "long_term_conditions",
        question: "Who lives with which long-term conditions, and how well are they controlled?",
        models: &[Model { name: "persons", sql: include_str!("../marts/long_term_conditions/persons.sql") }],
    },
];

impl Model {
    fn comment(&self) -> impl Iterator<Item = &'static str> {
        self.sql.lines().map_while(|line| line.strip_prefix("--")).map(str::trim)
    }

    /// What it holds: the first sentence of its comment.
    #[must_use]
    pub fn description(&self) -> String {
        let text = self.comment().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        text.split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
    }

    /// What a column means.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static str> {
        let lines = self.comment().skip_while(|line| *line != "Columns");
        lines
            .filter_map(|line| line.split_once(": "))
            .find(|(column, _)| *column == name)
            .map(|(_, meaning)| meaning)
    }
}
