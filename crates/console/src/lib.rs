//! The console's pages: plain models in, HTML out.
//!
//! Whoever serves them fills a [`Frame`] (who is signed in, where they are, the token of their forms) and a page of
//! [`pages`], and calls [`Frame::render`]. [`Address`] names every page; [`assets`] holds the stylesheet, the small
//! script and the content-security policy that all of it lives under. [`chart`] and [`graph`] draw SVG.
//!
//! Nothing here reads or writes, knows a clock, or decides what somebody may see: a page shows what it is handed, and
//! every value goes through [`text`], because names, codes, SQL and errors are other people's words.

pub mod assets;
pub mod chart;
pub mod graph;
pub mod pages;
pub mod text;

mod address;
mod button;
mod facts;
mod field;
mod figure;
mod frame;
mod grid;
mod icon;
mod shell;
mod tag;

pub use address::Address;
pub use figure::rounded;
pub use frame::{Frame, Page, Person, Place, Region, Section, Theme};
pub use grid::{Paging, Sort};
pub use tag::Tone;
