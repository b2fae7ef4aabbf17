//! The console, as people and as attackers meet it.

use crate::{
    clients::{installed, node},
    home::Home,
    inputs::{self, GP},
    service::{PATIENCE, Service},
};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use std::{fs, net::SocketAddr, path::PathBuf};

/// A mart whose test holds if `what` is what genders are.
fn winter(home: &Home, what: &str) -> PathBuf {
    let folder = home.beside("winter");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mart.toml"), "question = \"Who?\"\nowner = \"data team\"\n").unwrap();
    let model = format!(
        "-- One row per patient.\n--\n-- Columns\n--   gender: as the source says\n--\n-- Tests\n--   accepted: gender in {what}\nselect id, gender from view.patient"
    );
    fs::write(folder.join("people.sql"), model).unwrap();
    folder
}

fn add(home: &Home, name: &str, role: &str) -> Value {
    let mut person = home.run(["--json", "user", "add", name, "--role", role]).exits(0).json();
    if role != "engineer" {
        let device = home.run(["--json", "user", "device", name]).exits(0).json();
        person["device"] = device["address"].clone();
        person["recovery"] = device["recovery_codes"][0].clone();
    }
    person
}

#[test]
fn a_job_that_failed_is_mended_in_a_browser_and_all_of_it_is_in_the_trail() {
    let Some(clients) = installed() else { return };
    let home = Home::new();
    for source in [GP, "acute-castlemere", "ambulance-vale"] {
        home.run(["provider", "add", source]).exits(0);
        let file = inputs::write(home.beside(&format!("{source}.ndjson")), &inputs::resources(7, 60, source));
        home.run(["import", file.to_str().unwrap(), "--source", source]).exits(0);
    }
    home.run(["mart", "register", winter(&home, "nothing").to_str().unwrap()]).exits(0);
    home.run(["mart", "build", "winter"]).exits(1);
    let people = [("ann", "engineer"), ("max", "auditor"), ("eve", "administrator"), ("cid", "custodian")];
    let [engineer, auditor, administrator, custodian] = people.map(|(name, role)| add(&home, name, role));
    let service = Service::start(&home, &[]);
    // Where to keep what every page looks like, if somebody wants to see.
    let shots = std::env::var("CARELAKE_E2E_SHOTS").ok();
    let told = json!({
        "base": format!("https://{}", service.console), "engineer": engineer, "auditor": auditor,
        "administrator": administrator, "custodian": custodian, "shots": shots,
    });
    assert_eq!(node(&clients, "console.mjs", &told), json!([]));
    service.stop();
    home.run(["audit", "verify"]).exits(0);
}

/// A browser's requests, made by hand.
pub(crate) struct Visitor {
    client: reqwest::Client,
    base: String,
}

impl Visitor {
    fn new(service: &Service) -> Self {
        Self::at(service.console)
    }

    pub(crate) fn at(console: SocketAddr) -> Self {
        let client = reqwest::Client::builder()
            .danger_accept_invalid_certs(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { client, base: format!("https://{console}") }
    }

    /// What is answered: the status, the cookies that are set, and the text.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> (StatusCode, Vec<String>, String) {
        let answer = request.send().await.unwrap();
        for name in ["content-security-policy", "x-frame-options", "x-content-type-options"] {
            assert!(answer.headers().contains_key(name), "no {name}");
        }
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        let cookies = cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
        let status = answer.status();
        // What is told as it happens has no end.
        let live = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        (status, cookies, if live { String::new() } else { answer.text().await.unwrap() })
    }

