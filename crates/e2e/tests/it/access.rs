//! Who may do what at the command line: on real data nothing goes without a role, and every refusal is told and
//! recorded.

use crate::{
    home::Home,
    inputs::{self, GP},
    real_data::{approvals, init},
};
use std::fs;

/// A home for real data, under approvals that hold.
fn real() -> Home {
    let home = Home::absent();
    init(&home, &approvals(&home, "2999-12-31")).exits(0);
    home
}

#[test]
fn on_real_data_a_role_is_assumed_for_a_reason_before_anything_goes() {
    let home = real();
    let patients = "select count(*) from view.patient";
    home.run(["sql", patients]).exits(1).says("operator-takes-a-role-first");
    home.run(["provider", "list"]).exits(1).says("with the role administrator");
    home.run(["role", "assume", "analyst", "--why", " "]).exits(1).says("denied");
    let assume = ["role", "assume", "analyst", "--why", "winter plan", "--purpose", "service-planning"];
    home.run(assume).exits(0).says("You act as analyst");
    assert_eq!(home.number(patients), 0);
    home.run(["sql", "select count(*) from person_link"]).exits(1).says("custodian");
    home.run(["sql", "with p as (select * from raw.patient) select * from p"]).exits(1).says("engineer");
    home.run(["audit", "verify"]).exits(1).says("auditor");
    home.run(["role", "drop"]).exits(0);
    home.run(["sql", patients]).exits(1);

    home.run(["role", "assume", "auditor", "--why", "the yearly audit"]).exits(0);
    home.run(["audit", "verify"]).exits(0);
    let trail = home.run(["--json", "audit", "query", "--limit", "1000"]).exits(0).stdout;
    let refused = trail.lines().filter(|line| line.contains("refused")).count();
    assert!(refused >= 7, "each refusal has its record:\n{trail}");
    assert!(trail.contains("winter plan"));
    home.run(["access", "review", "--note", "as it should be"]).exits(0).says("signed off");
}

/// Every command that opens a home, but those that nobody may be kept from: `init`, `serve`, `key recover`, reading
/// policies, and assuming a role, which asks for itself.
const COMMANDS: &[&str] = &[
    "provider add gp",
    "provider list",
    "provider show gp",
    "provider rotate gp",
    "provider revoke x",
    "provider set gp --scope system/*.c",
    "provider disable gp",
    "provider enable gp",
    "issuer add x --url https://x --audience y",
    "issuer list",
    "issuer remove x",
    "user add ann",
    "user list",
    "user set ann --role analyst",
    "user password ann",
    "user device ann",
    "user link ann 7f3a",
    "user suspend ann",
    "user resume ann",
    "user remove ann",
    "group add team",
    "group list",
    "group join team ann",
    "group leave team ann",
    "group remove team",
    "directory add trust",
    "directory list",
    "directory token trust",
    "directory disable trust",
    "directory enable trust",
    "directory adopt trust ann",
    "directory release ann",
    "process give gateway --keys FILE",
    "process list",
    "policy set x FILE",
    "policy remove x",
    "access who-can",
    "access report",
    "access unused",
    "access review --note x",
    "import FILE --source gp",
    "view register FILE",
    "view list",
    "view remove x",
    "mart build",
    "mart list",
    "mart remove x",
    "mart new --from view.patient",
    "feed list",
    "feed judge",
    "feed findings",
    "catalog list",
    "catalog show view.patient",
    "catalog profile view.patient",
    "catalog describe view.patient --owner team",
    "catalog create estates.wards --place x --format csv --column ward:Utf8",
    "catalog remove estates.wards",
    "reference load wards FILE --key ward",
    "reference list",
    "connection add share --folder .",
    "connection list",
    "connection test share",
    "connection remove share",
    "crawler add exports --target share --database exports",
    "crawler list",
    "crawler show exports",
    "crawler run exports",
    "crawler remove exports",
    "key list",
    "job list",
    "job runs",
    "job run x",
    "job backfill x --from 2026-01-01 --until 2026-02-01",
    "job retry 1",
    "catalog export dcat",
    "catalog sync glue",
    "audit verify",
    "audit query",
    "audit export",
    "audit checkpoint",
    "audit archive FILE",
    "audit disclosures --patient x",
    "audit retain --before 2001-01-01",
    "audit hold place --reason x",
    "audit hold list",
    "audit hold release 1",
];

#[test]
fn every_command_asks_the_policies() {
    let home = real();
    let file = home.beside("file.json");
    fs::write(&file, r#"{"resourceType":"ViewDefinition","name":"x"}"#).unwrap();
    for line in COMMANDS {
        let words = line.split(' ').map(|word| if word == "FILE" { file.to_str().unwrap() } else { word });
        home.run(words).exits(1).says("operator-takes-a-role-first");
    }
    // A new command belongs into the list above, or into this one with a reason.
    let free = ["demo", "init", "serve", "role", "sql", "simulate", "bench", "completions", "help"];
    let help = home.run(["--help"]).exits(0).stdout;
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        let asked = COMMANDS.iter().any(|command| command.split(' ').next() == Some(name));
        assert!(asked || free.contains(&name), "`{name}` is in neither list");
    }
}

