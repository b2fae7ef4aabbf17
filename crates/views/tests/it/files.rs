//! Files in, tables out: the same rows whatever the form of the input, the threads and the ranges.

use crate::table::compile;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use views::{
    View,
    files::{FileError, Format, Input, Options, Output, Report, run},
};

const VIEW: &str = r#"{"resource": "Patient", "name": "p", "select": [{"column": [
    {"name": "id", "path": "id", "type": "id"}, {"name": "family", "path": "name.family", "type": "string"}]}]}"#;

fn view() -> View {
    compile(VIEW).unwrap()
}

fn patient(at: usize) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"p{at}","name":[{{"family":"F{at}"}}],"note":"{}"}}"#,
        "x".repeat(at % 700)
    )
}

fn lines(count: usize) -> String {
    (0..count).map(|at| patient(at) + "\n").collect()
}

fn run_to(out: &Path, inputs: Vec<Input>, threads: usize) -> Result<Report, FileError> {
    let format = Format::of_name(&out.display().to_string()).unwrap();
    let outputs = [Output { view: view(), path: out.to_owned(), format }];
    run(inputs, &outputs, &Options { threads, ..Options::default() })
}

/// What the CSV of `inputs` is.
fn csv(inputs: Vec<Input>, threads: usize) -> (String, Report) {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.csv");
    let report = run_to(&out, inputs, threads).unwrap();
    (fs::read_to_string(out).unwrap(), report)
}

fn file(folder: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn rows_come_in_the_order_of_the_input_whatever_the_threads() {
    let folder = TempDir::new().unwrap();
    // Several ranges of 1 MiB, the last line without its end.
    let text = lines(8_000);
    let path = file(&folder, "Patient.ndjson", text.trim_end().as_bytes());
    let expected: String =
        "id,family\n".to_owned() + &(0..8_000).map(|at| format!("p{at},F{at}\n")).collect::<String>();
    for threads in [1, 2, 5] {
        let (found, report) = csv(vec![Input::Path(path.clone())], threads);
        assert!(found == expected, "{threads} threads");
        assert_eq!((report.resources, report.rows, report.problem_count), (8_000, vec![8_000], 0));
        assert_eq!(report.bytes, text.len() as u64 - 1);
    }
}

#[test]
fn packed_inputs_streams_folders_and_bundles_give_the_same_rows() {
    let text = lines(50);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let entries: Vec<_> = (0..50).map(|at| format!("{{\"resource\":{}}}", patient(at))).collect();
    let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","));
    let expected =
        csv(vec![Input::Stream { name: "-".to_owned(), read: Box::new(io::Cursor::new(text.clone())) }], 2).0;
    assert_eq!(expected.lines().count(), 51);
    for (name, content) in [
        ("a.ndjson", text.as_bytes()),
        ("a.ndjson.gz", &gzip),
        ("a.ndjson.zst", &zstd),
        ("a.json", bundle.as_bytes()),
        ("b.ndjson", bundle.as_bytes()),
    ] {
        let folder = TempDir::new().unwrap();
        let path = file(&folder, name, content);
        file(&folder, "README.md", b"not a resource");
        assert_eq!(csv(vec![Input::Path(path)], 2).0, expected, "{name}");
        assert_eq!(csv(vec![Input::Path(folder.path().to_owned())], 2).0, expected, "folder of {name}");
        let read = Box::new(io::Cursor::new(content.to_vec()));
        assert_eq!(csv(vec![Input::Stream { name: name.to_owned(), read }], 2).0, expected, "stream {name}");
    }
}

#[test]
fn what_a_name_does_not_tell_is_seen_in_the_first_bytes() {
    let folder = TempDir::new().unwrap();
    let text = lines(50);
    let expected = csv(vec![Input::Path(file(&folder, "a.ndjson", text.as_bytes()))], 2).0;
    let entries: Vec<_> = (0..50).map(|at| format!("{{\"resource\":{}}}", patient(at))).collect();
    let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(",\n"));
    let zstd = zstd::encode_all(bundle.as_bytes(), 1).unwrap();
    for content in [text.as_bytes(), bundle.as_bytes(), bundle.replace('\n', "").as_bytes(), &zstd] {
        let path = file(&folder, "resources", content);
        assert_eq!(csv(vec![Input::Path(path)], 2).0, expected);
        let read = Box::new(io::Cursor::new(content.to_vec()));
        assert_eq!(csv(vec![Input::Stream { name: "standard input".to_owned(), read }], 2).0, expected);
    }
}

