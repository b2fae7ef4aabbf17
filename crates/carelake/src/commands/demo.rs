//! `carelake demo`: the whole way of the data, on simulated providers.

mod ask;
mod send;

use super::{
    audit, catalog, init, mart, provider,
    serve::{self, Service},
    simulate::refuse_real,
    user::{self, Guest},
};
use crate::{
    cli::DemoArgs,
    client::Gateway,
    home,
    parts::Parts,
    screen::{self, note, say},
};
use ::simulate::Simulation;
use anyhow::Context;
use send::Sent;
use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

/// Codes that are shown of each who needs them: one a sign-in.
const SHOWN_CODES: usize = 3;

/// What a provider of the demo may do.
const SCOPE: &str = "system/*.cu";

pub(super) async fn run(args: &DemoArgs, json: bool) -> anyhow::Result<ExitCode> {
    let temporary = tempfile::tempdir()?;
    let folder: PathBuf = args.keep.clone().unwrap_or_else(|| temporary.path().join("home"));
    let mut checks = Checks::default();
    let begun = Instant::now();
    refuse_real(&folder).await?;
    let secrets = home::create(&folder, None, None).await?;
    say(format!("carelake demo: {} simulated people, seed {}\n", screen::count(args.patients), args.seed));
    say("1. A home: its own certificate authority, keys, zones and control database. TLS 1.3 only.");

    let simulation = Simulation::new(args.seed, args.patients);
    let sent = serve_and_send(&folder, &simulation, &mut checks).await?;
    note(format!("   ({} resources/s sent, checked and durable)", screen::count(sent.per_second())));
    let parts = Parts::open(&folder, "demo").await?;
    build(&parts).await?;
    let truth = simulation.truth();
    ask::questions(&parts, &truth, &sent, &mut checks).await?;

    say("\n7. What the lake holds now:\n");
    say(catalog::rows(&parts).await?);
    let verified = audit::check(&parts).await?;
    say("\n8. The audit trail is whole: every hash, order and signature is right, and none is missing.");
    note(format!("   ({} records of {} writers)", screen::count(verified.records), verified.writers.len()));
    parts.close().await?;
    checks.tell();
    note(format!("   ({:.0} s from nothing to answers)", begun.elapsed().as_secs_f64()));
    let people = match args.keep.is_some() {
        true => {
            say("");
            init::show(&secrets);
            Some(people(&folder).await?)
        }
        false => None,
    };
    next(&folder, args.keep.is_some());
    if json {
        say(serde_json::json!({ "reconciled": checks.all(), "sent": sent.resources }).to_string());
    }
    if let Some(people) = people
        && !json
    {
        open_console(&folder, &people).await?;
    }
    Ok(if checks.all() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn people(folder: &Path) -> anyhow::Result<Vec<Guest>> {
    let parts = Parts::open(folder, "demo-people").await?;
    let people = user::guests(&parts).await?;
    parts.close().await?;
    Ok(people)
}

/// Says who may sign in at the console; where somebody watches, serves it until they have seen enough.
async fn open_console(folder: &Path, people: &[Guest]) -> anyhow::Result<()> {
    say("\nThe console shows all of it. Who may sign in, shown this once:\n");
    for (role, password, codes) in people {
        say(format!("  {role:<14} {}", password.as_str()));
        for code in codes.iter().take(SHOWN_CODES) {
            say(format!("  {:<14} {}  (stands in for a device's code, once)", "", code.as_str()));
        }
    }
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        say("");
        return serve::run(folder, None).await;
    }
    say(format!("\nOpen it: carelake --home {} serve", folder.display()));
    Ok(())
}

/// Starts the lake, registers the providers, and has them send what they know.
async fn serve_and_send(folder: &Path, simulation: &Simulation, checks: &mut Checks) -> anyhow::Result<Sent> {
    let mut parts = Parts::open(folder, "demo-serve").await?;
    // Any free port: a lake may be running on this machine already.
    parts.home.config.gateway.listen = vec![([127, 0, 0, 1], 0).into()];
    parts.home.config.console.listen = Vec::new();
    parts.home.config.worker.schedules = false;
    let service = Service::start(&parts, None).await?;
    let address = *service.addresses().first().context("the gateway listens nowhere")?;
    let gateway = Gateway::new(address, &parts.home.places().tls().join("ca.pem"))?;

    say("2. Data owners, each with a credential and an id space of its own:\n");
    let mut providers = BTreeMap::new();
    let mut rows = Vec::new();
    for provider in simulation.providers() {
        let credential = provider::add_with_secret(&parts, &provider.source, vec![SCOPE.parse()?]).await?;
        rows.push(vec![provider.source.to_string(), provider.title.to_owned(), SCOPE.to_owned()]);
        providers.insert(provider.source.clone(), credential);
    }
    say(screen::table(&["provider", "who", "may"], &rows));

    let intruder = providers.values().next().context("there are no providers")?;
    let (status, answer) = gateway.token(&intruder.client_id, "a wrong secret").await?;
    say(format!("\n3. A wrong secret is answered {status}:\n   {answer}"));
    checks.expect("the wrong secret was refused", status.as_u16(), 401);

    say("\n4. They authenticate and send what they know, as FHIR over TLS:\n");
    let sent = send::all(&gateway, &providers, simulation).await?;
    sent.tell();
    service.stop().await?;
    parts.close().await?;
    Ok(sent)
}

async fn build(parts: &Parts) -> anyhow::Result<()> {
    let built = mart::build(parts, None, false).await?;
    say("\n5. Data marts, each made by SQL from views at one commit sequence:\n");
    let rows: Vec<_> =
        built.iter().map(|table| vec![table.name.clone(), screen::count(table.rows)]).collect();
    say(screen::table(&["mart", "rows"], &rows));
    Ok(())
}

/// What must agree for the demo to have worked.
#[derive(Default)]
pub(super) struct Checks(Vec<(String, bool)>);

impl Checks {
    pub(super) fn expect<T: PartialEq + std::fmt::Display>(&mut self, what: &str, found: T, wanted: T) {
        let agrees = found == wanted;
        let text = if agrees {
            format!("{what}: {found}")
        } else {
            format!("{what}: {found}, but expected {wanted}")
        };
        self.0.push((text, agrees));
    }

    fn all(&self) -> bool {
        self.0.iter().all(|(_, agrees)| *agrees)
    }

    fn tell(&self) {
        say("\n9. Does it all reconcile?\n");
        for (text, agrees) in &self.0 {
            say(format!("   {} {text}", if *agrees { "✓" } else { "✗" }));
        }
    }
}

fn next(folder: &Path, kept: bool) {
    if kept {
        let home = folder.display();
        say(format!(
            "\nThe home is kept. Try:\n  carelake --home {home} sql 'select * from urgent_care.pathways limit 5'\n  carelake --home {home} catalog show view.encounter\n  carelake --home {home} audit query --action token\n  carelake --home {home} serve"
        ));
    } else {
        say(
            "\nThe home is gone again. Try next:\n  carelake demo --keep my-lake     keep it, and look around with carelake --home my-lake sql '…'\n  carelake init                    make a home of your own",
        );
    }
}
