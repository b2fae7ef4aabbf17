//! The texts of a mart: looked at, changed, compared with what is published, registered.

use crate::{
    Address, Frame, Page, Place, Section, Tone, button, facts,
    field::{self, Field},
    figure,
    grid::{self, Grid},
    icon, tag,
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// The most lines of a text that are shown at once.
const LINES: u8 = 24;

/// What would be different of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelDifference {
    /// The table, such as `winter.people`.
    pub table: String,
    /// Columns that come, go or change their type; each in words.
    pub columns: Vec<String>,
    /// Rows that are published; none where there is no such table.
    pub before: Option<u64>,
    /// Rows that would be.
    pub after: u64,
    /// Rows that come.
    pub added: u64,
    /// Rows that go.
    pub gone: u64,
    /// Why it would not be published: tests that do not hold.
    pub failed: Option<String>,
}

/// The texts that were compared, and what came of it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Tells these texts from others.
    pub digest: String,
    /// The sequence at which they were compared.
    pub sequence: u64,
    /// Each table of the mart.
    pub tables: Vec<ModelDifference>,
}

/// A registration of the mart.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its number among those of all marts.
    pub number: i64,
    /// Who registered it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Whether it counts now.
    pub current: bool,
}

/// A mart's texts.
#[derive(Clone, Debug, Default)]
pub struct MartPage {
    /// Its name; empty where one is still to be chosen.
    pub name: String,
    /// Whether it is registered.
    pub registered: bool,
    /// Its files: name and text. The form sends the names as `file-0`, `file-1` and so on, the texts as `text-0` and so
    /// on; one more file as `file-new` and `text-new`.
    pub files: Vec<(String, String)>,
    /// What a comparison found.
    pub compared: Option<Compared>,
    /// Why it cannot be compared or registered: what, where, what to do.
    pub problem: Option<String>,
    /// What was registered before, the newest first.
    pub registrations: Vec<Registration>,
}

impl Page for MartPage {
    fn title(&self) -> String {
        if self.registered { format!("Mart {}", self.name) } else { "A new mart".to_owned() }
    }

    fn place(&self) -> Place {
        let mut place = Place::below(Section::Jobs);
        if self.registered {
            place.above.push((format!("mart.{}", self.name), Address::job(&format!("mart.{}", self.name))));
        }
        place
    }

    fn command(&self) -> Option<String> {
        self.registered.then(|| "mart list".to_owned())
    }

    fn body(&self, frame: &Frame) -> Markup {
        let to = if self.registered { Address::mart(&self.name) } else { Address::new_mart() };
        html! {
            @if let Some(problem) = &self.problem { (field::problem("", problem)) }
            p { "A mart is a folder: " code { "mart.toml" } " says what it answers and when it is built, each "
                code { ".sql" } " makes one table, each " code { ".json" } " is a ViewDefinition. Nothing changes before
                it is compared and registered; the tables change with its next run." }
            @if let Some(compared) = &self.compared { (self.comparison(compared, frame)) }
            (field::post(frame, &to, "form wide", html! {
                @if let Some(compared) = &self.compared {
                    input type="hidden" name="compared" value=(compared.digest);
                }
                @if !self.registered {
                    (Field { name: "name", label: "Name of the mart, and its schema in SQL", value: &self.name,
                        required: true, hint: "a-z, 0-9 and _", ..Field::default() }.render())
                }
                @for (at, (name, said)) in self.files.iter().enumerate() {
                    input type="hidden" name=(format!("file-{at}")) value=(name);
                    (Field { name: &format!("text-{at}"), label: name, value: said,
                        lines: lines(said), ..Field::default() }.render())
                }
                details {
                    summary { "One more file" }
                    (Field { name: "file-new", label: "Its name", hint: "such as people.sql", ..Field::default() }.render())
                    (Field { name: "text-new", label: "Its text", lines: 8, ..Field::default() }.render())
                }
                p class="hint" { "A file whose text is emptied is left out." }
                div class="buttons" {
                    button class="button first" type="submit" name="do" value="compare" { "Compare with what is published" }
                    @if self.compared.as_ref().is_some_and(|compared| compared.tables.iter().all(|one| one.failed.is_none())) {
                        button class="button" type="submit" name="do" value="register" { "Register it" }
                    }
                    @if self.compared.as_ref().is_some_and(|compared| compared.tables.iter().any(|one| one.failed.is_some())) {
                        button class="button taking" type="submit" name="do" value="register" { "Register it as it is" }
                    }
                }
            }))
            @if !self.registrations.is_empty() { (facts::section("Registered before", self.before(frame))) }
            p class="hint" { "From the command line: " (facts::command("mart diff FOLDER")) " and " (facts::command("mart register FOLDER")) }
        }
    }
}

/// The lines that a text is shown in: all of it and a little more, if it is short.
fn lines(said: &str) -> u8 {
    u8::try_from(said.lines().count() + 2).unwrap_or(LINES).min(LINES)
}

impl MartPage {
    fn comparison(&self, compared: &Compared, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Table"),
            grid::numbers("Rows now"),
            grid::numbers("Would be"),
            grid::numbers("Come"),
            grid::numbers("Go"),
            grid::column("Tests"),
        ];
        let row = |one: &ModelDifference| {
            vec![
                text(&one.table),
                html! { @match one.before { Some(rows) => (figure::count(rows)), None => (figure::none()) } },
                html! { (figure::count(one.after)) },
                html! { (figure::count(one.added)) },
                html! { (figure::count(one.gone)) },
                if one.failed.is_some() {
                    tag::tag(Tone::Bad, "do not hold")
                } else {
                    tag::tag(Tone::Good, "hold")
                },
            ]
        };
        let rows = compared.tables.iter().map(row).collect();
        let told: Vec<_> = compared
            .tables
            .iter()
            .flat_map(|one| one.columns.iter().map(move |what| format!("{}: column {what}", one.table)))
            .collect();
        html! {
            (facts::section("What would be different", html! {
                p class="hint" { "Made whole at sequence " (compared.sequence) ", and nothing of it kept. Registering keeps
                    the texts; the next run publishes, if the tests hold, and until then the tables stay as they are." }
                (Grid { caption: "Tables of the mart", quiet: true, columns: &columns, rows }.render(frame, None))
                @if !told.is_empty() { ul { @for line in &told { li { (text(line)) } } } }
                @for (table, why) in compared.tables.iter().filter_map(|one| Some((&one.table, one.failed.as_ref()?))) {
                    div class="message problem" {
                        (icon::of(Tone::Bad))
                        div { p { (text(table)) " would not be published: " (text(why)) } }
                    }
                }
            }))
        }
    }

    fn before(&self, frame: &Frame) -> Markup {
        let columns = [grid::column("When"), grid::column("By"), grid::column("Texts")];
        let row = |one: &Registration| {
            let earlier = Address::mart(&self.name).with("of", &one.number.to_string());
            vec![
                figure::moment(one.at),
                text(&one.actor),
                html! { @if one.current { "these count" } @else { (button::link(&earlier, "open these again")) } },
            ]
        };
        let rows = self.registrations.iter().map(row).collect();
        Grid { caption: "Registrations", quiet: true, columns: &columns, rows }.render(frame, None)
    }
}
