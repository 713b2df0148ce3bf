//! Findings of a file for people, as JSON, and as SARIF for code review.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::htpasswd;
use crate::lint::{Effect, Finding, Severity};
use crate::render::json::bytes;
use crate::render::style::{Role, Style};
use crate::render::text::{count, printable};
use crate::scheme;
use crate::trace::Code;

/// Findings of one code that are shown in full.
pub const SHOWN: usize = 20;

/// The findings of a file, each with place, effect and cure, and a summary; of each code no more than `most`.
#[must_use]
pub fn text(file: &str, findings: &[Finding], most: usize, style: Style) -> String {
    let mut text = String::new();
    let mut told: Vec<(&str, usize)> = Vec::new();
    for finding in findings {
        let name = finding.code.name;
        let at = told.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            told.push((name, 0));
            told.len() - 1
        });
        told[at].1 += 1;
        if told[at].1 <= most {
            text.push_str(&one(file, finding, style));
        }
    }
    for (name, number) in told.iter().filter(|(_, number)| *number > most) {
        let _ = writeln!(text, "{file}: {} more of {name} (--all shows them)", number - most);
    }
    let _ = writeln!(text, "{}", summary(file, findings, style));
    text
}

fn one(file: &str, finding: &Finding, style: Style) -> String {
    let place = if finding.line == 0 { file.to_owned() } else { format!("{file}:{}:{}", finding.line, finding.column) };
    let role = match finding.severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Open,
        Severity::Note => Role::Frame,
    };
    let heading = style.paint(role, &format!("{}[{}]", finding.severity.name(), finding.code.name));
    let mut text = format!("{place}: {heading}: {}\n", style.paint(Role::Strong, &finding.message));
    if let Some(effect) = effect(&finding.effects) {
        let _ = writeln!(text, "  {} {effect}", style.paint(Role::Frame, "= servers:"));
    }
    if let Some(mend) = &finding.mend {
        let label = format!("= fix ({}):", mend.grade.words());
        let _ = writeln!(text, "  {} {}", style.paint(Role::Frame, &label), mend.text);
    }
    text
}

/// What the servers do, in words; `None` where all let the user in or none was asked.
fn effect(effects: &[Effect]) -> Option<String> {
    let refusing: Vec<&Effect> = effects.iter().filter(|effect| !effect.verdict.lets_in()).collect();
    if refusing.is_empty() {
        return None;
    }
    let said = |effect: &&Effect| {
        let status = effect.status.map_or_else(|| effect.verdict.name().to_owned(), |status| status.to_string());
        format!("{} {status}", effect.server)
    };
    let mut text = refusing.iter().map(said).collect::<Vec<_>>().join(", ");
    let granting: Vec<&str> =
        effects.iter().filter(|effect| effect.verdict.lets_in()).map(|effect| effect.server).collect();
    if !granting.is_empty() {
        let _ = write!(text, "; {} would let the user in", granting.join(", "));
    }
    Some(text)
}

/// `f: 2 errors, 1 note; 2 can be mended with --fix`.
fn summary(file: &str, findings: &[Finding], style: Style) -> String {
    let of = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let parts = [
        (of(Severity::Error), "error", "errors", Role::Bad),
        (of(Severity::Warning), "warning", "warnings", Role::Open),
        (of(Severity::Note), "note", "notes", Role::Frame),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many, role)| style.paint(*role, &count(*number, one, many)))
        .collect();
    if said.is_empty() {
        return format!("{file}: {}", style.paint(Role::Good, "nothing found"));
    }
    let graded =
        |grade| findings.iter().filter(|finding| finding.mend.as_ref().is_some_and(|mend| mend.grade == grade)).count();
    let (safe, consent) = (graded(crate::fault::Grade::Safe), graded(crate::fault::Grade::Consent));
    let mut cures = Vec::new();
    if safe > 0 {
        cures.push(format!("{safe} can be mended with --fix"));
    }
    if consent > 0 {
        cures.push(format!("{consent} with --fix-unsafe"));
    }
    let cures = if cures.is_empty() { String::new() } else { format!("; {}", cures.join(", ")) };
    format!("{file}: {}{cures}", said.join(", "))
}

/// A finding as JSON.
#[must_use]
pub fn json(finding: &Finding) -> Value {
    let servers: Map<String, Value> =
        finding.effects.iter().map(|effect| (effect.server.to_owned(), json!(effect.verdict.name()))).collect();
    let place = |number: u64| if finding.line == 0 { Value::Null } else { json!(number) };
    let fix = finding.mend.as_ref().map(|mend| json!({"grade": mend.grade.name(), "edit": mend.text}));
    json!({
        "code": finding.code.name,
        "severity": finding.severity.name(),
        "line": place(finding.line),
        "column": place(finding.column),
        "user": if finding.user.is_empty() { Value::Null } else { bytes(&finding.user) },
        "message": &*finding.message,
        "servers": servers,
        "fix": fix,
    })
}

