//! Runs as rows: of the overview, of a job, of all.

use crate::{
    Address, Frame, Tone, button, figure,
    grid::{self, Column},
    tag,
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// It waits for somebody to work at it.
    Waiting,
    /// Somebody works at it.
    Running,
    /// It did what it was for.
    Succeeded,
    /// It did not.
    Failed,
    /// Somebody asked that it end before it was done.
    Cancelled,
}

/// What brought a run about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The clock.
    Schedule,
    /// A publication that changed what it reads.
    Publication,
    /// A command.
    Command,
    /// A command that asked for an earlier run once more.
    Retry,
}

/// One run in a list.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// The job that it is of, if any.
    pub job: Option<String>,
    /// What kind of work, such as `mart`.
    pub kind: String,
    /// On what, such as a mart's name.
    pub target: String,
    /// Where it stands.
    pub state: RunState,
    /// What brought it about.
    pub cause: Cause,
    /// Who asked for it; empty for clock and publications.
    pub actor: String,
    /// Which attempt it is at, from 1.
    pub attempt: u64,
    /// When it was queued.
    pub queued: Timestamp,
    /// When its newest attempt began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Its error in short, or what it did.
    pub detail: String,
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// Its word in addresses and on pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// What it means to whoever watches.
    #[must_use]
    pub const fn tone(self) -> Tone {
        match self {
            Self::Waiting => Tone::Quiet,
            Self::Running => Tone::Busy,
            Self::Succeeded => Tone::Good,
            Self::Failed => Tone::Bad,
            Self::Cancelled => Tone::Warning,
        }
    }

    pub(crate) fn tag(self) -> Markup {
        tag::tag(self.tone(), self.as_str())
    }
}

impl Cause {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Publication => "changes",
            Self::Command => "command",
            Self::Retry => "retry",
        }
    }
}

impl RunRow {
    pub(crate) fn took(&self, now: Timestamp) -> Option<i64> {
        let began = self.started?;
        Some(self.ended.unwrap_or(now).0 - began.0)
    }
}

/// Runs as the rows of a table; the columns go with [`COLUMNS`].
pub(crate) fn rows(runs: &[RunRow], frame: &Frame) -> Vec<Vec<Markup>> {
    let row = |run: &RunRow| {
        vec![
            html! { (button::link(&Address::run(run.id), &run.id.to_string())) },
            run.state.tag(),
            match &run.job {
                Some(job) => button::link(&Address::job(job), job),
                None => html! { (text(&run.kind)) " " (text(&run.target)) },
            },
            html! {
                (run.cause.as_str())
                @if !run.actor.is_empty() && run.actor != run.cause.as_str() { ", " (text(&run.actor)) }
            },
            figure::perhaps(run.started),
            html! { @match run.took(frame.now) { Some(ms) => (figure::lasting(ms)), None => (figure::none()) } },
            text(&run.detail),
        ]
    };
    runs.iter().map(row).collect()
}

/// The columns of [`rows`].
pub(crate) const COLUMNS: [Column<'static>; 7] = [
    grid::numbers("Run").by("id"),
    grid::column("State").by("state"),
    grid::column("Job").by("job"),
    grid::column("By"),
    grid::column("Began").by("started"),
    grid::numbers("Took").by("took"),
    grid::column("Result"),
];
