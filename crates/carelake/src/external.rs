//! Tables that lie outside, written down by somebody: described, and not read.

use anyhow::{Context, bail};
use control::{Column, Control, ExternalTable, TableName};
use crawl::Plan;
use model::Timestamp;
use server::NewOutside;

/// Writes a table down.
///
/// # Errors
/// Its schema or name cannot be one, a column is not understood, or there is one of its name.
pub(crate) async fn write_down(
    control: &Control,
    new: &NewOutside,
    now: Timestamp,
) -> anyhow::Result<ExternalTable> {
    may_hold(control, &new.schema).await?;
    if !marts::is_name(&new.name) {
        bail!("`{}` cannot be a table's name: small letters, digits and `_`", new.name);
    }
    if new.place.is_empty() || new.format.is_empty() {
        bail!("a table outside lies somewhere, and is written in something");
    }
    let columns: Vec<_> = new.columns.iter().map(|text| column(text)).collect::<Result<_, _>>()?;
    if columns.is_empty() {
        bail!("a table has a column");
    }
    let table = ExternalTable {
        table: TableName::new(new.schema.as_str(), new.name.as_str()),
        crawler: String::new(),
        number: 0,
        place: new.place.clone(),
        format: new.format.clone(),
        label: String::new(),
        description: new.description.clone(),
        partitioned_by: Vec::new(),
        columns,
        version: 1,
        objects: 0,
        bytes: 0,
        rows: None,
        first_seen: now,
        changed: now,
        gone: None,
    };
    control.create_external_table(&table).await?;
    Ok(table)
}

/// Refuses a schema that cannot hold tables that lie outside: the lake's own, and those of marts.
pub(crate) async fn may_hold(control: &Control, schema: &str) -> anyhow::Result<()> {
    if !marts::can_be_schema(schema) {
        bail!("`{schema}` cannot be a database: small letters, digits and `_`, and none of the lake's own");
    }
    let registered = control.marts().await?;
    let has_mart = registered.iter().any(|mart| mart.name == schema)
        || marts::builtin()?.iter().any(|mart| mart.name == schema);
    if has_mart || control.schemas().await?.iter().any(|own| own == schema) {
        bail!("{schema} is a schema of the lake's own");
    }
    Ok(())
}

/// Whether a schema holds tables that lie outside, or will once a crawler has run: no mart can have its name.
pub(crate) async fn holds(control: &Control, schema: &str) -> anyhow::Result<bool> {
    if control.external_tables(None).await?.iter().any(|table| table.table.schema == schema) {
        return Ok(true);
    }
    for crawler in control.crawlers().await? {
        let plan: Plan = serde_json::from_str(&crawler.said).context("read what a crawler crawls")?;
        if plan.database == schema {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A column from `NAME:TYPE` or `NAME:TYPE:MEANING`.
fn column(text: &str) -> anyhow::Result<Column> {
    let mut parts = text.splitn(3, ':').map(str::trim);
    let (name, data_type) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if name.is_empty() || data_type.is_empty() {
        bail!("`{text}` is not NAME:TYPE or NAME:TYPE:MEANING");
    }
    Ok(Column {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        nullable: true,
        description: parts.next().unwrap_or_default().to_owned(),
    })
}
