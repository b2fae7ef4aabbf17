//! A program that the rows of a model's query go through, before they are the table's.

use crate::{
    MartError,
    comment::{Comment, Line},
    mart::{MART_FILE, is_name},
};
use sqlparser::{dialect::GenericDialect, parser::Parser, tokenizer::Token};
use std::collections::BTreeSet;

/// A program that the rows of a model's query go through. It reads them as CSV on its standard input, and writes the
/// table's as CSV on its standard output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// How it is called: the name of a program that the lake's keeper allows, then what it is told.
    pub words: Vec<String>,
    /// The columns of what it writes, with their types in SQL.
    pub gives: Vec<(String, String)>,
    /// Files of the mart's folder that it finds where it begins, by name.
    pub files: Vec<(String, String)>,
    /// Files that it must find there, by name.
    with: Vec<String>,
}

/// The most columns that a program gives.
const MOST_COLUMNS: usize = 1_000;

impl Program {
    /// Reads the sections `Program` of a model's comment; `None` if there are none.
    ///
    /// # Errors
    /// With file and line: a line is not understood, or does not say how the program is called or what it gives.
    pub(crate) fn read(file: &str, comment: &Comment<'_>) -> Result<Option<Self>, MartError> {
        let Some((_, title, _)) = comment.sections.iter().find(|(title, ..)| *title == "Program") else {
            return Ok(None);
        };
        let mut program = Self::default();
        for line in comment.section("Program") {
            program.set(line).map_err(|what| MartError::new(file, line.number, what))?;
        }
        let missing = match (program.words.is_empty(), program.gives.is_empty()) {
            (true, _) => "a program needs `run: PROGRAM …`, how it is called",
            (_, true) => "a program needs `gives: column type, …`, the columns of what it writes",
            _ => return Ok(Some(program)),
        };
        Err(MartError::new(file, *title, missing))
    }

    fn set(&mut self, line: &Line<'_>) -> Result<(), String> {
        match line.name {
            "run" if self.words.is_empty() => {
                self.words = line.value.split_whitespace().map(str::to_owned).collect();
                match self.words.first() {
                    Some(first) if first.contains('/') => {
                        Err(format!("`{first}` is a path: a program is called by its name"))
                    }
                    _ => Ok(()),
                }
            }
            "run" => Err("a model goes through one program".to_owned()),
            "with" => {
                let named = line.value.split(',').map(str::trim);
                for name in named {
                    if !is_file_name(name) {
                        return Err(format!("`{name}` is no name of a file beside the model"));
                    }
                    self.with.push(name.to_owned());
                }
                Ok(())
            }
            "gives" => columns(line.value).try_for_each(|column| self.give(column.trim())),
            other => Err(format!("`{other}` is not known here: there are run, with and gives")),
        }
    }

    fn give(&mut self, column: &str) -> Result<(), String> {
        let (name, kind) = column.split_once(char::is_whitespace).unwrap_or((column, ""));
        if !is_name(name) {
            return Err(format!("`{name}` is no name of a column"));
        }
        if !is_type(kind) {
            return Err(format!(
                "`{column}` has no type, such as `{name} varchar` or `{name} decimal(9, 2)`"
            ));
        }
        if self.gives.iter().any(|(before, _)| before == name) {
            return Err(format!("the column `{name}` comes twice"));
        }
        if self.gives.len() == MOST_COLUMNS {
            return Err(format!("a program gives {MOST_COLUMNS} columns at most"));
        }
        self.gives.push((name.to_owned(), kind.trim().to_owned()));
        Ok(())
    }

    /// The names of files that it may need.
    fn named(&self) -> impl Iterator<Item = &String> {
        self.words.iter().skip(1).chain(&self.with).filter(|name| is_file_name(name))
    }

    /// Takes from the mart's folder what it needs.
    pub(crate) fn take_files(&mut self, model: &str, folder: &[(&str, &str)]) -> Result<(), MartError> {
        let text = |name: &str| folder.iter().find(|(file, _)| *file == name).map(|(_, text)| *text);
        if let Some(missing) = self.with.iter().find(|name| text(name).is_none()) {
            return Err(MartError::new(model, 0, format!("there is no file `{missing}` beside it")));
        }
        let names: BTreeSet<_> = self.named().cloned().collect();
        let found =
            names.into_iter().filter_map(|name| text(&name).map(|text| (name.clone(), text.to_owned())));
        self.files = found.collect();
        Ok(())
    }

