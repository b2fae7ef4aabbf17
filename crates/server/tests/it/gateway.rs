//! A gateway that listens, on a public and a private address, and raw requests to it.

use crate::{
    home::Home,
    tls::{Certificate, certificate},
};
use rcgen::{CertifiedKey, KeyPair};
use rustls::version;
use server::{GatewayConfig, Serving, serve};
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

pub(crate) struct Gateway {
    pub(crate) home: Home,
    certificate: Arc<Certificate>,
    /// The public address, and the private one.
    addresses: Vec<SocketAddr>,
    /// Serves until it is dropped.
    _serving: Serving,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        let loopback = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
        let config =
            GatewayConfig { listen: loopback.clone(), listen_private: loopback, ..GatewayConfig::default() };
        let home = Home::with(config, None).await;
        let certificate = Arc::new(certificate());
        let serving = serve(Arc::clone(&home.app), &certificate.server, std::future::pending::<()>());
        let serving = serving.await.unwrap();
        Self { home, addresses: serving.addresses().to_vec(), certificate, _serving: serving }
    }

    /// Sends one request over a connection of its own; the status, and the answer whole.
    pub(crate) async fn send(
        &self,
        to: usize,
        client: Option<&Arc<CertifiedKey<KeyPair>>>,
        request: String,
    ) -> (u16, String) {
        let (certificate, address, client) =
            (Arc::clone(&self.certificate), self.addresses[to], client.cloned());
        tokio::task::spawn_blocking(move || {
            let mut stream = certificate.connect_as(address, &version::TLS13, client.as_deref());
            stream.write_all(request.as_bytes()).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            (text[9..12].parse().unwrap(), text)
        })
        .await
        .unwrap()
    }
}
