//! The pass over the file: each line is looked at once; what concerns several lines is found at the end, in tables that hold a few
//! words for each entry.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::rc::Rc;

use crate::bytes::Span;
use crate::fault::{self, Fault, Grade, Mend, Sight};
use crate::htpasswd::{After, Kind, Line};
use crate::lint::effect::{self, Effects, Memory, hurts};
use crate::lint::meaning::{meant, severity};
use crate::lint::{Check, Demands, Finding, LINTS, Place, Severity, Whole, ordinary, scheme_not_taken};
use crate::scheme::{self, Scheme};
use crate::trace::Code;

/// A line longer than this may be one that some server does not read; an edit that shortens it can bring it to light.
const LONG: usize = 1000;

/// An entry, as far as others are held against it.
pub(super) struct Entry {
    pub(super) line: u64,
    pub(super) start: u64,
    pub(super) name_at: usize,
    pub(super) name_length: usize,
    /// Whether the file has it now; not where it appears when a line is mended.
    pub(super) is_there: bool,
}

/// A safe edit that stays safe only if these names are nowhere else.
pub(super) struct Promise {
    pub(super) finding: usize,
    pub(super) names: Vec<u64>,
    /// The line that has them itself.
    pub(super) line: u64,
}

/// What is said of every entry of one form.
struct Said {
    effects: Effects,
    findings: Vec<(Code, Severity, Rc<str>)>,
}

/// Finds what is wrong with a file, line after line.
pub struct Linter<'a> {
    demands: &'a Demands<'a>,
    pub(super) findings: Vec<Finding>,
    pub(super) entries: Vec<Entry>,
    names: Vec<u8>,
    /// Names and entries.
    pub(super) by_name: Vec<(u64, usize)>,
    /// Salts (of unsalted schemes the whole hash), whole hashes, and entries.
    pub(super) by_salt: Vec<(u64, u64, usize)>,
    pub(super) promises: Vec<Promise>,
    /// Findings whose effect is on the line that comes next.
    pending: Vec<usize>,
    memory: Memory<Rc<Said>>,
    keys: RandomState,
    /// Where the carriage returns before line feeds are.
    pub(super) crs: Vec<u64>,
    pub(super) lines: u64,
    pub(super) first_cr: Option<Finding>,
    /// Whether there is a line on which a carriage return makes a difference: text without a colon or blanks alone, which can hide
    /// the next line from nginx, a comment that is not at the start of its line, an entry without a whole hash or with a
    /// password in clear.
    pub(super) minds_cr: bool,
    nobody: Effects,
}

impl<'a> Linter<'a> {
    /// At the start of a file.
    #[must_use]
    pub fn new(demands: &'a Demands<'a>) -> Self {
        Self {
            demands,
            findings: Vec::new(),
            entries: Vec::new(),
            names: Vec::new(),
            by_name: Vec::new(),
            by_salt: Vec::new(),
            promises: Vec::new(),
            pending: Vec::new(),
            memory: Memory::default(),
            keys: RandomState::new(),
            crs: Vec::new(),
            lines: 0,
            first_cr: None,
            minds_cr: false,
            nobody: Rc::from([]),
        }
    }

    /// Looks at the next line.
    pub fn line(&mut self, line: &Line<'_>) {
        self.lines += 1;
        let text = line.text();
        let is_crlf = line.end() == b"\r\n";
        if is_crlf {
            self.crs.push(line.start + text.len() as u64);
        }
        if !self.pending.is_empty() {
            self.resolve(line);
        }
        let is_ended = is_crlf || line.end() == b"\n";
        match ordinary::of(text).filter(|_| is_ended && line.after != After::Text) {
            Some(found) => {
                let index = self.entry(line.number, line.start, found.name, true);
                self.whole(line, index, found.field, found.scheme, found.salt);
            }
            None => self.odd(line),
        }
        if is_crlf && self.first_cr.is_none() {
            self.first_cr = self.cr(line);
        }
    }

    /// All findings, in the order of the file; those of the file as a whole first.
    #[must_use]
    pub fn finish(mut self, place: Option<&Place>) -> Vec<Finding> {
        self.by_name.sort_unstable();
        let has_duplicates = self.duplicates();
        self.same_salts();
        self.line_ends(has_duplicates);
        self.keep_promises();
        if let Some(place) = place {
            for lint in LINTS {
                if let Check::Place(check) = lint.check
                    && let Some(message) = check(place)
                {
                    let finding = self.finding(lint.code, Severity::Warning, 0, 0, Span::default(), message);
                    self.findings.push(finding);
                }
            }
        }
        self.findings.sort_by_key(|finding| (finding.line, finding.column));
        self.findings
    }

