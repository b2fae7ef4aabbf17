//! Of a JSON text only the members that somebody asks for.
//!
//! A [`Selection`] is a tree of member names. [`Selected::read`] walks a text once, passes over what is not
//! selected and keeps the rest where it stands: texts and numbers are places in the text, an object is a row of
//! slots, one for each name asked for. The memory is used again for the next text.
//!
//! All of the text is still checked by RFC 8259. One thing is not: two members of one name are refused only if
//! the name is selected.

mod memo;
mod read;

use super::{JsonError, parse};
use memo::{Memo, Passed};
use read::Reader;

/// The names asked for of one object, by its number in the [`Selection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(usize);

impl Shape {
    /// Whether it is the same shape.
    #[must_use]
    pub const fn is(self, other: Self) -> bool {
        self.0 == other.0
    }
}

/// A tree of member names.
#[derive(Clone, Debug)]
pub struct Selection {
    shapes: Vec<Names>,
}

/// The names asked for of one object, and what is asked of their values.
#[derive(Clone, Debug, Default)]
struct Names {
    members: Vec<Member>,
    /// For names of each hash the first slot to look at, from 1.
    first: Vec<u8>,
    /// For each slot the next of the same hash, from 1.
    next: Vec<u8>,
}

/// One of them.
#[derive(Clone, Debug)]
struct Member {
    name: Box<str>,
    /// The name's first eight bytes: most names are told apart by them and their length.
    head: u64,
    shape: Shape,
}

/// The first eight bytes of a name; zeros where it is shorter.
#[inline]
fn head(name: &[u8]) -> u64 {
    if let Some(head) = name.first_chunk::<8>() {
        return u64::from_le_bytes(*head);
    }
    name.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte))
}

/// How many names can be asked for of one object.
const MAX_NAMES: usize = 250;

impl Default for Selection {
    fn default() -> Self {
        Self { shapes: vec![Names::default()] }
    }
}

impl Selection {
    /// The shape of the whole text.
    pub const ROOT: Shape = Shape(0);

    /// Asks for nothing but whether the text is an object.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the member `name` of `shape` and gives its slot and the shape of its value. Asking again gives
    /// the same. The items of an array have the array's shape.
    ///
    /// `None` when too many names are asked for.
    pub fn member(&mut self, shape: Shape, name: &str) -> Option<(usize, Shape)> {
        let value = Shape(self.shapes.len());
        let found = self.shapes.get_mut(shape.0)?.ask(name, value)?;
        if found.1 == value {
            self.shapes.push(Names::default());
        }
        Some(found)
    }

    /// As [`Selection::member`], with `value` as the shape of its value. `None` too when the member was asked
    /// for with another one.
    pub fn member_of_shape(&mut self, shape: Shape, name: &str, value: Shape) -> Option<usize> {
        let (slot, found) = self.shapes.get_mut(shape.0)?.ask(name, value)?;
        (found == value).then_some(slot)
    }

    /// The names asked for of `shape` so far, each with the shape of its value, in the order of their slots.
    pub fn members(&self, shape: Shape) -> impl Iterator<Item = (&str, Shape)> {
        let names = self.names(shape).map_or(&[][..], |names| &names.members);
        names.iter().map(|member| (&*member.name, member.shape))
    }

    fn names(&self, shape: Shape) -> Option<&Names> {
        self.shapes.get(shape.0)
    }
}

impl Names {
    const HASHES: usize = 64;

    /// Names of one object differ in length or in their ends more often than not.
    #[inline]
    fn hash(name: &[u8]) -> usize {
        let (first, last) = (name.first().map_or(0, |b| *b), name.last().map_or(0, |b| *b));
        (name.len() + usize::from(first) * 3 + usize::from(last) * 5) % Self::HASHES
    }

    fn ask(&mut self, name: &str, value: Shape) -> Option<(usize, Shape)> {
        if let Some(found) = self.find(name.as_bytes()) {
            return Some(found);
        }
        if self.members.len() >= MAX_NAMES {
            return None;
        }
        self.first.resize(Self::HASHES, 0);
        let place = u8::try_from(self.members.len() + 1).ok()?;
        let first = self.first.get_mut(Self::hash(name.as_bytes()))?;
        self.next.push(std::mem::replace(first, place));
        self.members.push(Member { name: name.into(), head: head(name.as_bytes()), shape: value });
        Some((self.members.len() - 1, value))
    }

