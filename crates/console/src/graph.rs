//! Who makes what of what, drawn: sources to the left, what is made of them to the right.

use crate::{
    Address, Tone, button,
    text::{plain, text},
};
use maud::{Markup, html};

/// Nodes that are drawn; a larger graph is told as a list only.
const MOST: usize = 80;
const WIDE: usize = 190;
const HIGH: usize = 34;
const ACROSS: usize = 250;
const DOWN: usize = 50;

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The nodes; their order decides where nothing else does.
    pub nodes: Vec<Node>,
    /// From whom to whom, as places in `nodes`. Edges to nowhere and to oneself are left out.
    pub edges: Vec<(usize, usize)>,
    /// The node that the page is about.
    pub focus: Option<usize>,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub label: String,
    /// What kind of thing it is, in a word: `table`, `job`, `source`.
    pub kind: String,
    /// Its page.
    pub page: Option<Address>,
    /// Its state, if it has one, and the word for it.
    pub state: Option<(Tone, String)>,
}

impl Graph {
    pub(crate) fn render(&self, title: &str) -> Markup {
        let edges: Vec<(usize, usize)> = self
            .edges
            .iter()
            .copied()
            .filter(|(from, to)| from != to && *from < self.nodes.len() && *to < self.nodes.len())
            .collect();
        html! {
            figure class="graph" {
                @if self.nodes.len() <= MOST { (self.draw(title, &edges)) }
                @else { figcaption { (format!("{} are too many to be drawn; the list has all of them.", self.nodes.len())) } }
                details open[self.nodes.len() > MOST] {
                    summary { "The same as a list" }
                    ul {
                        @for (at, node) in self.nodes.iter().enumerate() {
                            li {
                                (name_of(node))
                                @let made: Vec<_> = edges.iter().filter(|(from, _)| *from == at).collect();
                                @if !made.is_empty() {
                                    " → "
                                    @for (number, (_, to)) in made.iter().enumerate() {
                                        @if number > 0 { ", " }
                                        (text(&self.nodes[*to].label))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn draw(&self, title: &str, edges: &[(usize, usize)]) -> Markup {
        let columns = columns(self.nodes.len(), edges);
        let mut filled = vec![0; self.nodes.len() + 1];
        let places: Vec<(usize, usize)> = columns
            .iter()
            .map(|column| {
                filled[*column] += 1;
                (8 + column * ACROSS, 8 + (filled[*column] - 1) * DOWN)
            })
            .collect();
        let width = columns.iter().max().map_or(0, |last| last * ACROSS + WIDE + 16);
        let height = filled.iter().max().map_or(0, |most| most * DOWN + 8);
        html! {
            div class="scroll" tabindex="0" role="region" aria-label=(plain(title, 80)) {
                svg width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="img"
                    aria-label=(plain(title, 120)) {
                    @for (from, to) in edges {
                        @let ((x, y), (to_x, to_y)) = (places[*from], places[*to]);
                        @let (x, y, to_y) = (x + WIDE, y + HIGH / 2, to_y + HIGH / 2);
                        path class="edge" d=(format!("M{x} {y}C{} {y} {} {to_y} {to_x} {to_y}", x + 30, to_x.saturating_sub(30))) {}
                    }
                    @for (at, node) in self.nodes.iter().enumerate() {
                        @let (x, y) = places[at];
                        @let class = if self.focus == Some(at) { "node focus" } else { "node" };
                        g class=(class) {
                            rect x=(x) y=(y) width=(WIDE) height=(HIGH) rx="4"
                                class=[node.state.as_ref().map(|(tone, _)| tone.class())] {}
                            text x=(x + 10) y=(y + 15) class="label" { (plain(&node.label, 26)) }
                            text x=(x + 10) y=(y + 28) class="kind" {
                                (plain(&node.kind, 20))
                                @if let Some((_, word)) = &node.state { " · " (plain(word, 16)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn name_of(node: &Node) -> Markup {
    match &node.page {
        Some(page) => button::link(page, &node.label),
        None => text(&node.label),
    }
}

/// How far from the left each node stands: one further than whatever leads to it. In a circle, as far as was found
/// after so many rounds as there are nodes.
fn columns(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut columns = vec![0; nodes];
    for _ in 0..nodes {
        let mut moved = false;
        for (from, to) in edges {
            let at = (columns[*from] + 1).min(nodes.saturating_sub(1));
            if columns[*to] < at {
                columns[*to] = at;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_stands_to_the_right_and_a_circle_ends() {
        assert_eq!(columns(4, &[(0, 1), (1, 3), (0, 3), (2, 3)]), [0, 1, 0, 2]);
        assert!(columns(3, &[(0, 1), (1, 2), (2, 0)]).iter().all(|column| *column < 3));
    }
}
