//! Jobs: when each is due, and how it went.

use super::{
    run_row::RunState,
    runs::{kinds, states},
};
use crate::{
    Address, Frame, Page, Paging, Place, Section, Sort, Tone, button, facts,
    field::{self, Field},
    figure,
    grid::{self, Grid},
    tag,
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// One job in the list.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its name, such as `mart.urgent_care`.
    pub name: String,
    /// What kind of work.
    pub kind: String,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// When it is queued, in words: its schedule with its zone, `on changes`, or `by command`.
    pub when: String,
    /// When the clock queues it next.
    pub next_due: Option<Timestamp>,
    /// Whether neither clock nor publications queue it.
    pub paused: bool,
    /// Its newest runs, the oldest first, at most twelve: number, state, and how long they took in milliseconds.
    pub runs: Vec<(i64, RunState, Option<i64>)>,
    /// When the newest of these was queued.
    pub last: Option<Timestamp>,
}

/// Which jobs are looked for; the query parameters `q`, `kind` and `state`.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// A part of the name or of the owner.
    pub text: String,
    /// Of this kind; empty for all.
    pub kind: String,
    /// Whose newest run is in this state; all if there is none.
    pub state: Option<RunState>,
}

/// A list of jobs.
#[derive(Clone, Debug)]
pub struct JobList {
    /// The jobs, in order.
    pub rows: Vec<JobRow>,
    /// What was looked for.
    pub filter: JobFilter,
    /// The kinds of job that there are.
    pub kinds: Vec<String>,
    /// How many jobs have a newest run in each state, whatever was looked for.
    pub counts: Vec<(RunState, u64)>,
    /// How they are ordered: by `name`, `kind`, `owner`, `due` or `last`.
    pub sort: Sort,
    /// Which of them are shown.
    pub paging: Paging,
}

impl Page for JobList {
    fn title(&self) -> String {
        "Jobs".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Jobs)
    }

    fn command(&self) -> Option<String> {
        Some("job list".to_owned())
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        Some(html! {
            (button::button(&Address::runs(), "All runs"))
            (button::button(&Address::job_graph(), "What waits for what"))
        })
    }

    fn body(&self, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Job").by("name"),
            grid::column("Newest run"),
            grid::column("The runs before"),
            grid::column("Runs").by("kind"),
            grid::column("Next").by("due"),
            grid::column("Owner").by("owner"),
        ];
        html! {
            @if !self.counts.is_empty() {
                p class="counts" {
                    @for (state, count) in &self.counts {
                        a href=(Address::jobs().with("state", state.as_str())) {
                            (tag::tag(state.tone(), &format!("{} {}", figure::count(*count), state.as_str())))
                        }
                    }
                }
            }
            (field::ask(&Address::jobs(), "Find jobs", html! {
                (Field { name: "q", label: "Name or owner", value: &self.filter.text, ..Field::default() }.render())
                (kinds(&self.kinds, &self.filter.kind))
                (states(self.filter.state))
                (field::submit("Find"))
            }))
            @if self.rows.is_empty() {
                (facts::empty("No job is found.", html! {
                    "A registered mart has a job: " (facts::command("mart register FOLDER"))
                }))
            } @else {
                (Grid { caption: "Jobs", quiet: true, columns: &columns, rows: self.rows.iter().map(|row| job(row, frame)).collect() }
                    .render(frame, Some(&self.sort)))
                (grid::paging(frame, &self.paging, "jobs"))
            }
        }
    }
}

fn job(row: &JobRow, frame: &Frame) -> Vec<Markup> {
    let last = row.runs.last();
    vec![
        button::link(&Address::job(&row.name), &row.name),
        html! {
            @match last {
                Some((id, state, _)) => { a href=(Address::run(*id)) { (state.tag()) } },
                None => (figure::none()),
            }
            @if row.paused { (tag::tag(Tone::Warning, "paused")) }
        },
        html! {
            span class="runs" {
                @for (id, state, _) in row.runs.iter().rev().skip(1).rev() {
                    a href=(Address::run(*id)) class=(format!("dot {}", state.tone().class())) {
                        span class="hidden" { (format!("run {id} {}", state.as_str())) }
                    }
                }
            }
        },
        text(&row.when),
        html! { @match row.next_due { Some(due) => (figure::ago(due, frame.now)), None => (figure::none()) } },
        text(&row.owner),
    ]
}
