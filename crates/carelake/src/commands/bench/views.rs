//! `carelake bench views`: views over NDJSON to Parquet, as `carelake view run` makes them.

use super::{machine::Machine, population};
use crate::{cli::BenchViewsArgs, screen};
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// The views that are compared with DuckDB, and the types that they are over.
const VIEWS: [(&str, &str, &str); 3] = [
    ("observation", "Observation", include_str!("../../../../../bench/views/views.d/observation.json")),
    ("condition", "Condition", include_str!("../../../../../bench/views/views.d/condition.json")),
    ("encounter", "Encounter", include_str!("../../../../../bench/views/views.d/encounter.json")),
];

/// What else is made of Observations in the same pass as the first of these.
const BESIDE: [(&str, &str); 9] = [
    ("activity", include_str!("../../../../../bench/views/ten.d/activity.json")),
    ("blood_pressure", include_str!("../../../../../bench/views/ten.d/blood_pressure.json")),
    ("body_measure", include_str!("../../../../../bench/views/ten.d/body_measure.json")),
    ("coding", include_str!("../../../../../bench/views/ten.d/coding.json")),
    ("component", include_str!("../../../../../bench/views/ten.d/component.json")),
    ("laboratory", include_str!("../../../../../bench/views/ten.d/laboratory.json")),
    ("smoking_status", include_str!("../../../../../bench/views/ten.d/smoking_status.json")),
    ("survey", include_str!("../../../../../bench/views/ten.d/survey.json")),
    ("vital_signs", include_str!("../../../../../bench/views/ten.d/vital_signs.json")),
];

/// One view, or several in one pass, measured.
struct Measure {
    name: String,
    resources: u64,
    input_bytes: u64,
    output_bytes: u64,
    rows: u64,
    /// The best round's, of the whole process.
    seconds: f64,
    /// The most that a round took.
    memory_bytes: Option<u64>,
}

impl Measure {
    fn rate(&self) -> f64 {
        self.resources as f64 / self.seconds.max(1e-9)
    }

    fn json(&self) -> Value {
        json!({
            "view": self.name,
            "resources": self.resources,
            "rows": self.rows,
            "input_bytes": self.input_bytes,
            "output_bytes": self.output_bytes,
            "seconds": self.seconds,
            "resources_per_second": self.rate(),
            "peak_memory_bytes": self.memory_bytes,
        })
    }

    fn row(&self) -> Vec<String> {
        let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        vec![
            self.name.clone(),
            screen::count(self.resources),
            screen::count(self.rows),
            format!("{:.2}", self.seconds),
            screen::count(self.rate() as u64),
            megabytes(self.input_bytes),
            megabytes(self.output_bytes),
            self.memory_bytes.map(megabytes).unwrap_or_default(),
        ]
    }
}

pub(super) fn run(args: &BenchViewsArgs, json: bool) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir().context("make a folder for the files")?;
    let work = args.work.as_deref().unwrap_or(scratch.path());
    fs::create_dir_all(work).with_context(|| format!("make the folder {}", work.display()))?;
    let machine = Machine::now();
    let source = source(args, work)?;
    let mut measures = Vec::new();
    let mut observations = None;
    for (name, resource, definition) in VIEWS {
        let input = work.join(format!("{resource}.grown.ndjson"));
        population::grow(&source.join(format!("{resource}.ndjson")), &input, args.megabytes)?;
        let view = written(name, definition, work)?;
        measures.push(measure(name, std::slice::from_ref(&view), &input, work, args)?);
        if resource == "Observation" {
            observations = Some((view, input));
        } else {
            fs::remove_file(&input).with_context(|| format!("remove {}", input.display()))?;
        }
    }
    let (first, input) = observations.context("there is no view over Observation")?;
    let beside = BESIDE.iter().map(|(name, definition)| written(name, definition, work));
    let views = [Ok(first)].into_iter().chain(beside).collect::<anyhow::Result<Vec<_>>>()?;
    let together = measure(&format!("{} in one pass", views.len()), &views, &input, work, args)?;
    let times = together.seconds / measures[0].seconds.max(1e-9);
    measures.push(together);
    fs::remove_file(&input).with_context(|| format!("remove {}", input.display()))?;
    if json {
        let measured: Vec<_> = measures.iter().map(Measure::json).collect();
        let told = json!({
            "machine": machine.json(),
            "method": method(args),
            "threads": args.threads,
            "rounds": args.rounds,
            "views": measured,
            "views_together": views.len(),
            "together_times_one": times,
        });
        screen::say(told.to_string());
    } else {
        screen::say(text(&machine, args, &measures, views.len(), times));
    }
    Ok(())
}

