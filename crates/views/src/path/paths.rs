//! The columns of one `select` walked together: expressions that are no more than members, `first()`,
//! `where(name = 'text')`, `extension('url')`, and a key at the end, which most are. What several have in common
//! is walked once.

use super::{Expr, Field, Function, Halt, Literal, Node, ReferenceKey};
use fhir::path::Moment;

/// Paths from one item to the values of columns, as a tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    /// Paths that end where they begin.
    ends: Vec<End>,
    steps: Vec<Step>,
    /// How many steps only one item may pass.
    firsts: u32,
}

/// Where a path ends.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// The column's place in the row.
    pub(crate) slot: usize,
    /// The key of the reference at the path's end is the value, not the reference.
    pub(crate) key: Option<ReferenceKey>,
}

#[derive(Clone, Debug)]
struct Step {
    way: Way,
    /// Of all items that come here only the first goes on: which of the tree's firsts this is.
    first: Option<u32>,
    ends: Vec<End>,
    steps: Vec<Self>,
}

#[derive(Clone, Debug)]
enum Way {
    /// To the items of a member.
    Member(Field),
    /// On, for those whose member is this text.
    Where(Field, Box<str>),
}

/// One path, before it is put into the tree.
#[derive(Default)]
struct Path {
    ways: Vec<(Way, bool)>,
    key: Option<ReferenceKey>,
}

/// `firsts` are the bits of a word.
const MAX_FIRSTS: u32 = u64::BITS;

impl Paths {
    /// Takes the expression of a column in, if it is one of these, and says whether it is.
    pub(crate) fn add(&mut self, expr: &Expr, slot: usize) -> bool {
        let Some(path) = Path::of(expr) else { return false };
        let firsts = path.ways.iter().filter(|(_, first)| *first).count();
        if self.firsts as usize + firsts > MAX_FIRSTS as usize {
            return false;
        }
        let (mut ends, mut steps) = (&mut self.ends, &mut self.steps);
        for (way, first) in path.ways {
            let place = steps.iter().position(|step| step.way.is(&way) && step.first.is_some() == first);
            let place = place.unwrap_or_else(|| {
                let number = first.then_some(self.firsts);
                self.firsts += u32::from(first);
                steps.push(Step { way, first: number, ends: Vec::new(), steps: Vec::new() });
                steps.len() - 1
            });
            let Some(step) = steps.get_mut(place) else { return false };
            (ends, steps) = (&mut step.ends, &mut step.steps);
        }
        ends.push(End { slot, key: path.key });
        true
    }

    /// The one path of an expression whose items are elements, if it is one of these.
    pub(crate) fn to_elements(expr: &Expr) -> Option<Self> {
        let mut paths = Self::default();
        let key = Path::of(expr)?.key;
        (key.is_none() && paths.add(expr, 0)).then_some(paths)
    }

    /// Hands each item that a path comes to from `node` to `found`, with the end that it came to. Of one path
    /// they come in the order in which the expression gives them.
    #[inline]
    pub(crate) fn walk<'a, N: Node<'a>>(
        &'a self,
        node: N,
        found: &mut impl FnMut(&'a End, N) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        for end in &self.ends {
            found(end, node)?;
        }
        walk(&self.steps, node, &mut 0, found)
    }
}

fn walk<'a, N: Node<'a>>(
    steps: &'a [Step],
    node: N,
    passed: &mut u64,
    found: &mut impl FnMut(&'a End, N) -> Result<(), Halt>,
) -> Result<(), Halt> {
    for step in steps {
        match &step.way {
            Way::Where(field, wanted) => {
                if is_text(node, field, wanted) {
                    pass(step, node, passed, found)?;
                }
            }
            Way::Member(field) => {
                let Some(member) = node.member(field) else { continue };
                match member.length() {
                    None if member.is_null() => {}
                    None => pass(step, member, passed, found)?,
                    Some(length) => {
                        for item in (0..length).filter_map(|at| member.item(at)) {
                            if !item.is_null() {
                                pass(step, item, passed, found)?;
                            }
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

#[inline]
fn pass<'a, N: Node<'a>>(
    step: &'a Step,
    node: N,
    passed: &mut u64,
    found: &mut impl FnMut(&'a End, N) -> Result<(), Halt>,
) -> Result<(), Halt> {
    if let Some(first) = step.first {
        let bit = 1 << first;
        if *passed & bit != 0 {
            return Ok(());
        }
        *passed |= bit;
    }
    for end in &step.ends {
        found(end, node)?;
    }
    if step.steps.is_empty() { Ok(()) } else { walk(&step.steps, node, passed, found) }
}

/// Whether the member is the text, or an array of just that.
#[inline]
fn is_text<'a, N: Node<'a>>(node: N, field: &Field, wanted: &str) -> bool {
    let Some(member) = node.member(field) else { return false };
    let member = match member.length() {
        Some(1) => member.item(0),
        Some(_) => None,
        None => Some(member),
    };
    member.and_then(Node::text) == Some(wanted)
}

impl Way {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Member(a), Self::Member(b)) => a.name == b.name,
            (Self::Where(a, text), Self::Where(b, wanted)) => a.name == b.name && text == wanted,
            _ => false,
        }
    }
}

impl Path {
    fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::This => Some(Self::default()),
            Expr::Member { base, field, forms } if forms.is_empty() => {
                Self::of(base)?.then(Way::Member(field.clone()))
            }
            Expr::Where { base, criterion } => Self::of(base)?.then(criterion_way(criterion)?),
            Expr::Extension { base, element: None, list, url_field, url } => Self::of(base)?
                .then(Way::Member(list.clone()))?
                .then(Way::Where(url_field.clone(), url.clone())),
            Expr::Index { base, at: 0 } | Expr::Call { base, function: Function::First } => {
                let mut path = Self::of(base)?;
                if path.key.is_some() {
                    return None;
                }
                // One item is its own first.
                if let Some((_, first)) = path.ways.last_mut() {
                    *first = true;
                }
                Some(path)
            }
            Expr::Call { base, function: Function::ResourceKey(id) } => {
                Self::of(base)?.then(Way::Member(id.clone()))
            }
            Expr::Call { base, function: Function::ReferenceKey(key) } => {
                let path = Self::of(base).filter(|path| path.key.is_none())?;
                Some(Self { key: Some(key.clone()), ..path })
            }
            _ => None,
        }
    }

    /// The path with one more step. Behind a key there is none.
    fn then(mut self, way: Way) -> Option<Self> {
        self.ways.push((way, false));
        self.key.is_none().then_some(self)
    }
}

/// `name = 'text'`, but for texts that are moments: those are equal to other texts too.
fn criterion_way(criterion: &Expr) -> Option<Way> {
    let Expr::Equal { left, right, negated: false, moments: false } = criterion else { return None };
    let Expr::Literal(Literal::Text(wanted)) = &**right else { return None };
    let Expr::Member { base, field, forms } = &**left else { return None };
    let plain = matches!(**base, Expr::This) && forms.is_empty() && Moment::parse(wanted).is_none();
    plain.then(|| Way::Where(field.clone(), wanted.clone()))
}
