//! `carelake view explain`

use super::definition;
use crate::screen;
use anyhow::Context;
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode};
use views::explain::{ColumnPlan, Explanation, Expression, Member, Reads, Rows, RowsOf, explain};

/// Lines of members are broken before they get longer.
const LINE_CHARS: usize = 96;

pub(super) fn run(files: &[PathBuf], json: bool) -> anyhow::Result<ExitCode> {
    let mut told = Vec::new();
    for file in files {
        let explained = explain(&definition(file)?);
        told.push(explained.with_context(|| format!("understand {}", file.display()))?);
    }
    if json {
        screen::say(Value::Array(told.iter().map(in_json).collect()).to_string());
    } else {
        screen::say(told.iter().map(text).collect::<Vec<_>>().join("\n\n"));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(view: &Explanation) -> String {
    let rows =
        if view.flat { "one row at most of each resource" } else { "any number of rows of each resource" };
    let mut text = format!("{}: {rows} of type {}\n", view.name, view.resource);
    match &view.reads {
        Reads::Members(members) => {
            text += "\n  Members read\n";
            members.iter().for_each(|member| tree(member, 4, &mut text));
        }
        Reads::Whole { at, reason } => {
            text += &format!("\n  Whole resources are read: {at}: {reason}\n");
        }
    }
    if !view.wheres.is_empty() {
        text += "\n  Only where\n";
        view.wheres.iter().for_each(|found| text += &format!("    {}\n", found.path));
    }
    text += "\n  Rows\n";
    view.rows.iter().for_each(|rows| structure(rows, 4, "the resource", &mut text));
    text += "\n  Columns\n";
    let columns: Vec<_> = view.columns.iter().flat_map(column).collect();
    text + &screen::table(&["column", "type", "filled", "from"], &columns)
}

/// A line for a member without more below it than fits; a line for each below it otherwise.
fn tree(member: &Member, indent: usize, text: &mut String) {
    let line = short(member);
    if indent + line.chars().count() <= LINE_CHARS {
        *text += &format!("{:indent$}{line}\n", "");
        return;
    }
    *text += &format!("{:indent$}{}\n", "", member.name);
    member.members.iter().for_each(|inner| tree(inner, indent + 2, text));
}

fn short(member: &Member) -> String {
    match member.members.as_slice() {
        [] => member.name.clone(),
        [only] => format!("{}.{}", member.name, short(only)),
        inner => format!("{}.({})", member.name, inner.iter().map(short).collect::<Vec<_>>().join(", ")),
    }
}

/// `focus` is what a part without an iteration of its own makes its rows of.
fn structure(rows: &Rows, indent: usize, focus: &str, text: &mut String) {
    let of = match &rows.of {
        RowsOf::Focus => format!("from {focus}"),
        RowsOf::ForEach { path, or_null: false } => format!("for each of {}", path.path),
        RowsOf::ForEach { path, or_null: true } => format!("for each of {}, or one of nulls", path.path),
        RowsOf::Repeat(paths) => {
            let paths: Vec<_> = paths.iter().map(|path| path.path.as_str()).collect();
            format!("for each of {}, at every depth", paths.join(" and "))
        }
        RowsOf::UnionAll => "one after the other".to_owned(),
    };
    let columns =
        if rows.columns.is_empty() { String::new() } else { format!(": {}", rows.columns.join(", ")) };
    *text += &format!("{:indent$}{of}{columns}\n", "");
    rows.parts.iter().for_each(|part| structure(part, indent + 2, "the same", text));
}

/// A line for each expression that fills a column.
fn column(column: &ColumnPlan) -> Vec<Vec<String>> {
    let line = |(at, found): (usize, &Expression)| {
        let first = |text: String| if at == 0 { text } else { String::new() };
        vec![
            first(column.name.clone()),
            first(column.arrow_type.to_string()),
            found.way.word().to_owned(),
            found.path.clone(),
        ]
    };
    column.filled_by.iter().enumerate().map(line).collect()
}

fn in_json(view: &Explanation) -> Value {
    json!({
        "view": view.name,
        "resource": view.resource,
        "flat": view.flat,
        "reads": match &view.reads {
            Reads::Members(members) => json!({ "members": members.iter().map(member_in_json).collect::<Vec<_>>() }),
            Reads::Whole { at, reason } => json!({ "whole": { "at": at, "reason": reason } }),
        },
        "where": view.wheres.iter().map(expression_in_json).collect::<Vec<_>>(),
        "rows": view.rows.iter().map(rows_in_json).collect::<Vec<_>>(),
        "columns": view.columns.iter().map(column_in_json).collect::<Vec<_>>(),
    })
}

fn member_in_json(member: &Member) -> Value {
    json!({ "name": member.name, "members": member.members.iter().map(member_in_json).collect::<Vec<_>>() })
}

fn expression_in_json(found: &Expression) -> Value {
    json!({ "at": found.at, "path": found.path, "way": found.way.word() })
}

fn rows_in_json(rows: &Rows) -> Value {
    let (of, paths) = match &rows.of {
        RowsOf::Focus => ("focus", Vec::new()),
        RowsOf::ForEach { path, or_null: false } => ("forEach", vec![expression_in_json(path)]),
        RowsOf::ForEach { path, or_null: true } => ("forEachOrNull", vec![expression_in_json(path)]),
        RowsOf::Repeat(paths) => ("repeat", paths.iter().map(expression_in_json).collect()),
        RowsOf::UnionAll => ("unionAll", Vec::new()),
    };
    let parts: Vec<_> = rows.parts.iter().map(rows_in_json).collect();
    json!({ "of": of, "paths": paths, "columns": rows.columns, "parts": parts })
}

fn column_in_json(column: &ColumnPlan) -> Value {
    json!({
        "name": column.name,
        "arrow_type": column.arrow_type.to_string(),
        "fhir_type": column.fhir_type,
        "filled_by": column.filled_by.iter().map(expression_in_json).collect::<Vec<_>>(),
    })
}
