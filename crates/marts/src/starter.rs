//! A model to begin with: all columns of a table, with tests.

/// The text of a model over the table `schema.name` with these columns (name, whether it may be null, meaning). What
/// names a resource or a source of the lake is left out; whoever a row is about stands under the mart's own pseudonym.
#[must_use]
pub fn starter(table: &str, columns: &[(&str, bool, &str)]) -> String {
    const NEVER: [&str; 6] = ["id", "source", "commit_seq", "version_id", "last_updated", "resource"];
    let is_patient = table == "view.patient";
    let who = columns.iter().find_map(|(name, ..)| match *name {
        "patient" => Some("patient"),
        "id" if is_patient => Some("id"),
        "person" => Some("person"),
        _ => None,
    });
    // Pseudonyms of the lake are no mart's.
    let is_kept = |name: &str, meaning: &str| {
        !NEVER.contains(&name)
            && Some(name) != who
            && name != "patient"
            && !meaning.starts_with("The pseudonym of")
    };
    let kept: Vec<_> = columns.iter().filter(|(name, _, meaning)| is_kept(name, meaning)).collect();
    let mut lines =
        vec![format!("-- One row for each row of {table}."), "--".to_owned(), "-- Columns".to_owned()];
    if who.is_some() {
        lines.push("--   person: who, under a pseudonym of this mart's own".to_owned());
    }
    for (name, _, meaning) in &kept {
        lines.push(format!("--   {name}: {}", if meaning.is_empty() { "what it means" } else { meaning }));
    }
    lines.extend(["--", "-- Model"].map(str::to_owned));
    let incremental = matches!(who, Some("patient" | "id"));
    lines.push(format!("--   materialised: {}", if incremental { "incremental" } else { "table" }));
    if who.is_some() {
        lines.push("--   key: person".to_owned());
    }
    lines.extend(["--", "-- Tests"].map(str::to_owned));
    let never_null = who
        .map(|_| "person")
        .into_iter()
        .chain(kept.iter().filter(|(_, null, _)| !null).map(|(name, ..)| *name));
    let never_null: Vec<_> = never_null.collect();
    if never_null.is_empty() {
        lines.push("--   none: select count(*) from this having count(*) = 0".to_owned());
    } else {
        lines.push(format!("--   not null: {}", never_null.join(", ")));
    }
    let mut selected: Vec<String> = kept.iter().map(|(name, ..)| format!("t.\"{name}\"")).collect();
    let join = match who {
        Some("person") => {
            selected.insert(0, "t.person".to_owned());
            String::new()
        }
        Some(column) => {
            selected.insert(0, format!("mart_person(coalesce(l.person, t.{column})) as person"));
            format!("\nleft join person_link l on l.patient = t.{column}\nwhere t.{column} is not null")
        }
        None => String::new(),
    };
    format!("{}\nselect\n  {}\nfrom {table} t{join}\n", lines.join("\n"), selected.join(",\n  "))
}
