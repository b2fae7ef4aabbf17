//! The audit trail: searched, and record by record.

use crate::{
    Address, Frame, Page, Place, Section, Tone, button, facts,
    field::{self, Field},
    figure,
    grid::{self, Grid},
    shell, tag,
    text::{block, text},
};
use maud::{Markup, html};
use model::{AuditOutcome, Timestamp};

/// Which records are looked for; the query parameters have the fields' names.
#[derive(Clone, Debug, Default)]
pub struct AuditSearch {
    /// Recorded at or after: a date or an instant.
    pub from: String,
    /// Recorded before.
    pub until: String,
    /// What was done, such as `token`, or `fhir.*`.
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// How it ended: `success`, `refused` or `failed`; empty for all.
    pub outcome: String,
    /// About this patient, by the lake's pseudonym.
    pub patient: String,
    /// What is wrong with the search, if something is.
    pub problem: Option<String>,
}

/// A record in a list.
#[derive(Clone, Debug)]
pub struct RecordRow {
    /// When it was recorded.
    pub at: Timestamp,
    /// What was done.
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// On what.
    pub target: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// The writer whose chain it is in.
    pub writer: String,
    /// Its number in that chain.
    pub number: u64,
}

/// A search in the trail.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// What was looked for.
    pub search: AuditSearch,
    /// The records that were found, the newest first; none while they are still looked for, see [`AuditPage::found`].
    pub rows: Option<Vec<RecordRow>>,
    /// The most records that are shown.
    pub limit: u64,
    /// The newest signed checkpoint: its tree's size, and when it was made.
    pub checkpoint: Option<(u64, Timestamp)>,
}

/// One record.
#[derive(Clone, Debug)]
pub struct RecordPage {
    /// What it is in lists.
    pub record: RecordRow,
    /// What it says further: name and value.
    pub details: Vec<(String, String)>,
    /// Its hash, in hex.
    pub hash: String,
    /// The FHIR AuditEvent, as JSON.
    pub event: String,
}

impl Page for AuditPage {
    fn title(&self) -> String {
        "Audit".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Audit)
    }

    fn command(&self) -> Option<String> {
        Some("audit query".to_owned())
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn body(&self, frame: &Frame) -> Markup {
        let search = &self.search;
        let field = |name, label, value| Field { name, label, value, ..Field::default() }.render();
        let outcomes = [("", "any"), ("success", "success"), ("refused", "refused"), ("failed", "failed")];
        html! {
            p class="state" {
                @match self.checkpoint {
                    Some((size, at)) => {
                        (tag::tag(Tone::Good, "witnessed"))
                        "The newest signed checkpoint covers " (figure::counted(size, "chain head", "chain heads")) ", made "
                        (figure::ago(at, frame.now)) ". Prove the trail: " (facts::command("audit verify"))
                    },
                    None => {
                        (tag::tag(Tone::Quiet, "no checkpoint"))
                        "No checkpoint has been made yet. Prove the trail: " (facts::command("audit verify"))
                    },
                }
            }
            @if let Some(problem) = &search.problem { (field::problem("from", problem)) }
            (field::ask(&Address::audit(), "Search the trail", html! {
                (field("from", "From", &search.from))
                (field("until", "Until", &search.until))
                (field("actor", "Who", &search.actor))
                (field("action", "What", &search.action))
                (field("patient", "About patient", &search.patient))
                (field::choice("outcome", "Outcome", &outcomes, &search.outcome))
                (field::submit("Search"))
            }))
            @match &self.rows {
                Some(rows) => (self.records(rows, frame)),
                None => (shell::LATE),
            }
        }
    }
}

impl AuditPage {
    /// What is shown of the records once they are found, where the page was sent without them.
    #[must_use]
    pub fn found(&self, rows: &[RecordRow], frame: &Frame) -> String {
        self.records(rows, frame).into_string()
    }

    fn records(&self, records: &[RecordRow], frame: &Frame) -> Markup {
        let columns = [
            grid::column("Recorded"),
            grid::column("Who"),
            grid::column("What"),
            grid::column("On"),
            grid::column("Outcome"),
        ];
        let rows = records.iter().map(row).collect();
        html! {
            @if records.is_empty() {
                (facts::empty("No record is found.", html! { "`fhir.*` finds all actions that begin so." }))
            } @else {
                (Grid { caption: "Records", quiet: true, columns: &columns, rows }.render(frame, None))
                @if records.len() as u64 >= self.limit {
                    p class="hint" { "The newest " (figure::count(self.limit)) ". Narrow the search to see others." }
                }
            }
        }
    }
}

fn outcome(of: AuditOutcome) -> Markup {
    let tone = match of {
        AuditOutcome::Success => Tone::Good,
        AuditOutcome::Refused => Tone::Warning,
        AuditOutcome::Failed => Tone::Bad,
    };
    tag::tag(tone, of.as_str())
}

fn row(record: &RecordRow) -> Vec<Markup> {
    vec![
        button::around(figure::moment(record.at), &Address::audit_record(&record.writer, record.number)),
        text(&record.actor),
        text(&record.action),
        text(&record.target),
        outcome(record.outcome),
    ]
}

impl Page for RecordPage {
    fn title(&self) -> String {
        format!("Record {} of {}", self.record.number, self.record.writer)
    }

    fn place(&self) -> Place {
        Place::below(Section::Audit)
    }

    fn body(&self, _: &Frame) -> Markup {
        let record = &self.record;
        let mut rows = vec![
            ("Recorded", figure::moment(record.at)),
            ("Who", text(&record.actor)),
            ("What", text(&record.action)),
            ("On", text(&record.target)),
            ("Outcome", outcome(record.outcome)),
        ];
        rows.extend(self.details.iter().map(|(name, value)| (name.as_str(), text(value))));
        rows.push(("Hash", html! { code { (text(&self.hash)) } }));
        html! {
            (facts::facts(&rows))
            (facts::section("AuditEvent", block(&self.event)))
            p { (button::button(&Address::audit(), "Search the trail")) }
        }
    }
}