    #[inline]
    fn find(&self, name: &[u8]) -> Option<(usize, Shape)> {
        let mut place = *self.first.get(Self::hash(name))?;
        if place == 0 {
            return None;
        }
        let head = head(name);
        loop {
            let slot = usize::from(place).checked_sub(1)?;
            let member = self.members.get(slot)?;
            let same = member.head == head
                && member.name.len() == name.len()
                && (name.len() <= 8 || member.name.as_bytes() == name);
            if same {
                return Some((slot, member.shape));
            }
            place = *self.next.get(slot)?;
        }
    }
}

/// A value, by its place in the text or among the slots, in one word: it goes about in registers, where two words
/// would be written apart and read together, for which the processor waits.
///
/// The upper four bits are the [`Tag`]; then 30 bits where a text begins, or the slot of the first item or member;
/// then 30 bits where a text ends, or how many slots there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Node(u64);

/// What a [`Node`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    /// The member is not there.
    Missing,
    Null,
    False,
    True,
    Number,
    Text,
    /// A text that had escapes, among the resolved ones.
    Resolved,
    Array,
    Object,
}

impl Node {
    const MISSING: Self = Self::word(Tag::Missing);

    /// Bits of a place.
    const PLACE: u32 = 30;
    const PLACES: u64 = (1 << Self::PLACE) - 1;

    /// A value without a place.
    const fn word(tag: Tag) -> Self {
        Self((tag as u64) << (2 * Self::PLACE))
    }

    /// A value at a place, or `None` if that is too far out.
    #[inline]
    const fn spot(tag: Tag, from: usize, to: usize) -> Option<Self> {
        if (from | to) as u64 > Self::PLACES {
            return None;
        }
        Some(Self(Self::word(tag).0 | (from as u64) << Self::PLACE | to as u64))
    }

    #[inline]
    const fn tag(self) -> Tag {
        match self.0 >> (2 * Self::PLACE) {
            0 => Tag::Missing,
            1 => Tag::Null,
            2 => Tag::False,
            3 => Tag::True,
            4 => Tag::Number,
            5 => Tag::Text,
            6 => Tag::Resolved,
            7 => Tag::Array,
            _ => Tag::Object,
        }
    }

    #[inline]
    const fn is(self, tag: Tag) -> bool {
        self.0 >> (2 * Self::PLACE) == tag as u64
    }

    /// Where it begins, and where it ends or how long it is.
    #[inline]
    const fn span(self) -> (usize, usize) {
        ((self.0 >> Self::PLACE & Self::PLACES) as usize, (self.0 & Self::PLACES) as usize)
    }
}

/// Reads one text after the other into the same memory.
#[derive(Debug)]
pub struct Selected {
    selection: Selection,
    /// For each shape the names that the last object of that shape had, in order.
    last: Vec<Vec<Seen>>,
    /// For each shape the values that it had.
    memos: Vec<Memo>,
    slots: Vec<Node>,
    /// Items of arrays that have not ended yet.
    open: Vec<Node>,
    resolved: String,
}

/// A name as it stood in a text, and where its value goes.
#[derive(Clone, Debug, Default)]
struct Seen {
    name: Token,
    found: Option<(usize, Shape)>,
    /// The value, if it goes nowhere.
    passed: Passed,
}

/// A name from its first quote to the colon, in words that are quickly compared; empty if it is too long for them.
#[derive(Clone, Copy, Debug, Default)]
struct Token {
    words: [u64; Token::WORDS],
    /// The bits of the words that are the name's.
    masks: [u64; Token::WORDS],
    length: usize,
}

impl Token {
    const WORDS: usize = 4;

    fn new(token: &[u8]) -> Self {
        let mut new = Self::default();
        if token.len() > Self::WORDS * 8 {
            return new;
        }
        for ((word, mask), bytes) in new.words.iter_mut().zip(&mut new.masks).zip(token.chunks(8)) {
            *word = head(bytes);
            *mask = u64::MAX >> (64 - 8 * bytes.len());
        }
        new.length = token.len();
        new
    }

    /// Its length, if `rest` begins with it. Near the end of a text that is not always known.
    #[inline]
    fn begins(&self, rest: &[u8]) -> Option<usize> {
        let (rest, _) = rest.first_chunk::<{ Self::WORDS * 8 }>()?.as_chunks::<8>();
        let words = self.words.iter().zip(&self.masks).zip(rest);
        let differ = words
            .fold(0, |differ, ((word, mask), bytes)| differ | ((u64::from_le_bytes(*bytes) ^ word) & mask));
        (differ == 0 && self.length > 0).then_some(self.length)
    }
}

