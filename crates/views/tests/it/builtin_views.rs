//! Each built-in view, on the resources of `fixtures/resources.ndjson`.

use crate::table::{cell, run};
use expect_test::expect_file;
use std::collections::HashSet;
use views::{View, builtin};

const RESOURCES: &str = include_str!("../../fixtures/resources.ndjson");

/// Every row, one line a column that is not null.
fn shown(view: &View) -> String {
    let batch = run(view, RESOURCES.lines()).unwrap();
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        for (at, column) in view.columns().iter().enumerate() {
            let value = cell(&batch, at, row);
            if value != "-" {
                text.push_str(&format!("{} = {value}\n", column.name));
            }
        }
        text.push('\n');
    }
    text
}

#[test]
fn each_view_makes_the_expected_rows() {
    for view in builtin() {
        expect_file![format!("../../fixtures/expected/{}.txt", view.name())].assert_eq(&shown(view));
    }
}

#[test]
fn every_column_is_filled_by_some_fixture() {
    let mut empty = Vec::new();
    for view in builtin() {
        let batch = run(view, RESOURCES.lines()).unwrap();
        for (array, column) in batch.columns().iter().zip(view.columns()) {
            if array.null_count() == array.len() {
                empty.push(format!("{}.{}", view.name(), column.name));
            }
        }
    }
    assert_eq!(empty, Vec::<String>::new());
}

#[test]
fn each_resource_makes_one_row_but_for_components() {
    for view in builtin().iter().filter(|view| view.name() != "observation_component") {
        let kind = format!("\"resourceType\":\"{}\"", view.resource());
        let resources = RESOURCES.lines().filter(|line| line.contains(&kind)).count();
        assert_eq!(run(view, RESOURCES.lines()).unwrap().num_rows(), resources, "{}", view.name());
    }
}

#[test]
fn each_column_says_what_it_is() {
    let mut names = HashSet::new();
    for view in builtin() {
        assert!(names.insert(view.name()), "{}", view.name());
        assert!(view.description().is_some());
        for column in view.columns() {
            assert!(column.description.as_ref().is_some_and(|text| text.ends_with('.')), "{}", column.name);
        }
    }
    assert_eq!(names.len(), 10);
}
