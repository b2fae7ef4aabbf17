//! A Glue that is busy, one that refuses, and one that is not heard.

use crate::fixture::{catalogue, client};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use exchange::{
    catalogue::Catalogue,
    glue::{Options, sync},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Answers the first `busy` requests with `status` and `body`, all others well. How often it was asked, and its address.
async fn glue(busy: usize, status: u16, body: &'static str) -> (Arc<AtomicUsize>, String) {
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = move |State(asked): State<Arc<AtomicUsize>>| async move {
        let status = StatusCode::from_u16(status).unwrap();
        if asked.fetch_add(1, Ordering::SeqCst) < busy { (status, body) } else { (StatusCode::OK, "{}") }
    };
    let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&asked));
    let url = serve(router).await;
    (asked, url)
}

/// A way to the Glue at `url` on which every request arrives, and the answer to the first of its kind is lost.
pub(crate) async fn losing_first_answers(url: &str) -> String {
    let (url, http) = (url.to_owned(), reqwest::Client::builder().no_proxy().build().unwrap());
    let heard = Arc::new(Mutex::new(BTreeSet::new()));
    let answer = move |headers: HeaderMap, body: Bytes| {
        let request = http.post(&url).headers(headers).body(body.clone());
        let heard = Arc::clone(&heard);
        async move {
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let bytes = answer.bytes().await.unwrap();
            let first = heard.lock().unwrap().insert(body);
            if first { (StatusCode::BAD_GATEWAY, Bytes::new()) } else { (status, bytes) }
        }
    };
    serve(Router::new().route("/", post(answer))).await
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// How often Glue was asked, and how it ended.
async fn asked(busy: usize, status: u16, body: &'static str) -> (usize, Result<(), String>) {
    let (asked, url) = glue(busy, status, body).await;
    let nothing = Catalogue { databases: Vec::new(), ..catalogue() };
    let options = Options { lake: "example".to_owned(), prefix: String::new(), dry_run: false };
    let done = sync(&client(&url), &nothing, &options).await;
    (asked.load(Ordering::SeqCst), done.map(drop).map_err(|error| error.to_string()))
}

#[tokio::test]
async fn a_busy_glue_is_asked_again() {
    let busy = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    assert_eq!(asked(2, 400, busy).await, (3, Ok(())));
    assert_eq!(asked(1, 503, "").await, (2, Ok(())));
    let (times, ended) = asked(9, 400, busy).await;
    assert_eq!(times, 3, "as often as was said");
    let expected =
        "GetDatabases `all databases` in Glue: refused with 400 ThrottlingException: Rate exceeded";
    assert_eq!(ended.unwrap_err(), expected);
}

#[tokio::test]
async fn a_refusal_is_final() {
    let denied = r#"{"__type":"AccessDeniedException","Message":"glue:GetDatabases is not allowed"}"#;
    let (times, ended) = asked(9, 400, denied).await;
    assert_eq!(times, 1);
    assert!(ended.unwrap_err().ends_with("400 AccessDeniedException: glue:GetDatabases is not allowed"));
    let (_, ended) = asked(9, 200, "<html>").await;
    assert!(ended.unwrap_err().contains("the answer cannot be read"));
}
