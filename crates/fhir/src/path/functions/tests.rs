//! The table itself.

use super::*;

#[test]
fn every_function_has_one_name_and_is_found_by_it() {
    for function in Function::all() {
        assert_eq!(Function::named(function.name()), Some(function));
        assert_eq!(Function::all().filter(|other| *other == function).count(), 1, "{function:?}");
        let (least, most) = function.arity();
        assert!(least <= most, "{function:?}");
    }
    assert!(Function::named("ofType").is_none(), "types are read by the parser");
}
