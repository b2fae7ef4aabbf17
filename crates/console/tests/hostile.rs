//! Whatever a value holds, every page shows it as text, keeps its layout, and stays of a size.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

use console::{
    Address, Frame, Page, Paging, Person, Section, Sort, Theme, Tone,
    graph::{Graph, Node},
    pages::*,
};
use model::{AuditOutcome, Timestamp};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// What names, codes, SQL and errors may be.
const VALUES: [&str; 4] = [
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;b&gt;",
    "abc\u{202e}cba\u{2066}\u{200f}\u{0}\u{8}\u{1b}[31m\u{feff}\u{ad}end",
    "javascript:alert(3)//\r\n\t--><style>*{display:none}</style>",
    "\u{64a}\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307} שלום \u{1f469}\u{200d}\u{2695}\u{fe0f}",
];

fn run_row(text: &str) -> RunRow {
    RunRow {
        id: 7,
        job: Some(text.into()),
        kind: "mart".into(),
        target: text.into(),
        state: RunState::Failed,
        cause: Cause::Command,
        actor: text.into(),
        attempt: 2,
        queued: NOW,
        started: Some(NOW),
        ended: Some(NOW),
        detail: text.into(),
    }
}

fn graph(text: &str) -> Graph {
    let node = || Node {
        label: text.into(),
        kind: text.into(),
        page: Some(Address::table(text, text)),
        state: Some((Tone::Bad, text.into())),
    };
    Graph { nodes: vec![node(), node()], edges: vec![(0, 1)], focus: Some(0) }
}

fn paging() -> Paging {
    Paging { first: 1, last: 2, total: Some(9), before: Some("1".into()), after: Some("3".into()) }
}

/// Every page, each of its values as `text`.
#[expect(clippy::too_many_lines, reason = "a list of pages")]
fn pages(text: &str) -> Vec<Box<dyn Page>> {
    let t = || text.to_owned();
    let alert = || AlertRow {
        id: 1,
        severity: t(),
        title: t(),
        sentence: t(),
        rule: t(),
        subject: t(),
        count: 3,
        first: NOW,
        last: NOW,
        acknowledged: Some((t(), NOW)),
    };
    let record = || RecordRow {
        at: NOW,
        action: t(),
        actor: t(),
        target: t(),
        outcome: AuditOutcome::Refused,
        writer: t(),
        number: 1,
    };
    let policy = || PolicyRow { id: t(), permits: true, own: true, because: t() };
    let mut pages = of_the_lake(text);
    pages.extend::<Vec<Box<dyn Page>>>(vec![
        Box::new(AlertList { rows: vec![alert()], all: true }),
        Box::new(AlertPage { alert: alert(), note: t(), records: vec![(t(), 1)] }),
        Box::new(AuditPage {
            search: AuditSearch {
                from: t(),
                until: t(),
                action: t(),
                actor: t(),
                outcome: t(),
                patient: t(),
                problem: Some(t()),
            },
            rows: Some(vec![record()]),
            limit: 1,
            checkpoint: Some((1, NOW)),
        }),
        Box::new(RecordPage { record: record(), details: vec![(t(), t())], hash: t(), event: t() }),
        Box::new(Confirm {
            title: t(),
            section: Section::Jobs,
            of: Address::job(text),
            back: Address::provider(text),
            change: "run",
            effect: t(),
            undo: Some(t()),
            note: Some(t()),
            button: t(),
            takes_away: true,
            command: t(),
        }),
        Box::new(Failure::Forbidden { what: t(), reason: t(), advice: t() }),
        Box::new(Failure::NotFound { what: t() }),
        Box::new(Failure::Failed { reference: t() }),
        Box::new(SignIn { name: t(), problem: Some(t()), elsewhere: Some(t()) }),
        Box::new(SignedIn { next: Address::overview() }),
        Box::new(SecondFactor { problem: Some(t()) }),
        Box::new(PolicyList {
            rows: vec![policy()],
            question: PolicyQuestion {
                role: t(),
                action: t(),
                resource: t(),
                purpose: t(),
                answer: Some(Ok((false, t()))),
            },
            words: [vec![t()], vec![t()], vec![t()]],
            may_see_keys: true,
        }),
        Box::new(PolicyPage { policy: policy(), text: t(), file: t() }),
        Box::new(KeyList { rows: vec![KeyRow { name: t(), kind: t(), purpose: t(), id: t() }] }),
        Box::new(HealthPage {
            checks: vec![Check { what: t(), tone: Tone::Bad, word: t(), found: t(), advice: t() }],
            machine: vec![("Version", t())],
        }),
    ]);
    pages
}

