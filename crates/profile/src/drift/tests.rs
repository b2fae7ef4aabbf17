//! Findings on small feeds whose figures are known.
