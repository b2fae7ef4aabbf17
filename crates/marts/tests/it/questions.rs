//! Tests as SQL.

use expect_test::expect;
use marts::{Mart, Test};
use model::Timestamp;

fn tests(lines: &str) -> Vec<Test> {
    let sql = format!("-- One.\n--\n-- Tests\n{lines}\nselect 1 as a");
    let files = [("mart.toml", "question = \"How many?\""), ("t.sql", sql.as_str())];
    Mart::read("winter", files).unwrap().models.remove(0).tests
}

#[test]
fn each_test_counts_what_breaks_it() {
    let tests = tests(
        "--  unique: a, b
--  not null: a, b
--  accepted: sex in male, it's
--  refers: a to view.patient.id
--  fresh: began within 2 days
--  none: select * from this where ended < began;",
    );
    let asked: Vec<_> = tests.iter().map(|test| test.sql(Timestamp(172_800_000))).collect();
    expect![[r#"
        select coalesce(sum(n - 1), 0) from (select count(*) as n from this group by "a", "b" having count(*) > 1)
        select count(*) from this where "a" is null or "b" is null
        select count(*) from this where cast("sex" as varchar) not in ('male', 'it''s')
        select count(*) from this t left anti join "view"."patient" r on t."a" = r."id" where t."a" is not null
        select case when max("began") >= timestamp '1970-01-01T00:00:00.000Z' then 0 else 1 end from this
        select count(*) from (select * from this where ended < began)"#]]
    .assert_eq(&asked.join("\n"));
}

#[test]
fn tests_are_shown_as_they_are_written() {
    let lines =
        "--  accepted: sex in male, female\n--  refers: a to view.patient.id\n--  none: select 1 from this";
    let shown: Vec<_> = tests(lines).iter().map(|test| format!("--  {test}")).collect();
    assert_eq!(shown.join("\n"), lines);
}
