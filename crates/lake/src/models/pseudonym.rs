//! `mart_person(person)`: a person under a pseudonym of one mart's own.
//!
//! Derived again from the lake's person id or patient pseudonym, so that two
//! marts cannot be joined on it, and neither can a mart and the lake (design §4).

use arrow::{
    array::{Array, ArrayRef, StringArray},
    compute,
    datatypes::DataType,
};
use datafusion::{
    common::DataFusionError,
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};
use keys::MacKey;
use model::Pseudonym;
use std::sync::Arc;

/// Raised when marts must get other pseudonyms than before.
const VERSION: &[u8] = b"1";

/// The function, for the mart called `mart`.
pub(super) fn mart_person(key: &MacKey, mart: &'static str) -> ScalarUDF {
    let key = key.clone();
    create_udf(
        "mart_person",
        vec![DataType::Utf8],
        DataType::Utf8,
        Volatility::Immutable,
        Arc::new(move |arguments: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let [persons] = arrays.as_slice() else {
                return Err(DataFusionError::Plan("mart_person takes one argument".to_owned()));
            };
            Ok(ColumnarValue::Array(pseudonyms(&key, mart, persons)?))
        }),
    )
}

fn pseudonyms(key: &MacKey, mart: &str, persons: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
    let persons = compute::cast(persons, &DataType::Utf8)?;
    let empty = StringArray::new_null(0);
    let persons = persons.as_any().downcast_ref::<StringArray>().unwrap_or(&empty);
    let own = |person: &str| Pseudonym(key.mac16(&[mart.as_bytes(), VERSION, person.as_bytes()])).to_string();
    Ok(Arc::new(persons.iter().map(|person| person.map(own)).collect::<StringArray>()))
}
