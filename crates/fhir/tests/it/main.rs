//! The check against other people's resources, where they are present beside the checkout.

#[cfg(test)]
mod corpora;
