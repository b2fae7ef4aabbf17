//! One rule at work.

use super::{
    alert::{self, Alert, Mark},
    condition::{Condition, Silent, Unfamiliar},
    days::Known,
    engine::went_back,
    events::{self, Field},
    group::{Group, Groups, Memory, Ongoing},
    period::Period,
    rule::Rule,
    silence::Due,
    tell::{Values, shown},
    window::Window,
};
use model::{AuditEvent, Timestamp};
use std::collections::BTreeSet;

/// The most alerts that a subject raises in a row for different things; what is further new goes on in the last one.
const MOST_IN_A_ROW: u32 = 8;

/// The most alerts that have ended and whose last counts wait to be asked for.
const MOST_ENDED: usize = 4_096;

/// What a rule looks at an action for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// It is one of those that the rule is about.
    pub(super) event: bool,
    /// It makes its actor known.
    pub(super) history: bool,
}

/// A rule and what it remembers.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) rule: Rule,
    pub(super) groups: Groups,
    /// Who is to be judged when, for rules about silence. A subject's place is its deadline or before it; places that
    /// are not the subject's present one mean nothing.
    pub(super) queue: BTreeSet<(i64, Box<str>)>,
    /// Subjects whose alerts have gone on.
    pub(super) going_on: Vec<Box<str>>,
    /// Alerts that have ended, with counts that have not been told.
    pub(super) ended: Vec<Alert>,
}

/// What an event makes of a group.
enum Verdict {
    Usual,
    /// Part of what is told of already, if it is.
    More(u64),
    Fires(Finding),
}

struct Finding {
    count: u64,
    first: Mark,
    usual: String,
    what: String,
}

/// What a subject's turn to be judged comes to.
enum Turn {
    Silent(Due),
    Later(i64),
}

/// What became of the group's alert.
#[derive(Default)]
struct Told {
    ended: Option<Box<Ongoing>>,
    raised: bool,
    goes_on: bool,
}

impl Watcher {
    pub(super) fn new(rule: Rule, budget_bytes: usize) -> Self {
        let groups = Groups::new(budget_bytes);
        Self { rule, groups, queue: BTreeSet::new(), going_on: Vec::new(), ended: Vec::new() }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.groups.bytes()
    }

    /// Looks at one event.
    pub(super) fn see(
        &mut self,
        event: &AuditEvent,
        mark: &Mark,
        look: Look,
        seen: u64,
        raised: &mut Vec<Alert>,
    ) {
        let look = Look { event: look.event && self.rule.events.others(event), ..look };
        if !look.event && !look.history {
            return;
        }
        let Self { rule, groups, .. } = self;
        let subject = events::subject(rule.when.by(), event);
        let when = &rule.when;
        let quiet_ms = rule.quiet.ms;
        let (told, queued) = groups.update(
            &subject,
            seen,
            || Memory::of(when),
            |group| {
                let ended = group.quiet(mark, quiet_ms);
                let verdict = group.judge(when, event, mark, look);
                let told = group.tell(verdict, mark);
                (Told { ended: told.ended.or(ended), ..told }, group.queue(when))
            },
        );
        if let Some(deadline) = queued {
            self.queue.insert((deadline, subject.as_ref().into()));
        }
        if let Some(ended) = told.ended {
            self.end(&subject, &ended);
        }
        if told.goes_on {
            self.going_on.push(subject.as_ref().into());
        }
        if told.raised {
            let open = self.groups.get_mut(&subject).and_then(|group| group.open.as_deref());
            raised.extend(open.map(|open| self.rule.alert(&subject, open)));
        }
        self.shrink();
    }

    pub(super) fn is_due(&self, now: i64) -> bool {
        self.queue.first().is_some_and(|(deadline, _)| *deadline < now)
    }

    /// Raises alerts of those who should have been heard of before `now`, which a record shows that it has passed.
    pub(super) fn judge_silence(&mut self, now: i64, mark: &Mark, raised: &mut Vec<Alert>) {
        let Self { rule: Rule { when: Condition::Silent(condition), .. }, .. } = self else { return };
        let mut silent = Vec::new();
        while let Some((place, subject)) = self.queue.pop_first() {
            if place >= now {
                self.queue.insert((place, subject));
                break;
            }
            match self.groups.get_mut(&subject).and_then(|group| group.turn(place, now, condition)) {
                Some(Turn::Silent(due)) => silent.push((subject, due)),
                Some(Turn::Later(deadline)) => {
                    self.queue.insert((deadline, subject));
                }
                None => {}
            }
        }
        // Their places in the queue may lie before their deadlines, and are not kept.
        silent.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (subject, due) in silent {
            let usual = Period { ms: due.usual_ms }.to_string();
            let finding = Finding { count: 1, first: due.last, usual, what: String::new() };
            raised.push(self.rule.alert(&subject, &Ongoing::begun(finding, mark, 0)));
        }
    }

