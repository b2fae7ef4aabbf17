//! The expressions that most columns have, without the detours of the general way: members, `first()`,
//! `where(name = 'text')`, `extension('url')`, and a key at the end.

use super::{Expr, Field, Function, Item, Literal, Node, ReferenceKey};
use fhir::path::Moment;
use std::borrow::Cow;

/// Steps from an item to the values of a column.
#[derive(Clone, Debug)]
pub(crate) struct Straight {
    /// Of each group's answer the first item goes on.
    firsts: Vec<Vec<Step>>,
    rest: Vec<Step>,
    key: Option<ReferenceKey>,
}

#[derive(Clone, Debug)]
enum Step {
    Member(Field),
    /// Those whose member is this text.
    Where(Field, Box<str>),
}

impl Straight {
    /// The steps of `expr`, if it is one of these.
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        let (base, step) = match expr {
            Expr::This => return Some(Self { firsts: Vec::new(), rest: Vec::new(), key: None }),
            Expr::Member { base, field, forms } if forms.is_empty() => (base, Step::Member(field.clone())),
            Expr::Where { base, criterion } => (base, Self::criterion(criterion)?),
            Expr::Extension { base, element: None, list, url_field, url } => {
                let mut steps = Self::of(base).filter(|steps| steps.key.is_none())?;
                steps.rest.push(Step::Member(list.clone()));
                steps.rest.push(Step::Where(url_field.clone(), url.clone()));
                return Some(steps);
            }
            Expr::Index { base, at: 0 } | Expr::Call { base, function: Function::First } => {
                let mut steps = Self::of(base).filter(|steps| steps.key.is_none())?;
                let group = std::mem::take(&mut steps.rest);
                steps.firsts.push(group);
                return Some(steps);
            }
            Expr::Call { base, function: Function::ResourceKey(id) } => (base, Step::Member(id.clone())),
            Expr::Call { base, function: Function::ReferenceKey(key) } => {
                let steps = Self::of(base).filter(|steps| steps.key.is_none())?;
                return Some(Self { key: Some(key.clone()), ..steps });
            }
            _ => return None,
        };
        let mut steps = Self::of(base).filter(|steps| steps.key.is_none())?;
        steps.rest.push(step);
        Some(steps)
    }

    /// `name = 'text'`, but for texts that are moments: those are equal to other texts too.
    fn criterion(criterion: &Expr) -> Option<Step> {
        let Expr::Equal { left, right, negated: false, moments: false } = criterion else { return None };
        let Expr::Literal(Literal::Text(wanted)) = &**right else { return None };
        let Expr::Member { base, field, forms } = &**left else { return None };
        let plain = matches!(**base, Expr::This) && forms.is_empty() && Moment::parse(wanted).is_none();
        plain.then(|| Step::Where(field.clone(), wanted.clone()))
    }

    /// Hands each answer to `found` until that says `false`.
    #[inline]
    pub(crate) fn each<'a, N: Node<'a>>(&self, from: N, found: &mut impl FnMut(Item<'a, N>) -> bool) {
        let Some(node) = self.start(from) else { return };
        match &self.key {
            None => each(&self.rest, node, &mut |node| found(Item::Node(node))),
            Some(key) => each(&self.rest, node, &mut |node| {
                key.of(node).is_none_or(|key| found(Item::Text(Cow::Borrowed(key))))
            }),
        };
    }

    /// The one text or number that it gives, as it was written. `None` where it gives something else.
    #[inline]
    pub(crate) fn one_token<'a, N: Node<'a>>(&self, from: N) -> Option<Option<&'a str>> {
        let Some(node) = self.start(from) else { return Some(None) };
        let (mut token, mut fits) = (None, true);
        each(&self.rest, node, &mut |node| {
            let found = match &self.key {
                None => node.token(),
                Some(key) => match key.of(node) {
                    None => return true,
                    found => found,
                },
            };
            fits = found.is_some() && token.is_none();
            token = found;
            fits
        });
        fits.then_some(token)
    }

    /// Where the last steps start.
    #[inline]
    fn start<'a, N: Node<'a>>(&self, from: N) -> Option<N> {
        self.firsts.iter().try_fold(from, |node, group| first(group, node))
    }
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

fn first<'a, N: Node<'a>>(steps: &[Step], node: N) -> Option<N> {
    let Some((step, rest)) = steps.split_first() else { return Some(node) };
    match step {
        Step::Where(field, wanted) => is_text(node, field, wanted).then(|| first(rest, node)).flatten(),
        Step::Member(field) => {
            let member = node.member(field)?;
            match member.length() {
                Some(length) => (0..length)
                    .filter_map(|at| member.item(at).filter(|item| !item.is_null()))
                    .find_map(|item| first(rest, item)),
                None if member.is_null() => None,
                None => first(rest, member),
            }
        }
    }
}

/// Whether to go on.
fn each<'a, N: Node<'a>>(steps: &[Step], node: N, found: &mut impl FnMut(N) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return found(node) };
    match step {
        Step::Where(field, wanted) => !is_text(node, field, wanted) || each(rest, node, found),
        Step::Member(field) => {
            let Some(member) = node.member(field) else { return true };
            match member.length() {
                Some(length) => (0..length)
                    .filter_map(|at| member.item(at).filter(|item| !item.is_null()))
                    .all(|item| each(rest, item, found)),
                None => member.is_null() || each(rest, member, found),
            }
        }
    }
}