    /// Notes an entry's name; its index.
    fn entry(&mut self, line: u64, start: u64, name: &[u8], is_there: bool) -> usize {
        let name_at = self.names.len();
        self.names.extend_from_slice(name);
        self.by_name.push((self.key(name), self.entries.len()));
        self.entries.push(Entry { line, start, name_at, name_length: name.len(), is_there });
        self.entries.len() - 1
    }

    fn key(&self, bytes: &[u8]) -> u64 {
        let mut hasher = self.keys.build_hasher();
        hasher.write(bytes);
        hasher.finish()
    }

    /// An entry whose hash is whole.
    fn whole(
        &mut self,
        line: &Line<'_>,
        index: usize,
        field: &[u8],
        scheme: &'static Scheme,
        salt: std::ops::Range<usize>,
    ) {
        let whole_key = self.key(field);
        let salt_key = if salt.is_empty() { whole_key } else { self.key(&field[..salt.end]) };
        self.by_salt.push((salt_key, whole_key, index));
        let demands = self.demands;
        let said = self.memory.of(field, || Rc::new(Said::of(&Whole { field, scheme }, demands)));
        if said.findings.is_empty() {
            return;
        }
        let column = (line.text().len() - field.len()) as u64;
        let at = Span::at(line.start + column, field.len());
        for (code, severity, message) in &said.findings {
            let finding = self.finding(*code, *severity, line.number, column + 1, at, Rc::clone(message));
            let user = self.name(index).to_vec();
            self.findings.push(Finding { user, effects: Rc::clone(&said.effects), ..finding });
        }
    }

    /// A line that is not ordinary.
    fn odd(&mut self, line: &Line<'_>) {
        let sight = Sight::of(line);
        let entry = line.entry();
        self.minds_cr |= match sight.kind {
            Kind::NoColon => true,
            Kind::Blank => !sight.text.is_empty(),
            Kind::Comment => !sight.text.starts_with(b"#"),
            Kind::Entry => !sight.form.is_whole() || sight.form.scheme == Some("plain"),
        };
        let index = entry.map(|entry| self.entry(line.number, line.start, entry.name, true));
        let faults = fault::of_line(line);
        let is_hash_fine = sight.form.is_whole() && sight.form.length == sight.value.len() && sight.pad == 0;
        if let (Some(index), true, Some(scheme)) = (index, is_hash_fine, sight.form.scheme.and_then(scheme::find))
            && sight.kind == Kind::Entry
            && line.after == After::Nothing
        {
            self.whole(line, index, sight.value, scheme, 0..0);
        }
        if faults.iter().any(|fault| fault.code.name == "split-entry") {
            self.forget(line.number - 1);
        }
        for fault in faults {
            let is_told = fault::FAULTS.iter().any(|row| row.code == fault.code && row.lint);
            // Line ends are told once for the file.
            if is_told && fault.code.name != "crlf" {
                self.fault(line, fault);
            }
        }
    }

    /// Takes back what was said last of the line of this number for itself: it is half an entry.
    fn forget(&mut self, number: u64) {
        while self.findings.last().is_some_and(|last| last.line == number) {
            self.findings.pop();
        }
        let kept = self.findings.len();
        self.promises.retain(|promise| promise.finding < kept);
        self.pending.retain(|index| *index < kept);
    }

