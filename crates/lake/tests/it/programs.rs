//! Models whose rows go through a program: what comes of them, and of programs that fail, never end, or may not be run.

use crate::home::{Home, chain, finish};
use control::{Cause, Queued, Run, RunState};
use lake::{
    LakeError,
    jobs::Jobs,
    models::{check_folder, lineage, preview, register},
    refinery::Refinery,
    sql::Reader,
};
use marts::Mart;
use model::{Clock, Timestamp};
use sandbox::{Sandbox, SandboxError};
use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

/// Scores whom a query tells of, and says whom on its standard error.
const SCORE: &str = "import csv, sys
rows = csv.DictReader(sys.stdin)
out = csv.writer(sys.stdout)
out.writerow(['score', 'person'])
for row in rows:
    print('saw', row['person'], file=sys.stderr)
    out.writerow([format(int(row['year']) / 8, '.3f'), row['person']])
";

const MODEL: &str = "-- One row per person with a score.
--
-- Columns
--   score: an eighth of the year
-- Program
--   run: python3 score.py
--   gives: person varchar, score decimal(9, 3)
-- Tests
--   unique: person
--   not null: person, score
select mart_person(p.id) as person, cast(substr(cast(p.birth_month as varchar), 1, 4) as int) as year
from view.patient p";

fn files(model: &str, program: &str) -> BTreeMap<String, String> {
    let after = "-- How many there are.\nselect count(*) as n, sum(score) as all_of_it from risk.scores";
    let files = [
        ("mart.toml", "question = \"Who is at risk?\""),
        ("scores.sql", model),
        ("score.py", program),
        ("count.sql", after),
    ];
    files.map(|(file, text)| (file.to_owned(), text.to_owned())).into()
}

fn reader(home: &Home) -> Reader {
    let allow = ["/usr/bin/python3", "/usr/bin/sh"].map(Into::into).into();
    let programs = Arc::new(Sandbox { allow, folders: Vec::new(), memory_bytes: 512 << 20 });
    Reader { programs, ..home.reader() }
}

async fn keep(home: &Home, files: &BTreeMap<String, String>, head: &str) {
    let mut files = files.clone();
    files.insert("mart.toml".to_owned(), format!("question = \"Who?\"\n[job]\n{head}"));
    register(&reader(home), ("risk", &files), "test", home.clock.now()).await.unwrap().unwrap();
}

async fn run(home: &Home, worker: &mut Refinery, cause: Cause) -> Result<Run, LakeError> {
    let queued = Queued { cause, actor: "test", due: None, asked: "" };
    let run = home.control.queue_run("mart.risk", &queued).await.unwrap().unwrap();
    finish(home, &mut Jobs::new(reader(home), Vec::new(), false), worker, run).await
}

