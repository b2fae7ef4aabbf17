//! What people say of a table, beside what it says of itself.

use crate::{Column, Control, ControlError, TableKind, TableName, database::Row};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How near to persons the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Classification {
    /// They name persons.
    Identifiable,
    /// They are of persons, under pseudonyms.
    Pseudonymised,
    /// They are of many persons each, or of nobody.
    Aggregate,
}

/// What people say of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableNote {
    /// Who answers for it; empty if nobody is named.
    pub owner: String,
    /// What it holds, in the place of what it says of itself; empty if that is to stand.
    pub description: String,
    /// Words that it is found by.
    pub tags: BTreeSet<String>,
    /// How near to persons its rows are, in the place of what is assumed of tables of its kind.
    pub classification: Option<Classification>,
    /// How long it is to be kept, and by which rule, in words.
    pub retention: String,
    /// What its columns mean, by name, in the place of what it says of them itself.
    pub columns: BTreeMap<String, String>,
}

impl Classification {
    /// All there are, the nearest first.
    pub const ALL: [Self; 3] = [Self::Identifiable, Self::Pseudonymised, Self::Aggregate];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identifiable => "identifiable",
            Self::Pseudonymised => "pseudonymised",
            Self::Aggregate => "aggregate",
        }
    }

    /// What goes by this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == name)
    }
}

/// The most characters of what is said in a line.
const MOST_LINE: usize = 500;
/// The most characters of a description.
const MOST_TEXT: usize = 4_000;
/// The most characters of a tag.
const MOST_TAG: usize = 60;
/// The most tags.
const MOST_TAGS: usize = 50;

impl TableNote {
    /// What is wrong with it as a note on a table that has `columns`, in a sentence; nothing if it can be kept.
    #[must_use]
    pub fn problem(&self, columns: &[Column]) -> Option<String> {
        let long = |text: &str, most: usize| text.chars().count() > most;
        if let Some(column) = self.columns.keys().find(|name| !columns.iter().any(|has| has.name == **name)) {
            return Some(format!("The table has no column `{column}`."));
        }
        if self.tags.len() > MOST_TAGS || self.tags.iter().any(|tag| tag.is_empty() || long(tag, MOST_TAG)) {
            return Some(format!("There may be {MOST_TAGS} tags, of 1 to {MOST_TAG} characters each."));
        }
        if long(&self.owner, MOST_LINE) || long(&self.retention, MOST_LINE) {
            return Some(format!("Owner and retention have {MOST_LINE} characters at most."));
        }
        if long(&self.description, MOST_TEXT) || self.columns.values().any(|said| long(said, MOST_TEXT)) {
            return Some(format!("A description has {MOST_TEXT} characters at most."));
        }
        None
    }

    /// The classification of a table of the lake's own: what is said of it; or else that its rows are under pseudonyms,
    /// unless it is a list that is about nobody.
    #[must_use]
    pub fn classification_of(&self, kind: TableKind) -> Classification {
        self.classification.unwrap_or(match kind {
            TableKind::Reference => Classification::Aggregate,
            _ => Classification::Pseudonymised,
        })
    }

    /// `said` unless something else is noted.
    #[must_use]
    pub fn description_or<'a>(&'a self, said: &'a str) -> &'a str {
        if self.description.is_empty() { said } else { &self.description }
    }

    /// What a column means: `said` unless something else is noted.
    #[must_use]
    pub fn meaning_or<'a>(&'a self, column: &str, said: &'a str) -> &'a str {
        self.columns.get(column).map_or(said, String::as_str)
    }
}

impl Control {
    /// What is said of a table; nothing if nobody has said anything.
    ///
    /// # Errors
    /// The database failed.
    pub async fn table_note(&self, table: &TableName) -> Result<TableNote, ControlError> {
        const SQL: &str = "SELECT schema_name, table_name, said FROM table_note
            WHERE schema_name = $1 AND table_name = $2";
        let params = [table.schema.as_str().into(), table.name.as_str().into()];
        let row = self.database.row("read what is said of a table", SQL, &params).await?;
        row.as_ref().map(read).transpose().map(|read| read.map(|(_, note)| note).unwrap_or_default())
    }

    /// The columns of a table, of the lake's own or of one that lies outside, and what it says itself that it holds.
    ///
    /// # Errors
    /// The database failed.
    pub async fn table_itself(
        &self,
        table: &TableName,
    ) -> Result<Option<(Vec<Column>, String)>, ControlError> {
        if let Some(found) = self.table(&table.schema, &table.name).await? {
            return Ok(Some((found.table.columns, found.table.description)));
        }
        let outside = self.external_table(table).await?;
        Ok(outside.map(|outside| (outside.columns, outside.description)))
    }

    /// What is said of each table of which something is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn table_notes(&self) -> Result<BTreeMap<TableName, TableNote>, ControlError> {
        const SQL: &str = "SELECT schema_name, table_name, said FROM table_note";
        self.database.rows("read what is said of tables", SQL, &[]).await?.iter().map(read).collect()
    }

    /// Says something of a table, in the place of all that was said before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_table(
        &self,
        table: &TableName,
        note: &TableNote,
        actor: &str,
    ) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO table_note (schema_name, table_name, said, actor, changed)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (schema_name, table_name) DO UPDATE SET said = excluded.said, actor = excluded.actor,
                changed = excluded.changed";
        let said = serde_json::to_string(note)
            .map_err(|_| ControlError::Malformed { what: "what is said of a table" })?;
        let params = [
            table.schema.as_str().into(),
            table.name.as_str().into(),
            said.as_str().into(),
            actor.into(),
            self.now().0.into(),
        ];
        self.database.run("note what is said of a table", SQL, &params).await.map(drop)
    }
}

fn read(row: &Row) -> Result<(TableName, TableNote), ControlError> {
    let note = serde_json::from_str(&row.text(2)?)
        .map_err(|_| ControlError::Malformed { what: "what is said of a table" })?;
    Ok((TableName { schema: row.text(0)?, name: row.text(1)? }, note))
}