#[expect(clippy::too_many_lines, reason = "a list of pages")]
fn of_the_lake(text: &str) -> Vec<Box<dyn Page>> {
    let t = || text.to_owned();
    let sort = || Sort { by: t(), descending: true };
    let provider = || ProviderPage {
        name: t(),
        enabled: true,
        client_id: t(),
        scopes: vec![t()],
        created: NOW,
        networks: vec![t()],
        private_only: true,
        credentials: vec![Credential {
            id: t(),
            method: t(),
            created: NOW,
            expires: Some(NOW),
            counts: true,
        }],
        accepted: Some(vec![(t(), 5)]),
        backlog: 1,
        findings: vec![Finding { day: t(), place: t(), sentence: t(), stops: true }],
        may_change: true,
        may_rotate: true,
    };
    let form = |of: Option<String>| ProviderForm {
        of,
        name: t(),
        scopes: t(),
        method: t(),
        keys: t(),
        certificate: t(),
        issuer: t(),
        client: t(),
        networks: t(),
        private_only: true,
        overlap_hours: t(),
        issuers: vec![t()],
        problem: Some(("keys".into(), t())),
    };
    let difference = ModelDifference {
        table: t(),
        columns: vec![t()],
        before: Some(1),
        after: 2,
        added: 1,
        gone: 0,
        failed: Some(t()),
    };
    let mart = |registered| MartPage {
        name: t(),
        registered,
        files: vec![(t(), t())],
        compared: Some(Compared { digest: t(), sequence: 1, tables: vec![difference.clone()] }),
        problem: Some(t()),
        registrations: vec![Registration { number: 1, actor: t(), at: NOW, current: false }],
    };
    vec![
        Box::new(Overview {
            sequence: 0,
            published: Some(NOW),
            backlog: 1,
            days: vec![t()],
            arrivals: Some(vec![Arrivals { source: t(), accepted: vec![3], backlog: 1, findings: 1 }]),
            runs: Some((vec![run_row(text)], vec![run_row(text)])),
            alerts: Some(Vec::new()),
            gateway: t(),
            ca_file: t(),
        }),
        Box::new(ProviderList {
            rows: vec![ProviderRow {
                name: t(),
                enabled: false,
                methods: vec![t()],
                scopes: vec![t()],
                backlog: 1,
                findings: 1,
            }],
            sort: sort(),
            paging: paging(),
            may_add: true,
        }),
        Box::new(provider()),
        Box::new(form(None)),
        Box::new(form(Some(t()))),
        Box::new(ShownOnce { provider: t(), parts: vec![(t(), t())], first_token: Some(t()) }),
        Box::new(JobList {
            rows: vec![JobRow {
                name: t(),
                kind: t(),
                owner: t(),
                when: t(),
                next_due: Some(NOW),
                paused: true,
                runs: vec![(1, RunState::Failed, Some(5))],
                last: Some(NOW),
            }],
            filter: JobFilter { text: t(), kind: t(), state: Some(RunState::Failed) },
            kinds: vec![t()],
            counts: vec![(RunState::Failed, 1)],
            sort: sort(),
            paging: paging(),
        }),
        Box::new(JobGraph { graph: graph(text), left_out: 3 }),
        Box::new(RunList {
            rows: vec![run_row(text)],
            filter: RunFilter { job: t(), kind: t(), state: None },
            kinds: vec![t()],
            sort: sort(),
            paging: paging(),
        }),
        Box::new(JobPage {
            name: t(),
            kind: t(),
            target: t(),
            owner: t(),
            when: t(),
            next_due: None,
            paused: false,
            retries: 1,
            timeout_ms: 5,
            resource: (t(), 1),
            runs: vec![run_row(text)],
            graph: graph(text),
            models: vec![Model { table: t(), sql: t() }],
            may: JobPowers { run: true, pause: true, edit: true },
        }),
        Box::new(RunPage {
            run: run_row(text),
            due: Some(NOW),
            read_at: Some(1),
            published: Some(2),
            stopping: true,
            error: Some(t()),
            advice: Some(t()),
            inputs: vec![TableUse { schema: t(), name: t(), version: 1, rows: None }],
            outputs: Vec::new(),
            plans: vec![(t(), t())],
            log: vec![LogLine { line: 1, at: NOW, said: t() }],
            log_before: 9,
            may: RunPowers { retry: true, cancel: true, edit: true },
        }),
        Box::new(mart(true)),
        Box::new(mart(false)),
        Box::new(Catalogue {
            databases: vec![t()],
            filter: CatalogueFilter { text: t(), database: t() },
            rows: vec![TableRow {
                schema: t(),
                name: t(),
                kind: t(),
                about: t(),
                rows: 1,
                bytes: 1,
                columns: 1,
                published: NOW,
            }],
            sort: sort(),
            paging: paging(),
        }),
        Box::new(table(text)),
        Box::new(outside(text)),
        Box::new(OutsideList { text: t(), rows: vec![outside(text).row], paging: paging(), may_write: true }),
        Box::new(OutsideForm {
            table: t(),
            place: t(),
            format: t(),
            description: t(),
            columns: t(),
            problem: Some(t()),
        }),
        Box::new(DescribeForm {
            schema: t(),
            name: t(),
            owner: t(),
            description: t(),
            tags: t(),
            classification: t(),
            retention: t(),
            columns: t(),
            problem: Some(t()),
        }),
        Box::new(sql(text)),
    ]
}

