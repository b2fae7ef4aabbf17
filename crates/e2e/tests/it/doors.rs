//! Every command leaves exactly the records that stand here; a new command without a row fails.

use crate::{
    home::{Home, carelake},
    inputs::{self, GP},
    registered,
    service::Service,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

const POLICY: &str = r#"@id("own") @because("It is tried.") permit (principal in Role::"analyst", action == Action::"sql.query", resource);"#;

/// Commands that work without a home.
const HOMELESS: &[&str] = &[
    "completions",
    "demo",
    "simulate",
    "view run",
    "view conformance",
    "view explain",
    "bench views",
    "bench audit",
    "bench console",
];

/// What each command is called with, and the records that it leaves: action and outcome, in order. FILE is NDJSON, VIEW
/// a ViewDefinition, SHARE a folder outside, WARDS a list, RECIPE a recipe, POLICY a policy in Cedar, MART a folder to be, OUT a folder.
const DOORS: &[(&str, &[&str])] = &[
    ("provider add gp --auth secret", &["decide", "provider.add"]),
    ("provider list", &["decide", "provider.list"]),
    ("provider show gp", &["decide", "provider.show"]),
    ("provider rotate gp", &["decide", "provider.rotate"]),
    ("provider set gp --scope system/*.c", &["decide", "provider.set", "provider.show"]),
    ("provider disable gp", &["decide", "provider.disable"]),
    ("provider enable gp", &["decide", "provider.enable"]),
    ("provider revoke nothing", &["decide"]),
    ("user add ann --role engineer", &["decide", "user.add"]),
    ("user list", &["decide", "user.list"]),
    ("user set ann --role analyst", &["decide", "user.set"]),
    ("user password ann", &["decide", "user.password"]),
    ("user device ann", &["decide", "user.device"]),
    ("user link ann --remove", &["decide", "user.link"]),
    ("user suspend ann", &["decide", "user.suspend"]),
    ("user resume ann", &["decide", "user.resume"]),
    ("group add team --role engineer", &["decide", "group.add"]),
    ("group join team ann", &["decide", "group.join"]),
    ("group list", &["decide", "group.list"]),
    ("group leave team ann", &["decide", "group.leave"]),
    ("group remove team", &["decide", "group.remove"]),
    ("directory add trust", &["decide", "directory.add"]),
    ("directory list", &["decide", "directory.list"]),
    ("directory token trust", &["decide", "directory.token"]),
    ("directory adopt trust ann", &["decide", "directory.adopt"]),
    ("directory release ann", &["decide", "directory.release"]),
    ("directory disable trust", &["decide", "directory.disable"]),
    ("directory enable trust", &["decide", "directory.enable"]),
    ("user remove ann", &["decide", "user.remove"]),
    // Its metadata cannot be fetched; one that can is in `clients`.
    ("issuer add x --url https://x.example --audience y", &["decide"]),
    ("issuer list", &["decide", "issuer.list"]),
    ("issuer remove x", &["decide"]),
    (
        "import FILE --source gp-elm-grove",
        &["decide", "import.begin", "lane.take", "segment.offer", "publication.begin", "refine", "import"],
    ),
    ("view register VIEW", &["decide", "view.register", "publication.begin", "view.build"]),
    ("view list", &["decide", "view.list"]),
    ("view remove codes", &["decide", "view.remove", "publication.begin", "view.remove"]),
    ("mart build", &["decide", "publication.begin", "mart.build", "publication.begin", "mart.build"]),
    ("mart list", &["decide", "mart.list"]),
    ("mart new --from view.encounter -o MART/encounters.sql", &["decide", "mart.new"]),
    ("mart preview RECIPE", &["sql", "sql", "sql"]),
    ("mart preview MART/encounters.sql", &["decide", "mart.preview"]),
    ("mart check MART", &["decide", "mart.check"]),
    ("mart diff MART", &["decide", "mart.diff"]),
    ("mart register MART", &["decide", "mart.register"]),
    ("catalog list", &["decide", "catalog.list"]),
    ("catalog show view.patient", &["decide", "catalog.show"]),
    ("catalog profile view.patient", &["decide", "catalog.profile"]),
    ("catalog describe view.patient --owner team", &["decide", "catalog.describe"]),
    ("catalog create estates.wards --place x --format csv --column ward:Utf8", &["decide", "catalog.create"]),
    ("catalog remove estates.wards", &["decide", "catalog.remove"]),
    (
        "reference load wards WARDS --key ward",
        &["decide", "reference.load", "publication.begin", "reference.build"],
    ),
    ("reference list", &["decide", "reference.list"]),
    ("connection add share --folder SHARE", &["decide", "connection.add"]),
    ("connection list", &["decide", "connection.list"]),
    ("connection test share", &["decide", "connection.test"]),
    ("crawler add exports --target share --database exports", &["decide", "crawler.add"]),
    ("crawler list", &["decide", "crawler.list"]),
    ("crawler run exports", &["decide", "crawler.run", "crawl.build"]),
    ("crawler show exports", &["decide", "crawler.show"]),
    // While a crawler uses it.
    ("connection remove share", &["decide"]),
    ("crawler remove exports", &["decide", "crawler.remove"]),
    ("connection remove share", &["decide", "connection.remove"]),
    ("catalog export dcat -o OUT.jsonld", &["decide", "catalog.list", "catalog.export"]),
    ("catalog export openlineage", &["decide", "catalog.list", "catalog.export"]),
    // Without credentials.
    ("catalog sync glue", &["decide"]),
    ("job list", &["decide", "job.list"]),
    ("job runs", &["decide", "job.runs"]),
    ("job run mart.winter", &["decide", "job.run", "publication.begin", "mart.build"]),
    ("job show 1", &["decide", "job.show"]),
    ("job logs 1", &["decide", "job.logs"]),
    ("job plan 1", &["decide", "job.plan"]),
    // None of its models is made by periods.
    ("job backfill mart.winter --from 2026-01-01 --until 2026-02-01", &["decide"]),
    ("job retry 999", &["decide"]),
    ("job cancel 999", &["decide"]),
    ("job pause mart.winter", &["decide", "job.pause"]),
    ("job resume mart.winter", &["decide", "job.resume"]),
    ("job limit marts 2", &["decide", "job.limit"]),
    ("mart remove winter", &["decide", "mart.remove"]),
    ("sql select+1", &["sql"]),
    ("sql select+*+from+nowhere", &["sql refused"]),
    ("feed list", &["decide", "feed.list"]),
    ("feed show gp-elm-grove", &["decide", "feed.show"]),
    ("feed judge", &["decide", "feed.judge"]),
    ("feed findings", &["decide", "feed.findings"]),
    ("feed acknowledge 999 --note seen", &["decide"]),
    ("process list", &["decide", "process.list"]),
    ("process give query --keys OUT", &["decide", "process.give"]),
    ("policy list", &["decide", "policy.list"]),
    ("policy show operator-on-synthetic-data", &["decide", "policy.show"]),
    ("policy set own POLICY", &["decide", "policy.set"]),
    ("policy check POLICY", &[]),
    ("policy explain sql.query table:view.patient", &["decide", "policy.explain"]),
    ("policy remove own", &["decide", "policy.remove"]),
    ("role assume auditor --why because", &["role.assume"]),
    ("role list", &["decide", "role.list"]),
    ("role drop", &["role.drop"]),
    ("access who-can", &["decide", "access.who-can"]),
    ("access report", &["decide", "access.report"]),
    ("access unused", &["decide", "access.unused"]),
    ("access review --note fine", &["decide", "access.review"]),
    ("audit verify", &["decide", "audit.verify"]),
    ("audit query", &["decide", "audit.query"]),
    ("audit export", &["decide", "audit.export"]),
    ("audit checkpoint", &["decide", "audit.checkpoint"]),
    ("audit archive OUT", &["decide", "audit.archive"]),
    ("audit disclosures --patient nobody", &["decide", "audit.disclosures", "sql"]),
    ("audit alerts", &["decide", "audit.alerts"]),
    ("audit acknowledge 1 --note x", &["decide"]),
    ("audit rules", &["decide", "audit.rules"]),
    ("audit retain --before 2001-01-01", &["decide", "audit.retain"]),
    ("audit hold place --reason inquiry", &["decide", "audit.hold.place"]),
    ("audit hold list", &["decide", "audit.hold.list"]),
    ("audit hold release 1", &["decide", "audit.hold.release"]),
    ("key list", &["decide", "key.list"]),
    ("key recover", &[]),
];

/// The commands that have no commands of their own, as the help tells them.
fn commands(of: &str) -> Vec<String> {
    let words = of.split_whitespace();
    let help = Command::new(carelake()).args(words).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return vec![of.to_owned()] };
    let names = listed.lines().take_while(|line| !line.is_empty()).filter_map(|line| {
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
        name.split_whitespace().next().filter(|name| *name != "help")
    });
    names.flat_map(|name| commands(format!("{of} {name}").trim())).collect()
}