    pub(super) fn went_on(&mut self) -> Vec<Alert> {
        let mut alerts = std::mem::take(&mut self.ended);
        let mut subjects = std::mem::take(&mut self.going_on);
        subjects.sort_unstable();
        for subject in subjects {
            let open = self.groups.get_mut(&subject).and_then(|group| group.open.as_mut());
            if let Some(open) = open.filter(|open| open.went_on) {
                open.went_on = false;
                alerts.push(self.rule.alert(&subject, open));
            }
        }
        alerts
    }

    /// Keeps the last count of an alert that does not go on any more, if it has not been told.
    fn end(&mut self, subject: &str, open: &Ongoing) {
        if open.went_on {
            if self.ended.len() >= MOST_ENDED {
                self.ended.remove(0);
            }
            self.ended.push(self.rule.alert(subject, open));
        }
    }

    /// Lets go of what there is no room for.
    pub(super) fn shrink(&mut self) {
        let gone = self.groups.shrink();
        if gone.is_empty() {
            return;
        }
        for (subject, group) in gone {
            if let Some(open) = group.open {
                self.end(&subject, &open);
            }
        }
        let Self { groups, queue, going_on, .. } = self;
        queue.retain(|(_, subject)| groups.contains(subject));
        going_on.retain(|subject| groups.contains(subject));
    }

    /// Puts those in the queue who are to be judged, after what was kept has been read.
    pub(super) fn queue_all(&mut self) {
        let subjects: Vec<Box<str>> = self.groups.sorted().into_keys().map(Box::from).collect();
        for subject in subjects {
            let Some(group) = self.groups.get_mut(&subject) else { continue };
            if group.open.as_ref().is_some_and(|open| open.went_on) {
                self.going_on.push(subject.clone());
            }
            if let Some(deadline) = group.queue(&self.rule.when) {
                self.queue.insert((deadline, subject));
            }
        }
    }
}

impl Rule {
    fn alert(&self, subject: &str, open: &Ongoing) -> Alert {
        let (first_time, last_time) = (Timestamp(open.first.time), Timestamp(open.last.time));
        let values = Values {
            subject,
            count: open.count,
            first: first_time,
            last: last_time,
            window: self.when.window(self.quiet),
            usual: &open.usual,
            what: &open.what,
        };
        Alert {
            key: alert::key(&self.name, subject, &open.raised),
            rule: self.name.clone(),
            severity: self.severity,
            title: self.title.clone(),
            sentence: self.tell.tell(&values),
            subject: shown(subject),
            count: open.count,
            first_time,
            last_time,
            first: open.first.position(),
            last: open.last.position(),
        }
    }
}

impl Finding {
    fn new(count: u64, first: Mark) -> Self {
        Self { count, first, usual: String::new(), what: String::new() }
    }
}

impl Ongoing {
    /// The alert of what was found at `raised`.
    fn begun(finding: Finding, raised: &Mark, in_a_row: u32) -> Self {
        let Finding { count, first, usual, what } = finding;
        // An event that came late can be before those that it makes up the number with.
        let last = raised.max(&first).clone();
        let first = raised.min(&first).clone();
        Self { raised: raised.clone(), first, last, count, usual, what, in_a_row, went_on: false }
    }
}

impl Group {
    /// Ends the alert that is open, if it has been quiet for long enough.
    fn quiet(&mut self, mark: &Mark, quiet_ms: i64) -> Option<Box<Ongoing>> {
        let over = |open: &Ongoing| {
            mark.time > open.last.time + quiet_ms || went_back(mark.time, open.first.time - quiet_ms)
        };
        self.open.take_if(|open| over(open))
    }

