//! What the developer sees: headings, faults, durations; colour only where it is wanted.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

/// Where messages go. Progress goes to standard error, like that of the tools
/// that are called; only what was asked for goes to standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// Whether someone is watching, so that progress bars make sense.
    pub(crate) terminal: bool,
    /// Whether to colour (a terminal, and no `NO_COLOR`: <https://no-color.org>).
    pub(crate) colour: bool,
}

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tone {
    /// It begins a part.
    Heading,
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
}

impl Screen {
    /// Finds out who is watching.
    pub(crate) fn detect() -> Self {
        let terminal = io::stderr().is_terminal();
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { terminal, colour: terminal && !refused }
    }

    /// Writes one line of progress.
    pub(crate) fn line(self, text: &str) {
        // Nobody listening is no reason to stop the work.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Writes what went wrong.
    pub(crate) fn fault(self, text: &str) {
        self.line(&format!("{} {text}", self.paint(Tone::Bad, "error:")));
    }

    /// Writes what was asked for.
    pub(crate) fn answer(self, text: &str) {
        let mut out = io::stdout();
        let _ = writeln!(out, "{}", text.trim_end());
        let _ = out.flush();
    }

    /// `text` in the colour of `tone`, where colours are wanted.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Heading => "1;36",
            Tone::Good => "32",
            Tone::Bad => "1;31",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A duration in whole seconds, as people say it: `7 s`, `12 min 05 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = (duration.as_millis() + 500) / 1000;
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds:02} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken_in_minutes_and_seconds() {
        for (milliseconds, expected) in
            [(0, "0 s"), (499, "0 s"), (59_600, "1 min 00 s"), (725_000, "12 min 05 s")]
        {
            assert_eq!(spoken(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn without_colour_text_stays_as_it_is() {
        let plain = Screen { terminal: true, colour: false };
        assert_eq!(plain.paint(Tone::Bad, "no"), "no");
        let coloured = Screen { terminal: true, colour: true };
        assert_eq!(coloured.paint(Tone::Good, "yes"), "\u{1b}[32myes\u{1b}[0m");
    }
}
