//! The engine and its rules from outside.

use super::{tell::hides, *};
use model::{AuditEvent, AuditOutcome, AuditPosition, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

const START: i64 = 1_767_571_200_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;

const ACTIONS: [(&str, AuditOutcome); 8] = [
    ("fhir.create", AuditOutcome::Success),
    ("fhir.transaction", AuditOutcome::Success),
    ("fhir.refused", AuditOutcome::Refused),
    ("token", AuditOutcome::Refused),
    ("role.assume", AuditOutcome::Success),
    ("sql.query", AuditOutcome::Refused),
    ("person.reidentify", AuditOutcome::Success),
    ("audit.verify", AuditOutcome::Failed),
];

/// An event of some kind, by a few small numbers.
fn seen(index: u64, time: i64, kind: usize, actor: usize, number: u64) -> Seen {
    let (action, outcome) = ACTIONS[kind % ACTIONS.len()];
    let target = ["policy", "custodian", "analyst"][actor % 3];
    let event = AuditEvent::new(Timestamp(time), action, format!("actor-{actor}"), outcome, target)
        .with("reason", "unauthenticated")
        .with("network", actor)
        .with("resources", number * 997)
        .with("persons", number);
    Seen { position: AuditPosition { writer: format!("gateway-{}", index % 3), index }, event }
}

/// The alerts in the end: what was raised, as it went on.
fn run(watch: &mut Watch, records: &[Seen]) -> BTreeMap<String, Alert> {
    let mut alerts = BTreeMap::new();
    for record in records {
        alerts.extend(watch.see(record).into_iter().map(|alert| (alert.key.clone(), alert)));
    }
    alerts.extend(watch.went_on().into_iter().map(|alert| (alert.key.clone(), alert)));
    alerts
}

/// What does not depend on which of several records of one moment came first.
fn counts(alerts: &BTreeMap<String, Alert>) -> Vec<(String, String, u64, i64, i64)> {
    let mut counts: Vec<_> = alerts
        .values()
        .map(|one| (one.rule.clone(), one.subject.clone(), one.count, one.first_time.0, one.last_time.0))
        .collect();
    counts.sort();
    counts
}

fn rule(condition: &str) -> Rule {
    Rule::read("own.toml", &rule_file("own", condition)).unwrap()
}

fn rule_file(name: &str, condition: &str) -> String {
    format!(
        r#"
        name = "{name}"
        title = "Own"
        severity = "notice"
        tell = "{{subject}}: {{count}} {{what}}"
        [events]
        {condition}
        [[case]]
        name = "fires"
        fires = 1
        events = [{{ action = "x" }}]
        [[case]]
        name = "silent"
        silent = true
        events = [{{ action = "x" }}]
        "#
    )
}

/// The built-in rules, and ones that fire sooner.
fn sensitive() -> Rules {
    let conditions = [
        "[when.count]\nat_least = 4\nwithin = \"10m\"\nby = [\"detail.network\"]",
        "[when.sum]\nof = \"detail.persons\"\nat_least = 30\nwithin = \"1m\"",
        "[when.unusual_hour]\nafter_days = 3",
        "[when.unusual_volume]\nof = \"detail.resources\"\nfactor = 1.5\nfloor = 10\nafter_days = 3",
        "[when.silent]\nfloor = \"1h\"\nfactor = 1\nafter_days = 3",
        "[when.unfamiliar]\nwhat = \"action\"\nafter_days = 3",
    ];
    let files: Vec<_> = conditions
        .iter()
        .enumerate()
        .map(|(number, condition)| (format!("own-{number}"), rule_file(&format!("own-{number}"), condition)))
        .collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Rules::with_own(&files).unwrap()
}

#[test]
fn every_built_in_rule_proves_itself() {
    for rule in Rules::builtin().iter() {
        if let Err(failed) = rule.prove() {
            let failed: Vec<_> = failed.iter().map(ToString::to_string).collect();
            panic!("{}: {}", rule.name(), failed.join("\n"));
        }
    }
}

#[test]
fn the_example_of_the_page_about_rules_proves_itself() {
    let page = include_str!("../../rules/README.md");
    let example = page.split("```").nth(1).unwrap().strip_prefix("toml").unwrap();
    Rule::read("README.md", example).unwrap().prove().unwrap();
}

#[test]
fn a_rule_that_its_cases_do_not_prove_is_told_by_case() {
    let failed = rule("[when.count]\nat_least = 2\nwithin = \"1m\"").prove().unwrap_err();
    let failed: Vec<_> = failed.iter().map(ToString::to_string).collect();
    assert_eq!(failed, ["case `fires`: wanted 1 alerts and found 0"]);
    let failed = rule("[when.any]").prove().unwrap_err();
    assert_eq!(failed[0].to_string(), "case `silent`: wanted 0 alerts and found 1; *: 1 ");
}

#[test]
fn an_alert_goes_on_until_it_has_been_quiet() {
    let mut watch = Watch::new(rule("[when.count]\nat_least = 3\nwithin = \"10m\"").into());
    let at = |minute: i64, index: u64| seen(index, START + minute * MINUTE, 0, 1, 1);
    assert_eq!(watch.see(&at(0, 0)).len() + watch.see(&at(5, 1)).len(), 0);
    let raised = watch.see(&at(9, 2)).remove(0);
    assert_eq!((raised.count, raised.first.index, raised.last.index), (3, 0, 2));
    assert!(watch.went_on().is_empty());
    assert!(watch.see(&at(19, 3)).is_empty());
    assert!(watch.see(&at(29, 4)).is_empty());
    let gone_on = watch.went_on().remove(0);
    assert_eq!((gone_on.count, &gone_on.key, gone_on.last.index), (5, &raised.key, 4));
    assert!(watch.went_on().is_empty());
    // It ends before its newest count is asked for, which is told all the same.
    assert!(watch.see(&at(30, 5)).is_empty());
    assert!(watch.see(&at(41, 6)).is_empty());
    assert_eq!(watch.went_on().iter().map(|alert| alert.count).collect::<Vec<_>>(), [6]);
    watch.see(&at(42, 7));
    assert_ne!(watch.see(&at(43, 8)).remove(0).key, raised.key);
}

#[test]
fn records_that_come_minutes_late_count_where_they_belong() {
    let mut watch = Watch::new(rule("[when.count]\nat_least = 10\nwithin = \"5m\"").into());
    let mut records: Vec<_> =
        (0..10_u32).map(|n| seen(n.into(), START + i64::from(n) * 20_000, 0, 1, 1)).collect();
    records.insert(5, seen(10, START + 11 * MINUTE, 0, 1, 1));
    let alerts = run(&mut watch, &records);
    assert_eq!(counts(&alerts), [("own".into(), "*".into(), 10, START, START + 180_000)]);
}

#[test]
fn a_clock_that_was_wrong_once_does_not_make_a_rule_deaf() {
    let far = 253_402_300_799_999;
    for condition in [
        "[when.any]",
        "[when.count]\nat_least = 3\nwithin = \"1h\"",
        "[when.unusual_hour]\nafter_days = 3",
        "[when.unusual_volume]\nfloor = 2\nafter_days = 3",
        "[when.silent]\nfloor = \"1h\"\nafter_days = 3",
        "[when.unfamiliar]\nwhat = \"detail.resources\"\nafter_days = 3",
    ] {
        let mut watch = Watch::new(rule(condition).into());
        for index in 0..5 {
            watch.see(&seen(index, far, 0, 1, 1));
        }
        let mut records: Vec<_> =
            (0..14).map(|n| seen(n, START + i64::try_from(n).unwrap() / 2 * DAY, 0, 1, 0)).collect();
        // At another hour, more than before, and something that was seen by the wrong clock only; then nothing.
        records.extend((14..30).map(|n| seen(n, START + 6 * DAY + 600 * MINUTE, 0, 1, 1)));
        records.extend((30..32).map(|n| seen(n, START + 20 * DAY + i64::try_from(n).unwrap(), 0, 2, 1)));
        let raised = records.iter().map(|record| watch.see(record).len()).sum::<usize>();
        assert!(raised > 0, "{condition}");
    }
}

#[test]
fn what_finds_something_else_than_before_begins_anew_and_what_says_something_else_does_not() {
    let two = rule("[when.count]\nat_least = 2\nwithin = \"10m\"");
    let mut watch = Watch::new(two.clone().into());
    watch.see(&seen(0, START, 0, 1, 1));
    let saved = watch.save().unwrap();
    let next = seen(1, START, 0, 1, 1);
    let resumed = |rule: Rule| Watch::restore(rule.into(), &saved).unwrap().see(&next).len();
    assert_eq!(resumed(two.clone()), 1);
    let mut other = two;
    other.title = "Other words".into();
    assert_eq!(resumed(other), 1);
    assert_eq!(resumed(rule("[when.count]\nat_least = 2\nwithin = \"11m\"")), 0);
    let other = String::from_utf8(saved.clone()).unwrap().replace("watch-1", "watch-2");
    let refused = Watch::restore(Rules::builtin(), other.as_bytes()).unwrap_err();
    assert!(matches!(refused, RestoreError::Format(format) if format == "carelake-watch-2"));
    assert!(matches!(Watch::restore(Rules::builtin(), b"{}"), Err(RestoreError::Malformed(_))));
}

#[test]
fn memory_is_bounded_whoever_comes() {
    const ACTORS: u64 = 1_000_000;
    let mut watch = Watch::new(Rules::builtin());
    let rules = Rules::builtin().iter().count();
    let mut most = 0;
    let mut record = seen(0, START, 0, 0, 1);
    for number in 0..ACTORS {
        let (action, outcome) = ACTIONS[usize::from(number % 4 == 0) * 3];
        (record.event.action, record.event.outcome) = (action.to_owned(), outcome);
        (record.event.time, record.position.index) = (Timestamp(START + number as i64), number);
        record.event.actor = format!("actor-{number}");
        record.event.detail.insert("network".to_owned(), number.to_string());
        watch.see(&record);
        most = most.max(watch.bytes());
    }
    assert!(most <= rules * (4 << 20), "{most}");
    assert!(most > 4 << 20, "the bound was reached");
    assert!(watch.save().unwrap().len() < 64 << 20);
}

#[test]
fn an_actor_that_is_seen_stays_while_strangers_go() {
    let condition = "[when.count]\nat_least = 1000\nwithin = \"1d\"\nby = [\"actor\"]";
    let mut watch = Watch::with_budget(rule(condition).into(), 20_000);
    let mut raised = 0;
    for number in 0..1_000 {
        raised += watch.see(&seen(number, START, 0, 7, 1)).len();
        for stranger in 0..20 {
            watch.see(&seen(number, START, 0, 1_000 + usize::try_from(number).unwrap() * 20 + stranger, 1));
        }
    }
    assert_eq!(raised, 1);
}

#[test]
#[ignore = "measures: cargo test --release -p audit --lib -- --ignored --nocapture watch"]
fn how_many_records_a_second() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let weights = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5];
    let records: Vec<_> = (0..1_000_000_u32)
        .map(|n| {
            let kind = weights[random.random_range(0..weights.len())];
            let actor = random.random_range(0..200);
            let mut seen = seen(n.into(), START + i64::from(n) * 3_000, kind, actor, 1);
            // As the trail has it: refusals of strangers name a network, successes a provider.
            if kind != 3 {
                seen.event.detail.remove("network");
            }
            seen
        })
        .collect();
    for (name, rules) in [("all", Rules::builtin()), ("none", Rules::default())] {
        let mut watch = Watch::new(rules);
        let begun = std::time::Instant::now();
        let alerts: usize = records.iter().map(|record| watch.see(record).len()).sum();
        let rate = records.len() as f64 / begun.elapsed().as_secs_f64();
        let (bytes, saving) = (watch.bytes(), std::time::Instant::now());
        let saved = watch.save().unwrap();
        let saving = saving.elapsed();
        println!(
            "{name}: {rate:.0} records/s, {alerts} alerts, {bytes} bytes, saved as {} in {saving:?}",
            saved.len()
        );
    }
}

