//! The newest runs, of all jobs and of none.

use super::run_row::{self, RunRow, RunState};
use crate::{
    Address, Frame, Page, Paging, Place, Section, Sort, facts,
    field::{self, Field},
    grid::{self, Grid},
};
use maud::{Markup, html};

/// Which runs are looked for; the query parameters `job`, `kind` and `state`.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Of this job; empty for all.
    pub job: String,
    /// Of this kind; empty for all.
    pub kind: String,
    /// In this state; all if there is none.
    pub state: Option<RunState>,
}

/// A list of runs.
#[derive(Clone, Debug)]
pub struct RunList {
    /// The runs, in order.
    pub rows: Vec<RunRow>,
    /// What was looked for.
    pub filter: RunFilter,
    /// The kinds of run that there are.
    pub kinds: Vec<String>,
    /// How they are ordered: by `id`, `job`, `state`, `started` or `took`.
    pub sort: Sort,
    /// Which of them are shown.
    pub paging: Paging,
}

impl Page for RunList {
    fn title(&self) -> String {
        "Runs".to_owned()
    }

    fn place(&self) -> Place {
        Place::below(Section::Jobs)
    }

    fn command(&self) -> Option<String> {
        Some("job runs".to_owned())
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            (field::ask(&Address::runs(), "Find runs", html! {
                (Field { name: "job", label: "Job", value: &self.filter.job, ..Field::default() }.render())
                (kinds(&self.kinds, &self.filter.kind))
                (states(self.filter.state))
                (field::submit("Find"))
            }))
            @if self.rows.is_empty() {
                (facts::empty("No run is found.", html! { "Look for fewer things at once." }))
            } @else {
                (Grid { caption: "Runs", quiet: true, columns: &run_row::COLUMNS, rows: run_row::rows(&self.rows, frame) }
                    .render(frame, Some(&self.sort)))
                (grid::paging(frame, &self.paging, "runs"))
            }
        }
    }
}

/// A choice of kinds.
pub(crate) fn kinds(all: &[String], chosen: &str) -> Markup {
    let any = [("", "any")];
    let options: Vec<_> =
        any.into_iter().chain(all.iter().map(|kind| (kind.as_str(), kind.as_str()))).collect();
    field::choice("kind", "Kind", &options, chosen)
}

/// A choice of states.
pub(crate) fn states(chosen: Option<RunState>) -> Markup {
    let any = [("", "any")];
    let options: Vec<_> = any
        .into_iter()
        .chain(RunState::ALL.into_iter().map(|state| (state.as_str(), state.as_str())))
        .collect();
    field::choice("state", "State", &options, chosen.map_or("", RunState::as_str))
}
