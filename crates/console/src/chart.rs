//! Charts, drawn as SVG. Each says in words what it shows, and has its numbers as a table below it.

use crate::text::{plain, text};
use maud::{Markup, html};

/// Bars or points that are drawn; of more, the first so many are, and it is said.
const MOST: usize = 60;
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 28.0;

/// Numbers over a row of categories, such as days.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// The categories, in order, and a number for each; none where there is none.
    pub values: Vec<(String, Option<f64>)>,
    /// Whether the numbers are joined by a line; bars if not.
    pub line: bool,
}

impl Plot {
    pub(crate) fn render(&self, id: &str) -> Markup {
        let shown = &self.values[..self.values.len().min(MOST)];
        let numbers = || shown.iter().filter_map(|(_, value)| *value).filter(|value| value.is_finite());
        let top = numbers().fold(0.0, f64::max);
        let low = numbers().fold(0.0, f64::min);
        let span = if top > low { top - low } else { 1.0 };
        let high = HEIGHT - BOTTOM - 10.0;
        let at = |value: f64| 10.0 + high * (top - value) / span;
        let step = (WIDTH - LEFT - 8.0) / shown.len().max(1) as f64;
        let place = |number: usize| LEFT + step * (number as f64 + 0.5);
        let every = shown.len().div_ceil(12).max(1);
        let points: Vec<String> = shown
            .iter()
            .enumerate()
            .filter_map(|(number, (_, value))| Some(format!("{:.1},{:.1}", place(number), at((*value)?))))
            .collect();
        html! {
            figure class="chart" {
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby=(format!("{id}-title")) {
                    title id=(format!("{id}-title")) { (plain(&self.title, 120)) }
                    line class="axis" x1=(LEFT) x2=(WIDTH - 8.0) y1=(at(0.0)) y2=(at(0.0)) {}
                    text class="tick" x=(LEFT - 8.0) y=(at(top) + 4.0) text-anchor="end" { (short(top)) }
                    text class="tick" x=(LEFT - 8.0) y=(at(0.0) + 4.0) text-anchor="end" { "0" }
                    @if low < 0.0 {
                        text class="tick" x=(LEFT - 8.0) y=(at(low) + 4.0) text-anchor="end" { (short(low)) }
                    }
                    @if self.line {
                        polyline class="drawn" points=(points.join(" ")) {}
                    } @else {
                        @for (number, (_, value)) in shown.iter().enumerate() {
                            @if let Some(value) = value {
                                rect class="bar" x=(format!("{:.1}", place(number) - step * 0.38))
                                    width=(format!("{:.1}", step * 0.76)) y=(format!("{:.1}", at(value.max(0.0))))
                                    height=(format!("{:.1}", (at(value.min(0.0)) - at(value.max(0.0))).abs())) {}
                            }
                        }
                    }
                    @for (number, (name, _)) in shown.iter().enumerate().step_by(every) {
                        text class="tick" x=(format!("{:.1}", place(number))) y=(HEIGHT - 8.0) text-anchor="middle" {
                            (plain(name, 12))
                        }
                    }
                }
                @if self.values.len() > MOST {
                    figcaption { (format!("The first {MOST} of {} are drawn.", self.values.len())) }
                }
                details {
                    summary { "The numbers as a table" }
                    table {
                        caption class="hidden" { (text(&self.title)) }
                        tbody {
                            @for (name, value) in shown {
                                tr {
                                    th scope="row" { (text(name)) }
                                    td class="num" { @if let Some(value) = value { (short(*value)) } @else { "–" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How values lie, in the height of a line; `said` is the same in words.
pub(crate) fn spark(counts: &[u64], said: &str) -> Markup {
    const BAR: usize = 5;
    const HIGH: f64 = 22.0;
    let top = counts.iter().copied().max().unwrap_or_default().max(1) as f64;
    let width = counts.len() * BAR;
    html! {
        svg class="spark" viewBox=(format!("0 0 {width} {HIGH}")) width=(width) height=(HIGH) role="img" aria-label=(plain(said, 200)) {
            @for (at, count) in counts.iter().enumerate() {
                @let high = if *count == 0 { 0.0 } else { (*count as f64 / top * HIGH).max(1.0) };
                rect class="bar" x=(at * BAR) width=(BAR - 1) y=(format!("{:.1}", HIGH - high)) height=(format!("{high:.1}")) {}
            }
        }
    }
}

/// A number in few characters.
fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if size >= 1e9 => format!("{:.1}G", value / 1e9),
        _ if size >= 1e6 => format!("{:.1}M", value / 1e6),
        _ if size >= 1e4 => format!("{:.1}k", value / 1e3),
        _ if size.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}
