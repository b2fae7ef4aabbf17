//! Which job makes what another reads, drawn.

use crate::{Frame, Page, Place, Section, facts, figure, graph::Graph};
use maud::{Markup, html};

/// The jobs and what they wait for.
#[derive(Clone, Debug)]
pub struct JobGraph {
    /// Jobs as nodes; an edge leads from who makes to who reads.
    pub graph: Graph,
    /// Jobs that are not among these, because there are too many.
    pub left_out: u64,
}

impl Page for JobGraph {
    fn title(&self) -> String {
        "What waits for what".to_owned()
    }

    fn place(&self) -> Place {
        Place::below(Section::Jobs)
    }

    fn body(&self, _: &Frame) -> Markup {
        html! {
            @if self.graph.nodes.is_empty() {
                (facts::empty("There is no job.", html! { "A registered mart has one: " (facts::command("mart register FOLDER")) }))
            } @else {
                @if self.left_out > 0 {
                    p { "Of the first " (self.graph.nodes.len()) " jobs by name; " (figure::count(self.left_out)) " more are left out." }
                }
                (self.graph.render("Jobs, from those that make tables to those that read them"))
            }
        }
    }
}
