//! The walk over a text.

use super::{Node, Seen, Selected, Selection, Shape, Tag, Token};
use crate::json::{
    JsonErrorKind, Limits, parse,
    scan::{Quoted, Scanner, Step},
};

pub(super) struct Reader<'r> {
    scan: Scanner<'r>,
    out: &'r mut Selected,
    depth: usize,
    name: String,
    /// The value that was read last; handed on here because a `Result` of it would be copied in pieces.
    node: Node,
}

impl<'r> Reader<'r> {
    pub(super) fn new(text: &'r str, out: &'r mut Selected) -> Self {
        let depth = Limits::default().depth;
        Self { scan: Scanner::new(text), out, depth, name: String::new(), node: Node::MISSING }
    }

    /// The value that fills the text, or what is wrong and where.
    pub(super) fn whole(mut self) -> Result<Node, (JsonErrorKind, usize)> {
        let read = self.value(Selection::ROOT).and_then(|()| parse::end(&mut self.scan));
        read.map(|()| self.node).map_err(|kind| (kind, self.scan.at()))
    }

    /// Reads a value into `node`.
    fn value(&mut self, shape: Shape) -> Step<()> {
        self.scan.space();
        match self.scan.peek() {
            None => Err(JsonErrorKind::End),
            Some(b'"') => {
                let quoted = self.scan.string()?;
                self.text(&quoted)
            }
            Some(opening @ (b'{' | b'[')) => self.composite(opening, shape),
            Some(b'-' | b'0'..=b'9') => {
                let range = self.scan.number()?;
                self.spot(Tag::Number, range.start, range.end)
            }
            Some(b't') => self.word("true", Tag::True),
            Some(b'f') => self.word("false", Tag::False),
            Some(b'n') => self.word("null", Tag::Null),
            Some(_) => Err(JsonErrorKind::Unexpected),
        }
    }

    /// Reads an object or array, or remembers it.
    fn composite(&mut self, opening: u8, shape: Shape) -> Step<()> {
        let (at, depth) = (self.scan.at(), self.depth);
        let memo = self.out.memos.get_mut(shape.0).filter(|_| shape != Selection::ROOT);
        let mut kept = false;
        if let Some(memo) = memo
            && memo.is_of_use(depth)
        {
            if let Some((node, length)) = memo.recall(self.scan.rest(), at, &mut self.out.slots) {
                self.node = node;
                self.scan.pass(length);
                return Ok(());
            }
            kept = true;
        }
        let first = self.out.slots.len();
        if opening == b'{' { self.object(shape) } else { self.array(shape) }?;
        if kept && let Some(memo) = self.out.memos.get_mut(shape.0) {
            let slots = self.out.slots.get(first..).unwrap_or_default();
            memo.keep(self.scan.slice(at..self.scan.at()).as_bytes(), at, self.node, slots, first);
        }
        Ok(())
    }

    fn text(&mut self, quoted: &Quoted) -> Step<()> {
        if !quoted.escaped {
            return self.spot(Tag::Text, quoted.range.start, quoted.range.end);
        }
        let from = self.out.resolved.len();
        self.scan.resolve(quoted, &mut self.out.resolved)?;
        self.spot(Tag::Resolved, from, self.out.resolved.len())
    }

    fn word(&mut self, word: &str, tag: Tag) -> Step<()> {
        self.scan.word(word)?;
        self.node = Node::word(tag);
        Ok(())
    }

    /// A value at a place in the text or among the slots. A text of 1 GiB is no resource.
    #[inline]
    fn spot(&mut self, tag: Tag, from: usize, to: usize) -> Step<()> {
        self.node = Node::spot(tag, from, to).ok_or(JsonErrorKind::Depth)?;
        Ok(())
    }

    /// Passes a bracket that opens and says whether anything stands before `closing`.
    fn open(&mut self, opening: u8, closing: u8) -> Step<bool> {
        self.depth = self.depth.checked_sub(1).ok_or(JsonErrorKind::Depth)?;
        self.scan.take(opening);
        self.scan.space();
        Ok(!self.scan.take(closing))
    }

    fn array(&mut self, shape: Shape) -> Step<()> {
        let mark = self.out.open.len();
        let mut more = self.open(b'[', b']')?;
        while more {
            self.value(shape)?;
            self.out.open.push(self.node);
            more = self.scan.more(b']')?;
        }
        self.depth += 1;
        // What stands inside the items has taken its slots by now, so that they can stand side by side.
        let (first, length) = (self.out.slots.len(), self.out.open.len() - mark);
        if length == 1 {
            self.out.slots.extend(self.out.open.pop());
        } else {
            self.out.slots.extend(self.out.open.drain(mark..));
        }
        self.spot(Tag::Array, first, length)
    }

