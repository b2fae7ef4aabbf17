//! What a caller shows at a door of carelake, and whether it is good. Pure: no input or output
//! happens here, and nothing that a caller sends makes it panic.

pub mod assertion;
pub mod device;
pub mod discovery;
pub mod id_token;
pub mod issuer;
mod jwt;
pub mod key_set;
pub mod password;
pub mod sigv4;

pub use jwt::TokenError;
