//! The comment at the head of a model: text, then sections of `name: value` lines.

/// A section's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Where it stands in the file, from 1.
    pub(crate) number: usize,
    /// Before the colon.
    pub(crate) name: &'a str,
    /// Behind it.
    pub(crate) value: &'a str,
}

/// The comment at the head of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comment<'a> {
    /// Its first paragraph, in one line.
    pub(crate) text: String,
    /// Sections in order: title, its line, and what stands under it.
    pub(crate) sections: Vec<(&'a str, usize, Vec<Line<'a>>)>,
    /// Lines of a section that are no `name: value`, with their numbers.
    pub(crate) strays: Vec<(usize, &'a str)>,
}

/// The titles that begin a section; any other line belongs to the text.
pub(crate) const TITLES: [&str; 4] = ["Columns", "Model", "Program", "Tests"];

impl<'a> Comment<'a> {
    /// Reads the lines from the first on that begin with `--`.
    pub(crate) fn read(file: &'a str) -> Self {
        let mut comment = Self::default();
        let lines = file.lines().map_while(|line| line.strip_prefix("--"));
        let mut text = true;
        for (number, line) in (1..).zip(lines.map(str::trim)) {
            if TITLES.contains(&line) {
                comment.sections.push((line, number, Vec::new()));
                continue;
            }
            let Some((_, _, section)) = comment.sections.last_mut() else {
                text &= !line.is_empty();
                if text {
                    comment.text.extend([if comment.text.is_empty() { "" } else { " " }, line]);
                }
                continue;
            };
            match line.split_once(':') {
                _ if line.is_empty() => {}
                Some((name, value)) => section.push(Line { number, name: name.trim(), value: value.trim() }),
                None => comment.strays.push((number, line)),
            }
        }
        comment
    }

    /// All lines of the sections called `title`.
    pub(crate) fn section(&self, title: &str) -> impl Iterator<Item = &Line<'a>> {
        self.sections.iter().filter(move |(name, ..)| *name == title).flat_map(|(.., lines)| lines)
    }
}
