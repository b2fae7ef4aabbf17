//! What a person sees: tables that fit, numbers that read, colours that can be turned off.

use crate::asking;
use arrow::array::RecordBatch;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{self, BufRead, IsTerminal, Read, Write},
    process::ExitCode,
    time::Duration,
};
use zeroize::Zeroizing;

/// The widest cell of a table; longer texts are cut with an ellipsis.
const CELL_CHARS: usize = 48;

/// Bytes of a line of standard input that are read as a secret.
const LONGEST_SECRET: u64 = 4096;

/// Whether colours may be used on standard error.
pub(crate) fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && io::stderr().is_terminal()
}

/// Prints a line to standard output. A reader that has gone away, such as `head`, is no error.
pub(crate) fn say(text: impl AsRef<str>) {
    drop(writeln!(io::stdout().lock(), "{}", text.as_ref()));
}

/// Tells a program a value, or a person a sentence.
pub(crate) fn tell(json: bool, value: serde_json::Value, sentence: impl AsRef<str>) {
    match json {
        true => say(value.to_string()),
        false => say(sentence),
    }
}

/// Says what was done with `name`.
pub(crate) fn done(json: bool, name: &str, what: &str) {
    tell(json, serde_json::json!({ "name": name }), format!("{name}: {what}."));
}

/// Prints a line to standard error.
pub(crate) fn note(text: impl AsRef<str>) {
    drop(writeln!(io::stderr().lock(), "{}", text.as_ref()));
}

/// Reads a secret from standard input: one line.
pub(crate) fn read_secret() -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let mut input = io::BufReader::new(io::stdin().lock().take(LONGEST_SECRET));
    input.read_line(&mut line)?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Prints a failure to a person in a sentence, to a program as JSON.
pub(crate) fn fail(json: bool, error: &anyhow::Error) -> ExitCode {
    let text = causes(error);
    if json {
        say(serde_json::json!({ "error": text }).to_string());
    } else {
        note(format!("carelake: {text}"));
    }
    ExitCode::FAILURE
}

/// An error with its causes; those that others have repeated stand there once.
pub(crate) fn causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A table in columns, the numbers to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cut = |text: &str| -> String {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        match text.chars().count() > CELL_CHARS {
            true => text.chars().take(CELL_CHARS - 1).chain(['…']).collect(),
            false => text,
        }
    };
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| cut(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let number = |column: usize| {
        let mut cells =
            rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some()
            && cells.all(|cell| cell.chars().all(|c| c.is_ascii_digit() || ",.-% s".contains(c)))
    };
    let right: Vec<_> = (0..head.len()).map(number).collect();
    let line = |cells: &[&str]| {
        let cells: Vec<_> = cells
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let space = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
                if right[column] { format!("{space}{cell}") } else { format!("{cell}{space}") }
            })
            .collect();
        format!("  {}", cells.join("  ")).trim_end().to_owned()
    };
    let mut text = vec![line(head)];
    text.push(format!("  {}", widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("  ")));
    text.extend(rows.iter().map(|row| line(&row.iter().map(String::as_str).collect::<Vec<_>>())));
    text.join("\n")
}

/// Arrow rows as a table.
pub(crate) fn rows(batches: &[RecordBatch]) -> anyhow::Result<String> {
    let (columns, rows) = asking::texts(batches)?;
    if columns.is_empty() {
        return Ok(String::new());
    }
    let head: Vec<_> = columns.iter().map(|(name, ..)| name.as_str()).collect();
    let cells: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect();
    Ok(table(&head, &cells))
}

/// What a list says, in words with spaces between.
pub(crate) fn words(list: &[impl ToString]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A number with thousands separated.
pub(crate) fn count(number: impl TryInto<i128>) -> String {
    let number = number.try_into().unwrap_or_default();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// Bytes in the unit that reads best.
pub(crate) fn bytes(number: i64) -> String {
    let mut value = number as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

/// A bar for work of known length, on standard error, only where a person looks.
pub(crate) fn progress(length: u64, what: &'static str) -> ProgressBar {
    let template = if colours() {
        "  {prefix:<22} {bar:32.cyan/dim} {percent:>3}%  {msg}"
    } else {
        "  {prefix:<22} {bar:32} {percent:>3}%  {msg}"
    };
    let bar = if io::stderr().is_terminal() { ProgressBar::new(length) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar.set_prefix(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