    fn fault(&mut self, line: &Line<'_>, fault: Fault) {
        let user = line.entry().map_or_else(Vec::new, |entry| entry.name.to_vec());
        let meant = meant(line, &fault);
        let mut effects = Rc::clone(&self.nobody);
        for name in meant.iter().flat_map(|mended| &mended.names).take(2) {
            let asked = effect::ask(self.demands.servers, &line.raw, name);
            effects = if effects.is_empty() || hurts(&asked) { asked } else { effects };
        }
        let waits = matches!(fault.code.name, "continued-line" | "no-colon" | "line-too-long") && !hurts(&effects);
        let severity = severity(fault.code, &effects);
        let Fault { code, line: number, column, at, message, mut mend } = fault;
        let is_safe = mend.as_ref().is_some_and(|mend| mend.grade == Grade::Safe);
        if is_safe {
            let is_swallowing = code.name == "continued-line";
            let keeps = meant.as_ref().is_some_and(|mended| mended.is_plain);
            let is_plain = line.raw.len() <= LONG
                && memchr::memchr(0, &line.raw).is_none()
                && (line.after == After::Nothing || is_swallowing && line.after == After::Comment);
            if !is_plain || !keeps && !is_swallowing && code.name != "no-final-newline" {
                mend = mend.map(|mend| Mend { grade: Grade::Consent, ..mend });
            } else {
                let names = meant.iter().flat_map(|mended| &mended.names).map(|name| self.key(name)).collect();
                self.promises.push(Promise { finding: self.findings.len(), names, line: number });
            }
        }
        for name in meant.iter().flat_map(|mended| &mended.names) {
            if *name != user {
                self.entry(number, line.start, name, false);
            }
        }
        if waits {
            self.pending.push(self.findings.len());
        }
        let finding = self.finding(code, severity, number, column, at, message);
        self.findings.push(Finding { user, effects, mend, ..finding });
    }

    /// Finds out what the findings of the line before do to this one.
    fn resolve(&mut self, line: &Line<'_>) {
        let pending = std::mem::take(&mut self.pending);
        // A line without colon is an entry, too: to Apache.
        let Some(entry) = line.entry() else { return };
        let has_nul = memchr::memchr(0, &line.raw).is_some();
        let both = [line.previous(), &line.raw].concat();
        let effects = effect::ask(self.demands.servers, &both, entry.name);
        let alone = effect::ask(self.demands.servers, &line.raw, entry.name);
        for index in pending {
            let name = self.key(entry.name);
            let finding = &mut self.findings[index];
            // What this line does by itself is its own affair.
            if hurts(&effects) && !hurts(&alone) {
                finding.severity = Severity::Error;
                finding.effects = Rc::clone(&effects);
            }
            if finding.code.name == "continued-line" && has_nul {
                finding.mend = finding.mend.take().map(|mend| Mend { grade: mend.grade.max(Grade::Consent), ..mend });
            } else if finding.code.name == "continued-line" {
                for promise in self.promises.iter_mut().filter(|promise| promise.finding == index) {
                    promise.names = vec![name];
                    promise.line = line.number;
                }
            }
        }
    }

    pub(super) fn finding(
        &self,
        code: Code,
        severity: Severity,
        line: u64,
        column: u64,
        at: Span,
        message: impl Into<Rc<str>>,
    ) -> Finding {
        let effects = Rc::clone(&self.nobody);
        Finding { code, severity, line, column, at, message: message.into(), user: Vec::new(), effects, mend: None }
    }

    pub(super) fn name(&self, index: usize) -> &[u8] {
        let entry = &self.entries[index];
        &self.names[entry.name_at..entry.name_at + entry.name_length]
    }

    /// What the first line that ends in CR LF does.
    fn cr(&self, line: &Line<'_>) -> Option<Finding> {
        let entry = line.entry().filter(|_| line.kind() == Kind::Entry)?;
        let row = fault::FAULTS.iter().find(|row| row.code.name == "crlf")?;
        let effects = effect::ask(self.demands.servers, &line.raw, entry.name);
        let bare = [line.text(), b"\n"].concat();
        let otherwise = effect::ask(self.demands.servers, &bare, entry.name);
        let severity = if hurts(&effects) && !hurts(&otherwise) { Severity::Error } else { Severity::Note };
        let at = line.text().len();
        let span = Span::at(line.start + at as u64, 1);
        let finding = self.finding(row.code, severity, line.number, at as u64 + 1, span, "lines end in CR LF");
        Some(Finding { effects, ..finding })
    }
}

impl Said {
    fn of(entry: &Whole<'_>, demands: &Demands<'_>) -> Self {
        let effects = effect::ask(demands.servers, &[b"u:", entry.field, b"\n"].concat(), b"u");
        let mut findings = Vec::new();
        if hurts(&effects) {
            let message = scheme_not_taken::message(entry.scheme, &effects).into();
            findings.push((scheme_not_taken::LINT.code, Severity::Error, message));
        }
        for lint in LINTS {
            if let Check::Entry(check) = lint.check
                && let Some(message) = check(entry, demands.thresholds)
            {
                findings.push((lint.code, Severity::Warning, message.into()));
            }
        }
        Self { effects, findings }
    }
}
