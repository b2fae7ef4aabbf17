//! Landing from the outside: submissions in, sealed and registered segments out.

mod door;
mod fencing;
mod home;