async fn patients() -> (Home, Refinery) {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    for (id, year) in [("a", 1961), ("b", 1984)] {
        let patient = format!(r#"{{"resourceType":"Patient","id":"{id}","birthDate":"{year}-05-01"}}"#);
        home.put("gp", &patient).await;
    }
    worker.drain().await.unwrap();
    (home, worker)
}

/// How many processes have `mark` among their words.
fn alive(mark: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let words = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    words.filter(|words| String::from_utf8_lossy(words).contains(mark)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_go_through_a_program_and_are_tested_and_published() {
    let (mut home, mut worker) = patients().await;
    keep(&home, &files(MODEL, SCORE), "").await;
    let told = run(&home, &mut worker, Cause::Command).await.unwrap();
    assert!(told.facts.contains("made whole, by `python3 score.py`"), "{}", told.facts);
    assert_eq!(home.rows("select score from risk.scores order by 1").await, ["245.125", "248.000"]);
    assert_eq!(home.rows("select n, all_of_it from risk.count").await, ["2|493.125"]);
    let persons = home.rows("select person from risk.scores where length(person) = 32").await;
    assert_eq!(persons.len(), 2, "under the mart's pseudonyms");
    // What it said of them stays unsaid.
    let log = home.control.run_log(told.id, 0).await.unwrap();
    assert!(log.iter().all(|line| persons.iter().all(|person| !line.said.contains(person))), "{log:?}");
    // A column of a program is of anything that it was handed.
    let texts = files(MODEL, SCORE);
    let mart = Mart::read("risk", texts.iter().map(|(file, text)| (file.as_str(), text.as_str()))).unwrap();
    let origins = lineage(&reader(&home), &mart).await.unwrap().remove("scores").unwrap();
    let of = |column: &str| origins[column].iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>();
    assert_eq!((of("person"), of("score")), (vec!["birth_month", "id"], vec!["birth_month", "id"]));

    // The next run has the next rows.
    home.put("gp", r#"{"resourceType":"Patient","id":"c","birthDate":"2000-01-01"}"#).await;
    worker.drain().await.unwrap();
    run(&home, &mut worker, Cause::Command).await.unwrap();
    assert_eq!(home.rows("select n from risk.count").await, ["3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn periods_go_through_a_program_one_by_one() {
    let (home, mut worker) = patients().await;
    let visits = "-- One row per day.
--
-- Model
--   materialised: period
--   period: month
--   time: day
-- Program
--   run: sh -c cat
--   gives: day date, n bigint
select cast(period_start() + interval '1 day' as date) as day, count(*) as n from view.patient p";
    let files =
        [("mart.toml".to_owned(), String::new()), ("visits.sql".to_owned(), visits.to_owned())].into();
    keep(&home, &files, "").await;
    let told = run(&home, &mut worker, Cause::Command).await.unwrap();
    assert!(told.facts.contains("made for the month from"), "{}", told.facts);
    assert_eq!(home.rows("select n from risk.visits").await, ["2"]);
    // Rows of another month fail.
    let other = visits.replace("-c cat", "other.sh").to_owned();
    let script = "sed 's/^[0-9]*-/1999-/'".to_owned();
    let files = [("visits.sql".to_owned(), other), ("other.sh".to_owned(), script)].into();
    keep(&home, &files, "").await;
    let failed = chain(&run(&home, &mut worker, Cause::Command).await.unwrap_err());
    assert!(failed.contains("gives 1 rows whose `day` is null or outside of the period"), "{failed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_fails_leaves_the_version_before_and_its_words_unsaid() {
    let (home, mut worker) = patients().await;
    keep(&home, &files(MODEL, SCORE), "").await;
    run(&home, &mut worker, Cause::Command).await.unwrap();
    for (program, why) in [
        ("import sys; sys.exit('Mrs Smith')", "the program ended with exit status: 1, and wrote 10 bytes"),
        ("print('person,score\\nMrs Smith,much')", "`score` in row 1 is no Decimal128(9, 3)"),
        ("print('person')", "its first line does not name the column `score`"),
        ("print('person,score\\na,1\\na,2')", "`unique: person` does not hold of"),
    ] {
        keep(&home, &files(MODEL, program), "").await;
        let failed = chain(&run(&home, &mut worker, Cause::Command).await.unwrap_err());
        assert!(failed.contains(why) && !failed.contains("Smith"), "{failed}");
        let run = home.control.runs(Some("mart.risk"), 1).await.unwrap().remove(0);
        let log = home.control.run_log(run.id, 0).await.unwrap();
        assert!(log.iter().all(|line| !line.said.contains("Smith")), "{log:?}");
        assert_eq!(home.rows("select n from risk.count").await, ["2"]);
    }
    // What it gives is wrong again next time; that it failed may have been chance.
    keep(&home, &files(MODEL, "print('person')"), "retries = 2").await;
    run(&home, &mut worker, Cause::Schedule).await.unwrap_err();
    keep(&home, &files(MODEL, "import sys; sys.exit(1)"), "retries = 2").await;
    let queued = Queued { cause: Cause::Schedule, actor: "test", due: None, asked: "" };
    let again = home.control.queue_run("mart.risk", &queued).await.unwrap().unwrap();
    let mut jobs = Jobs::new(reader(&home), Vec::new(), false);
    let state = loop {
        jobs.turn(&mut worker).await.unwrap();
        let run = home.control.run(again).await.unwrap().unwrap();
        if run.detail.contains("it is tried again") || run.state.is_over() {
            break run.state;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(state, RunState::Queued);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_without_end_ends_with_its_run() {
    let (home, mut worker) = patients().await;
    let mark = format!("endless-{}", std::process::id());
    let model = MODEL.replace("score.py", &format!("score.py {mark}"));
    let endless = "import time\nwhile True: time.sleep(1)";
    keep(&home, &files(&model, endless), "timeout = \"1s\"").await;
    let failed = chain(&run(&home, &mut worker, Cause::Command).await.unwrap_err());
    assert!(failed.contains("it took longer than the 1 seconds that it may"), "{failed}");
    keep(&home, &files(&model, endless), "timeout = \"1h\"").await;
    let queued = Queued { cause: Cause::Command, actor: "test", due: None, asked: "" };
    let asked = home.control.queue_run("mart.risk", &queued).await.unwrap().unwrap();
    let mut jobs = Jobs::new(reader(&home), Vec::new(), false);
    let mut cancelled = false;
    loop {
        jobs.turn(&mut worker).await.unwrap();
        let run = home.control.run(asked).await.unwrap().unwrap();
        if run.state.is_over() {
            assert_eq!(run.state, RunState::Cancelled);
            break;
        }
        if !cancelled && alive(&mark) > 0 {
            home.control.cancel_run(asked).await.unwrap();
            cancelled = true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..500 {
        if alive(&mark) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it lives on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_go_through_a_program_is_refused() {
    let (home, _worker) = patients().await;
    let refused = async |model: &str| {
        let files = files(model, SCORE);
        check_folder(&reader(&home), ("risk", &files)).await.unwrap().unwrap_err().to_string()
    };
    let why = refused(&MODEL.replace("python3", "perl")).await;
    assert_eq!(why, "scores.sql: `perl` is no program that may be run here; there are python3, sh");
    let why = refused(&MODEL.replace("as year", "as year, p.name_family as name")).await;
    assert!(why.contains("name_family"), "{why}");
    let linked = MODEL.replace("mart_person(p.id) as person", "l.person as person");
    let why = refused(&format!("{linked} join person_link l on l.patient = p.id")).await;
    assert!(why.contains("its column `person` tells who is who"), "{why}");
    let why = refused(&MODEL.replace("as year", "as year, make_array(1, 2) as two")).await;
    assert!(why.contains("its column `two` does not fit into CSV"), "{why}");
    let why = refused(&MODEL.replace("decimal(9, 3)", "decimal(999, 3)")).await;
    assert!(why.starts_with("scores.sql: "), "{why}");
    let why = refused(&MODEL.replace("score: an", "colour: an")).await;
    assert!(why.contains("a column `colour`, which the program does not have"), "{why}");
    // A lake whose keeper allows none.
    let none = check_folder(&home.reader(), ("risk", &files(MODEL, SCORE))).await.unwrap().unwrap_err();
    assert!(none.to_string().ends_with("names programs in `[programs] allow`"), "{none}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_one_sees_what_it_says() {
    let (home, _worker) = patients().await;
    let key = home.created.ring.worker().unwrap().project_mac;
    let shown = async |program: &str, sample: usize| {
        let files = files(MODEL, program);
        let mart =
            Mart::read("risk", files.iter().map(|(file, text)| (file.as_str(), text.as_str()))).unwrap();
        let model = mart.model("scores").unwrap();
        preview(&reader(&home), (&mart, model), sample, (&key, Timestamp(0))).await.unwrap()
    };
    let preview = shown(SCORE, 1).await;
    let made = preview.program.unwrap().unwrap();
    let rows = |rows: &[arrow::array::RecordBatch]| rows.iter().map(|batch| batch.num_rows()).sum::<usize>();
    assert_eq!((rows(&preview.query), rows(&made.read)), (1, 1));
    assert!(made.said.last.starts_with("saw ") && made.said.last.len() == 37, "{:?}", made.said);
    let failed = shown("import sys; sys.exit('no such weight')", 10).await.program.unwrap().unwrap_err();
    let SandboxError::Failed { said, .. } = failed else { panic!("{failed:?}") };
    assert_eq!(said.last, "no such weight\n");
}
