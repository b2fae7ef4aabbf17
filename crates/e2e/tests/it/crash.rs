//! Dying at every failpoint, then the same once more: the rows are those of an undisturbed run.

use crate::{
    home::{Done, Home},
    inputs::{self, GP, TRUST},
    records, registered,
    rows::Rows,
    service::{Service, serve_until_it_ends, until},
};
use std::{
    ffi::OsStr,
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
};

const FAILPOINT: &str = "CARELAKE_FAILPOINT";
/// Upkeep all the time, marts by command only.
const BUSY: &[(&str, &str)] = &[
    ("CARELAKE__WORKER__UPKEEP_MS", "50"),
    ("CARELAKE__WORKER__IDLE_MS", "50"),
    ("CARELAKE__WORKER__SCHEDULES", "false"),
];

macro_rules! dying_at {
    ($($name:ident: $failpoint:literal by $how:ident;)*) => {
        $(#[test]
        fn $name() {
            $how($failpoint);
        })*

        #[test]
        fn every_failpoint_has_its_test() {
            assert_eq!(model::FAILPOINTS, [$($failpoint),*]);
        }
    };
}

dying_at! {
    dying_after_a_record_is_durable_loses_none: "audit.record.after-put" by importing_at_each_pass;
    dying_after_a_checkpoint_is_durable_forks_nothing: "audit.checkpoint.after-put" by checkpointing;
    dying_before_a_segment_is_written_loses_nothing: "landing.segment.before-put" by importing;
    dying_before_a_segment_is_registered_loses_nothing: "landing.segment.after-put" by importing;
    dying_before_a_registration_is_answered_repeats_nothing: "landing.register.after-commit" by importing;
    dying_after_an_intent_loses_nothing: "refinery.intent.after-commit" by importing;
    dying_after_record_keys_loses_nothing: "refinery.vault.after-keys" by importing;
    dying_between_two_link_tables_loses_nothing: "refinery.link.after-each-commit" by importing_at_each_pass;
    dying_after_links_loses_nothing: "refinery.link.after-commit" by importing;
    dying_between_two_files_of_fragments_loses_nothing:
        "refinery.vault.after-each-fragments" by importing_at_each_pass;
    dying_after_fragments_loses_nothing: "refinery.vault.after-fragments" by importing;
    dying_before_the_first_table_loses_nothing: "refinery.tables.before-commit" by importing;
    dying_after_a_table_is_made_loses_nothing: "table.create.after-commit" by importing_first;
    dying_between_a_table_s_file_and_its_commit_repeats_nothing: "table.data.after-write" by importing;
    dying_between_two_tables_repeats_nothing: "refinery.tables.after-first-commit" by importing;
    dying_after_the_last_table_repeats_nothing: "refinery.tables.after-last-commit" by importing;
    dying_after_publishing_repeats_nothing: "refinery.publish.after-commit" by importing;
    dying_before_an_import_is_noted_as_whole_repeats_nothing: "import.files.before-note" by importing;
    dying_while_marts_are_built_leaves_whole_marts: "model.tables.after-commit" by building_marts;
    dying_after_a_slice_of_a_view_repeats_no_row: "view.fill.after-slice" by building_a_view;
    dying_before_a_view_is_shown_shows_it_later: "view.swap.after-intent" by building_a_view;
    dying_after_a_view_is_shown_changes_no_row: "view.swap.after-publish" by building_a_view;
    dying_between_two_rewritten_tables_changes_no_row:
        "compaction.after-each-table" by compacting;
    dying_after_a_rewrite_changes_no_row: "compaction.after-rewrite" by compacting;
    dying_after_a_compaction_is_published_changes_no_row: "compaction.after-publish" by compacting;
    dying_after_a_checkpoint_changes_no_row: "upkeep.log.after-checkpoint" by deleting_segments;
    dying_after_log_entries_are_deleted_changes_no_row: "upkeep.log.after-delete" by deleting_segments;
    dying_before_a_segment_is_deleted_deletes_it_later: "landing.segment.before-delete" by deleting_segments;
    dying_after_a_segment_is_deleted_forgets_it_later: "landing.segment.after-delete" by deleting_segments;
}