#[test]
fn folders_below_a_folder_are_read_in_the_order_of_their_paths() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("b/c")).unwrap();
    for (at, name) in ["a.ndjson", "b/c/1.json", "b/d.NDJSON", "e.jsonl"].into_iter().enumerate() {
        file(&folder, name, patient(at).as_bytes());
    }
    file(&folder, "b/notes.txt", b"not a resource");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("b/c/up")).unwrap();
    let (found, report) = csv(vec![Input::Path(folder.path().to_owned())], 2);
    assert_eq!((found.as_str(), report.problem_count), ("id,family\np0,F0\np1,F1\np2,F2\np3,F3\n", 0));
}

#[test]
fn problems_are_told_by_line_and_the_rest_goes_on() {
    let folder = TempDir::new().unwrap();
    let mut text = lines(4_000);
    text.push_str("{\"resourceType\":\"Patient\",,}\n\n");
    text.push_str(
        "{\"resourceType\":\"Patient\",\"id\":\"q\",\"name\":[{\"family\":\"A\"},{\"family\":\"B\"}]}\n",
    );
    text.push_str(&patient(7));
    let path = file(&folder, "in.ndjson", text.as_bytes());
    let (found, report) = csv(vec![Input::Path(path.clone())], 2);
    assert_eq!(found.lines().count(), 1 + 4_001);
    assert_eq!((report.problem_count, report.resources), (2, 4_003));
    let told: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
    let name = path.display();
    assert_eq!(
        told,
        [
            format!("{name}:4001: unexpected character at line 1, column 27"),
            format!("{name}:4003: fill column `family` from a Patient: there are several values"),
        ]
    );
}

#[test]
fn every_format_holds_the_rows() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "in.ndjson", lines(100).as_bytes());
    for name in ["out.parquet", "out.arrow", "out.ndjson"] {
        let out = folder.path().join(name);
        assert_eq!(run_to(&out, vec![Input::Path(path.clone())], 2).unwrap().rows, [100]);
        let file = fs::File::open(&out).unwrap();
        let (rows, schema) = match name {
            "out.parquet" => {
                let reader =
                    parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
                let schema = reader.schema().clone();
                (reader.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum(), schema)
            }
            "out.arrow" => {
                let reader = arrow::ipc::reader::FileReader::try_new(file, None).unwrap();
                let schema = reader.schema();
                (reader.map(|batch| batch.unwrap().num_rows()).sum(), schema)
            }
            _ => {
                let text = fs::read_to_string(&out).unwrap();
                assert!(text.starts_with("{\"id\":\"p0\",\"family\":\"F0\"}\n"), "{text}");
                (text.lines().count(), view().schema())
            }
        };
        assert_eq!((rows, schema.fields()), (100, view().schema().fields()), "{name}");
    }
}

#[test]
fn several_views_over_several_types_are_filled_in_one_run() {
    let folder = TempDir::new().unwrap();
    let text = lines(10)
        + "{\"resourceType\":\"Observation\",\"id\":\"o\",\"status\":\"final\"}\n{\"id\":\"none\"}\n";
    let path = file(&folder, "in.ndjson", text.as_bytes());
    let observation = compile(
        r#"{"resource": "Observation", "select": [{"column": [{"name": "status", "path": "status"}]}]}"#,
    );
    let output =
        |view: View, name: &str| Output { view, path: folder.path().join(name), format: Format::Csv };
    let outputs = [output(view(), "a.csv"), output(observation.unwrap(), "b.csv"), output(view(), "c.csv")];
    let report = run(vec![Input::Path(path)], &outputs, &Options::default()).unwrap();
    assert_eq!((report.rows, report.resources), (vec![10, 1, 10], 12));
    assert_eq!(fs::read_to_string(folder.path().join("b.csv")).unwrap(), "status\nfinal\n");
}

#[test]
fn what_cannot_be_opened_is_named() {
    let folder = TempDir::new().unwrap();
    let missing = vec![Input::Path(folder.path().join("missing.ndjson"))];
    let error = run_to(&folder.path().join("out.csv"), missing, 2).unwrap_err();
    assert!(error.to_string().contains("missing.ndjson"), "{error}");
    let path = file(&folder, "in.ndjson", lines(1).as_bytes());
    let error = run_to(&folder.path().join("no/out.csv"), vec![Input::Path(path)], 2).unwrap_err();
    assert!(error.to_string().starts_with("write `"), "{error}");
}
