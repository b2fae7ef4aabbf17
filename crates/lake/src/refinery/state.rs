//! What a worker keeps in memory: read back from the link zone at its start,
//! and moved on only by what has been committed.

use super::dictionary::{self, Dictionary};
use crate::{
    LakeError,
    sql::scan,
    stores::Stores,
    table::{Table, TableId},
};
use arrow::{
    array::{Array, RecordBatch, StringArray},
    compute,
    datatypes::{DataType, SchemaRef},
};
use keys::{MacKey, sealed_box::PublicKey};
use model::Pseudonym;
use std::collections::HashMap;

/// Tables, links, record keys and the dictionary, as committed.
pub(crate) struct State {
    tables: HashMap<TableId, Table>,
    persons: HashMap<[u8; 16], Pseudonym>,
    records: HashMap<Pseudonym, PublicKey>,
    dictionary: Dictionary,
}

impl State {
    /// Reads everything back.
    pub(super) async fn load(stores: &Stores, display_mac: &MacKey) -> Result<Self, LakeError> {
        let mut state = Self {
            tables: HashMap::new(),
            persons: HashMap::new(),
            records: HashMap::new(),
            dictionary: Dictionary::default(),
        };
        for row in state.texts(stores, &TableId::person_key()).await? {
            if let [number, person] = row.as_slice()
                && let (Some(number), Ok(person)) = (hash(number), person.parse())
            {
                state.persons.insert(number, person);
            }
        }
        for row in state.texts(stores, &TableId::record_key()).await? {
            if let [record, _, public] = row.as_slice()
                && let (Ok(record), Some(public)) = (record.parse(), bytes::<32>(public))
            {
                state.records.insert(record, PublicKey::from_bytes(public));
            }
        }
        let seen = state.texts(stores, &TableId::display_seen()).await?;
        let seen = seen.iter().filter_map(|row| match row.as_slice() {
            [entry, patient] => Some((hash(entry)?, patient.parse().ok()?)),
            _ => None,
        });
        state.dictionary.learn([], seen);
        let display = state.texts(stores, &TableId::display()).await?;
        let admitted = display.iter().filter_map(|row| match row.as_slice() {
            [system, code, display] => Some(dictionary::entry(display_mac, system, code, display)),
            _ => None,
        });
        state.dictionary.learn(admitted, []);
        Ok(state)
    }

    /// All rows of a table as texts; none if there is no such table.
    async fn texts(&mut self, stores: &Stores, id: &TableId) -> Result<Vec<Vec<String>>, LakeError> {
        let Some(table) = Table::open(stores, id).await? else { return Ok(Vec::new()) };
        let batches = scan::all(&table).await?;
        self.tables.insert(id.clone(), table);
        let mut rows = Vec::new();
        for batch in &batches {
            rows.extend(batch_texts(batch).map_err(LakeError::columns(id))?);
        }
        Ok(rows)
    }

    pub(super) fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    pub(super) fn dictionary_mut(&mut self) -> &mut Dictionary {
        &mut self.dictionary
    }

    pub(super) fn person(&self, nhs_number: &[u8; 16]) -> Option<Pseudonym> {
        self.persons.get(nhs_number).copied()
    }

    pub(super) fn learn_persons(&mut self, persons: &[([u8; 16], Pseudonym)]) {
        self.persons.extend(persons.iter().copied());
    }

    pub(super) fn record(&self, record: &Pseudonym) -> Option<&PublicKey> {
        self.records.get(record)
    }

    pub(super) fn learn_records(&mut self, records: Vec<(Pseudonym, PublicKey)>) {
        self.records.extend(records);
    }

    /// A table that is open, or is opened now, or made.
    pub(super) async fn take_table(
        &mut self,
        stores: &Stores,
        id: &TableId,
        schema: &SchemaRef,
    ) -> Result<Table, LakeError> {
        match self.tables.remove(id) {
            Some(table) => Ok(table),
            None => {
                let table = Table::open_or_create(stores, id, schema).await?;
                match table.other_columns(schema)? {
                    None => Ok(table),
                    Some(_) => Err(LakeError::OtherColumns(id.clone())),
                }
            }
        }
    }

    /// Whether there is such a table; it is open then.
    pub(super) async fn has_table(&mut self, stores: &Stores, id: &TableId) -> Result<bool, LakeError> {
        if !self.tables.contains_key(id)
            && let Some(table) = Table::open(stores, id).await?
        {
            self.tables.insert(id.clone(), table);
        }
        Ok(self.tables.contains_key(id))
    }

    pub(super) fn give_table(&mut self, id: &TableId) -> Option<Table> {
        self.tables.remove(id)
    }

    pub(super) fn put_table(&mut self, table: Table) {
        self.tables.insert(table.id().clone(), table);
    }

    pub(super) fn table(&self, id: &TableId) -> Option<&Table> {
        self.tables.get(id)
    }
}

fn batch_texts(batch: &RecordBatch) -> Result<Vec<Vec<String>>, arrow::error::ArrowError> {
    let columns = batch
        .columns()
        .iter()
        .map(|column| compute::cast(column, &DataType::Utf8))
        .collect::<Result<Vec<_>, _>>()?;
    let columns: Vec<_> =
        columns.iter().filter_map(|column| column.as_any().downcast_ref::<StringArray>()).collect();
    Ok((0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_owned()).collect())
        .collect())
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}

fn hash(text: &str) -> Option<[u8; 16]> {
    bytes(text)
}
