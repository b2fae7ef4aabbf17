//! Programs within their walls, and what they cannot do. Nothing here is a mock: bubblewrap puts the walls up.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

use sandbox::{Call, Ended, Sandbox, SandboxError};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::net::UnixListener,
    time::{Duration, Instant},
};

fn sandbox() -> Sandbox {
    let allow = ["/usr/bin/sh", "/usr/bin/awk", "/usr/bin/python3", "/usr/bin/not-there"];
    Sandbox { allow: allow.map(Into::into).into(), folders: Vec::new(), memory_bytes: 256 << 20 }
}

fn call(words: &[&str], files: &[(&str, &str)]) -> Call {
    let file = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    Call { words: words.iter().map(ToString::to_string).collect(), files: files.iter().map(file).collect() }
}

fn all(output: &mut dyn Read) -> Result<String, String> {
    let mut text = String::new();
    output.read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

async fn run(call: &Call, input: &'static str) -> Result<Ended<String>, SandboxError> {
    sandbox().run(call, move |to| to.write_all(input.as_bytes()), all).await
}

/// What a shell script writes.
async fn script(text: &str) -> String {
    run(&call(&["sh", "script.sh"], &[("script.sh", text)]), "").await.unwrap().read
}

#[tokio::test]
async fn a_program_reads_what_it_is_fed_and_its_own_files() {
    let call = call(&["awk", "-f", "double.awk"], &[("double.awk", "{ print $1 * 2 }")]);
    let ended = run(&call, "1\n2\n21\n").await.unwrap();
    assert_eq!(ended.read, "2\n4\n42\n");
    assert_eq!(ended.said.bytes, 0);
}

#[tokio::test]
async fn much_goes_in_and_out_at_once() {
    let line = "0123456789".repeat(10) + "\n";
    let (times, expected) = (100_000, line.len() as u64 * 100_000);
    let feed = move |to: &mut dyn Write| (0..times).try_for_each(|_| to.write_all(line.as_bytes()));
    let count =
        |from: &mut dyn Read| std::io::copy(from, &mut std::io::sink()).map_err(|error| error.to_string());
    let ended = sandbox().run(&call(&["awk", "{ print }"], &[]), feed, count).await.unwrap();
    assert_eq!(ended.read, expected);
}

#[tokio::test]
async fn there_is_no_way_to_the_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _other = UnixListener::bind(&socket).unwrap();
    let text = format!(
        "import socket
def refused(kind, address):
    try:
        socket.socket(kind, socket.SOCK_STREAM).connect(address)
        print('connected to', address)
    except OSError:
        print('refused')
refused(socket.AF_INET, ('127.0.0.1', {}))
refused(socket.AF_INET, ('192.0.2.1', 80))
refused(socket.AF_UNIX, {:?})
print(open('/proc/net/route').read().count('\\n'))
",
        listener.local_addr().unwrap().port(),
        socket.display()
    );
    let ended = run(&call(&["python3", "try.py"], &[("try.py", &text)]), "").await.unwrap();
    assert_eq!(ended.read, "refused\nrefused\nrefused\n1\n");
}

#[tokio::test]
async fn it_sees_no_file_process_or_variable_of_others() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "s").unwrap();
    let seen = script(&format!(
        "ls / | tr '\\n' ' '; ls {} /root /home /etc/passwd 2>/dev/null | wc -l; \
         ls /proc | grep -c '^[0-9]'; env | cut -d= -f1 | sort | tr '\\n' ' '; hostname",
        folder.path().display()
    ))
    .await;
    let mut lines = seen.lines();
    let first = lines.next().unwrap();
    for name in ["etc ", "home", "root", "run", "sys", "var"] {
        // `/etc` holds what programs begin with, and no more.
        assert!(name == "etc " || !first.contains(name), "`{name}` in `{first}`");
    }
    assert!(first.ends_with(" 0"), "{first}");
    let processes: u32 = lines.next().unwrap().parse().unwrap();
    assert!(processes <= 5, "{processes} processes");
    assert_eq!(lines.next().unwrap(), "HOME LANG PATH PWD sandbox");
}

#[tokio::test]
async fn it_writes_nowhere_but_to_a_bounded_folder_of_its_own() {
    let told = script(
        "for path in /program/a /usr/a /a /dev/a /etc/a /proc/sys/kernel/hostname /proc/self/comm; do
            (echo x > $path) 2>/dev/null && echo wrote $path; done
         (echo x >> script.sh) 2>/dev/null && echo wrote itself
         echo x > /tmp/a && echo mine
         head -c 1G /dev/zero 2>/dev/null > /tmp/b || echo full",
    )
    .await;
    assert_eq!(told, "mine\nfull\n");
}