    /// How it is called, in one line.
    #[must_use]
    pub fn called(&self) -> String {
        self.words.join(" ")
    }
}

/// The names of files that programs of a mart need where they lie in its folder, given the texts of the folder's models
/// by file. What is not understood names none, and is refused when the mart is read.
pub fn files_named<'a>(models: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeSet<String> {
    let models = models.into_iter().filter(|(file, _)| file.ends_with(".sql"));
    let programs = models.filter_map(|(file, text)| Program::read(file, &Comment::read(text)).ok().flatten());
    programs.flat_map(|program| program.named().cloned().collect::<Vec<_>>()).collect()
}

/// Whether a file of a mart's folder can be called so.
fn is_file_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.bytes().all(plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name != MART_FILE
}

/// Whether `text` is a type in SQL and nothing else.
fn is_type(text: &str) -> bool {
    let parser = Parser::new(&GenericDialect {}).try_with_sql(text);
    parser.is_ok_and(|mut parser| {
        parser.parse_data_type().is_ok() && parser.peek_token_ref().token == Token::EOF
    })
}

/// The columns of a line, which commas part, but not those within parentheses.
fn columns(line: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    line.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mart, Model};

    const MODEL: &str = "-- One row per person, with a score.
--
-- Program
--   run: python3 score.py --fast
--   with: weights.csv, rules.py
--   gives: person varchar, score decimal(9, 2)
--   gives: band varchar
select mart_person(p.id) as person from view.patient p";

    #[test]
    fn a_model_says_what_its_rows_go_through() {
        let program = Model::read("risk.sql", MODEL).unwrap().program.unwrap();
        assert_eq!(program.called(), "python3 score.py --fast");
        let gives: Vec<_> = program.gives.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        assert_eq!(gives, ["person varchar", "score decimal(9, 2)", "band varchar"]);
        let named = files_named([("risk.sql", MODEL), ("other.sql", "select 1"), ("x.json", MODEL)]);
        assert_eq!(named.into_iter().collect::<Vec<_>>(), ["rules.py", "score.py", "weights.csv"]);
    }

    #[test]
    fn it_takes_its_files_from_the_folder() {
        let head = (MART_FILE, "question = \"Who?\"");
        let files = [head, ("risk.sql", MODEL), ("rules.py", "r"), ("score.py", "s"), ("weights.csv", "w")];
        let read = |files: &[(&str, &str)]| Mart::read("risk", files.iter().copied());
        let mart = read(&files).unwrap();
        let taken = &mart.models[0].program.as_ref().unwrap().files;
        assert_eq!(
            taken.iter().map(|(name, _)| name.as_str()).collect::<String>(),
            "rules.pyscore.pyweights.csv"
        );
        let missing = read(&files[..4]).unwrap_err().to_string();
        assert_eq!(missing, "risk.sql: there is no file `weights.csv` beside it");
        // A word of the call need not be a file.
        let without = read(&[head, files[1], files[2], files[4]]).unwrap();
        assert_eq!(without.models[0].program.as_ref().unwrap().files.len(), 2);
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        let wrong = |lines: &str| {
            let text = format!("-- One.\n--\n-- Program\n{lines}select 1 as one");
            Model::read("a.sql", &text).unwrap_err().to_string()
        };
        let run = "--   run: sh a.sh\n";
        let gives = "--   gives: one int\n";
        assert!(wrong(gives).starts_with("a.sql:3: a program needs `run: PROGRAM"), "{}", wrong(gives));
        assert!(wrong(run).starts_with("a.sql:3: a program needs `gives:"));
        assert!(wrong(&format!("{run}{run}")).starts_with("a.sql:5: a model goes through one program"));
        assert!(wrong("--   run: /bin/sh\n").contains("`/bin/sh` is a path"));
        assert!(wrong("--   with: ../a\n").contains("`../a` is no name of a file"));
        assert!(wrong("--   with: mart.toml\n").contains("`mart.toml` is no name of a file"));
        assert!(wrong("--   gives: one\n").contains("`one` has no type"));
        assert!(wrong("--   gives: one int) as x, cast(null as int\n").contains("has no type"));
        assert!(wrong("--   gives: One int\n").contains("`One` is no name of a column"));
        assert!(wrong("--   gives: a int, a int\n").contains("comes twice"));
        assert!(wrong("--   net: yes\n").contains("`net` is not known here"));
        let view = format!("{run}{gives}--\n-- Model\n--   materialised: view\n");
        assert!(wrong(&view).contains("a model is a `table` or made by `period`"), "{}", wrong(&view));
    }
}
