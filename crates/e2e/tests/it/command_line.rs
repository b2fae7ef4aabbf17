//! The command line as a newcomer meets it: what went wrong is told in a sentence, with the exit status of the design's §7.

use crate::{
    home::{Done, Home},
    inputs::{self, GP},
    provider::Provider,
    rows::Rows,
    service::Service,
};
use reqwest::StatusCode;
use serde_json::Value;
use std::{fs, net::TcpListener, process::Command};

#[test]
fn a_command_without_a_home_says_how_to_make_one() {
    let nowhere = Home::absent();
    for command in [&["sql", "select 1"][..], &["serve"], &["catalog", "list"], &["audit", "verify"]] {
        nowhere.run(command).exits(1).says("carelake init --home");
    }
    let error = nowhere.run(["--json", "catalog", "list"]).exits(1).json();
    assert!(error["error"].as_str().unwrap().contains("no home"), "{error}");
    assert!(!nowhere.path().exists(), "a command that only reads made a home");
}

#[test]
fn a_home_is_not_made_twice() {
    let home = Home::new();
    let keys = || fs::read(home.path().join("keys/root.key")).unwrap();
    let before = keys();
    home.run(["init"]).exits(1).says("is a home already");
    assert!(before == keys(), "the keys were replaced");
    home.run(["audit", "verify"]).exits(0);
}

#[test]
fn wrong_usage_is_exit_status_2() {
    let home = Home::new();
    for wrong in [&["nonsense"][..], &["import"], &["import", "x.json"], &["sql"], &["serve", "--port", "1"]]
    {
        home.run(wrong).exits(2);
    }
    home.run(["provider", "add", "GP Elm Grove"]).exits(2).says("is not a source name");
    home.run(["provider", "add", "gp", "--scope", "system/*.rs"]).exits(2).says("a scope is");
    home.run(["--help"]).exits(0).says("Exit status: 0 done, 1 the work failed, 2 wrong usage");
}

#[test]
fn a_shell_completes_what_is_typed() {
    let home = Home::absent();
    for shell in ["zsh", "fish"] {
        home.run(["completions", shell]).exits(0).says("carelake");
    }
    let script = home.beside("carelake.bash");
    fs::write(&script, home.run(["completions", "bash"]).exits(0).stdout).unwrap();
    let typed = "source \"$0\"; COMP_WORDS=(carelake mart reg); COMP_CWORD=2; _carelake carelake reg mart; echo ${COMPREPLY[*]}";
    let completed = Command::new("bash").args(["-c", typed]).arg(&script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout), "register\n", "{completed:?}");
}

#[tokio::test]
async fn a_wrong_secret_is_answered_401_and_recorded() {
    let home = Home::new();
    let provider = Provider::add(&home, GP);
    let service = Service::start(&home, &[]);
    let wrong = provider.clone().with_secret("not-the-secret");
    let (status, answer) = wrong.token(service.address).await.unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(answer.to_string().contains("please provide valid credentials"), "{answer}");
    let (status, _) = provider.token(service.address).await.unwrap();
    assert_eq!(status, StatusCode::OK);

    home.run(["provider", "disable", GP]).exits(0);
    let (status, _) = provider.token(service.address).await.unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    service.stop();
    let refused = "select count(*) from audit.records where action = 'token' and outcome = 'refused'";
    assert_eq!(home.number(refused), 2);
    assert_eq!(home.number("select count(*) from catalog.tables"), 0);
}