#[test]
fn what_is_wrong_with_a_rule_is_told_with_its_line_and_what_to_do() {
    let good = include_str!("../../rules/bulk-reidentification.toml");
    Rule::read("good.toml", good).unwrap();
    for (from, to, wanted) in [
        (
            "severity = \"critical\"",
            "severity = \"bad\"",
            "line 4: unknown variant `bad`, expected one of `notice`, `warning`, `critical`",
        ),
        (
            "severity = \"critical\"",
            "severity = \"critical\"\ncolour = 1",
            "line 5: unknown field `colour`, expected one of",
        ),
        ("name = \"bulk", "name = \"Bulk", "`name`: write 1 to 64 of a-z, 0-9 and -"),
        (
            "{count} persons",
            "{detail.reason} persons",
            "line 5: `{detail.reason}` cannot be filled in: write {subject},",
        ),
        (
            "within = \"1h\"",
            "within = \"1y\"",
            "line 15: `1y` is no length of time: write a number and s, m, h or d",
        ),
        ("by = [\"actor\"]", "by = [\"detail.reason\"]", "line 16: detail.reason holds sentences"),
        ("at_least = 20\n", "at_least = 0\n", "`when.sum.at_least`: write 1 or more"),
        ("at_least = 20\n", "", "line 11: missing field `at_least`"),
        (
            "[when.sum]",
            "[when.sums]",
            "line 11: unknown variant `sums`, expected one of `any`, `count`, `sum`",
        ),
        (
            "outcomes = [\"success\"]",
            "outcomes = [\"success\"]\ndetail.x = 1",
            "line 10: write a text, a list of texts",
        ),
        (
            "actions = [\"person.reidentify\"]",
            "actions = [\"per*son\"]",
            "line 8: `per*son` fits nothing: write a whole name",
        ),
        ("silent = true", "fires = 1", "`case`: write at least one case in which the rule is silent"),
        (
            "silent = true",
            "",
            "`case`: case `a few a day, and refusals`: write either `fires = 1` (or more) or `silent = true`",
        ),
        ("repeat = 25", "repeat = 250000", "`case`: case `one by one`: write at most 100000 events"),
        ("at = \"10:00\"", "at = \"25:00\"", "`25:00` is no time of day"),
        ("[when.sum]", "[[case", "line 11: "),
    ] {
        let text = good.replace(from, to);
        assert_ne!(text, good, "{from}");
        let told = Rule::read("own.toml", &text).unwrap_err().to_string();
        let told = told.strip_prefix("rule file `own.toml`, ").unwrap_or(&told);
        assert!(told.contains(wanted), "{told}\n{wanted}");
    }
    let twice = Rules::with_own(&[("own.toml", good)]).unwrap_err();
    assert_eq!(twice.to_string(), "rule file `own.toml`, `name`: another rule has this name: write another");
}

