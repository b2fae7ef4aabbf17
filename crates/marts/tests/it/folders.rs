//! What a folder says, and what is wrong with it.

use marts::{Mart, Materialised, Missed, builtin, order, starter};

const HEAD: (&str, &str) = ("mart.toml", "question = \"How many?\"\n");
const MODEL: (&str, &str) = (
    "visits.sql",
    "-- One row per person. More of it.
-- Second line.
--
-- Not the description.
--
-- Columns
--   person: who
--   n: how many: all of them
--
-- Model
--   materialised: incremental
--   key: person
--
-- Tests
--   unique: person
--   not null: person, n
select mart_person(patient) as person, count(*) as n from view.encounter group by patient
",
);

fn wrong(files: &[(&str, &str)]) -> String {
    Mart::read("winter", files.iter().copied()).unwrap_err().to_string()
}

#[test]
fn the_built_in_marts_are_understood() {
    let marts = builtin().unwrap();
    let names: Vec<_> = marts
        .iter()
        .flat_map(|mart| mart.models.iter().map(move |model| format!("{}.{}", mart.name, model.name)))
        .collect();
    assert_eq!(names, ["urgent_care.pathways", "long_term_conditions.persons"]);
    for model in marts.iter().flat_map(|mart| &mart.models) {
        assert!(model.description.starts_with("One row per"), "{}", model.description);
        assert!(model.columns.len() > 5 && !model.tests.is_empty());
    }
    assert_eq!(order::of_marts(marts).unwrap().len(), 2);
}

#[test]
fn a_folder_says_what_it_is() {
    let head = "question = \"How many?\"\nowner = \"winter team\"\n[job]\nschedule = \"0 6 * * *\"\nmissed = \"each\"\nretries = 5\nbackoff = \"1m\"\ntimeout = \"2h\"\n";
    let mart =
        Mart::read("winter", [MODEL, ("README.md", "whatever"), ("mart.toml", head), ("beds.json", "{}")])
            .unwrap();
    assert_eq!((mart.question.as_str(), mart.owner.as_str()), ("How many?", "winter team"));
    assert_eq!(mart.rules.schedule.as_ref().unwrap().to_string(), "0 6 * * * Europe/London");
    assert_eq!((mart.rules.missed, mart.rules.retries), (Missed::Each, 5));
    assert_eq!(
        (mart.rules.backoff_ms, mart.rules.timeout_ms, mart.rules.settle_ms),
        (60_000, 7_200_000, 60_000)
    );
    assert_eq!(mart.views, [("beds.json".to_owned(), "{}".to_owned())]);
    let model = mart.model("visits").unwrap();
    assert_eq!(model.description, "One row per person.");
    assert_eq!(model.column("n"), Some("how many: all of them"));
    assert_eq!((model.materialised, model.key.as_deref()), (Materialised::Incremental, Some("person")));
    assert_eq!(
        model.tests.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["unique: person", "not null: person, n"]
    );
    assert_eq!(model.reads.iter().map(ToString::to_string).collect::<Vec<_>>(), ["view.encounter"]);
}