/// All findings as a SARIF 2.1.0 log: `files` with their findings, `codes` the rules there are.
#[must_use]
pub fn sarif(files: &[(&[u8], &[Finding])], codes: &[Code]) -> Value {
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| json!({"id": code.name, "shortDescription": {"text": code.title}, "fullDescription": {"text": code.text}}))
        .collect();
    let results: Vec<Value> =
        files.iter().flat_map(|(file, findings)| findings.iter().map(|finding| result(file, finding, codes))).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "why401", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn result(file: &[u8], finding: &Finding, codes: &[Code]) -> Value {
    let uri: String = file
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let mut location = json!({"artifactLocation": {"uri": uri}});
    if finding.line > 0 {
        // Columns there count UTF-16 units and ours bytes; the offset is exact.
        location["region"] =
            json!({"startLine": finding.line, "byteOffset": finding.at.start, "byteLength": finding.at.len()});
    }
    json!({
        "ruleId": finding.code.name,
        "ruleIndex": codes.iter().position(|code| *code == finding.code),
        "level": finding.severity.name(),
        "message": {"text": &*finding.message},
        "locations": [{"physicalLocation": location}],
    })
}

/// What an edit changes, line by line, hashes masked: lines taken out with `-`, lines put in with `+`.
#[must_use]
pub fn diff(old: &[u8], new: &[u8], style: Style) -> String {
    let (old, new): (Vec<&[u8]>, Vec<&[u8]>) = (lines(old), lines(new));
    let mut text = String::new();
    let (mut a, mut b) = (0, 0);
    while a < old.len() || b < new.len() {
        if old.get(a) == new.get(b) {
            (a, b) = (a + 1, b + 1);
            continue;
        }
        let (gone, come) = apart(&old[a..], &new[b..]);
        let _ = writeln!(text, "{}", style.paint(Role::Frame, &format!("@@ line {} @@", a + 1)));
        for line in &old[a..a + gone] {
            let _ = writeln!(text, "{}", style.paint(Role::Bad, &format!("-{}", masked(line))));
        }
        for line in &new[b..b + come] {
            let _ = writeln!(text, "{}", style.paint(Role::Good, &format!("+{}", masked(line))));
        }
        (a, b) = (a + gone, b + come);
    }
    text
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// How many lines go and how many come until the two are the same again.
fn apart(old: &[&[u8]], new: &[&[u8]]) -> (usize, usize) {
    const AHEAD: usize = 64;
    for sum in 1..=AHEAD {
        for gone in (0..=sum.min(old.len())).rev() {
            let come = sum - gone;
            if come <= new.len()
                && old.get(gone) == new.get(come)
                && (old.get(gone).is_some() || gone == old.len() && come == new.len())
            {
                return (gone, come);
            }
        }
    }
    (old.len(), new.len())
}

/// A line for people: line end and control bytes visible, and whatever could be a hash masked.
#[must_use]
pub fn masked(raw: &[u8]) -> String {
    let Some(line) = htpasswd::lines(raw).next() else { return String::new() };
    let text = raw.strip_suffix(b"\n").unwrap_or(raw);
    let start = memchr::memchr(b':', text).map_or(0, |colon| colon + 1);
    let mut hidden = vec![false; text.len()];
    for range in scheme::hidden(line.entry().map_or(&b""[..], |entry| entry.field)) {
        let field = line.field_span().map_or(start, |span| usize::try_from(span.start).unwrap_or(start));
        hidden[field + range.start..field + range.end].fill(true);
    }
    let like = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'+' | b'$' | b'=');
    let mut at = start;
    while at < text.len() {
        let length = text[at..].iter().position(|byte| !like(*byte)).unwrap_or(text.len() - at);
        if length >= 12 {
            // A scheme's own prefix may be seen.
            let seen = scheme::hidden(&text[at..at + length]);
            for range in if scheme::identify(&text[at..at + length]).is_some() {
                seen
            } else {
                vec![std::ops::Range { start: 0, end: length }]
            } {
                hidden[at + range.start..at + range.end].fill(true);
            }
        }
        at += length.max(1);
    }
    let shown: Vec<u8> = text
        .iter()
        .zip(&hidden)
        .flat_map(|(byte, hidden)| if *hidden { "•".as_bytes().to_vec() } else { vec![*byte] })
        .collect();
    let end = if raw.ends_with(b"\n") { "" } else { "⏎̸" };
    format!("{}{end}", printable(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_changed_lines_and_no_hash() {
        let old = b"# x\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=alice:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\nz:y\n";
        let new = b"# x\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nalice:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\nz:y\n";
        let text = diff(old, new, Style::Plain);
        assert_eq!(text.lines().map(|line| &line[..1]).collect::<String>(), "@-++");
        assert!(!text.contains("h9FW") && !text.contains("5en6") && !text.contains("abcdefgh"), "{text}");
    }
}
