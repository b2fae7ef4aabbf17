//! The check against other people's resources, and FHIRPath against other people's suites, where they are
//! present beside the checkout.

#[cfg(test)]
mod corpora;
#[cfg(test)]
mod path_invariants;
#[cfg(test)]
mod path_suites;
