//! Tables that lie outside: described here, and read by nobody here.

use super::{ColumnRow, Said};
use crate::{
    Address, Frame, Page, Paging, Place, Section, button, facts,
    field::{self, Field},
    figure,
    grid::{self, Grid},
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// One table in the list.
#[derive(Clone, Debug)]
pub struct OutsideRow {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it is written in.
    pub format: String,
    /// What kind of thing it holds; may be empty.
    pub holds: String,
    /// Where it lies.
    pub place: String,
    /// Its objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When something of it changed last.
    pub changed: Timestamp,
    /// Since when nothing of it is there.
    pub gone: Option<Timestamp>,
}

/// The tables that lie outside.
#[derive(Clone, Debug)]
pub struct OutsideList {
    /// A part of the names, places, formats, columns or notes that were looked for; the query parameter `q`.
    pub text: String,
    /// The tables, by name.
    pub rows: Vec<OutsideRow>,
    /// Which of them are shown.
    pub paging: Paging,
    /// Whether the person may write one down.
    pub may_write: bool,
}

impl Page for OutsideList {
    fn title(&self) -> String {
        "Tables outside".to_owned()
    }

    fn place(&self) -> Place {
        Place::below(Section::Catalogue)
    }

    fn command(&self) -> Option<String> {
        Some("catalog list".to_owned())
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        self.may_write.then(|| button::button(&Address::new_outside(), "Write a table down"))
    }

    fn body(&self, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Table"),
            grid::column("Format"),
            grid::column("Holds"),
            grid::column("Where"),
            grid::numbers("Objects"),
            grid::numbers("Size"),
            grid::column("Changed"),
        ];
        let row = |row: &OutsideRow| {
            vec![
                button::link(
                    &Address::table(&row.schema, &row.name),
                    &format!("{}.{}", row.schema, row.name),
                ),
                text(&row.format),
                text(&row.holds),
                text(&row.place),
                html! { (figure::count(row.objects)) },
                html! { (figure::bytes(row.bytes)) },
                html! {
                    @match row.gone {
                        Some(gone) => { "gone since " (figure::ago(gone, frame.now)) },
                        None => (figure::ago(row.changed, frame.now)),
                    }
                },
            ]
        };
        html! {
            p { "Crawlers find these, or people write them down. They are described here, and cannot be asked in SQL." }
            (field::ask(&Address::outside(), "Find tables", html! {
                (Field { name: "q", label: "Table, place, format or column", value: &self.text, ..Field::default() }.render())
                (field::submit("Find"))
            }))
            @if self.rows.is_empty() {
                (facts::empty("No table is found.", html! { "From the command line: " (facts::command("crawler add --help")) }))
            } @else {
                (Grid { caption: "Tables outside", quiet: true, columns: &columns, rows: self.rows.iter().map(row).collect() }
                    .render(frame, None))
                (grid::paging(frame, &self.paging, "tables"))
            }
        }
    }
}

/// A partition of a table that lies outside.
#[derive(Clone, Debug)]
pub struct PartitionRow {
    /// Its values, in the order of the keys.
    pub values: Vec<String>,
    /// Its objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Since when nothing of it is there.
    pub gone: Option<Timestamp>,
}

/// The columns of a table that lies outside, as they were from some time on.
#[derive(Clone, Debug)]
pub struct OutsideVersion {
    /// Its number.
    pub version: u64,
    /// From when on.
    pub at: Timestamp,
    /// What is different from the version before, a line each.
    pub changes: Vec<String>,
}

/// One table that lies outside.
#[derive(Clone, Debug)]
pub struct OutsidePage {
    /// What the list says of it.
    pub row: OutsideRow,
    /// What it holds, in a sentence; may be empty.
    pub about: String,
    /// What people say of it.
    pub said: Said,
    /// The crawler that found it; empty if somebody wrote it down.
    pub crawler: String,
    /// Its rows, where every object says how many it has.
    pub rows: Option<u64>,
    /// When it was found first.
    pub first_seen: Timestamp,
    /// Its columns.
    pub columns: Vec<ColumnRow>,
    /// The keys of its partitions.
    pub partitioned_by: Vec<String>,
    /// Some of its partitions.
    pub partitions: Vec<PartitionRow>,
    /// Its versions, the newest first.
    pub versions: Vec<OutsideVersion>,
    /// Whether the person may say something of it.
    pub may_describe: bool,
}

impl Page for OutsidePage {
    fn title(&self) -> String {
        format!("{}.{}", self.row.schema, self.row.name)
    }

    fn place(&self) -> Place {
        let mut place = Place::below(Section::Catalogue);
        place.above.push(("Tables outside".to_owned(), Address::outside()));
        place
    }

