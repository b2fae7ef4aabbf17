//! How far the user of a process comes in a home: no further than the process's row, or it does not start.
//!
//! What is asked is the system: rights, access control lists, mounts and the root user's freedom count alike.

use crate::home::Home;
use anyhow::bail;
use keys::{Zone, ZoneReach};
use model::ProcessRole;
use rustix::fs::{Access, access};
use std::path::Path;

/// Refuses a process whose user comes further in the folders of the home than its row, or not as far.
pub(crate) fn require(home: &Home, process: ProcessRole) -> anyhow::Result<()> {
    let places = home.places();
    let mut wrong = Vec::new();
    for zone in Zone::all() {
        let (found, may) = (found(&places.zone(zone)), keys::zone_reach(process, zone));
        if found > may {
            wrong.push(format!("zone {zone}: its user can {}, and may {}", can(found), can(may)));
        } else if found < may {
            wrong.push(format!("zone {zone}: its user can {}, and has to {}", can(found), can(may)));
        }
    }
    if found(&places.keys()) > ZoneReach::Nothing {
        wrong.push("the home's own keys: its user comes there, and may not".to_owned());
    }
    // What is in it may be seen; nothing of it may be put in another's place.
    if found(home.folder()) > ZoneReach::Read {
        wrong.push("the home's folder: its user can write there, and may not".to_owned());
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!(
        "the {process} does not start, because its user does not come exactly as far as it may:\n  {}\n\
         `carelake process give {process} --user NAME` sets the rights of a user",
        wrong.join("\n  ")
    )
}

fn found(folder: &Path) -> ZoneReach {
    let may = |wanted| access(folder, wanted).is_ok();
    if may(Access::WRITE_OK) {
        ZoneReach::Write
    } else if may(Access::READ_OK) {
        ZoneReach::Read
    } else {
        ZoneReach::Nothing
    }
}

const fn can(reach: ZoneReach) -> &'static str {
    match reach {
        ZoneReach::Nothing => "do nothing there",
        ZoneReach::Read => "read there",
        ZoneReach::Write => "write there",
    }
}