    fn object(&mut self, shape: Shape) -> Step<()> {
        let length = self.out.selection.names(shape).map_or(0, |names| names.members.len());
        if length == 0 {
            self.skip_object()?;
            return self.spot(Tag::Object, self.out.slots.len(), 0);
        }
        let first = self.out.slots.len();
        self.out.slots.resize(first + length, Node::MISSING);
        let mut more = self.open(b'{', b'}')?;
        let mut index = 0;
        while more {
            match self.member(shape, index)? {
                None => self.pass(shape, index)?,
                Some((slot, shape)) => {
                    self.value(shape)?;
                    let place = self.out.slots.get_mut(first + slot).ok_or(JsonErrorKind::Unexpected)?;
                    if *place != Node::MISSING {
                        return Err(JsonErrorKind::Duplicate);
                    }
                    *place = self.node;
                }
            }
            index += 1;
            more = self.scan.more(b'}')?;
        }
        self.depth += 1;
        self.spot(Tag::Object, first, length)
    }

    /// Passes the name of the member at `index` of an object, and says where its value goes.
    ///
    /// Objects of one shape mostly have the same members in the same order: the name that stood here last time
    /// is tried before it is looked for.
    #[inline]
    fn member(&mut self, shape: Shape, index: usize) -> Step<Option<(usize, Shape)>> {
        self.scan.space();
        if let Some(seen) = self.out.last.get(shape.0).and_then(|seen| seen.get(index))
            && let Some(length) = seen.name.begins(self.scan.rest())
        {
            self.scan.pass(length);
            return Ok(seen.found);
        }
        self.other_member(shape, index)
    }

    /// Passes over the value of the member at `index`, which nobody asks for.
    fn pass(&mut self, shape: Shape, index: usize) -> Step<()> {
        self.scan.space();
        let composite = matches!(self.scan.peek(), Some(b'{' | b'['));
        let seen = self.out.last.get_mut(shape.0).and_then(|seen| seen.get_mut(index));
        let Some(seen) = seen.filter(|_| composite) else { return self.skip() };
        if let Some(length) = seen.passed.recall(self.scan.rest(), self.depth) {
            self.scan.pass(length);
            return Ok(());
        }
        let (from, depth) = (self.scan.at(), self.depth);
        self.skip()?;
        let raw = self.scan.slice(from..self.scan.at()).as_bytes();
        let seen = self.out.last.get_mut(shape.0).and_then(|seen| seen.get_mut(index));
        seen.into_iter().for_each(|seen| seen.passed.keep(raw, depth));
        Ok(())
    }

    fn other_member(&mut self, shape: Shape, index: usize) -> Step<Option<(usize, Shape)>> {
        let from = self.scan.at();
        let quoted = self.scan.name()?;
        let token = self.scan.slice(from..self.scan.at());
        let names = self.out.selection.names(shape);
        let found = if quoted.escaped {
            self.name.clear();
            self.scan.resolve(&quoted, &mut self.name)?;
            names.and_then(|names| names.find(self.name.as_bytes()))
        } else {
            names.and_then(|names| names.find(self.scan.slice(quoted.range).as_bytes()))
        };
        if let Some(last) = self.out.last.get_mut(shape.0)
            && index < MAX_SEEN
        {
            if last.len() <= index {
                last.resize(index + 1, Seen::default());
            }
            if let Some(seen) = last.get_mut(index) {
                (seen.name, seen.found) = (Token::new(token.as_bytes()), found);
            }
        }
        Ok(found)
    }

    /// Passes over a value, checking its form.
    fn skip(&mut self) -> Step<()> {
        self.scan.space();
        match self.scan.peek() {
            None => Err(JsonErrorKind::End),
            Some(b'"') => self.scan.string().map(|_| ()),
            Some(b'{') => self.skip_object(),
            Some(b'[') => self.skip_array(),
            Some(b'-' | b'0'..=b'9') => self.scan.number().map(|_| ()),
            Some(b't') => self.scan.word("true"),
            Some(b'f') => self.scan.word("false"),
            Some(b'n') => self.scan.word("null"),
            Some(_) => Err(JsonErrorKind::Unexpected),
        }
    }

    fn skip_object(&mut self) -> Step<()> {
        let mut more = self.open(b'{', b'}')?;
        while more {
            self.scan.name()?;
            self.skip()?;
            more = self.scan.more(b'}')?;
        }
        self.depth += 1;
        Ok(())
    }

    fn skip_array(&mut self) -> Step<()> {
        let mut more = self.open(b'[', b']')?;
        while more {
            self.skip()?;
            more = self.scan.more(b']')?;
        }
        self.depth += 1;
        Ok(())
    }
}

/// How many members of an object are remembered.
const MAX_SEEN: usize = 64;