#[test]
fn models_come_after_those_that_they_read() {
    let first = (
        "a.sql",
        "-- One.\n--\n-- Tests\n--   refers: person to winter.c.person\nselect 1 as person from winter.b",
    );
    let second = ("b.sql", "-- One.\nselect * from winter.c");
    let third = ("c.sql", "-- One.\nselect 1 as person");
    let mart = Mart::read("winter", [first, second, third, HEAD]).unwrap();
    assert_eq!(mart.models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
    let circle = ("c.sql", "-- One.\nselect * from winter.a");
    assert_eq!(
        wrong(&[first, second, circle, HEAD]),
        "mart.toml: these tables are made from each other: a → c → b → a"
    );
    assert_eq!(wrong(&[first, second, HEAD]), "a.sql: there is no model `c` in this mart");
}

#[test]
fn marts_come_after_those_that_they_read() {
    let reads = |name: &str, from: &str| {
        let sql = format!("-- One.\nselect * from {from}");
        Mart::read(name, [HEAD, ("t.sql", sql.as_str())]).unwrap()
    };
    let marts = [reads("c", "b.t"), reads("b", "a.t"), reads("a", "view.patient")];
    let order: Vec<_> = order::of_marts(&marts).unwrap().into_iter().map(|mart| mart.name.as_str()).collect();
    assert_eq!(order, ["a", "b", "c"]);
    let circle = order::of_marts(&[reads("a", "b.t"), reads("b", "a.t")]).unwrap_err();
    assert_eq!(circle.to_string(), "these tables are made from each other: a → b → a");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    assert_eq!(wrong(&[MODEL]), "mart.toml: the file is missing; it says `question = \"…\"`");
    assert_eq!(
        wrong(&[HEAD]),
        "mart.toml: the mart has no model, a file `NAME.sql` or `NAME.recipe.toml` beside this one"
    );
    let head = |text: &'static str| wrong(&[("mart.toml", text), MODEL]);
    assert!(head("question = \"\"").starts_with("mart.toml:1: the question is empty"));
    assert!(head("question = \"a\"\n\ncolour = 3").starts_with("mart.toml:3: unknown field `colour`"));
    assert!(
        head("question = \"a\"\n[job]\nschedule = \"0 6 * *\"")
            .starts_with("mart.toml:3: `0 6 * *` is no schedule")
    );
    assert!(
        head("question = \"a\"\n[job]\nschedule = \"0 6 * * *\"\nzone = \"Nowhere\"")
            .contains("`Nowhere` is no time zone")
    );
    assert!(head("question = \"a\"\n[job]\nzone = \"UTC\"").starts_with("mart.toml:3: a time zone without"));
    assert!(
        head("question = \"a\"\n[job]\ntimeout = \"long\"")
            .starts_with("mart.toml:3: `long` is no length of time")
    );
    assert!(head("question = \"a\"\n[job]\nretries = 99").starts_with("mart.toml:3: at most 20"));
    let model = |text: &'static str| wrong(&[HEAD, ("t.sql", text)]);
    assert_eq!(model("select 1"), "t.sql:1: the file begins with a comment that says what a row is");
    assert!(model("-- One.\nselect 1; select 2").starts_with("t.sql: one SELECT is wanted"));
    assert_eq!(
        model("-- One.\nselect * from patient"),
        "t.sql: `patient` has no schema, such as `view.patient`"
    );
    assert!(
        model("-- One.\n-- Model\n--  materialised: cube\nselect 1")
            .starts_with("t.sql:3: `cube` is no way to keep a table")
    );
    assert!(
        model("-- One.\n-- Model\n--  colour: red\nselect 1")
            .starts_with("t.sql:3: `colour` is not known here")
    );
    assert!(model("-- One.\n-- Model\n--  red\nselect 1").starts_with("t.sql:3: `red` is no `name: value`"));
    assert!(
        model("-- One.\n--\n-- Model\n--  materialised: incremental\nselect 1")
            .starts_with("t.sql:3: an incremental model needs `key")
    );
    assert!(model("-- One.\n-- Tests\n--  accepted: a\nselect 1").starts_with("t.sql:3: `accepted` is"));
    assert!(model("-- One.\n-- Tests\n--  likely: a\nselect 1").starts_with("t.sql:3: `likely` is no test"));
    assert!(
        model("-- One.\n-- Tests\n--  none: select 1 from view.patient\nselect 1")
            .contains("does not read `this`")
    );
    assert!(
        model("-- One.\n-- Tests\n--  none: select 1 from this, that\nselect 1")
            .contains("`that` is no table")
    );
    assert!(
        wrong(&[HEAD, ("Big.sql", "-- One.\nselect 1")])
            .starts_with("Big.sql: a model's file is called by its table")
    );
    for taken in ["raw", "view", "Winter", "1a", "a-b", ""] {
        assert!(Mart::read(taken, [HEAD, MODEL]).is_err(), "{taken}");
    }
}

#[test]
fn a_starter_is_a_model() {
    let columns = [
        ("id", true, ""),
        ("patient", true, ""),
        ("status", false, "how far"),
        ("period_start_time", true, ""),
    ];
    let text = starter("view.encounter", &columns);
    let mart = Mart::read("winter", [HEAD, ("encounters.sql", text.as_str())]).unwrap();
    let model = &mart.models[0];
    assert_eq!(model.materialised, Materialised::Incremental);
    assert_eq!(
        model.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["person", "status", "period_start_time"]
    );
    assert_eq!(model.tests[0].to_string(), "not null: person, status");
    let text = starter("display", &[("system", true, "")]);
    assert!(Mart::read("winter", [HEAD, ("codes.sql", text.as_str())]).is_ok());
}
