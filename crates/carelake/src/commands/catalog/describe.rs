//! `carelake catalog describe`

use crate::{
    access,
    cli::{Classified, DescribeArgs},
    parts::Parts,
    screen,
};
use anyhow::{Context, bail};
use control::{Classification, TableName, TableNote};
use model::AuditOutcome;

pub(super) async fn run(parts: &Parts, args: DescribeArgs, json: bool) -> anyhow::Result<()> {
    let (schema, name) = args.table.split_once('.').unwrap_or(("public", &args.table));
    let table = TableName::new(schema, name);
    let itself = parts.control.table_itself(&table).await?;
    let (columns, _) =
        itself.with_context(|| format!("no table `{table}`; `carelake catalog list` shows them"))?;
    let mut note = parts.control.table_note(&table).await?;
    change(&mut note, &args)?;
    if let Some(problem) = note.problem(&columns) {
        bail!(problem);
    }
    parts.record("catalog.describe", AuditOutcome::Success, &args.table, &[]).await?;
    parts.control.note_table(&table, &note, access::OPERATOR).await?;
    let sentence = format!("It is noted what is said of {}.", args.table);
    screen::tell(json, serde_json::json!({ "table": args.table, "said": note }), sentence);
    Ok(())
}

fn change(note: &mut TableNote, args: &DescribeArgs) -> anyhow::Result<()> {
    let set = |said: &mut String, given: &Option<String>| {
        if let Some(given) = given {
            *said = given.trim().to_owned();
        }
    };
    set(&mut note.owner, &args.owner);
    set(&mut note.description, &args.description);
    set(&mut note.retention, &args.retention);
    note.tags.extend(args.tags.iter().map(|tag| tag.trim().to_owned()));
    for tag in &args.untags {
        note.tags.remove(tag.trim());
    }
    note.classification = match args.classification {
        None => note.classification,
        Some(Classified::Identifiable) => Some(Classification::Identifiable),
        Some(Classified::Pseudonymised) => Some(Classification::Pseudonymised),
        Some(Classified::Aggregate) => Some(Classification::Aggregate),
        Some(Classified::Assumed) => None,
    };
    for text in &args.columns {
        let (column, meaning) =
            text.split_once('=').with_context(|| format!("`{text}` is not NAME=MEANING"))?;
        match meaning.trim() {
            "" => note.columns.remove(column),
            meaning => note.columns.insert(column.to_owned(), meaning.to_owned()),
        };
    }
    Ok(())
}
