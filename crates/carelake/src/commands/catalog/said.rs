//! What people say of tables, as commands tell it.

use control::{Classification, Column, TableNote};

/// Adds what is said to a line for programs. `owner` answers where nobody else is named.
pub(in crate::commands) fn tell(
    line: &mut serde_json::Value,
    note: &TableNote,
    classification: Option<Classification>,
    owner: &str,
) {
    line["owner"] = some(or(&note.owner, owner));
    line["tags"] = note.tags.iter().map(String::as_str).collect();
    line["classification"] = classification.map(Classification::as_str).into();
    line["retention"] = some(&note.retention);
}

fn some(text: &str) -> serde_json::Value {
    Some(text).filter(|text| !text.is_empty()).into()
}

pub(super) fn or<'a>(said: &'a str, usual: &'a str) -> &'a str {
    if said.is_empty() { usual } else { said }
}

/// The same in lines for people; what nobody has said is left out.
pub(super) fn lines(note: &TableNote, classification: Option<Classification>, owner: &str) -> String {
    let tags = note.tags.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let told = [
        ("owner", or(&note.owner, owner)),
        ("classification", classification.map_or("", Classification::as_str)),
        ("retention", &note.retention),
        ("tags", &tags),
    ];
    let told = told.iter().filter(|(_, said)| !said.is_empty());
    told.map(|(what, said)| format!("  {what}: {said}\n")).collect()
}

/// The columns with what is said of them.
pub(in crate::commands) fn columns(columns: &[Column], note: &TableNote) -> Vec<Column> {
    let said = |column: &Column| Column {
        description: note.meaning_or(&column.name, &column.description).to_owned(),
        ..column.clone()
    };
    columns.iter().map(said).collect()
}