/// Three months of ten surgeries (weekdays by day), three hospitals (always), a laboratory that sends in bulk on
/// Mondays, and people who mistype: what happened when, as (time, action, actor, resources).
fn ordinary_life() -> Vec<Seen> {
    const HOUR: i64 = 60 * MINUTE;
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut life = Vec::new();
    for day in 0..91_i64 {
        // Summer time begins on a Sunday.
        let summer = if day >= 83 { -HOUR } else { 0 };
        let midnight = START + day * DAY + summer;
        let mut note =
            |time, action, actor: String, resources: u64| life.push((time, action, actor, resources));
        for hospital in 0..3 {
            for _ in 0..random.random_range(80..160) {
                let time = midnight + random.random_range(0..DAY);
                note(time, "fhir.transaction", format!("hospital-{hospital}"), random.random_range(1..40));
            }
        }
        for surgery in (0..10).filter(|_| day % 7 < 5 && day != 60) {
            note(midnight + 8 * HOUR, "fhir.create", format!("gp-{surgery}"), 1);
            for _ in 0..random.random_range(10..60) {
                let time = midnight + random.random_range(8 * HOUR..18 * HOUR);
                note(time, "fhir.create", format!("gp-{surgery}"), 1);
            }
        }
        note(
            midnight + 2 * HOUR,
            "fhir.transaction",
            "laboratory".into(),
            if day % 7 == 0 { 30_000 } else { 20 },
        );
        for _ in 0..random.random_range(0..12) {
            note(midnight + random.random_range(0..DAY), "token", "anonymous".into(), 0);
        }
    }
    life.sort();
    let life = life.into_iter().zip(0_u64..);
    life.map(|((time, action, actor, resources), index)| {
        let (_, outcome) = ACTIONS.into_iter().find(|(name, _)| *name == action).unwrap();
        let event = AuditEvent::new(Timestamp(time), action, actor, outcome, "")
            .with("resources", resources)
            .with("reason", "unauthenticated")
            .with("network", "192.0.2.0/24");
        Seen { position: AuditPosition { writer: "serve".into(), index }, event }
    })
    .collect()
}

