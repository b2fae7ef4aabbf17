//! Connections that come to nothing: refused, told apart, recorded, and never without bound.

use crate::{
    home::{Home, Told},
    tls::{Certificate, certificate},
};
use model::AuditOutcome;
use rustls::version;
use server::{GatewayConfig, Serving, serve};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};
use tokio::task::spawn_blocking;

struct Listening {
    home: Home,
    certificate: Arc<Certificate>,
    address: SocketAddr,
    serving: Serving,
}

async fn listening(max_connections: usize) -> Listening {
    let listen = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
    let config = GatewayConfig { listen, max_connections, ..GatewayConfig::default() };
    let home = Home::with(config, None).await;
    let certificate = Arc::new(certificate());
    let serving = serve(Arc::clone(&home.app), &certificate.server, std::future::pending::<()>());
    let serving = serving.await.unwrap();
    Listening { home, certificate, address: serving.addresses()[0], serving }
}

impl Listening {
    /// The records of refused connections, once there are so many.
    async fn refused(&self, count: usize) -> Vec<Told> {
        for _ in 0..600 {
            let mut refused = self.home.records().await;
            refused.retain(|record| record.action == "connection.refuse");
            if refused.len() >= count {
                return refused;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("fewer than {count} refused connections are recorded");
    }
}

/// Sends bytes as they are, and waits until the other side closes.
fn say(address: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The other side may have closed before all was said.
    let _ = stream.write_all(bytes);
    let _ = stream.read_to_end(&mut Vec::new());
}

fn detail(record: &Told) -> BTreeMap<String, String> {
    serde_json::from_str(&record.detail).unwrap()
}

fn reasons(records: &[Told]) -> Vec<String> {
    records.iter().map(|record| detail(record)["reason"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_before_it_is_a_request_is_recorded_with_its_reason() {
    let gateway = listening(64).await;
    let (address, certificate) = (gateway.address, Arc::clone(&gateway.certificate));
    spawn_blocking(move || {
        // Nobody says anything: a look whether the port is open.
        drop(TcpStream::connect(address).unwrap());
        say(address, b"GET /fhir/r4/metadata HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut old = certificate.connect(address, &version::TLS12);
        assert!(old.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").and_then(|()| old.flush()).is_err());
        let stranger = crate::tls::certificate();
        let mut distrustful = stranger.connect(address, &version::TLS13);
        assert!(distrustful.write_all(b"GET").and_then(|()| distrustful.flush()).is_err());
        drop(distrustful);
        let large = format!("GET /healthz HTTP/1.1\r\nX-Large: {}\r\n\r\n", "x".repeat(1 << 20));
        for bytes in ["\0\0\0 not http\r\n\r\n", large.as_str()] {
            let mut stream = certificate.connect(address, &version::TLS13);
            let _ = stream.write_all(bytes.as_bytes());
            let _ = stream.read_to_end(&mut Vec::new());
        }
    })
    .await
    .unwrap();
    let records = gateway.refused(5).await;
    assert_eq!(
        reasons(&records).iter().map(String::as_str).collect::<BTreeSet<_>>(),
        BTreeSet::from(["not-tls", "tls-offer", "tls-alert", "http", "headers-too-large"])
    );
    assert_eq!(records.len(), 5, "a connection without a word has no record");
    for record in records {
        assert_eq!((record.outcome, record.actor.as_str()), (AuditOutcome::Refused, "anonymous"));
        assert_eq!(detail(&record)["network"], "127.0.0.1");
        assert_eq!(record.network.unwrap().client, "127.0.0.1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_who_comes_again_and_again_leaves_one_record_for_all_further_times() {
    let gateway = listening(64).await;
    let address = gateway.address;
    spawn_blocking(move || (0..80).for_each(|_| say(address, b"GET / HTTP/1.1\r\n\r\n"))).await.unwrap();
    let records = gateway.refused(31).await;
    let further: Vec<_> = records.iter().map(|record| detail(record).contains_key("further")).collect();
    assert_eq!(further, [[false; 30].as_slice(), &[true]].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_too_many_is_closed_and_the_others_go_on() {
    let gateway = listening(1).await;
    let (address, certificate) = (gateway.address, Arc::clone(&gateway.certificate));
    spawn_blocking(move || {
        let mut stream = certificate.connect(address, &version::TLS13);
        for request in 0..2 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200");
            let mut rest = [0; 4096];
            let _ = stream.read(&mut rest).unwrap();
            if request == 0 {
                say(address, b"\x16\x03\x01");
            }
        }
    })
    .await
    .unwrap();
    assert_eq!(reasons(&gateway.refused(1).await), ["too-many-connections"]);
    drop(gateway.serving);
}
