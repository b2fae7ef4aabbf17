//! The order in which tables can be made: each after those that it reads.

use crate::{Mart, TableRef};
use std::collections::{BTreeSet, HashMap};

/// Tables that need each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these tables are made from each other: {}", .0.join(" → "))]
pub struct Circle(pub Vec<String>);

/// Puts `nodes` into an order in which each comes after those that it needs; among those that could come next, the
/// first comes first. A node is its name and the names that it needs; needs that no node has are taken to be there.
///
/// # Errors
/// Some need each other: the circle is named, from one of its nodes back to it.
pub fn sorted<N: AsRef<str>>(nodes: &[(N, Vec<N>)]) -> Result<Vec<usize>, Circle> {
    let places: HashMap<&str, usize> =
        nodes.iter().enumerate().map(|(at, (name, _))| (name.as_ref(), at)).collect();
    let needs: Vec<Vec<usize>> = nodes
        .iter()
        .map(|(_, needs)| needs.iter().filter_map(|need| places.get(need.as_ref()).copied()).collect())
        .collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    for (at, needs) in needs.iter().enumerate() {
        for &need in needs {
            needed_by[need].push(at);
        }
    }
    let mut ready: BTreeSet<usize> = (0..nodes.len()).filter(|at| open[*at] == 0).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for &after in &needed_by[next] {
            open[after] -= 1;
            if open[after] == 0 {
                ready.insert(after);
            }
        }
    }
    match (0..nodes.len()).find(|at| open[*at] > 0) {
        None => Ok(order),
        Some(stuck) => Err(circle(nodes, &needs, &open, stuck)),
    }
}

/// Walks from a node that is stuck along needs that are stuck, until a node comes again.
fn circle<N: AsRef<str>>(nodes: &[(N, Vec<N>)], needs: &[Vec<usize>], open: &[usize], from: usize) -> Circle {
    let mut path = vec![from];
    loop {
        let last = path.last().copied().unwrap_or(from);
        // Whoever is stuck needs somebody who is.
        let next = needs[last].iter().copied().find(|need| open[*need] > 0).unwrap_or(from);
        if let Some(begin) = path.iter().position(|at| *at == next) {
            let mut names: Vec<String> =
                path[begin..].iter().rev().map(|at| nodes[*at].0.as_ref().to_owned()).collect();
            names.insert(0, nodes[next].0.as_ref().to_owned());
            return Circle(names);
        }
        path.push(next);
    }
}

/// Marts in the order in which they can be built: each after those whose tables it reads.
///
/// # Errors
/// Marts read each other.
pub fn of_marts(marts: &[Mart]) -> Result<Vec<&Mart>, Circle> {
    let nodes: Vec<(&str, Vec<&str>)> = marts
        .iter()
        .map(|mart| {
            let needs: BTreeSet<&str> = mart
                .reads()
                .map(|table: &TableRef| table.schema.as_str())
                .filter(|schema| *schema != mart.name)
                .collect();
            (mart.name.as_str(), needs.into_iter().collect())
        })
        .collect();
    Ok(sorted(&nodes)?.into_iter().map(|at| &marts[at]).collect())
}

#[cfg(test)]
mod tests {
    use super::{Circle, sorted};
    use proptest::prelude::*;

    #[test]
    fn needs_come_first() {
        assert_eq!(
            sorted(&[("c", vec!["b", "elsewhere"]), ("a", vec![]), ("b", vec!["a"])]),
            Ok(vec![1, 2, 0])
        );
        assert_eq!(sorted::<&str>(&[]), Ok(vec![]));
    }

    #[test]
    fn a_circle_is_named() {
        let nodes =
            [("start", vec!["a"]), ("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["a"]), ("free", vec![])];
        let Err(Circle(names)) = sorted(&nodes) else { panic!("a circle was put in order") };
        assert_eq!(names.first(), names.last());
        assert_eq!(names.len(), 4);
        assert_eq!(
            sorted(&[("a", vec!["a"])]).unwrap_err().to_string(),
            "these tables are made from each other: a → a"
        );
    }

    proptest! {
        #[test]
        fn every_graph_is_put_in_order_or_has_a_circle(edges in proptest::collection::vec((0..12_usize, 0..12_usize), 0..24)) {
            let nodes: Vec<(String, Vec<String>)> = (0..12)
                .map(|at| (at.to_string(), edges.iter().filter(|(from, _)| *from == at).map(|(_, to)| to.to_string()).collect()))
                .collect();
            match sorted(&nodes) {
                Ok(order) => {
                    let place = |at: usize| order.iter().position(|each| *each == at).unwrap();
                    prop_assert_eq!(order.len(), 12);
                    for (from, to) in edges {
                        prop_assert!(place(to) < place(from));
                    }
                }
                Err(Circle(names)) => {
                    for pair in names.windows(2) {
                        let edge = (pair[1].parse().unwrap(), pair[0].parse().unwrap());
                        prop_assert!(edges.contains(&edge), "{:?} is no edge", edge);
                    }
                }
            }
        }
    }
}