/// A home that holds half of what two sources know, and the file with the GP's other half.
fn half_full() -> (Home, PathBuf) {
    let home = Home::new();
    let folder = home.beside("inputs");
    fs::create_dir(&folder).unwrap();
    let [first, second] = inputs::halves(&folder, GP);
    home.import(&first, GP).exits(0);
    home.import(&inputs::halves(&folder, TRUST)[0], TRUST).exits(0);
    (home, second)
}

/// What an undisturbed import of `file` makes of a copy of `home`.
fn undisturbed(home: &Home, file: &Path) -> Rows {
    let copy = home.copy();
    let report = copy.import(file, GP).exits(0).json();
    assert!(report["total"]["created"].as_u64() > Some(0));
    Rows::of(&copy)
}

fn import_dying_at(failpoint: &str, home: &Home, file: &Path) -> Done {
    let arguments = [OsStr::new("import"), file.as_ref(), "--source".as_ref(), GP.as_ref()];
    Done::from(home.command(arguments).env(FAILPOINT, failpoint).output().unwrap())
}

fn import_again(home: &Home, file: &Path, undisturbed: &Rows) {
    home.import(file, GP).exits(0);
    Rows::of(home).same_as(undisturbed);
    home.run(["audit", "verify"]).exits(0);
    records::of_every_publication(home);
}

fn importing(failpoint: &str) {
    let (home, file) = half_full();
    let undisturbed = undisturbed(&home, &file);
    import_dying_at(failpoint, &home, &file).aborted();
    import_again(&home, &file, &undisturbed);
}

fn checkpointing(failpoint: &str) {
    let (home, _) = half_full();
    let checkpoint = || home.run(["--json", "audit", "checkpoint"]).exits(0).json()["size"].as_u64();
    let before = checkpoint();
    Done::from(home.command(["audit", "checkpoint"]).env(FAILPOINT, failpoint).output().unwrap()).aborted();
    assert!(checkpoint() > before);
    home.run(["audit", "verify"]).exits(0);
}

/// Into a home that holds nothing yet.
fn importing_first(failpoint: &str) {
    let home = Home::new();
    let [file, _] = inputs::halves(home.path().parent().unwrap(), GP);
    let undisturbed = undisturbed(&home, &file);
    import_dying_at(failpoint, &home, &file).aborted();
    import_again(&home, &file, &undisturbed);
}

/// Once for each time that an import passes the place.
fn importing_at_each_pass(failpoint: &str) {
    let (base, file) = half_full();
    let undisturbed = undisturbed(&base, &file);
    let mut passes = 0;
    loop {
        let home = base.copy();
        let done = import_dying_at(&format!("{failpoint}:{}", passes + 1), &home, &file);
        if done.status.success() {
            break;
        }
        done.aborted();
        import_again(&home, &file, &undisturbed);
        passes += 1;
    }
    assert!(passes > 1, "it was passed {passes} times");
}

fn building_marts(failpoint: &str) {
    let (base, _) = half_full();
    let before = Rows::of(&base);
    let undisturbed = base.copy();
    undisturbed.run(["mart", "build"]).exits(0);

    Done::from(base.command(["mart", "build"]).env(FAILPOINT, failpoint).output().unwrap()).aborted();
    // The dead process's lease has to run out.
    until("marts", || base.run(["mart", "build"]).status.success());
    for mart in ["urgent_care.pathways", "long_term_conditions.persons"] {
        let counted = |home: &Home| home.number(&format!("select count(*) from {mart}"));
        assert!(counted(&undisturbed) > 0, "{mart}");
        assert_eq!(counted(&base), counted(&undisturbed), "{mart}");
    }
    Rows::of(&base).same_as(&before);
    base.run(["audit", "verify"]).exits(0);
}

