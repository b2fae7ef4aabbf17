//! Two processes where one was meant.

use crate::{
    home::{Done, Home},
    inputs::{self, GP, TRUST},
    provider::{Provider, requests},
    rows::Rows,
    service::Service,
};
use std::{ffi::OsStr, fs, process::Stdio};
use tokio::sync::watch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_and_workers_on_one_home_make_the_rows_of_one() {
    let home = Home::new();
    let gp = Provider::add(&home, GP);
    let trust = Provider::add(&home, TRUST);
    let gp_sends = requests(&inputs::resources(3, 4, GP));
    let trust_sends = requests(&inputs::resources(3, 4, TRUST));
    let alone = home.copy();
    let service = Service::start(&alone, &[]);
    let (_place, gateway) = watch::channel(service.address);
    gp.send_all(&gateway, &gp_sends, || ()).await;
    trust.send_all(&gateway, &trust_sends, || ()).await;
    service.stop();

    let one = Service::start(&home, &[]);
    let other = Service::start(&home, &[]);
    let (_one, first) = watch::channel(one.address);
    let (_other, second) = watch::channel(other.address);
    let (early, late) = gp_sends.split_at(gp_sends.len() / 2);
    tokio::join!(gp.send_all(&first, early, || ()), trust.send_all(&second, &trust_sends, || ()));
    // The lane goes over to the other gateway, once it is given up.
    gp.send_all(&second, late, || ()).await;
    one.stop();
    other.stop();
    // Either may have been the worker; whichever stopped last had the rest to do.
    home.run(["mart", "build"]).exits(0);
    Rows::of(&home).same_as(&Rows::of(&alone));
    home.run(["audit", "verify"]).exits(0);
}

#[test]
fn two_imports_of_one_source_at_the_same_time_make_the_rows_of_one() {
    let home = Home::new();
    let folder = home.beside("inputs");
    fs::create_dir(&folder).unwrap();
    let [first, second] = inputs::halves(&folder, GP);
    home.import(&first, GP).exits(0);
    let alone = home.copy();
    alone.import(&second, GP).exits(0);
    let start = || {
        let arguments = [OsStr::new("import"), second.as_ref(), "--source".as_ref(), GP.as_ref()];
        home.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for import in [start(), start()] {
        Done::from(import.wait_with_output().unwrap()).exits(0);
    }
    Rows::of(&home).same_as(&Rows::of(&alone));
}

#[test]
fn an_import_beside_a_running_gateway_makes_the_same_rows() {
    let home = Home::new();
    let folder = home.beside("inputs");
    fs::create_dir(&folder).unwrap();
    let [first, second] = inputs::halves(&folder, GP);
    home.import(&first, GP).exits(0);
    let alone = home.copy();
    alone.import(&second, GP).exits(0);
    let service = Service::start(&home, &[]);
    home.import(&second, GP).exits(0);
    // It has said that the rows can be queried.
    Rows::of(&home).same_as(&Rows::of(&alone));
    service.stop();
    Rows::of(&home).same_as(&Rows::of(&alone));
}
