//! What open pages hear of. It is looked up and drawn once for all who have the same page open, and each hears of what is
//! different from what it has heard.

use super::{answer, desk::Desk, jobs, overview, session::Visitor};
use ::console::{Address, Frame, Page as _, Region, Theme};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use control::RunId;
use futures::{StreamExt as _, stream};
use http::header;
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// How often is looked for news of a page that somebody has open.
const EVERY: Duration = Duration::from_secs(2);
/// How often is looked whether whoever has a page open is signed in still.
const SIGNED_IN_EVERY: Duration = Duration::from_secs(10);

/// A page that changes while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// A run, until it is over.
    Run(i64),
    /// The overview, with the parts that somebody may see.
    Overview(overview::Parts),
}

/// The regions of a page as events, and whether there will be others.
#[derive(Clone, Default)]
struct News {
    regions: Vec<(&'static str, Bytes)>,
    over: bool,
}

/// A region as it is sent, to all who hear of it the same bytes (HTML §9.2.6).
fn event(region: &Region) -> Bytes {
    let mut event = format!("event: {}\n", region.id);
    for line in region.html.split(['\n', '\r']) {
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
    }
    event.push('\n');
    event.into()
}

/// The pages that are open.
#[derive(Clone, Default)]
pub(super) struct Newsroom(Arc<Mutex<HashMap<Topic, watch::Sender<News>>>>);

impl Newsroom {
    /// Hears of a page. Whoever comes first has it looked up from now on, whoever goes last ends that.
    fn hear(&self, desk: &Desk, topic: Topic) -> watch::Receiver<News> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = open.get(&topic) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(News::default());
        open.insert(topic, sender.clone());
        tokio::spawn(self.clone().tell(desk.clone(), topic, sender));
        receiver
    }

    async fn tell(self, desk: Desk, topic: Topic, sender: watch::Sender<News>) {
        loop {
            match drawn(&desk, topic).await {
                Some((regions, over)) => sender.send_if_modified(|news| news.take(regions, over)),
                None => sender.send_if_modified(|news| news.take(Vec::new(), true)),
            };
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if sender.borrow().over || sender.receiver_count() == 0 {
                open.remove(&topic);
                return;
            }
            drop(open);
            tokio::time::sleep(EVERY).await;
        }
    }
}

impl News {
    /// Takes what is there now; whether anything is different.
    fn take(&mut self, regions: Vec<Region>, over: bool) -> bool {
        let mut changed = over != self.over;
        self.over = over;
        for region in &regions {
            let event = event(region);
            match self.regions.iter_mut().find(|(id, _)| *id == region.id) {
                Some((_, told)) if *told == event => {}
                Some((_, told)) => (*told, changed) = (event, true),
                None => {
                    self.regions.push((region.id, event));
                    changed = true;
                }
            }
        }
        changed
    }
}

/// The regions of a page as they are now, and whether they stay so; nothing where there is no such page, or it could
/// not be looked up.
async fn drawn(desk: &Desk, topic: Topic) -> Option<(Vec<Region>, bool)> {
    let frame =
        |here| Frame { here, now: desk.clock.now(), ..answer::stranger(Theme::System, String::new()) };
    match topic {
        Topic::Run(id) => {
            let run = desk.control.run(RunId(id)).await.ok()??;
            let page = jobs::run_page(&desk.control, &run).await.ok()?;
            Some((page.regions(&frame(Address::run(id))), run.state.is_over()))
        }
        Topic::Overview(parts) => {
            let page = overview::looked_up(desk, parts).await.ok()?;
            let frame = Frame { sections: parts.sections(), ..frame(Address::overview()) };
            Some((page.regions(&frame), false))
        }
    }
}

/// One who has a page open.
struct Open {
    visitor: Visitor,
    news: watch::Receiver<News>,
    heard: HashMap<&'static str, Bytes>,
    looked: Instant,
    over: bool,
}

/// What changes on a page while it is open, for as long as whoever has it open is signed in.
pub(super) fn events(visitor: Visitor, topic: Topic) -> Response {
    let news = visitor.desk.newsroom.hear(&visitor.desk, topic);
    let open = Open { visitor, news, heard: HashMap::new(), looked: Instant::now(), over: false };
    let heard = stream::unfold(open, |mut open| async move {
        loop {
            if open.over {
                return None;
            }
            let now = open.news.borrow_and_update().clone();
            open.over = now.over;
            let mut parts = Vec::new();
            for (id, event) in now.regions {
                // The same bytes at the same place are the same event.
                if open.heard.get(id).is_none_or(|heard| heard.as_ptr() != event.as_ptr()) {
                    parts.push(event.clone());
                    open.heard.insert(id, event);
                }
            }
            if open.looked.elapsed() >= SIGNED_IN_EVERY {
                // Whoever has been shut out meanwhile hears no more.
                if !open.visitor.is_in().await.ok()? {
                    return None;
                }
                open.looked = Instant::now();
                // A comment, by which whoever has gone is missed.
                parts.push(Bytes::from_static(b":\n\n"));
            }
            if !parts.is_empty() {
                return Some((stream::iter(parts.into_iter().map(Ok::<_, Infallible>)), open));
            }
            if !open.over {
                let rest = SIGNED_IN_EVERY.saturating_sub(open.looked.elapsed());
                // An end of all news is found at the next look.
                if let Ok(Err(_)) = tokio::time::timeout(rest, open.news.changed()).await {
                    open.over = true;
                }
            }
        }
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(heard.flatten())).into_response()
}
