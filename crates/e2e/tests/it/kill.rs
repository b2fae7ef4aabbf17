//! SIGKILL at moments of chance, in imports and under HTTP load: nothing acknowledged is lost, nothing is there twice.

use crate::{
    chance::{self, Chance},
    home::{Done, Home},
    inputs::{self, GP, TRUST},
    provider::{Provider, Request, requests},
    rows::Rows,
    service::Service,
};
use std::{
    ffi::OsStr,
    fs,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

#[test]
fn an_import_killed_at_any_moment_and_begun_again_makes_the_rows_of_an_undisturbed_one() {
    let mut chance = Chance::new("imports");
    let base = Home::new();
    let folder = base.beside("inputs");
    fs::create_dir(&folder).unwrap();
    let [first, second] = inputs::halves(&folder, GP);
    base.import(&first, GP).exits(0);
    let undisturbed = base.copy();
    let begun = std::time::Instant::now();
    undisturbed.import(&second, GP).exits(0);
    let whole = begun.elapsed();
    let undisturbed = Rows::of(&undisturbed);
    for round in 0..chance::kills() {
        let home = base.copy();
        let moment = Duration::from_micros(chance.below(u64::try_from(whole.as_micros()).unwrap()));
        eprintln!("round {round}: killed after {moment:?} of about {whole:?}");
        let arguments = [OsStr::new("import"), second.as_ref(), "--source".as_ref(), GP.as_ref()];
        let mut import =
            home.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(moment);
        import.kill().unwrap();
        Done::from(import.wait_with_output().unwrap());
        home.import(&second, GP).exits(0);
        Rows::of(&home).same_as(&undisturbed);
        home.run(["audit", "verify"]).exits(0);
    }
}

/// Two providers with requests of their own.
struct Load {
    home: Home,
    providers: Vec<(Provider, Vec<Request>)>,
}

impl Load {
    fn new(patients: u32) -> Self {
        let home = Home::new();
        let sources = [GP, TRUST].map(|source| {
            let provider = Provider::add(&home, source);
            (provider, requests(&inputs::resources(3, patients, source)))
        });
        Self { home, providers: sources.into() }
    }

    fn requests(&self) -> u64 {
        self.providers.iter().map(|(_, requests)| requests.len() as u64).sum()
    }
}

/// Sends everything to `home`, of which a new gateway is started after each kill.
async fn send(load: &Load, home: &Home, kills: &[(u64, Duration)]) {
    let mut service = Service::start(home, &[]);
    let (place, gateway) = watch::channel(service.address);
    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut senders = tokio::task::JoinSet::new();
    for (provider, requests) in load.providers.clone() {
        let (gateway, acknowledged) = (gateway.clone(), Arc::clone(&acknowledged));
        senders.spawn(async move {
            let count = || {
                acknowledged.fetch_add(1, Ordering::SeqCst);
            };
            provider.send_all(&gateway, &requests, count).await;
        });
    }
    for (after, delay) in kills {
        while acknowledged.load(Ordering::SeqCst) < *after {
            // A sender that has failed is told of at once: the others alone may never get so far.
            if let Some(ended) = senders.try_join_next() {
                ended.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(*delay).await;
        service.kill();
        service = Service::start(home, &[]);
        place.send_replace(service.address);
    }
    while let Some(sender) = senders.join_next().await {
        sender.unwrap();
    }
    assert_eq!(acknowledged.load(Ordering::SeqCst), load.requests());
    service.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_killed_under_load_keeps_what_it_has_acknowledged_once() {
    let mut chance = Chance::new("HTTP load");
    let kills = chance::kills();
    let load = Load::new(u32::try_from(kills).unwrap().max(6));
    let undisturbed = load.home.copy();
    send(&load, &undisturbed, &[]).await;
    let undisturbed = Rows::of(&undisturbed);

    let last = load.requests() * 9 / 10;
    let mut moments: Vec<_> =
        (0..kills).map(|_| (chance.below(last), Duration::from_micros(chance.below(15_000)))).collect();
    moments.sort();
    eprintln!("{} requests; killed after so many answers, and so long: {moments:?}", load.requests());
    send(&load, &load.home, &moments).await;
    Rows::of(&load.home).same_as(&undisturbed);
    load.home.run(["audit", "verify"]).exits(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_stops_while_a_dead_one_holds_the_lease_publishes_first() {
    let home = Home::new();
    let provider = Provider::add(&home, GP);
    let resources = inputs::resources(3, 1, GP);
    let first = &requests(&resources)[..1];
    // A worker that has looked once and will not look again before it is asked to stop.
    let slow = [("CARELAKE__WORKER__IDLE_MS", "600000")];
    let dead = Service::start(&home, &slow);
    let gateway = watch::channel(dead.address).1;
    provider.send_all(&gateway, first, || ()).await;
    dead.kill();
    Service::start(&home, &slow).stop();
    let kept = "select sum(stored_rows) from catalog.tables where kind = 'raw'";
    assert_eq!(home.number(kept), 8, "all of one Bundle");
}
