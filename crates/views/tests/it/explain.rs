//! The plan of a view, as people and programs are told it.

use fhir::json::parse;
use views::{
    ViewDefinition,
    explain::{Explanation, Member, Reads, Rows, RowsOf, explain},
};

fn told(definition: &str) -> Explanation {
    explain(&ViewDefinition::parse(&parse(definition.as_bytes()).unwrap()).unwrap()).unwrap()
}

/// The members as `name(inner, …)`.
fn tree(members: &[Member]) -> String {
    let one = |member: &Member| match member.members.as_slice() {
        [] => member.name.clone(),
        inner => format!("{}({})", member.name, tree(inner)),
    };
    members.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn shape(rows: &Rows) -> String {
    let of = match &rows.of {
        RowsOf::Focus => "focus".to_owned(),
        RowsOf::ForEach { path, or_null } => format!("each {} {or_null}", path.path),
        RowsOf::Repeat(paths) => format!("repeat {}", paths.len()),
        RowsOf::UnionAll => "union".to_owned(),
    };
    let parts: Vec<_> = rows.parts.iter().map(shape).collect();
    format!("{of} [{}] {{{}}}", rows.columns.join(" "), parts.join(", "))
}

#[test]
fn members_rows_and_columns_are_told() {
    let told = told(
        r#"{"resource": "Patient", "name": "names", "where": [{"path": "active = true"}], "select": [
            {"column": [{"name": "id", "path": "id"},
                {"name": "born", "path": "birthDate", "tag": [{"name": "ansi/type", "value": "DATE"}]}]},
            {"unionAll": [
                {"forEach": "name", "column": [{"name": "value", "path": "family"}]},
                {"forEachOrNull": "telecom", "column": [{"name": "value", "path": "iif(rank = 1, value, {})"}]}]}]}"#,
    );
    assert_eq!((told.name.as_str(), told.resource.as_str(), told.flat), ("names", "Patient", false));
    let Reads::Members(members) = &told.reads else { panic!("{:?}", told.reads) };
    assert_eq!(tree(members), "resourceType active id birthDate name(family) telecom(rank value)");
    assert_eq!(told.wheres.iter().map(|found| found.path.as_str()).collect::<Vec<_>>(), ["active = true"]);
    assert_eq!(
        told.rows.iter().map(shape).collect::<Vec<_>>(),
        [
            "focus [id born] {}",
            "focus [] {union [] {each name false [value] {}, each telecom true [value] {}}}"
        ]
    );
    let columns: Vec<_> = told
        .columns
        .iter()
        .map(|column| {
            let ways: Vec<_> = column.filled_by.iter().map(|found| found.way.word()).collect();
            (column.name.as_str(), column.arrow_type.to_string(), ways)
        })
        .collect();
    assert_eq!(
        columns,
        [
            ("id", "Utf8".to_owned(), vec!["walked"]),
            ("born", "Date32".to_owned(), vec!["walked"]),
            ("value", "Utf8".to_owned(), vec!["walked", "evaluated"])
        ]
    );
}

#[test]
fn what_needs_the_whole_resource_is_named() {
    let why = |definition: &str| match told(definition).reads {
        Reads::Whole { at, reason } => format!("{at}: {reason}"),
        Reads::Members(members) => tree(&members),
    };
    let repeat = why(r#"{"resource": "QuestionnaireResponse", "select": [{"repeat": ["item"],
        "column": [{"name": "link", "path": "linkId"}]}]}"#);
    assert_eq!(repeat, "select[0].repeat[0]: `repeat` looks at the same members at every depth");
    let equal = why(r#"{"resource": "Observation", "select": [{"column": [{"name": "id", "path": "id"},
        {"name": "same", "path": "code = value"}]}]}"#);
    assert!(equal.starts_with("select[0].column[1].path: which members"), "{equal}");
}