#[test]
fn a_file_that_is_not_fhir_is_rejected_by_name_and_place() {
    let home = Home::new();
    let resources = inputs::resources(3, 2, GP);
    let text = resources[0].body.to_string();
    let cut = &text[..text.len() / 2];
    for (name, content, why) in [
        ("empty.json", "", "ends too early at line 1, column 1"),
        ("cut.json", cut, "ends too early at line 1"),
        ("words.json", "hello", "unexpected character at line 1, column 1"),
        ("list.json", "[1]", "resourceType"),
        ("other.json", r#"{"resourceType":"Cat","id":"a"}"#, "no FHIR R4 resource type"),
        ("nameless.json", r#"{"resourceType":"Patient"}"#, "has none"),
        ("binary.ndjson", "\u{0}\u{1}\n", "line 1"),
    ] {
        let file = home.beside(name);
        fs::write(&file, content).unwrap();
        let rejected = home.beside("rejected.ndjson");
        let done = home.run([
            "import".as_ref(),
            file.as_os_str(),
            "--source".as_ref(),
            GP.as_ref(),
            "--rejected".as_ref(),
            rejected.as_os_str(),
        ]);
        done.exits(1).says(name).says(why).says("read 1 = accepted 0 + rejected 1");
        let line: Value = serde_json::from_str(fs::read_to_string(rejected).unwrap().trim_end()).unwrap();
        assert_eq!(line["outcome"]["resourceType"], "OperationOutcome");
    }
    assert_eq!(home.number("select count(*) from catalog.tables"), 0);
}

#[test]
fn the_good_lines_of_a_file_are_taken_and_the_bad_one_is_named() {
    let home = Home::new();
    let resources = inputs::resources(3, 2, GP);
    let good: Vec<_> = resources.iter().filter(|sent| sent.before == 0).take(4).collect();
    let file = home.beside("mixed.ndjson");
    let mut lines: Vec<_> = good.iter().map(|sent| sent.body.to_string()).collect();
    let cut = lines[0][..20].to_owned();
    lines.insert(2, cut);
    fs::write(&file, lines.join("\n")).unwrap();
    let report = home.import(&file, GP).exits(1).json();
    assert_eq!(report["total"]["created"], 4);
    assert_eq!(report["rejected"][0]["place"], "line 3");
    assert_eq!(Rows::of(&home).total(), 4 + views_of(&home));
}

/// Rows of all views together.
fn views_of(home: &Home) -> usize {
    let names = home.sql("select table_name as n from catalog.tables where table_schema = 'view'");
    let count =
        |name: &Value| home.number(&format!("select count(*) from view.{}", name["n"].as_str().unwrap()));
    names.iter().map(|name| usize::try_from(count(name)).unwrap()).sum()
}

#[test]
fn a_path_that_does_not_exist_or_holds_nothing_fails_by_name() {
    let home = Home::new();
    home.import(&home.beside("gone.json"), GP).exits(1).says("gone.json");
    let empty = home.beside("nothing");
    fs::create_dir(&empty).unwrap();
    home.import(&empty, GP).exits(1).says("no .json or .ndjson");
    let text = home.beside("notes.txt");
    fs::write(&text, "x").unwrap();
    home.import(&text, GP).exits(1).says("notes.txt");
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let home = Home::new();
    let output = home.command(["catalog", "list"]).env("CARELAKE__GATEWAY__PORT", "3").output().unwrap();
    Done::from(output).exits(1).says("unknown field `port`");
    let file = home.path().join("carelake.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    text += "\n[gatway]\nlisten = []\n";
    fs::write(&file, text).unwrap();
    home.run(["catalog", "list"]).exits(1).says("gatway").says("carelake.toml");
}

#[test]
fn a_port_in_use_is_told() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = home.command(["serve"]).env("CARELAKE__GATEWAY__LISTEN", &address).output().unwrap();
    Done::from(output).exits(1).says(&address);
}

#[test]
fn sql_reads_only_and_tells_where_a_mistake_is() {
    let home = Home::new();
    let [file, _] = inputs::halves(home.path().parent().unwrap(), GP);
    home.import(&file, GP).exits(0);
    let before = Rows::of(&home);
    for write in [
        "delete from raw.patient",
        "update raw.patient set source = 'x'",
        "insert into raw.patient select * from raw.patient",
        "drop table raw.patient",
        "create table t as select 1",
        "create external table t stored as csv location '/etc/passwd'",
        "copy (select 1) to '/tmp/carelake-out.csv'",
        "set datafusion.execution.batch_size = 1",
    ] {
        home.run(["sql", write]).exits(1).says("not supported");
    }
    home.run(["sql", "selec 1"]).exits(1).says("found: selec");
    home.run(["sql", "select nope from raw.patient"]).exits(1).says("nope").says("version_id");
    home.run(["sql", "select * from raw.patients"]).exits(1).says("raw.patients");
    Rows::of(&home).same_as(&before);
}

#[test]
fn with_json_every_answer_is_json() {
    let home = Home::new();
    let [file, _] = inputs::halves(home.path().parent().unwrap(), GP);
    let (file, out) = (file.display().to_string(), home.beside("out").display().to_string());
    for arguments in [
        &["provider", "add", "gp-two"][..],
        &["provider", "list"],
        &["provider", "disable", "gp-two"],
        &["import", &file, "--source", GP],
        &["sql", "select source, count(*) as n from raw.patient group by 1"],
        &["mart", "build"],
        &["mart", "list"],
        &["catalog", "list"],
        &["catalog", "show", "raw.patient"],
        &["job", "list"],
        &["audit", "verify"],
        &["audit", "query", "--limit", "3"],
        &["simulate", "--patients", "1", "--output", &out],
        &["catalog", "show", "raw.nothing"],
        &["sql", "selec"],
        &["import", "nowhere.json", "--source", GP],
    ] {
        let done = home.run([&["--json"], arguments].concat());
        assert!(!done.stdout.trim().is_empty(), "{arguments:?} says nothing: {}", done.stderr);
        let whole = serde_json::from_str::<Value>(&done.stdout).is_ok();
        let lines = done.stdout.lines().all(|line| serde_json::from_str::<Value>(line).is_ok());
        assert!(whole || lines, "{arguments:?}: {}", done.stdout);
        if !done.status.success() {
            assert!(done.json()["error"].is_string(), "{arguments:?}: {}", done.stdout);
        }
    }
}

#[test]
fn the_same_import_twice_is_one() {
    let home = Home::new();
    let [file, _] = inputs::halves(home.path().parent().unwrap(), GP);
    home.import(&file, GP).exits(0);
    let before = Rows::of(&home);
    let again = home.import(&file, GP).exits(0).json();
    assert_eq!((&again["skipped_files"], &again["total"]["read"]), (&1.into(), &0.into()));
    // As another file it is read, and found to be known.
    let text = fs::read_to_string(&file).unwrap();
    let other = home.beside("other.ndjson");
    let mut lines: Vec<_> = text.lines().collect();
    lines.reverse();
    fs::write(&other, lines.join("\n")).unwrap();
    let again = home.import(&other, GP).exits(0).json();
    assert_eq!(again["total"]["unchanged"], again["total"]["read"]);
    assert!(again["total"]["read"].as_u64() > Some(0));
    Rows::of(&home).same_as(&before);
}

#[test]
fn two_sources_with_equal_ids_do_not_mix() {
    let home = Home::new();
    let [file, _] = inputs::halves(home.path().parent().unwrap(), GP);
    home.import(&file, "source-a").exits(0);
    let alone = home.number("select count(*) from raw.observation");
    let changed = fs::read_to_string(&file).unwrap().replace("\"female\"", "\"other\"");
    let other = home.beside("b.ndjson");
    fs::write(&other, changed).unwrap();
    let report = home.import(&other, "source-b").exits(0).json();
    assert_eq!(report["total"]["created"], report["total"]["read"]);
    assert!(alone > 0);
    let shared = "select count(*) from raw.observation a join raw.observation b on a.source <> b.source \
                  and (a.id = b.id or a.patient = b.patient)";
    assert_eq!(home.number(shared), 0);
    for source in ["source-a", "source-b"] {
        let own =
            format!("select count(*) from raw.observation where source = '{source}' and version_id = 1");
        assert_eq!(home.number(&own), alone);
    }
    let strangers = "select count(*) from raw.observation o left join raw.patient p \
                     on o.patient = p.id and o.source = p.source where p.id is null and o.patient in (select id from raw.patient)";
    assert_eq!(home.number(strangers), 0);
    let women = "select count(*) from raw.patient p join view.patient v on p.id = v.id \
                 where (p.source = 'source-a' and v.gender = 'other') or (p.source = 'source-b' and v.gender = 'female')";
    assert_eq!(home.number(women), 0);
}

#[test]
fn an_empty_lake_has_empty_views_and_marts() {
    let home = Home::new();
    assert_eq!(home.number("select count(*) from view.encounter"), 0);
    assert_eq!(home.number("select count(*) from person_link"), 0);
    home.run(["mart", "build"]).exits(0);
    assert_eq!(home.number("select count(*) from urgent_care.pathways"), 0);
}