/// The folder with a file of each type: the given one, or the simulator's.
fn source(args: &BenchViewsArgs, work: &Path) -> anyhow::Result<PathBuf> {
    let Some(folder) = &args.folder else {
        let types: Vec<_> = VIEWS.iter().map(|(_, resource, _)| *resource).collect();
        population::simulated(&types, work)?;
        return Ok(work.to_owned());
    };
    for (_, resource, _) in VIEWS {
        let file = folder.join(format!("{resource}.ndjson"));
        ensure!(file.is_file(), "{} is not there: a view is over {resource}", file.display());
    }
    Ok(folder.clone())
}

fn written(name: &str, definition: &str, work: &Path) -> anyhow::Result<PathBuf> {
    let file = work.join(format!("{name}.json"));
    fs::write(&file, definition).with_context(|| format!("write {}", file.display()))?;
    Ok(file)
}

/// Runs `carelake view run` in processes of their own, each time from the beginning.
fn measure(
    name: &str,
    views: &[PathBuf],
    input: &Path,
    work: &Path,
    args: &BenchViewsArgs,
) -> anyhow::Result<Measure> {
    // Its end says that it is a folder, even of one view.
    let out = work.join("tables/");
    let bar = screen::progress(0, "measuring");
    bar.set_message(name.to_owned());
    let (mut seconds, mut memory_bytes, mut told) = (f64::INFINITY, None, Value::Null);
    for _ in 0..args.rounds {
        let mut command = Command::new(env::current_exe().context("find the binary")?);
        command.args(["--json", "view", "run"]).args(views).arg(input).arg("-o").arg(&out);
        command.args(["--format", "parquet", "--threads", &args.threads.to_string()]);
        let begun = Instant::now();
        let done = command.output().context("run `carelake view run`")?;
        seconds = seconds.min(begun.elapsed().as_secs_f64());
        if !done.status.success() {
            let said = [done.stdout, done.stderr].concat();
            bail!("`carelake view run` failed: {}", String::from_utf8_lossy(&said).trim());
        }
        told = serde_json::from_slice(&done.stdout).context("understand `carelake view run`")?;
        memory_bytes = memory_bytes.max(told["peak_memory_bytes"].as_u64());
    }
    bar.finish_and_clear();
    let files = told["views"].as_array().into_iter().flatten().filter_map(|view| view["file"].as_str());
    let output_bytes = files.map(|file| fs::metadata(file).map_or(0, |about| about.len())).sum();
    fs::remove_dir_all(&out).with_context(|| format!("remove {}", out.display()))?;
    let number = |member: &str| told[member].as_u64().unwrap_or_default();
    let (resources, rows, input_bytes) = (number("resources"), number("rows"), number("bytes"));
    Ok(Measure { name: name.to_owned(), resources, input_bytes, output_bytes, rows, seconds, memory_bytes })
}

fn method(args: &BenchViewsArgs) -> String {
    let files = match &args.folder {
        Some(folder) => format!("files of {}", folder.display()),
        // Its ids are no UUIDs: they come back in each repetition, and pack well.
        None => "the simulator's files (whose ids repeat)".to_owned(),
    };
    format!(
        "{files}, repeated to {} MB or more each, UUIDs changed; `carelake view run` to Parquet (zstd) with {} \
         threads, the whole process timed, best of {} rounds",
        args.megabytes, args.threads, args.rounds
    )
}

fn text(
    machine: &Machine,
    args: &BenchViewsArgs,
    measures: &[Measure],
    together: usize,
    times: f64,
) -> String {
    let head = ["view", "resources", "rows", "seconds", "resources/s", "MB in", "MB out", "MB memory"];
    let table = screen::table(&head, &measures.iter().map(Measure::row).collect::<Vec<_>>());
    let dev = if cfg!(debug_assertions) {
        "\nThis is a debug build: `cargo build --release` is what should be measured."
    } else {
        ""
    };
    format!(
        "{table}\n\n{together} different views over Observation in one pass take {times:.1} times as long as the first alone.\n\nMachine: {}, before it began\n\
         Method: {}\nVersion: {}{dev}\nBeside DuckDB on the same files: bench/views/run NDJSON_FOLDER",
        machine.text(),
        method(args),
        env!("CARGO_PKG_VERSION"),
    )
}