/// A view that replaces another: the one or the other is seen, whole, whenever the process dies; then the other half
/// of the data comes in.
fn building_a_view(failpoint: &str) {
    let (base, file) = half_full();
    let folder = base.beside("views");
    fs::create_dir(&folder).unwrap();
    let old = registered::write(&folder, "old.json", registered::CODES);
    let new = registered::write(&folder, "new.json", registered::CODES_AGAIN);
    base.run([OsStr::new("view"), "register".as_ref(), old.as_ref()]).exits(0);
    let register = |home: &Home| home.run([OsStr::new("view"), "register".as_ref(), new.as_ref()]);

    let undisturbed = base.copy();
    register(&undisturbed).exits(0);
    undisturbed.import(&file, GP).exits(0);
    let undisturbed = Rows::of(&undisturbed);

    let home = base.copy();
    let arguments = [OsStr::new("view"), "register".as_ref(), new.as_ref()];
    Done::from(home.command(arguments).env(FAILPOINT, failpoint).output().unwrap()).aborted();
    let seen = home.sql("select * from view.codes limit 1");
    assert_eq!(seen[0].get("status").is_some(), failpoint == "view.swap.after-publish");
    // The dead process's lease has to run out.
    until("the view", || {
        register(&home).exits(0);
        registered::state(&home, "codes") == "current"
    });
    home.import(&file, GP).exits(0);
    Rows::of(&home).same_as(&undisturbed);
    let rows = home.sql("select * from view.codes");
    assert!(rows.len() > 10 && rows.iter().all(|row| row.get("status").is_some()));
    home.run(["audit", "verify"]).exits(0);
}

fn compacting(failpoint: &str) {
    const SMALL_FILES: usize = 10;
    let home = Home::new();
    let all = inputs::resources(3, 6, GP);
    let mut observations = all.iter().filter(|sent| sent.resource_type == "Observation" && sent.before == 0);
    let mut files = (0..SMALL_FILES)
        .map(|at| inputs::write(home.beside(&format!("{at}.ndjson")), observations.by_ref().take(2)))
        .collect::<Vec<_>>();
    let last = files.pop().unwrap();
    files.iter().for_each(|file| drop(home.import(file, GP).exits(0)));
    // So many files are merged by the import that makes the last of them.
    let undisturbed = home.copy();
    undisturbed.import(&last, GP).exits(0);
    let version = |home: &Home| {
        home.number(
            "select version from catalog.tables where table_schema = 'raw' and table_name = 'observation'",
        )
    };
    let merged = version(&undisturbed);
    assert_eq!(merged, 1 + i64::try_from(SMALL_FILES).unwrap(), "it was not compacted");
    let undisturbed = Rows::of(&undisturbed);

    import_dying_at(failpoint, &home, &last).aborted();
    Rows::of(&home).same_as(&undisturbed);
    home.import(&last, GP).exits(0);
    Rows::of(&home).same_as(&undisturbed);
    // The next worker ends what was begun, once the dead process's lease has run out.
    until("a published compaction", || {
        home.run(["mart", "build"]);
        version(&home) == merged
    });
    Rows::of(&home).same_as(&undisturbed);
    home.run(["audit", "verify"]).exits(0);
}

fn deleting_segments(failpoint: &str) {
    let (home, _) = half_full();
    let before = Rows::of(&home);
    let segments = || home.objects("zones/landing").len();
    assert_eq!(segments(), 2);
    let mut settings = BUSY.to_vec();
    settings.extend([("CARELAKE__WORKER__KEEP_SEGMENTS_MS", "0"), ("CARELAKE__WORKER__KEEP_MS", "200")]);
    let mut dying = settings.clone();
    dying.push((FAILPOINT, failpoint));
    let (status, log) = serve_until_it_ends(&home, &dying);
    assert_eq!(status.signal(), Some(6), "{log}");
    let deleted = usize::from(failpoint == "landing.segment.after-delete");
    assert_eq!(segments(), 2 - deleted);

    let service = Service::start(&home, &settings);
    until("an empty landing", || segments() == 0);
    service.stop();
    Rows::of(&home).same_as(&before);
    // What was deleted from landing is still known: the ledger is not made from the objects.
    let again = home.beside("again.ndjson");
    fs::copy(home.beside("inputs").join(format!("{GP}-1.ndjson")), &again).unwrap();
    fs::OpenOptions::new()
        .append(true)
        .open(&again)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"\n"))
        .unwrap();
    let report = home.import(&again, GP).exits(0).json();
    assert_eq!(report["total"]["unchanged"], report["total"]["read"]);
    Rows::of(&home).same_as(&before);
}