fn writers(home: &Home) -> BTreeSet<String> {
    let folders = fs::read_dir(home.path().join("zones/audit")).unwrap();
    folders
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('_'))
        .collect()
}

/// What every writer has recorded, in order.
fn trail(home: &Home) -> BTreeMap<String, Vec<String>> {
    let mut trail: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in home.sql("select writer, action, outcome from audit.records order by writer, index") {
        let action = row["action"].as_str().unwrap();
        let told = match row["outcome"].as_str().unwrap() {
            "success" => action.to_owned(),
            outcome => format!("{action} {outcome}"),
        };
        trail.entry(row["writer"].as_str().unwrap().to_owned()).or_default().push(told);
    }
    trail
}

#[test]
fn every_command_has_its_row() {
    let rows: BTreeSet<String> = commands("").into_iter().collect();
    assert!(rows.len() > 30, "{rows:?}");
    for command in rows {
        let has_row = DOORS.iter().any(|(line, _)| {
            line.strip_prefix(command.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        let known =
            has_row || HOMELESS.contains(&command.as_str()) || ["init", "serve"].contains(&command.as_str());
        assert!(known, "`carelake {command}` has no row: which records does it leave?");
    }
}

#[test]
fn every_command_leaves_exactly_its_records() {
    let home = Home::new();
    let folder = home.beside("files");
    fs::create_dir(&folder).unwrap();
    let file = inputs::write(folder.join("some.ndjson"), &inputs::resources(3, 1, GP));
    let view = registered::write(&folder, "codes.json", registered::CODES);
    let policy = folder.join("own.cedar");
    fs::write(&policy, POLICY).unwrap();
    let (out, mart) = (home.beside("archive"), home.beside("winter"));
    let share = home.beside("share");
    fs::create_dir(&share).unwrap();
    fs::write(share.join("wards.csv"), "ward,beds\nx,1\n").unwrap();
    let recipe = folder.join("people.recipe.toml");
    let steps = "[[step]]\ndo = \"keep\"\ncolumns = [\"gender\"]\n";
    fs::write(&recipe, format!("row = \"One.\"\nfrom = \"view.patient\"\n{steps}")).unwrap();
    let place = |word: &str| match word {
        "FILE" => file.to_str().unwrap().to_owned(),
        "VIEW" => view.to_str().unwrap().to_owned(),
        "RECIPE" => recipe.to_str().unwrap().to_owned(),
        "WARDS" => share.join("wards.csv").to_str().unwrap().to_owned(),
        "POLICY" => policy.to_str().unwrap().to_owned(),
        "SHARE" => share.to_str().unwrap().to_owned(),
        "MART" => mart.to_str().unwrap().to_owned(),
        "MART/encounters.sql" => mart.join("encounters.sql").to_str().unwrap().to_owned(),
        "OUT.jsonld" => out.with_extension("jsonld").to_str().unwrap().to_owned(),
        "OUT" => out.to_str().unwrap().to_owned(),
        word => word.replace('+', " "),
    };
    let mut left = Vec::new();
    for (line, _) in DOORS {
        let before = writers(&home);
        let words = line.split(' ').map(place);
        let done = home.run(["--json".to_owned()].into_iter().chain(words));
        // A program is answered in JSON: a value, or a value a line.
        let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
        let told = done.stdout.trim_end();
        assert!(told.is_empty() || is_json(told) || told.lines().all(is_json), "{line}: {told}");
        left.push(writers(&home).difference(&before).cloned().collect::<Vec<_>>());
    }
    let before = writers(&home);
    Service::start(
        &home,
        &[("CARELAKE__WORKER__UPKEEP_MS", "3600000"), ("CARELAKE__WORKER__SCHEDULES", "false")],
    )
    .stop();
    let served: Vec<_> = writers(&home).difference(&before).cloned().collect();

    let trail = trail(&home);
    let mut wrong = String::new();
    for ((line, wanted), writers) in DOORS.iter().zip(left) {
        let found: Vec<&str> = writers.iter().flat_map(|writer| &trail[writer]).map(String::as_str).collect();
        if found != *wanted {
            wrong.push_str(&format!("{line}: {found:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "these left other records:\n{wrong}");
    assert_eq!(trail[&served[0]], ["decide", "serve.start", "serve.stop"]);
    let init: Vec<_> = trail.keys().filter(|writer| writer.starts_with("init-")).collect();
    assert_eq!((init.len(), &trail[init[0]]), (1, &vec!["init".to_owned()]));
}