#[tokio::test]
async fn it_gets_no_rights_and_no_more_memory() {
    let told = script(
        "grep -h CapEff /proc/self/status; grep -h NoNewPrivs /proc/self/status
         unshare --user true 2>/dev/null && echo nested
         mount -t tmpfs none /tmp 2>/dev/null && echo mounted
         python3 -c 'bytearray(1 << 30)' 2>/dev/null || echo too much",
    )
    .await;
    assert_eq!(told, "CapEff:\t0000000000000000\nNoNewPrivs:\t1\ntoo much\n");
}

#[tokio::test]
async fn how_it_fails_is_told_without_what_it_said() {
    let failing = call(&["sh", "-c", "echo Mrs Smith >&2; exit 3"], &[]);
    let error = run(&failing, "").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the program ended with exit status: 3, and wrote 10 bytes of messages, which a preview shows"
    );
    let SandboxError::Failed { said, .. } = error else { panic!("{error:?}") };
    assert_eq!(said.last, "Mrs Smith\n");
    let killed = run(&call(&["sh", "-c", "kill -9 $$"], &[]), "").await.unwrap_err();
    assert!(matches!(killed, SandboxError::Failed { .. }), "{killed}");
}

#[tokio::test]
async fn of_much_that_it_says_the_last_is_kept() {
    let ended =
        run(&call(&["sh", "-c", "head -c 1000000 /dev/zero >&2; echo last >&2"], &[]), "").await.unwrap();
    assert_eq!(ended.said.bytes, 1_000_005);
    assert!(ended.said.last.ends_with("last\n") && ended.said.last.len() <= 16 << 10);
}

#[tokio::test]
async fn what_is_not_allowed_or_not_there_is_not_run() {
    let run = async |name: &str| run(&call(&[name], &[]), "").await.unwrap_err().to_string();
    assert_eq!(
        run("perl").await,
        "`perl` is no program that may be run here; there are sh, awk, python3, not-there"
    );
    assert_eq!(run("not-there").await, "the program `/usr/bin/not-there` is not on this machine");
    let none = Sandbox::default().program("sh").unwrap_err().to_string();
    assert!(none.ends_with("whoever keeps the lake names programs in `[programs] allow`"), "{none}");
}

#[tokio::test]
async fn walls_that_cannot_be_put_up_are_told() {
    let sandbox = Sandbox { folders: vec!["/not/there".into()], ..sandbox() };
    let error = sandbox.run(&call(&["sh", "-c", "true"], &[]), |_| Ok(()), all).await.unwrap_err();
    let SandboxError::Walls(why) = error else { panic!("{error:?}") };
    assert!(why.contains("/not/there"), "{why}");
}

#[tokio::test]
async fn a_program_whose_rows_are_not_understood_is_ended() {
    let endless = call(&["sh", "-c", "while echo x; do :; done"], &[]);
    let began = Instant::now();
    let refuse = |from: &mut dyn Read| {
        from.read_exact(&mut [0; 100]).map_err(|error| error.to_string())?;
        Err::<(), _>("no rows".to_owned())
    };
    let error = sandbox().run(&endless, |_| Ok(()), refuse).await.unwrap_err();
    assert_eq!(error.to_string(), "no rows");
    assert!(began.elapsed() < Duration::from_secs(60), "it went on");
}

#[tokio::test]
async fn whoever_lets_go_ends_it_with_all_that_it_has_begun() {
    let mark = format!("carelake-test-{}", std::process::id());
    let text = format!("sh -c 'while :; do sleep 0.0{}; done' {mark} & wait", 5);
    let call = call(&["sh", "-c", &text], &[]);
    let running = tokio::spawn(async move { run(&call, "").await.map(|ended| ended.read) });
    assert!(comes(|| alive(&mark) > 0).await, "it did not begin");
    running.abort();
    assert!(comes(|| alive(&mark) == 0).await, "it lives on");
}

/// How many processes have `mark` among their words.
fn alive(mark: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let words = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    words.filter(|words| String::from_utf8_lossy(words).contains(mark)).count()
}

/// Whether something comes to hold within half a minute.
async fn comes(holds: impl Fn() -> bool) -> bool {
    for _ in 0..600 {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}