    pub(crate) fn get(&self, path: &str, cookie: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.base)).header(header::COOKIE, cookie)
    }

    pub(crate) fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.base)).header(header::COOKIE, cookie).form(fields)
    }

    /// Signs in with a recovery code in the place of the device's; the cookie of the session.
    pub(crate) async fn sign_in_with(&self, name: &str, password: &str, code: &str) -> String {
        let first = |cookies: &[String], name: &str| {
            let cookie = cookies.iter().find(|cookie| cookie.starts_with(&format!("{name}="))).unwrap();
            cookie.split(';').next().unwrap().to_owned()
        };
        let (_, cookies, page) = self.send(self.get("/sign-in", "")).await;
        let visit = first(&cookies, "__Host-carelake-visit");
        let fields = [("csrf", csrf(&page)), ("name", name), ("password", password)];
        let (_, cookies, _) = self.send(self.post("/sign-in", &visit, &fields)).await;
        let both = format!("{visit}; {}", first(&cookies, "__Host-carelake-half"));
        let fields = [("csrf", csrf(&page)), ("code", code)];
        let (_, cookies, answer) = self.send(self.post("/sign-in/code", &both, &fields)).await;
        assert!(cookies.iter().any(|cookie| cookie.starts_with("__Host-carelake=")), "{answer}");
        first(&cookies, "__Host-carelake")
    }

    /// Signs in; the cookie of the session.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Option<String> {
        let (_, cookies, page) = self.send(self.get("/sign-in", "")).await;
        let visit = cookies[0].split(';').next().unwrap().to_owned();
        let fields = [("csrf", csrf(&page)), ("name", name), ("password", password)];
        let (_, cookies, _) = self.send(self.post("/sign-in", &visit, &fields)).await;
        let session = cookies.iter().find(|cookie| cookie.starts_with("__Host-carelake="))?;
        for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(session.contains(attribute), "{session}");
        }
        session.split(';').next().map(str::to_owned)
    }
}

/// The token that the forms of a page carry.
pub(crate) fn csrf(page: &str) -> &str {
    page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap()
}