    /// Notes an event, and says what is to be told of it.
    fn judge(&mut self, when: &Condition, event: &AuditEvent, mark: &Mark, look: Look) -> Verdict {
        let open = self.open.is_some();
        match (when, &mut self.memory) {
            (Condition::Any(_), _) => Verdict::Fires(Finding::new(1, mark.clone())),
            (Condition::Count(count), Memory::Window(window)) => {
                within(window, open, mark, 1, (count.within, count.at_least))
            }
            (Condition::Sum(sum), Memory::Window(window)) => {
                let amount = number(&sum.of, event, sum.otherwise);
                within(window, open, mark, amount, (sum.within, sum.at_least))
            }
            (Condition::UnusualHour(rule), Memory::Hours(hours)) => {
                let unusual = hours.is_unusual(mark.time, rule);
                if unusual { Verdict::Fires(Finding::new(1, mark.clone())) } else { Verdict::Usual }
            }
            (Condition::UnusualVolume(rule), Memory::Volume(volume)) => {
                let amount = rule.of.as_ref().map_or(1, |of| number(of, event, rule.otherwise));
                match volume.add(mark, amount, rule) {
                    Some(_) if open => Verdict::More(amount),
                    Some(much) => {
                        let usual = much.usual.to_string();
                        Verdict::Fires(Finding { usual, ..Finding::new(much.count, much.first) })
                    }
                    None => Verdict::Usual,
                }
            }
            (Condition::Silent(_), Memory::Silence(silence)) => {
                silence.heard(mark);
                Verdict::Usual
            }
            (Condition::Unfamiliar(rule), Memory::Known(known)) => unfamiliar(rule, known, event, mark, look),
            // What was kept of another kind than the rule's is not read.
            _ => Verdict::Usual,
        }
    }

    /// Raises an alert, or lets the one that is open go on.
    fn tell(&mut self, verdict: Verdict, mark: &Mark) -> Told {
        let (amount, finding) = match verdict {
            Verdict::Usual => return Told::default(),
            Verdict::More(amount) => (amount, None),
            Verdict::Fires(finding) => (finding.count, Some(finding)),
        };
        match (&mut self.open, finding) {
            (Some(open), finding)
                if open.in_a_row >= MOST_IN_A_ROW
                    || finding.as_ref().is_none_or(|new| new.what == open.what) =>
            {
                open.go_on(mark, amount);
                Told { goes_on: !std::mem::replace(&mut open.went_on, true), ..Told::default() }
            }
            (open, Some(finding)) => {
                let in_a_row = open.as_ref().map_or(1, |open| open.in_a_row + 1);
                let ended = open.replace(Box::new(Ongoing::begun(finding, mark, in_a_row)));
                Told { ended, raised: true, goes_on: false }
            }
            (_, None) => Told::default(),
        }
    }

    /// From when on the subject is to be judged, if it has no place in the queue that is as early.
    fn queue(&mut self, when: &Condition) -> Option<i64> {
        let (Condition::Silent(rule), Memory::Silence(silence)) = (when, &mut self.memory) else {
            return None;
        };
        let deadline = silence.due(rule)?.deadline;
        let sooner = silence.queued.is_none_or(|place| deadline < place);
        sooner.then(|| *silence.queued.insert(deadline))
    }

    /// What a subject's turn in the queue comes to: it has been silent for too long, or its deadline is later.
    fn turn(&mut self, place: i64, now: i64, rule: &Silent) -> Option<Turn> {
        let Memory::Silence(silence) = &mut self.memory else { return None };
        if silence.queued != Some(place) {
            return None;
        }
        silence.queued = None;
        let due = silence.due(rule)?;
        if due.deadline >= now {
            silence.queued = Some(due.deadline);
            return Some(Turn::Later(due.deadline));
        }
        silence.told();
        Some(Turn::Silent(due))
    }
}

fn within(
    window: &mut Window,
    open: bool,
    mark: &Mark,
    amount: u64,
    (within, at_least): (Period, u64),
) -> Verdict {
    if open {
        return Verdict::More(amount);
    }
    let Some(reached) = window.add(mark, amount, within.ms, at_least) else { return Verdict::Usual };
    // What comes now goes on in the alert; once that has ended, counting begins anew.
    window.clear();
    Verdict::Fires(Finding::new(reached.count, reached.first))
}

fn unfamiliar(rule: &Unfamiliar, known: &mut Known, event: &AuditEvent, mark: &Mark, look: Look) -> Verdict {
    // What is judged is judged by the days before, so that the order here does not matter.
    if look.history || rule.history.is_empty() {
        known.was_active(mark.time);
    }
    let Some(thing) = rule.what.of(event).filter(|_| look.event) else { return Verdict::Usual };
    let thing = events::kept(thing);
    if known.is_unfamiliar(&thing, mark.time, rule) {
        return Verdict::Fires(Finding { what: thing.into_owned(), ..Finding::new(1, mark.clone()) });
    }
    Verdict::Usual
}

/// The number in a part of an event.
fn number(of: &Field, event: &AuditEvent, otherwise: u64) -> u64 {
    of.of(event).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
