//! Real listeners: TLS 1.3 and nothing older, both address families, an end to stopping.

use crate::home::Home;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use server::{GatewayConfig, ServeError, Tls, serve};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};
use tokio::sync::oneshot;

pub(crate) struct Certificate {
    pub(crate) server: Tls,
    der: CertificateDer<'static>,
}

pub(crate) fn certificate() -> Certificate {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let server = Tls::new(cert.pem().as_bytes(), signing_key.serialize_pem().as_bytes()).unwrap();
    Certificate { server, der: cert.der().clone() }
}

impl Certificate {
    pub(crate) fn connect(
        &self,
        address: SocketAddr,
        version: &'static SupportedProtocolVersion,
    ) -> StreamOwned<ClientConnection, TcpStream> {
        self.connect_as(address, version, None)
    }

    /// Shows a certificate of the client's own, if there is one.
    pub(crate) fn connect_as(
        &self,
        address: SocketAddr,
        version: &'static SupportedProtocolVersion,
        client: Option<&CertifiedKey<KeyPair>>,
    ) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let config = match client {
            None => config.with_no_client_auth(),
            Some(CertifiedKey { cert, signing_key }) => {
                let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
                config.with_client_auth_cert(vec![cert.der().clone()], key).unwrap()
            }
        };
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
    }
}

fn get(mut stream: StreamOwned<ClientConnection, TcpStream>) -> io::Result<String> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[tokio::test]
async fn tls_1_3_is_served_on_ipv4_and_ipv6_and_tls_1_2_is_refused() {
    let listen = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    let home = Home::with(GatewayConfig { listen, ..GatewayConfig::default() }, None).await;
    let certificate = certificate();
    let (stop, stopping) = oneshot::channel::<()>();
    let serving = serve(Arc::clone(&home.app), &certificate.server, stopping).await.unwrap();
    let addresses = serving.addresses().to_vec();
    assert!(
        addresses[0].is_ipv4()
            && addresses[1].is_ipv6()
            && addresses.iter().all(|address| address.port() != 0)
    );
    tokio::task::spawn_blocking(move || {
        for address in addresses {
            let text = get(certificate.connect(address, &version::TLS13)).unwrap();
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
            let error = get(certificate.connect(address, &version::TLS12)).unwrap_err();
            assert!(error.to_string().contains("ProtocolVersion"), "{error}");
        }
    })
    .await
    .unwrap();
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(20), serving.stopped()).await.unwrap();
}

#[tokio::test]
async fn an_address_in_use_is_named_in_a_sentence() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = other.local_addr().unwrap();
    let config = GatewayConfig { listen: vec![address], ..GatewayConfig::default() };
    let home = Home::with(config, None).await;
    let refused = serve(Arc::clone(&home.app), &certificate().server, std::future::pending::<()>()).await;
    let error = refused.err().unwrap();
    assert!(matches!(error, ServeError::AddressInUse { .. }));
    assert!(error.to_string().contains(&address.to_string()));
}

#[tokio::test]
async fn a_certificate_is_replaced_while_it_is_served_with() {
    let (old, new) = (certificate(), certificate());
    let listen = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
    let home = Home::with(GatewayConfig { listen, ..GatewayConfig::default() }, None).await;
    let serving = serve(Arc::clone(&home.app), &old.server, std::future::pending::<()>()).await.unwrap();
    let address = serving.addresses()[0];
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    // A key that is not the certificate's leaves the old ones.
    let other_key = KeyPair::generate().unwrap();
    assert!(old.server.replace(cert.pem().as_bytes(), other_key.serialize_pem().as_bytes()).is_err());
    old.server.replace(cert.pem().as_bytes(), signing_key.serialize_pem().as_bytes()).unwrap();
    let replaced = Certificate { server: new.server, der: cert.der().clone() };
    tokio::task::spawn_blocking(move || {
        assert!(get(replaced.connect(address, &version::TLS13)).unwrap().starts_with("HTTP/1.1 200"));
        assert!(get(old.connect(address, &version::TLS13)).is_err());
    })
    .await
    .unwrap();
}
