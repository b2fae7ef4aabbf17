//! The tables that a query names.

use sqlparser::{
    ast::{ObjectName, Query, Statement, TableFactor, Visit, Visitor},
    dialect::GenericDialect,
    parser::Parser,
};
use std::{collections::BTreeSet, fmt, ops::ControlFlow};

/// Tables that have no schema of their own.
pub(crate) const IS_PUBLIC: [&str; 2] = ["person_link", "display"];

/// A table as SQL names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableRef {
    /// Its schema; empty if none is named.
    pub schema: String,
    /// Its name.
    pub name: String,
}

impl TableRef {
    /// The table `schema.name`.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.schema.is_empty() {
            true => f.write_str(&self.name),
            false => write!(f, "{}.{}", self.schema, self.name),
        }
    }
}

/// The tables that a query names, in order; what it names itself (`with`) is none of them.
///
/// # Errors
/// It is not one query, with why.
pub fn tables_named(sql: &str) -> Result<Vec<TableRef>, String> {
    let statements = Parser::parse_sql(&GenericDialect {}, sql).map_err(|error| error.to_string())?;
    let [statement @ Statement::Query(_)] = statements.as_slice() else {
        return Err("one SELECT is wanted".to_owned());
    };
    let mut named = Named::default();
    // Nothing breaks off.
    let _ = statement.visit(&mut named);
    Ok(named.tables.into_iter().collect())
}

/// What has been seen, and the names that queries around have given.
#[derive(Default)]
struct Named {
    tables: BTreeSet<TableRef>,
    given: Vec<String>,
    /// Whether the next relation is a function that gives rows, such as `generate_series(1, 9)`.
    function: bool,
    /// How many names stood before each query that is open.
    opened: Vec<usize>,
}

impl Visitor for Named {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.opened.push(self.given.len());
        if let Some(with) = &query.with {
            for table in &with.cte_tables {
                // A name is known to those after it, and to itself only if it is recursive.
                if !with.recursive {
                    let _ = table.query.visit(self);
                }
                self.given.push(folded(&table.alias.name));
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        let before = self.opened.pop().unwrap_or_default();
        self.given.truncate(before);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        self.function = matches!(table, TableFactor::Table { args: Some(_), .. });
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        if std::mem::take(&mut self.function) {
            return ControlFlow::Continue(());
        }
        let parts: Vec<String> = relation.0.iter().filter_map(|part| part.as_ident()).map(folded).collect();
        let table = match parts.as_slice() {
            [name] if self.given.contains(name) => return ControlFlow::Continue(()),
            [name] => TableRef::new("", name),
            [.., schema, name] => TableRef::new(schema, name),
            [] => return ControlFlow::Continue(()),
        };
        self.tables.insert(table);
        ControlFlow::Continue(())
    }
}

/// A name as SQL means it: in small letters unless it is quoted.
fn folded(name: &sqlparser::ast::Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::tables_named;

    fn named(sql: &str) -> String {
        let tables = tables_named(sql).unwrap();
        tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_of_the_query_itself_are_no_tables() {
        assert_eq!(
            named(
                "with a as (select * from view.x), b as (select * from a) select * from b join raw.y on true"
            ),
            "raw.y view.x"
        );
        // Outside of its query a name is a table's.
        assert_eq!(named("select * from (with a as (select 1) select * from a) t, m.a"), "m.a");
        assert_eq!(named("select * from (with a as (select 1) select * from a) t, a"), "a");
        // Before its own definition too.
        assert_eq!(named("with a as (select * from a) select * from a"), "a");
        assert_eq!(named("with recursive a as (select 1 union all select * from a) select * from a"), "");
    }

    #[test]
    fn tables_are_found_wherever_they_stand() {
        assert_eq!(
            named(
                "select (select max(x) from m.one) from M.\"Two\" where y in (select z from three) union select 1 from m.four"
            ),
            "three m.Two m.four m.one"
        );
    }

    #[test]
    fn functions_that_give_rows_are_no_tables() {
        assert_eq!(
            named("select * from generate_series(1, 9) a, m.b cross join generate_series(1, 2)"),
            "m.b"
        );
    }

    #[test]
    fn only_one_query_is_taken() {
        assert!(tables_named("select 1; select 2").is_err());
        assert!(tables_named("drop table x").is_err());
        assert!(tables_named("selec 1").is_err());
    }
}