#[test]
fn an_own_policy_is_checked_kept_explained_and_removed() {
    let home = Home::new();
    let file = home.beside("own.cedar");
    let text = "@id(\"no-raw\")\n@because(\"Nobody reads raw here.\")\nforbid (principal, action == Action::\"sql.query\", resource in Schema::\"raw\");\n";
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    home.run(["policy", "check", file]).exits(0);
    home.run(["policy", "explain", "sql.query", "table:raw.patient"]).exits(0).says("allowed by");
    home.run(["policy", "set", "raw", file]).exits(0);
    home.run(["policy", "explain", "sql.query", "table:raw.patient"]).exits(0).says("Nobody reads raw here.");
    home.run(["sql", "select * from raw.patient"]).exits(1).says("no-raw");
    home.run(["sql", "select count(*) from view.patient"]).exits(0);
    for name in ["ann", "bea"] {
        home.run(["user", "add", name, "--role", "analyst"]).exits(0);
    }
    home.run(["user", "add", "cid", "--role", "custodian"]).exits(0);
    let who = home.run(["--json", "access", "who-can", "view.patient", "person_link"]).exits(0).stdout;
    let may = |name: &str, table: &str| {
        who.lines().any(|line| line.contains(&format!("\"{name}\"")) && line.contains(table))
    };
    assert!(may("ann", "view.patient") && may("bea", "view.patient") && may("cid", "person_link"), "{who}");
    assert!(!may("ann", "person_link") && !may("bea", "person_link"), "{who}");
    home.run(["access", "who-can", "raw.patient"]).exits(0);
    fs::write(file, "@id(\"all\")\n@because(\"x\")\nforbid (principal, action, resource);").unwrap();
    home.run(["policy", "set", "all", file]).exits(1).says("nobody could change the policies any more");
    fs::write(file, "permit (principal").unwrap();
    home.run(["policy", "check", file]).exits(1).says("own.cedar:1");
    home.run(["policy", "set", "raw", file]).exits(1).says("unexpected end");
    home.run(["policy", "show", "no-raw"]).exits(0).says("forbid");
    home.run(["policy", "remove", "raw"]).exits(0);
    let who = home.run(["--json", "access", "who-can", "raw.patient", "person_link"]).exits(0).stdout;
    assert!(who.contains("custodian-queries-person-links") && who.contains("engineer-queries"), "{who}");
}

#[test]
fn a_column_is_opened_and_closed_by_itself() {
    let home = Home::new();
    let file = inputs::write(home.beside("gp.ndjson"), &inputs::resources(7, 20, GP));
    home.run(["import", file.to_str().unwrap(), "--source", GP]).exits(0);
    let set = |policy: &str| {
        let file = home.beside("own.cedar");
        fs::write(&file, policy).unwrap();
        home.run(["policy", "set", "own", file.to_str().unwrap()]).exits(0);
    };
    set(
        r#"@id("no-birth") @because("Dates of birth are not for questions.") forbid (principal, action == Action::"sql.query", resource == Column::"view.patient.birth_month");"#,
    );
    home.run(["sql", "select gender, count(*) from view.patient group by gender"]).exits(0);
    home.run(["sql", "select count(*) from view.patient"]).exits(0);
    for query in [
        "select * from view.patient",
        "select count(*) from view.patient where birth_month > '2000'",
        "select gender from view.patient order by birth_month",
        "select p.gender from (select gender, birth_month as b from view.patient) p where p.b is null",
        "with x as (select max(birth_month) as b from view.patient) select b from x",
    ] {
        home.run(["sql", query]).exits(1).says("no-birth");
    }
    home.run(["catalog", "profile", "view.patient"]).exits(1).says("no-birth");
    let folder = home.beside("winter");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mart.toml"), "question = \"Who?\"\n").unwrap();
    let model = |columns: &str| {
        let text = format!("-- One row per patient.\nselect id, {columns} from view.patient");
        fs::write(folder.join("people.sql"), text).unwrap();
    };
    model("gender");
    home.run(["mart", "check", folder.to_str().unwrap()]).exits(0);
    model("birth_month as b");
    home.run(["mart", "check", folder.to_str().unwrap()]).exits(1).says("no-birth");
    // Only a column of a table that is closed otherwise.
    set(
        r#"@id("closed") @because("Closed but for one column.") forbid (principal, action == Action::"sql.query", resource in Table::"view.patient") unless { resource == Column::"view.patient.gender" };"#,
    );
    home.run(["sql", "select gender from view.patient"]).exits(0);
    for query in ["select count(*) from view.patient", "select id from view.patient"] {
        home.run(["sql", query]).exits(1).says("closed");
    }
}
