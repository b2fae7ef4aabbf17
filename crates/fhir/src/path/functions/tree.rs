//! From elements to what lies below them (FHIRPath §5.8).

use super::{Answer, Call, Definition, Gives};
use crate::path::{
    evaluate::Evaluator,
    item::{Collection, Item},
};

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("children", 0, 0, |evaluator, call| below(evaluator, &call.input, call))
        .gives(Gives::Unordered),
    Definition::new("descendants", 0, 0, descendants).gives(Gives::Unordered),
];

fn below<'a>(evaluator: &mut Evaluator<'_, 'a>, items: &[Item<'a>], call: &Call<'_, 'a>) -> Answer<'a> {
    let mut children: Collection<'a> = Vec::new();
    for item in items {
        if let Item::Element(element) = item {
            children.append(&mut element.children(evaluator.environment.typed));
            evaluator.spend(1, call.position)?;
        }
    }
    evaluator.spend(children.len(), call.position)?;
    Ok(children)
}

/// All that lies below, level by level (§5.8.2: `repeat(children())`).
fn descendants<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let mut all = Vec::new();
    let mut level = below(evaluator, &call.input, call)?;
    while !level.is_empty() {
        let next = below(evaluator, &level, call)?;
        all.append(&mut level);
        level = next;
    }
    Ok(all)
}