#[test]
fn three_months_of_ordinary_life_raise_no_alert() {
    let alerts = run(&mut Watch::new(Rules::builtin()), &ordinary_life());
    let told: Vec<_> = alerts.values().map(|alert| format!("{}: {}", alert.rule, alert.sentence)).collect();
    assert!(told.is_empty(), "{} alerts\n{}", told.len(), told.join("\n"));
}

/// Records in the order of time, one step in milliseconds after another.
fn records(steps: &'static [i64], most: usize) -> impl Strategy<Value = Vec<Seen>> {
    let one = (proptest::sample::select(steps), 0..ACTIONS.len(), 0..3_usize, 0..9_u64);
    proptest::collection::vec(one, 1..most).prop_map(|drawn| {
        let mut time = START;
        let mut place = |(step, kind, actor, number), index| {
            time += step;
            seen(index, time, kind, actor, number)
        };
        drawn.into_iter().zip(0_u64..).map(|(one, index)| place(one, index)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_records_of_one_moment_does_not_matter(
        mut records in records(&[0, 0, 0, 0, 1, 20_000, MINUTE, 7 * MINUTE, 60 * MINUTE], 400),
        seed: u64,
    ) {
        let wanted = counts(&run(&mut Watch::new(sensitive()), &records));
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut drawn: Vec<u64> = records.iter().map(|_| random.random()).collect();
        records.sort_by_cached_key(|record| (record.event.time, drawn.pop()));
        let other = counts(&run(&mut Watch::new(sensitive()), &records));
        prop_assert_eq!(other, wanted);
    }

    #[test]
    fn a_watch_that_is_kept_and_taken_up_raises_what_it_would_have(
        records in records(&[0, 0, 1_000, 1_000, 20_000, 20_000, -MINUTE, MINUTE, 430 * MINUTE, DAY, DAY + MINUTE], 600),
        cut in 0.0..1.0,
        budget in 3_000..200_000_usize,
    ) {
        let mut whole = Watch::with_budget(sensitive(), budget);
        let mut first = Watch::with_budget(sensitive(), budget);
        let (before, after) = records.split_at((records.len() as f64 * cut) as usize);
        let mut alerts: Vec<_> = before.iter().flat_map(|record| first.see(record)).collect();
        let mut second =
            Watch::restore_with_budget(sensitive(), &first.save().unwrap(), budget).unwrap();
        prop_assert_eq!(second.save().unwrap(), first.save().unwrap());
        alerts.extend(after.iter().flat_map(|record| second.see(record)));
        let wanted: Vec<_> = records.iter().flat_map(|record| whole.see(record)).collect();
        prop_assert_eq!(alerts, wanted);
        prop_assert_eq!(second.went_on(), whole.went_on());
        prop_assert_eq!(second.save().unwrap(), whole.save().unwrap());
    }

    #[test]
    fn nothing_that_a_screen_obeys_comes_out_whatever_comes_in(
        texts in proptest::array::uniform5("\\PC*|[\u{0}-\u{1f}\u{7f}-\u{9f}\u{202a}-\u{202e}{}\"\\\\]{0,300}"),
        times in proptest::collection::vec(any::<i64>(), 1..30),
        number: i128,
    ) {
        let condition = |when: &str| rule(&format!("{when}\nby = [\"detail.network\", \"actor\"]"));
        let hostile = [
            condition("[when.any]"),
            condition("[when.sum]\nof = \"detail.rows\"\nat_least = 5\nwithin = \"1s\""),
            condition("[when.unusual_hour]\nafter_days = 1"),
            condition("[when.unusual_volume]\nof = \"detail.rows\"\nfloor = 0\nafter_days = 1"),
            condition("[when.silent]\nfloor = \"1s\"\nafter_days = 1\nfactor = 1000"),
            condition("[when.unfamiliar]\nwhat = \"target\"\nafter_days = 1"),
        ];
        for rule in hostile {
            let mut watch = Watch::new(rule.clone().into());
            let mut alerts = Vec::new();
            for (index, &time) in times.iter().enumerate() {
                let [action, actor, target, network, writer] = &texts;
                let event = AuditEvent::new(Timestamp(time), action, actor, AuditOutcome::Failed, target)
                    .with("network", network).with("rows", number);
                let position = AuditPosition { writer: writer.clone(), index: index as u64 };
                alerts.extend(watch.see(&Seen { position, event }));
            }
            let saved = watch.save().unwrap();
            alerts.extend(Watch::restore(rule.into(), &saved).unwrap().went_on());
            for alert in alerts {
                prop_assert!(!alert.sentence.chars().chain(alert.subject.chars()).any(hides));
                prop_assert!(alert.subject.chars().count() <= 1_100);
            }
        }
    }
}