    fn command(&self) -> Option<String> {
        Some(format!("catalog show {}", facts::word(&self.title())))
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        let describe = Address::describe(&self.row.schema, &self.row.name);
        self.may_describe.then(|| button::button(&describe, "Describe it"))
    }

    fn body(&self, frame: &Frame) -> Markup {
        let found = match self.crawler.as_str() {
            "" => "somebody, who wrote it down".to_owned(),
            crawler => format!("the crawler {crawler}"),
        };
        let mut told = vec![
            ("Where", text(&self.row.place)),
            ("Format", text(&self.row.format)),
            ("Holds", text(&self.row.holds)),
            ("Objects", html! { (figure::count(self.row.objects)) ", " (figure::bytes(self.row.bytes)) }),
            (
                "Rows",
                html! { @match self.rows { Some(rows) => (figure::count(rows)), None => (figure::none()) } },
            ),
            ("Found by", text(&found)),
            ("First seen", figure::moment(self.first_seen)),
            ("Changed", figure::moment(self.row.changed)),
        ];
        told.extend(self.row.gone.map(|gone| ("Gone since", figure::moment(gone))));
        told.extend(self.said.facts());
        html! {
            @if !self.about.is_empty() { p { (text(&self.about)) } }
            (facts::facts(&told))
            (facts::section("Columns", super::table::columns(&self.columns, frame)))
            @if !self.partitions.is_empty() { (facts::section("Partitions", self.partitions(frame))) }
            @if self.versions.len() > 1 { (facts::section("Versions", self.versions(frame))) }
        }
    }
}

impl OutsidePage {
    fn partitions(&self, frame: &Frame) -> Markup {
        let keys = self.partitioned_by.iter().map(|key| grid::column(key));
        let columns: Vec<_> = keys
            .chain([grid::numbers("Objects"), grid::numbers("Size"), grid::column("Gone since")])
            .collect();
        let row = |part: &PartitionRow| {
            let mut cells: Vec<_> = part.values.iter().map(|value| text(value)).collect();
            cells.resize(self.partitioned_by.len(), figure::none());
            cells.extend([
                html! { (figure::count(part.objects)) },
                html! { (figure::bytes(part.bytes)) },
                part.gone.map_or_else(figure::none, figure::moment),
            ]);
            cells
        };
        let rows = self.partitions.iter().map(row).collect();
        Grid { caption: "Partitions", quiet: true, columns: &columns, rows }.render(frame, None)
    }

    fn versions(&self, frame: &Frame) -> Markup {
        let columns = [grid::numbers("Version"), grid::column("From"), grid::column("What is different")];
        let row = |one: &OutsideVersion| {
            vec![html! { (one.version) }, figure::moment(one.at), super::table::changes(&one.changes)]
        };
        let rows = self.versions.iter().map(row).collect();
        Grid { caption: "Versions of its columns", quiet: true, columns: &columns, rows }.render(frame, None)
    }
}

/// A table that is to be written down, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct OutsideForm {
    /// Its name, with its schema.
    pub table: String,
    /// Where it lies.
    pub place: String,
    /// What it is written in.
    pub format: String,
    /// What it holds.
    pub description: String,
    /// Its columns, one a line.
    pub columns: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
}

impl Page for OutsideForm {
    fn title(&self) -> String {
        "Write a table down".to_owned()
    }

    fn place(&self) -> Place {
        let mut place = Place::below(Section::Catalogue);
        place.above.push(("Tables outside".to_owned(), Address::outside()));
        place
    }

    fn command(&self) -> Option<String> {
        Some("catalog create --help".to_owned())
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            @if let Some(why) = &self.problem { (field::problem("", why)) }
            p { "A table that lies outside and that no crawler finds. It is described, and not read. A table of the lake's own is a mart's: " (button::link(&Address::new_mart(), "write a mart")) "." }
            (field::post(frame, &Address::new_outside(), "form", html! {
                (Field { name: "table", label: "Name", value: &self.table, hint: "With its database, such as estates.wards: small letters, digits and _, none of the lake's own.", required: true, ..Field::default() }.render())
                (Field { name: "place", label: "Where it lies", value: &self.place, hint: "In words, or as CONNECTION:FOLDER.", required: true, ..Field::default() }.render())
                (Field { name: "format", label: "What it is written in", value: &self.format, hint: "Such as csv or parquet.", required: true, ..Field::default() }.render())
                (Field { name: "description", label: "What it holds, in a sentence", value: &self.description, ..Field::default() }.render())
                (Field { name: "columns", label: "Columns", value: &self.columns, hint: "NAME:TYPE or NAME:TYPE:MEANING, one a line.", required: true, lines: 8, ..Field::default() }.render())
                (field::submit("Write it down"))
            }))
        }
    }
}