/// A door: who asks, method, path, fields of the form besides the token, and the records that it leaves.
type Door = (&'static str, &'static str, &'static str, Fields, &'static [&'static str]);
pub(crate) type Fields = &'static [(&'static str, &'static str)];

/// A mart, as it is typed.
const FIRST_MART: Fields = &[
    ("name", "first"),
    ("do", "compare"),
    ("file:mart.toml", "question = \"Who?\"\n"),
    (
        "file:people.sql",
        "-- One row per gender.\nselect gender, count(*) as people from view.patient group by gender",
    ),
];

/// A table that lies outside, as it is typed.
const WARDS: Fields = &[
    ("table", "estates.wards"),
    ("place", "the share of Estates"),
    ("format", "csv"),
    ("columns", "ward:Utf8:as the trust calls it\nbeds:Int64"),
];

/// Every door of the console, asked by somebody who may.
const DOORS: &[Door] = &[
    ("eng", "GET", "/", &[], &["overview.show"]),
    ("eng", "GET", "/overview/events", &[], &["console.request"]),
    ("eng", "GET", "/jobs", &[], &["job.list"]),
    ("eng", "GET", "/jobs/graph", &[], &["job.list"]),
    ("eng", "GET", "/runs", &[], &["job.runs"]),
    ("eng", "GET", "/job/mart.urgent_care", &[], &["job.show"]),
    ("eng", "GET", "/job/mart.urgent_care/pause", &[], &["console.request"]),
    ("eng", "POST", "/job/mart.urgent_care/pause", &[], &["job.pause"]),
    ("eng", "GET", "/run/1", &[], &["job.logs"]),
    ("eng", "GET", "/run/1/events", &[], &["console.request"]),
    ("eng", "GET", "/run/2/retry", &[], &["console.request"]),
    ("eng", "POST", "/run/2/retry", &[], &["job.run"]),
    ("eng", "GET", "/catalogue", &[], &["catalog.list"]),
    ("eng", "GET", "/table/view/patient", &[], &["catalog.show"]),
    ("eng", "POST", "/table/view/patient/count", &[], &["catalog.profile"]),
    ("eng", "GET", "/table/view/patient/describe", &[], &["console.request"]),
    ("eng", "POST", "/table/view/patient/describe", &[("owner", "data team")], &["catalog.describe"]),
    ("eng", "GET", "/outside", &[], &["catalog.list"]),
    ("eng", "GET", "/outside/new", &[], &["console.request"]),
    ("eng", "POST", "/outside/new", WARDS, &["catalog.create"]),
    ("eng", "GET", "/table/estates/wards", &[], &["catalog.show"]),
    ("eng", "GET", "/marts/new", &[], &["mart.new"]),
    ("eng", "POST", "/marts/new", FIRST_MART, &["mart.diff"]),
    ("eng", "GET", "/mart/winter", &[], &["mart.show"]),
    ("eng", "POST", "/mart/winter", FIRST_MART, &["mart.diff"]),
    ("eng", "POST", "/sql/save", &[("sql", "select 1"), ("name", "one")], &["query.save"]),
    ("eng", "GET", "/query/one/forget", &[], &["console.request"]),
    ("eng", "POST", "/query/one/forget", &[], &["query.forget"]),
    ("eng", "GET", "/policies", &[], &["policy.list"]),
    (
        "eng",
        "GET",
        "/policies?role=analyst&action=sql.query&resource=table:raw.patient",
        &[],
        &["policy.explain"],
    ),
    ("eng", "GET", "/policy/roles-are-assumed", &[], &["policy.show"]),
    ("eng", "GET", "/health", &[], &["health.show"]),
    ("eng", "GET", "/sql", &[], &["console.request"]),
    ("eng", "POST", "/sql", &[("sql", "select 1 as one"), ("purpose", "direct-care")], &["sql"]),
    ("aud", "GET", "/audit", &[], &["audit.query"]),
    ("aud", "GET", "/audit/serve-0/0", &[], &["audit.query"]),
    ("aud", "GET", "/alerts", &[], &["audit.alerts"]),
    ("aud", "GET", "/alert/1", &[], &["console.request"]),
    ("aud", "GET", "/alert/1/acknowledge", &[], &["console.request"]),
    ("aud", "POST", "/alert/1/acknowledge", &[], &["console.request"]),
    ("cus", "GET", "/keys", &[], &["key.list"]),
    ("adm", "GET", "/providers", &[], &["provider.list"]),
    ("adm", "GET", "/providers/new", &[], &["console.request"]),
    ("adm", "POST", "/providers/new", &[("name", "lab"), ("scopes", "system/*.c")], &["provider.add"]),
    ("adm", "GET", "/credentials/lab/new", &[], &["console.request"]),
    ("adm", "POST", "/credentials/lab/new", &[("overlap_hours", "0")], &["provider.rotate"]),
    ("adm", "GET", "/credential/none/revoke", &[], &["console.request"]),
    ("adm", "POST", "/credential/none/revoke", &[], &["console.request"]),
    ("adm", "GET", "/provider/gp-elm-grove", &[], &["provider.show"]),
    ("adm", "GET", "/provider/gp-elm-grove/disable", &[], &["console.request"]),
    ("adm", "POST", "/provider/gp-elm-grove/disable", &[], &["provider.disable"]),
    ("adm", "POST", "/sign-out", &[], &["sign-out"]),
];

/// Doors that show nothing of the lake, or are how one comes in; sessions have tests of their own.
const OPEN: &[&str] = &[
    "/sign-in",
    "/sign-in/code",
    "/sign-in/elsewhere",
    "/sign-in/elsewhere/back",
    "/theme",
    "/assets/{file}",
];

/// The routes that the server has, as its source names them.
fn routes() -> Vec<String> {
    let source = include_str!("../../../server/src/console.rs");
    let named = source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    named.map(str::to_owned).collect()
}

/// Whether a path is of a route.
fn is_of(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    let path: Vec<_> = path.iter().map(|part| part.split('?').next().unwrap()).collect();
    route.len() == path.len()
        && route.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}

#[tokio::test]
async fn every_door_leaves_exactly_its_records_and_lets_in_nobody_else() {
    for route in routes() {
        let known =
            OPEN.contains(&route.as_str()) || DOORS.iter().any(|(_, _, path, ..)| is_of(&route, path));
        assert!(known, "`{route}` is a new door: it needs a row in DOORS, or one in OPEN with a reason");
    }
    let home = Home::new();
    home.run(["provider", "add", GP]).exits(0);
    let file = inputs::write(home.beside("in.ndjson"), &inputs::resources(7, 2, GP));
    home.run(["import", file.to_str().unwrap(), "--source", GP]).exits(0);
    home.run(["mart", "build", "urgent_care"]).exits(0);
    home.run(["mart", "register", winter(&home, "male, female").to_str().unwrap()]).exits(0);
    let people = [("eng", "engineer"), ("aud", "auditor"), ("adm", "administrator"), ("cus", "custodian")];
    let people = people.map(|(name, role)| {
        let added = home.run(["--json", "user", "add", name, "--role", role]).exits(0).json();
        let device = home.run(["--json", "user", "device", name]).exits(0).json();
        (name, added["password"].as_str().unwrap().to_owned(), device["recovery_codes"][0].clone())
    });
    let service = Service::start(&home, &[("CARELAKE__WORKER__SCHEDULES", "false")]);
    let visitor = Visitor::new(&service);
    for (name, password, code) in &people {
        let session = visitor.sign_in_with(name, password, code.as_str().unwrap()).await;
        for (_, method, path, fields, _) in DOORS.iter().filter(|(who, ..)| who == name) {
            // Nobody comes in without a session.
            let stranger = match *method {
                "GET" => visitor.get(path, ""),
                _ => visitor.post(path, "", fields),
            };
            assert_eq!(visitor.send(stranger).await.0, StatusCode::SEE_OTHER, "{method} {path}");
            let (_, _, page) = visitor.send(visitor.get("/", &session)).await;
            let mut fields = fields.to_vec();
            fields.push(("csrf", csrf(&page)));
            let asked = match *method {
                "GET" => visitor.get(path, &session),
                _ => visitor.post(path, &session, &fields),
            };
            let (status, ..) = visitor.send(asked).await;
            let found = ["/alert/", "/audit/", "/credential/"].iter().any(|start| path.starts_with(start));
            let wanted = [StatusCode::OK, StatusCode::SEE_OTHER];
            assert!(
                wanted.contains(&status) || found && status == StatusCode::NOT_FOUND,
                "{method} {path}: {status}"
            );
        }
    }
    service.stop();
    for (name, ..) in &people {
        let records =
            home.run(["--json", "audit", "query", "--actor", name, "--limit", "1000"]).exits(0).stdout;
        let records = records.lines().rev().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let told: Vec<_> = records.map(|one| one["action"].as_str().unwrap().to_owned()).collect();
        let mut wanted = vec!["sign-in"];
        for (_, _, _, _, records) in DOORS.iter().filter(|(who, ..)| who == name) {
            wanted.extend(["overview.show"].iter().chain(*records));
        }
        let told: Vec<_> = told.iter().map(String::as_str).filter(|action| *action != "mart.build").collect();
        assert_eq!(told, wanted, "{name}");
    }
    // Those of strangers are counted together.
    let strangers =
        home.run(["--json", "audit", "query", "--action", "console.request", "--actor", "anonymous"]);
    let strangers = strangers.exits(0).stdout.lines().count();
    assert!((1..=60).contains(&strangers), "{strangers}");
}

#[tokio::test]
async fn sessions_are_not_fixed_forged_ridden_or_kept_after_their_end() {
    let home = Home::new();
    let ann = add(&home, "ann", "engineer");
    let password = ann["password"].as_str().unwrap();
    let service = Service::start(&home, &[]);
    let visitor = Visitor::new(&service);

    // Nobody without a session sees a page, and a session that somebody has made up is none.
    for cookie in
        ["", "__Host-carelake=made-up", "__Host-carelake=; __Host-carelake-half=ann|9999999999999|00"]
    {
        for path in ["/", "/jobs", "/sql", "/audit", "/run/1/events", "/sign-in/code"] {
            let (status, _, page) = visitor.send(visitor.get(path, cookie)).await;
            assert_eq!((status, page.as_str()), (StatusCode::SEE_OTHER, ""), "{path} with `{cookie}`");
        }
    }
    assert!(visitor.sign_in("ann", "not the password").await.is_none());
    assert!(visitor.sign_in("nobody", password).await.is_none());

    // A session has a new token at each sign-in.
    let first = visitor.sign_in("ann", password).await.unwrap();
    let second = visitor.sign_in("ann", password).await.unwrap();
    assert_ne!(first, second);
    let (status, _, page) = visitor.send(visitor.get("/jobs", &second)).await;
    assert_eq!(status, StatusCode::OK);

    // Forms: another session's token, none, and another site's.
    let (_, _, other) = visitor.send(visitor.get("/jobs", &first)).await;
    let run = "/job/mart.urgent_care/run";
    for token in ["", "0", csrf(&other)] {
        let (status, ..) = visitor.send(visitor.post(run, &second, &[("csrf", token)])).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{token}");
    }
    let fields = [("csrf", csrf(&page))];
    let elsewhere = visitor.post(run, &second, &fields).header("sec-fetch-site", "cross-site");
    assert_eq!(visitor.send(elsewhere).await.0, StatusCode::FORBIDDEN);
    assert_eq!(visitor.send(visitor.post(run, &second, &fields)).await.0, StatusCode::SEE_OTHER);

    // Nothing leads away from here.
    for back in ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let request = visitor.post("/theme", &second, &[("theme", "dark"), ("back", back)]);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["location"], "/", "{back}");
    }

    // An engineer is no auditor, and no administrator.
    for path in ["/audit", "/alerts", "/providers", "/provider/gp-elm-grove/disable"] {
        assert_eq!(visitor.send(visitor.get(path, &second)).await.0, StatusCode::FORBIDDEN, "{path}");
    }

    // What is open is told news while its reader is signed in.
    let mut open = visitor.get("/overview/events", &second).send().await.unwrap();
    assert!(String::from_utf8_lossy(&open.chunk().await.unwrap().unwrap()).contains("event: figures"));

    // Signing out ends one session, suspending a person all of them.
    let out = visitor.post("/sign-out", &first, &[("csrf", csrf(&other))]);
    assert_eq!(visitor.send(out).await.0, StatusCode::SEE_OTHER);
    assert_eq!(visitor.send(visitor.get("/jobs", &first)).await.0, StatusCode::SEE_OTHER);
    assert_eq!(visitor.send(visitor.get("/jobs", &second)).await.0, StatusCode::OK);
    home.run(["user", "suspend", "ann"]).exits(0);
    assert_eq!(visitor.send(visitor.get("/jobs", &second)).await.0, StatusCode::SEE_OTHER);
    assert!(visitor.sign_in("ann", password).await.is_none());
    let ends = async { while open.chunk().await.ok().flatten().is_some() {} };
    tokio::time::timeout(PATIENCE, ends).await.expect("what was open ends");

    // Whoever guesses on is told to come later.
    let mut told_later = false;
    for _ in 0..40 {
        let (_, cookies, page) = visitor.send(visitor.get("/sign-in", "")).await;
        let visit = cookies[0].split(';').next().unwrap().to_owned();
        let fields = [("csrf", csrf(&page)), ("name", "ann"), ("password", "a guess")];
        let (status, ..) = visitor.send(visitor.post("/sign-in", &visit, &fields)).await;
        told_later |= status == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(told_later);
    service.stop();
    let records = home.run(["--json", "audit", "query", "--limit", "500"]).exits(0).stdout;
    let records: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |action: &str, outcome: &str| {
        records.iter().filter(|one| one["action"] == action && one["outcome"] == outcome).count()
    };
    assert_eq!((count("sign-in", "success"), count("sign-out", "success")), (2, 1));
    assert!((30..=33).contains(&count("sign-in", "refused")), "{}", count("sign-in", "refused"));
    assert_eq!(count("decide", "refused"), 4);
}

#[tokio::test]
async fn what_people_and_programs_have_made_up_is_shown_as_text() {
    let home = Home::new();
    let file = inputs::write(home.beside("in.ndjson"), &inputs::resources(7, 1, GP));
    home.run(["import", file.to_str().unwrap(), "--source", GP]).exits(0);
    let ann = add(&home, "ann", "engineer");
    let service = Service::start(&home, &[]);
    let visitor = Visitor::new(&service);
    let session = visitor.sign_in("ann", ann["password"].as_str().unwrap()).await.unwrap();
    // What cannot be changed is not offered: the marts that every lake has.
    let (_, _, built_in) = visitor.send(visitor.get("/job/mart.urgent_care", &session)).await;
    assert!(built_in.contains("Run now") && !built_in.contains("Edit the SQL"), "{built_in}");
    let evil = "<script>alert(1)</script>\u{202e}\u{0}\"'&";
    let (_, _, page) = visitor.send(visitor.get("/sql", &session)).await;
    let purpose = page.split_once("<option value=\"\"").unwrap().1.split("<option value=\"").nth(1).unwrap();
    let purpose = purpose.split('"').next().unwrap();
    let sql = format!("select '{}' as \"{}\"", evil.replace('\'', "''").replace('\0', ""), "<b>x</b>");
    let fields = [("csrf", csrf(&page)), ("sql", sql.as_str()), ("purpose", purpose)];
    let (status, _, answer) = visitor.send(visitor.post("/sql", &session, &fields)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer.contains("&lt;script&gt;") && answer.contains("&lt;b&gt;x"), "{answer}");
    let (_, _, missing) =
        visitor.send(visitor.get("/job/%3Cscript%3Ealert(1)%3C%2Fscript%3E", &session)).await;
    let long = format!("/catalogue?q={}", "a%3Cb".repeat(1_000));
    let (status, _, found) = visitor.send(visitor.get(&long, &session)).await;
    assert_eq!(status, StatusCode::OK);
    // What was typed stands in its fields as it was typed: the one that is shown, and the one that would be kept.
    let answer = answer.split_once("</textarea>").unwrap().1;
    let (before, kept) = answer.split_once("name=\"sql\" value=\"").unwrap();
    let answer = before.to_owned() + kept.split_once('"').unwrap().1;
    for page in [answer, missing, found] {
        assert!(
            !page.contains("<script>alert") && !page.contains("<b>x") && !page.contains('\u{202e}'),
            "{page}"
        );
    }
    let huge = [("csrf", csrf(&page)), ("sql", &*"x".repeat(1 << 20)), ("purpose", purpose)];
    let (status, ..) = visitor.send(visitor.post("/sql", &session, &huge)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_decided_column_by_column() {
    let home = Home::new();
    let file = inputs::write(home.beside("gp.ndjson"), &inputs::resources(7, 20, GP));
    home.run(["import", file.to_str().unwrap(), "--source", GP]).exits(0);
    let own = home.beside("own.cedar");
    let policy = r#"@id("no-birth") @because("Dates of birth are not for questions.") forbid (principal, action == Action::"sql.query", resource == Column::"view.patient.birth_month");"#;
    fs::write(&own, policy).unwrap();
    home.run(["policy", "set", "own", own.to_str().unwrap()]).exits(0);
    let ann = add(&home, "ann", "engineer");
    let service = Service::start(&home, &[]);
    let visitor = Visitor::new(&service);
    let cookie = visitor.sign_in("ann", ann["password"].as_str().unwrap()).await.unwrap();
    let (_, _, page) = visitor.send(visitor.get("/sql", &cookie)).await;
    for (sql, wanted) in [
        ("select gender from view.patient", StatusCode::OK),
        ("select count(*) from view.patient", StatusCode::OK),
        ("select gender from view.patient order by birth_month", StatusCode::FORBIDDEN),
        ("select * from view.patient", StatusCode::FORBIDDEN),
    ] {
        let fields = [("csrf", csrf(&page)), ("sql", sql), ("purpose", "quality")];
        let (status, _, answer) = visitor.send(visitor.post("/sql", &cookie, &fields)).await;
        assert_eq!(status, wanted, "{sql}: {answer}");
        let told = answer.contains("Dates of birth are not for questions.");
        assert_eq!(told, wanted == StatusCode::FORBIDDEN, "{sql}: {answer}");
    }
    let count = visitor.post("/table/view/patient/count", &cookie, &[("csrf", csrf(&page))]);
    assert_eq!(visitor.send(count).await.0, StatusCode::FORBIDDEN, "it would show every column's values");
    service.stop();
}