/// One text as it was read.
#[derive(Debug)]
pub struct Picks<'s> {
    text: &'s str,
    slots: &'s [Node],
    resolved: &'s str,
    root: Node,
}

/// A value that was selected.
#[derive(Clone, Copy, Debug)]
pub struct Picked<'s> {
    picks: &'s Picks<'s>,
    node: Node,
}

/// What a selected value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'s> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its token stands in the text.
    Number(&'s str),
    /// A string, escapes resolved.
    Text(&'s str),
    /// An array of so many items.
    Array(usize),
    /// An object.
    Object,
}

impl Selected {
    /// A reader of what `selection` says.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        let last = vec![Vec::new(); selection.shapes.len()];
        let memos = selection.shapes.iter().map(|_| Memo::default()).collect();
        Self { selection, last, memos, slots: Vec::new(), open: Vec::new(), resolved: String::new() }
    }

    /// Reads one value that fills the whole text. What was read before is forgotten.
    ///
    /// # Errors
    /// The text is not JSON by RFC 8259, repeats a selected member's name, is nested deeper than 64, or has 1 GiB
    /// or more.
    pub fn read<'s>(&'s mut self, text: &'s [u8]) -> Result<Picks<'s>, JsonError> {
        self.slots.clear();
        self.open.clear();
        self.resolved.clear();
        let checked = parse::utf8(text)?;
        let root = Reader::new(checked, self).whole().map_err(|(kind, at)| parse::place(text, at, kind))?;
        Ok(Picks { text: checked, slots: &self.slots, resolved: &self.resolved, root })
    }
}

impl Picks<'_> {
    /// The value that fills the text.
    #[must_use]
    pub const fn root(&self) -> Picked<'_> {
        Picked { picks: self, node: self.root }
    }
}

fn span(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

impl<'s> Picked<'s> {
    /// What it is.
    #[must_use]
    #[inline]
    pub fn kind(self) -> Kind<'s> {
        let (tag, (from, to)) = (self.node.tag(), self.node.span());
        match tag {
            Tag::Missing | Tag::Null => Kind::Null,
            Tag::False => Kind::Bool(false),
            Tag::True => Kind::Bool(true),
            Tag::Number => Kind::Number(span(self.picks.text, from, to)),
            Tag::Text => Kind::Text(span(self.picks.text, from, to)),
            Tag::Resolved => Kind::Text(span(self.picks.resolved, from, to)),
            Tag::Array => Kind::Array(to),
            Tag::Object => Kind::Object,
        }
    }

    /// The text of a string, or a number's token.
    #[must_use]
    #[inline]
    pub fn token(self) -> Option<&'s str> {
        let (tag, (from, to)) = (self.node.tag(), self.node.span());
        match tag {
            Tag::Number | Tag::Text => Some(span(self.picks.text, from, to)),
            Tag::Resolved => Some(span(self.picks.resolved, from, to)),
            _ => None,
        }
    }

    /// The bytes of [`Picked::token`], which are UTF-8.
    #[must_use]
    #[inline]
    pub fn token_bytes(self) -> Option<&'s [u8]> {
        let (tag, (from, to)) = (self.node.tag(), self.node.span());
        match tag {
            Tag::Number | Tag::Text => self.picks.text.as_bytes().get(from..to),
            Tag::Resolved => self.picks.resolved.as_bytes().get(from..to),
            _ => None,
        }
    }

    /// The member in the slot that [`Selection::member`] gave, of an object of that shape.
    #[must_use]
    #[inline]
    pub fn slot(self, slot: usize) -> Option<Self> {
        let (from, to) = self.node.span();
        if !self.node.is(Tag::Object) || slot >= to {
            return None;
        }
        let node = *self.picks.slots.get(from + slot)?;
        (!node.is(Tag::Missing)).then_some(Self { picks: self.picks, node })
    }

    /// The number of its items, if it is an array.
    #[must_use]
    #[inline]
    pub const fn length(self) -> Option<usize> {
        if self.node.is(Tag::Array) { Some(self.node.span().1) } else { None }
    }

    /// Whether it is `null`.
    #[must_use]
    #[inline]
    pub const fn is_null(self) -> bool {
        self.node.is(Tag::Null) || self.node.is(Tag::Missing)
    }

    /// The item at a place of an array.
    #[must_use]
    #[inline]
    pub fn item(self, at: usize) -> Option<Self> {
        let (from, to) = self.node.span();
        if !self.node.is(Tag::Array) || at >= to {
            return None;
        }
        self.picks.slots.get(from + at).map(|node| Self { picks: self.picks, node: *node })
    }
}

#[cfg(test)]
mod tests;
