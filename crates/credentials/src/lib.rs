//! What a caller shows at a door of carelake, and whether it is good. Pure: no input or output
//! happens here, and nothing that a caller sends makes it panic.

pub mod sigv4;