fn said(text: &str) -> Said {
    let t = || text.to_owned();
    Said { owner: t(), tags: vec![t(), t()], classification: t(), retention: t() }
}

fn column(text: &str) -> ColumnRow {
    let t = || text.to_owned();
    ColumnRow { name: t(), data_type: t(), nullable: true, meaning: t(), origins: vec![t()] }
}

fn outside(text: &str) -> OutsidePage {
    let t = || text.to_owned();
    OutsidePage {
        row: OutsideRow {
            schema: t(),
            name: t(),
            format: t(),
            holds: t(),
            place: t(),
            objects: 1,
            bytes: 1,
            changed: NOW,
            gone: Some(NOW),
        },
        about: t(),
        said: said(text),
        crawler: t(),
        rows: Some(1),
        first_seen: NOW,
        columns: vec![column(text)],
        partitioned_by: vec![t()],
        partitions: vec![PartitionRow { values: vec![t()], objects: 1, bytes: 1, gone: None }],
        versions: [2, 1].map(|version| OutsideVersion { version, at: NOW, changes: vec![t()] }).to_vec(),
        may_describe: true,
    }
}

fn table(text: &str) -> TablePage {
    let t = || text.to_owned();
    TablePage {
        schema: t(),
        name: t(),
        kind: t(),
        about: t(),
        zone: t(),
        rows: 1,
        bytes: 1,
        version: 1,
        sequence: 1,
        published: NOW,
        made_from: None,
        job: Some(t()),
        columns: vec![column(text)],
        lineage: graph(text),
        figures: Some(TableFigures {
            version: 0,
            rows: 3,
            columns: vec![ColumnFigures {
                name: t(),
                nulls: 1,
                distinct: 2,
                range: Some((t(), t())),
                histogram: vec![(t(), 1), (t(), 2)],
                top: vec![(t(), 5)],
            }],
        }),
        versions: vec![VersionRow {
            sequence: 1,
            published: NOW,
            version: 1,
            rows: 1,
            bytes: 1,
            changes: vec![t()],
        }],
        may_query: true,
        may_model: true,
        may_describe: true,
        said: said(text),
    }
}

fn sql(text: &str) -> SqlPage {
    let t = || text.to_owned();
    SqlPage {
        sql: t(),
        purpose: t(),
        purposes: vec![(t(), t())],
        answer: Some(Answer {
            columns: vec![ResultColumn { name: t(), data_type: t(), number: true }],
            rows: vec![vec![Some(t())], vec![None]],
            more: true,
            took_ms: 1,
            sequence: 1,
            plan: t(),
        }),
        chart: Some(Chart::Bar),
        problem: Some(t()),
        tables: vec![t()],
        saved: vec![SavedRow { name: t(), about: t(), owner: t(), shared: true, own: true }],
        opened: t(),
    }
}

fn shown(page: &dyn Page, text: &str, here: Address) -> String {
    let frame = Frame {
        person: Some(Person { name: text.into(), roles: vec![text.into()] }),
        csrf: "token".into(),
        here,
        now: NOW,
        theme: Theme::Dark,
        synthetic: true,
        sections: Section::ALL.to_vec(),
        open_alerts: 3,
        done: Some(text.into()),
        events: Some(Address::overview_events()),
    };
    frame.render(page)
}

/// What a form's fields hold stands there as it was typed, or it would come back otherwise; where a form goes is no text
/// either. These taken out, what is left is what a reader sees.
fn without_fields(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    loop {
        let opens = [("value=\"", "\""), ("action=\"", "\""), ("<textarea", "</textarea>")];
        let next =
            opens.iter().filter_map(|(opens, ends)| Some((rest.find(opens)?, opens.len(), ends))).min();
        let Some((at, length, ends)) = next else { return out + rest };
        out.push_str(&rest[..at]);
        rest = rest[at + length..].split_once(ends).unwrap().1;
    }
}

#[test]
fn every_value_of_every_page_is_text() {
    for value in VALUES {
        for page in pages(value) {
            let html = shown(page.as_ref(), value, Address::jobs().with("q", value));
            for markup in ["<script>", "<img", "<style>", "onerror=alert(2)>", "href=\"javascript:"] {
                assert!(!html.contains(markup), "{markup} in {}: {html}", page.title());
            }
            let read = without_fields(&html);
            let acts = |c: char| {
                (c.is_control() && !matches!(c, '\n' | '\t'))
                    || matches!(c, '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            let found = read.find(acts);
            let around = found.map(|at| read[..at].chars().rev().take(80).collect::<String>());
            assert_eq!(around.map(|text| text.chars().rev().collect::<String>()), None, "{}", page.title());
        }
    }
}

#[test]
fn a_page_of_values_of_a_megabyte_stays_readable() {
    let value = "0123456789 ".repeat(100_000);
    for page in pages(&value) {
        let read = without_fields(&shown(page.as_ref(), &value, Address::jobs()));
        assert!(
            read.len() < 400_000,
            "{} bytes of {}",
            read.len(),
            &page.title()[..20.min(page.title().len())]
        );
    }
}
