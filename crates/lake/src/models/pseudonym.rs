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

/// The pseudonyms of one mart.
#[derive(Clone)]
pub(super) struct Pseudonyms {
    key: MacKey,
    mart: String,
}

impl Pseudonyms {
    pub(super) fn new(key: &MacKey, mart: &str) -> Self {
        Self { key: key.clone(), mart: mart.to_owned() }
    }

    /// What `person` is called in the mart.
    pub(super) fn of(&self, person: &str) -> String {
        Pseudonym(self.key.mac16(&[self.mart.as_bytes(), VERSION, person.as_bytes()])).to_string()
    }

    fn all(&self, persons: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
        let persons = compute::cast(persons, &DataType::Utf8)?;
        let empty = StringArray::new_null(0);
        let persons = persons.as_any().downcast_ref::<StringArray>().unwrap_or(&empty);
        let own = persons.iter().map(|person| person.map(|person| self.of(person)));
        Ok(Arc::new(own.collect::<StringArray>()))
    }
}

/// The function, with the pseudonyms of a mart.
pub(super) fn mart_person(own: Pseudonyms) -> ScalarUDF {
    function(move |persons| own.all(persons))
}

/// The function as plans know it; it cannot be run.
pub(super) fn planned() -> ScalarUDF {
    function(|_| Err(DataFusionError::Plan("mart_person is at hand while a mart is built only".to_owned())))
}

fn function(
    of: impl Fn(&ArrayRef) -> Result<ArrayRef, DataFusionError> + Send + Sync + 'static,
) -> ScalarUDF {
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
            Ok(ColumnarValue::Array(of(persons)?))
        }),
    )
}
