//! Other people's clients, unmodified: curl and botocore that sign, two libraries that do SMART Backend Services,
//! and oidc-provider as an outside issuer.
//!
//! `cargo xtask test` installs them and says where they are in `CARELAKE_CLIENTS`; without that these tests say so.

use crate::{
    home::{Done, Home},
    service::Service,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const PATIENT: &str = r#"{"resourceType":"Patient"}"#;

/// Where the clients are installed, or `None` after saying that they are not.
pub(crate) fn installed() -> Option<PathBuf> {
    let folder = std::env::var_os("CARELAKE_CLIENTS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("passed over: CARELAKE_CLIENTS is not set; `cargo xtask test` installs the clients");
    }
    folder
}

/// What a script of Node's says, as JSON, when it is told `told`.
pub(crate) fn node(clients: &Path, name: &str, told: &Value) -> Value {
    // Modules are looked for beside the script, so it is run from beside them.
    let beside = clients.join(name);
    fs::copy(script(name), &beside).unwrap();
    let said =
        Command::new("node").arg(&beside).arg(told.to_string()).stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{text}");
    serde_json::from_str(text.trim()).unwrap_or_else(|_| panic!("{text}"))
}

pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

pub(crate) fn authority(home: &Home) -> PathBuf {
    home.path().join("tls/ca.pem")
}

/// Runs one of our scripts by the Python that has the clients.
pub(crate) fn python(clients: &Path, arguments: &[&str], input: &str) -> Vec<String> {
    let mut command = Command::new(clients.join("python/bin/python"));
    command.arg(script(arguments[0])).args(&arguments[1..]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = Done::from(child.wait_with_output().unwrap()).exits(0);
    done.stdout.lines().map(str::to_owned).collect()
}

/// Calls curl and gives back the status and the body.
fn curl(home: &Home, arguments: &[&str]) -> (u16, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--write-out", "\n%{http_code}", "--cacert"]);
    let done = Done::from(command.arg(authority(home)).args(arguments).output().unwrap()).exits(0);
    let (body, status) = done.stdout.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

fn add(home: &Home, arguments: &[&str]) -> Value {
    let all = ["--json", "provider", "add"].iter().chain(arguments);
    home.run(all.copied().collect::<Vec<_>>()).exits(0).json()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[test]
fn curl_and_botocore_sign_with_permanent_and_with_temporary_keys() {
    let Some(clients) = installed() else { return };
    let home = Home::new();
    let lab = add(&home, &["lab", "--auth", "sigv4", "--scope", "system/*.cu"]);
    let service = Service::start(&home, &[]);
    let base = format!("https://localhost:{}", service.address.port());
    let user = format!("{}:{}", text(&lab, "access_key_id"), text(&lab, "secret_access_key"));
    let signed = ["--aws-sigv4", "aws:amz:eu-west-2:healthlake", "--user", &user];
    let fhir = ["--header", "Content-Type: application/fhir+json", "--data"];
    let put = |user: &[&str], resource: &str, method: &str, id: &str| {
        let url = format!("{base}/fhir/r4/Patient/{id}");
        let body = resource.to_owned();
        curl(&home, &[user, &["--request", method, &url], &fhir, &[&body]].concat()).0
    };
    let resource = r#"{"resourceType":"Patient","id":"a"}"#;
    assert_eq!(put(&signed, resource, "PUT", "a"), 201);
    let wrong = ["--aws-sigv4", "aws:amz:eu-west-2:healthlake", "--user", "CLAKNOBODY:secret"];
    assert_eq!(put(&wrong, resource, "PUT", "a"), 401);

    let authority = authority(&home);
    let authority = authority.to_str().unwrap();
    let keys = [text(&lab, "access_key_id"), text(&lab, "secret_access_key")];
    let told = python(&clients, &["sign.py", &base, authority, keys[0], keys[1]], PATIENT);
    assert!(told[0].starts_with("201 "), "{told:?}");
    assert_eq!(told[0], told[1], "the same request again gets the first answer");

    // curl of before 8 signs a query as it is written, and so it is written as it is signed: sorted and encoded.
    let url = format!("{base}/oauth/signing-credential?duration_seconds=60&scope=system%2FPatient.c");
    let (status, body) = curl(&home, &[&signed[..], &["--request", "POST", &url]].concat());
    assert_eq!(status, 200, "{body}");
    let told: Value = serde_json::from_str(&body).unwrap();
    let temporary = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|name| text(&told, name));
    let arguments = [&["sign.py", &base, authority][..], &temporary].concat();
    assert!(python(&clients, &arguments, PATIENT)[0].starts_with("201 "));
    let observation = r#"{"resourceType":"Basic","code":{"text":"x"}}"#;
    assert!(python(&clients, &arguments, observation)[0].starts_with("403 "));

    let log = service.stop();
    let secrets = [keys[1], temporary[1], temporary[2]];
    assert!(secrets.iter().all(|secret| !log.contains(secret)));
    assert_eq!(home.number("select count(*) from raw.patient"), 3, "one by curl, two by botocore");
    let trail = home.run(["--json", "audit", "query", "--limit", "1000"]).exits(0).stdout;
    assert!(secrets.iter().all(|secret| !trail.contains(secret)));
}

#[test]
fn two_libraries_do_smart_backend_services() {
    let Some(clients) = installed() else { return };
    let home = Home::new();
    let folder = home.beside("smart");
    fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap();
    python(&clients, &["smart.py", "keys", folder], "");
    let private = format!("{folder}/private.json");
    let refused = ["provider", "add", "gp", "--auth", "smart", "--jwks", &private];
    home.run(refused).exits(1).says("public halves only");
    let gp = add(&home, &["gp", "--auth", "smart", "--jwks", &format!("{folder}/public.json")]);
    let service = Service::start(&home, &[]);
    let base = format!("https://localhost:{}", service.address.port());
    let authority = authority(&home);
    let arguments = ["smart.py", "send", folder, &base, authority.to_str().unwrap(), text(&gp, "client_id")];
    let statuses = python(&clients, &arguments, "");
    assert_eq!(
        statuses,
        ["405", "201"],
        "one asks for what nobody may, with a good token; the other creates"
    );
}

/// oidc-provider as a process that is always ended.
pub(crate) struct Issuer {
    child: Child,
    pub(crate) url: String,
    pub(crate) certificate: PathBuf,
}

impl Issuer {
    pub(crate) fn start(clients: &Path, home: &Home, redirect: Option<&str>) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (certificate, key) = (home.beside("issuer.pem"), home.beside("issuer.key"));
        fs::write(&certificate, cert.pem()).unwrap();
        fs::write(&key, signing_key.serialize_pem()).unwrap();
        let mut command = Command::new("node");
        command
            .arg(script("issuer.mjs"))
            .arg(&certificate)
            .arg(&key)
            .arg("https://lake.example")
            .args(redirect);
        command.env("CARELAKE_CLIENTS", clients).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| line.ok().filter(|line| line.starts_with("https://"))).unwrap();
        // Read on, or it would die of what nobody hears.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url, certificate }
    }

    /// What makes the lake ask it.
    pub(crate) fn settings(&self) -> [(&'static str, String); 2] {
        let port = self.url.rsplit(':').next().unwrap();
        [
            ("CARELAKE__OUTSIDE__HOSTS", format!("localhost:{port}")),
            ("CARELAKE__OUTSIDE__CA_FILE", self.certificate.to_str().unwrap().to_owned()),
        ]
    }

    fn token(&self) -> String {
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--fail", "--user", "trust-app:a-secret", "--cacert"])
            .arg(&self.certificate);
        for field in
            ["grant_type=client_credentials", "resource=https://lake.example", "scope=system/Patient.c"]
        {
            command.args(["--data", field]);
        }
        let done = Done::from(command.arg(format!("{}/token", self.url)).output().unwrap()).exits(0);
        text(&done.json(), "access_token").to_owned()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn tokens_of_an_outside_issuer_are_taken_for_the_provider_that_is_registered_with_it() {
    let Some(clients) = installed() else { return };
    let home = Home::new();
    let issuer = Issuer::start(&clients, &home, None);
    let settings = issuer.settings();
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let add_issuer = ["issuer", "add", "trust", "--url", &issuer.url, "--audience", "https://lake.example"];
    home.run(add_issuer).exits(1).says("may not be asked").says("[outside] hosts");
    Done::from(home.command(add_issuer).envs(settings).output().unwrap()).exits(0);
    add(&home, &["trust", "--auth", "issuer", "--issuer", "trust", "--client", "trust-app"]);
    let service = Service::start(&home, &settings);
    let base = format!("https://localhost:{}", service.address.port());
    let bearer = format!("Authorization: Bearer {}", issuer.token());
    let create = |resource: &str| {
        let url = format!("{base}/fhir/r4/{}", resource.split('"').nth(3).unwrap());
        let kind = "Content-Type: application/fhir+json";
        curl(&home, &["--header", &bearer, "--header", kind, "--data", resource, &url]).0
    };
    assert_eq!(create(PATIENT), 201);
    assert_eq!(
        create(r#"{"resourceType":"Basic","code":{"text":"x"}}"#),
        403,
        "the token names Patient only"
    );
    home.run(["provider", "revoke", "trust/trust-app"]).exits(0);
    assert_eq!(create(PATIENT), 401);
}
