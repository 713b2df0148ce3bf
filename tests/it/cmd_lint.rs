//! `why401 lint`: what is wrong with a file, per server, and mending it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::sandbox::{Ran, Sandbox};

/// Password `secret`.
const APR1: &str = "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/";
/// Password `secret`, made by `openssl passwd -apr1 -salt 12345678`.
const OTHER: &str = "$apr1$12345678$0lqb/6VUFP8JY/s/jTrIk0";
const SHA: &str = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
const BCRYPT5: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

fn sandbox(text: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::with("f", text);
    mode(&sandbox, 0o640);
    sandbox
}

fn mode(sandbox: &Sandbox, mode: u32) {
    fs::set_permissions(sandbox.path().join("f"), fs::Permissions::from_mode(mode)).unwrap();
}

/// The codes that are found in `text`.
fn codes(text: impl AsRef<[u8]>, words: &[&str]) -> Vec<String> {
    of(&sandbox(text).run(&[&["lint", "f", "--json"], words].concat()))
}

fn of(ran: &Ran) -> Vec<String> {
    let document = ran.json();
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_clean_file_has_no_findings_and_exits_0() {
    let sandbox = sandbox(format!("# users\nalice:{APR1}\n\nbob:{OTHER}\n"));
    let ran = sandbox.run(&["lint", "f"]).expect(0);
    assert_eq!(ran.out(), "f: nothing found\n");
    assert_eq!(sandbox.run(&["lint", "f", "--json"]).expect(0).json(), json!({"file": "f", "findings": []}));
}

#[test]
fn a_finding_is_as_bad_as_what_it_does_to_the_asked_servers() {
    let sandbox = sandbox(format!("alice:{APR1} \n"));
    let finding = |servers: &str| {
        let document = sandbox.run(&["lint", "f", "--for", servers, "--json"]).expect(1).json();
        document["findings"][0].clone()
    };
    let hurt = finding("apache,nginx");
    assert_eq!((&hurt["code"], &hurt["severity"]), (&json!("trailing-space"), &json!("error")));
    assert_eq!(hurt["servers"], json!({"apache": "granted", "nginx": "denied"}));
    assert_eq!((&hurt["line"], &hurt["column"], &hurt["user"]), (&json!(1), &json!(44), &json!("alice")));
    assert_eq!(hurt["fix"], json!({"grade": "safe", "edit": "remove the blank"}));
    assert_eq!(finding("apache")["severity"], "note");
}

#[test]
fn entries_are_held_against_each_other() {
    let file =
        format!("alice:{APR1}\nbob:{OTHER}\nalice:{OTHER}\ncarol:{APR1}\ndave:$apr1$12345678$................./ABC0\n");
    let ran = sandbox(&file).run(&["lint", "f", "--json"]).expect(1);
    let document = ran.json();
    let found: Vec<(&Value, &Value)> =
        document["findings"].as_array().unwrap().iter().map(|finding| (&finding["line"], &finding["code"])).collect();
    assert!(found.contains(&(&json!(3), &json!("duplicate"))), "{found:?}");
    assert!(found.contains(&(&json!(4), &json!("same-hash"))), "{found:?}");
    assert!(found.contains(&(&json!(5), &json!("same-salt"))), "{found:?}");
    assert_eq!(
        codes(format!("alice:{APR1}\nAlice:{OTHER}\nal:{SHA}\n"), &["--min-scheme", "sha1"]),
        Vec::<String>::new()
    );
}

#[test]
fn weak_schemes_and_costs_are_told_from_a_chosen_threshold_on() {
    assert_eq!(codes(format!("a:{SHA}\n"), &[]), ["weak-scheme"]);
    assert_eq!(codes(format!("a:{SHA}\n"), &["--min-scheme", "sha1"]), Vec::<String>::new());
    assert_eq!(codes(format!("a:{APR1}\n"), &["--min-scheme", "bcrypt"]), ["weak-scheme"]);
    assert_eq!(codes(format!("a:{BCRYPT5}\n"), &[]), ["weak-cost"]);
    assert_eq!(codes(format!("a:{BCRYPT5}\n"), &["--min-cost", "5"]), Vec::<String>::new());
    assert_eq!(codes(format!("a:{BCRYPT5}\n"), &["--min-cost", "bcrypt=6,sha512crypt=1"]), ["weak-cost"]);
    let slow = BCRYPT5.replace("$05$", "$17$");
    assert_eq!(codes(format!("a:{slow}\n"), &[]), ["slow-cost"]);
    assert_eq!(codes(format!("a:{}\n", BCRYPT5.replace("$05$", "$10$")), &[]), Vec::<String>::new());
    assert_eq!(
        codes(
            "a:$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.\n",
            &["--min-cost", "sha512crypt=5001"]
        ),
        ["weak-cost"]
    );
    for words in [["--min-scheme", "rot13"], ["--min-cost", "apr1=5"], ["--min-cost", "bcrypt=x"], ["--only", "x"]] {
        sandbox("").run(&[&["lint", "f"], &words[..]].concat()).expect(2);
    }
}

#[test]
fn a_hash_that_an_asked_server_does_not_take_is_an_error() {
    let words = ["--min-scheme", "plain", "--for", "nginx,apache,registry"];
    assert_eq!(codes("a:{SSHA}Z5xiU9unA+nQv676Pq7qhMVQHW5zYWx0\n", &words), ["scheme-not-taken"]);
    assert_eq!(
        codes("a:{SSHA}Z5xiU9unA+nQv676Pq7qhMVQHW5zYWx0\n", &["--min-scheme", "plain", "--for", "nginx"]),
        Vec::<String>::new()
    );
}

#[test]
fn line_ends_are_told_once() {
    assert_eq!(codes(format!("a:{APR1}\r\nb:{OTHER}\r\n"), &[]), ["crlf"]);
    assert_eq!(codes(format!("a:{APR1}\r\nb:{OTHER}\nc:{SHA}\r\n"), &["--min-scheme", "plain"]), ["mixed-line-ends"]);
    assert_eq!(codes(format!("a:{APR1}\nb:{OTHER}\n"), &[]), Vec::<String>::new());
    let ran = sandbox(format!("a:{APR1}\r\n")).run(&["lint", "f", "--json", "--for", "envoy,nginx"]).expect(1).json();
    assert!(ran["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "crlf"), "{ran}");
}

#[test]
fn mode_and_place_of_the_file_are_looked_at() {
    let sandbox = sandbox(format!("a:{APR1}\n"));
    mode(&sandbox, 0o644);
    assert_eq!(of(&sandbox.run(&["lint", "f", "--json"]).expect(1)), ["file-readable"]);
    mode(&sandbox, 0o642);
    assert_eq!(of(&sandbox.run(&["lint", "f", "--json"]).expect(1)), ["file-writable"]);
    mode(&sandbox, 0o640);
    assert_eq!(of(&sandbox.run(&["lint", "f", "--json"]).expect(0)), Vec::<String>::new());
    fs::create_dir(sandbox.path().join("htdocs")).unwrap();
    fs::rename(sandbox.path().join("f"), sandbox.path().join("htdocs/.htpasswd")).unwrap();
    let ran = sandbox.run(&["lint", "htdocs/.htpasswd"]).expect(1);
    assert!(ran.out().contains("file-served") && ran.out().contains("Apache does not serve it"), "{}", ran.out());
}

#[test]
fn fix_mends_what_is_safe_and_says_so() {
    let file = format!("\u{FEFF}alice:{APR1} \nbob: {SHA}\n#c\\\ncarol:{}\nida:{OTHER}", APR1.replace('$', "$$"));
    let sandbox = sandbox(file);
    let words = ["lint", "f", "--fix", "--min-scheme", "plain", "--only"];
    let safe = "byte-order-mark,trailing-space,blank-after-colon,continued-line,dollar-doubled,no-final-newline";
    let dry = sandbox.run(&[&words[..], &[safe, "--dry-run"]].concat()).expect(1);
    assert!(dry.out().contains("(not written)") && dry.out().contains("would mend trailing-space"), "{}", dry.out());
    assert!(!dry.out().contains("h9FW"), "no hash is shown: {}", dry.out());
    let ran = sandbox.run(&[&words[..], &[safe, "--json"]].concat()).expect(0).json();
    assert_eq!((&ran["changed"], &ran["findings"]), (&json!(true), &json!([])));
    assert_eq!(ran["fixed"].as_array().unwrap().len(), 6, "{ran}");
    let mended = format!("alice:{APR1}\nbob:{SHA}\n#c\ncarol:{APR1}\nida:{OTHER}\n");
    assert_eq!(String::from_utf8(sandbox.read("f")).unwrap(), mended);
    let again = sandbox.run(&[&words[..], &[safe, "--json"]].concat()).expect(0).json();
    assert_eq!((&again["changed"], &again["written"], &again["fixed"]), (&json!(false), &json!("none"), &json!([])));
}

#[test]
fn what_wants_consent_is_mended_only_when_asked() {
    let file = format!("alice:{APR1}:note\n");
    let sandbox = sandbox(&file);
    sandbox.run(&["lint", "f", "--fix"]).expect(1);
    assert_eq!(sandbox.read("f"), file.as_bytes());
    // There is no terminal to ask on.
    let ran = sandbox.run(&["lint", "f", "--fix-unsafe"]).expect(2);
    assert!(ran.err().contains("+alice:$apr1$") && ran.err().contains("--yes"), "{}", ran.err());
    assert_eq!(sandbox.read("f"), file.as_bytes());
    sandbox.run(&["lint", "f", "--fix-unsafe", "--yes"]).expect(0);
    assert_eq!(sandbox.read("f"), format!("alice:{APR1}\n").as_bytes());
}

#[test]
fn a_baseline_hides_what_was_known() {
    let sandbox = sandbox(format!("a:{SHA}\n"));
    let known = sandbox.run(&["lint", "f", "--json"]).expect(1);
    sandbox.write("base.json", &known.out);
    sandbox.write("f", format!("# moved down\na:{SHA}\nb:{APR1} \n"));
    let new = sandbox.run(&["lint", "f", "--json", "--baseline", "base.json"]).expect(1);
    assert_eq!(of(&new), ["trailing-space"]);
    sandbox.run(&["lint", "f", "--baseline", "missing.json"]).expect(5);
}

#[test]
fn several_files_come_in_one_document() {
    let sandbox = sandbox(format!("a:{APR1}\n"));
    sandbox.write("g", format!("a:{APR1} \n"));
    let document = sandbox.run(&["lint", "f", "g", "--json"]).expect(1).json();
    let files = document["files"].as_array().unwrap();
    assert_eq!((&files[0]["file"], &files[1]["file"]), (&json!("f"), &json!("g")));
    sandbox.run(&["lint", "."]).expect(5);
}

#[test]
fn a_file_that_cannot_be_read_keeps_nothing_from_the_others() {
    let sandbox = sandbox(format!("a:{APR1} \n"));
    let ran = sandbox.run(&["lint", "missing", "f"]).expect(5);
    assert!(ran.out().starts_with("f:1:"), "{}", ran.out());
    assert!(ran.err().contains("can't open the file") && ran.err().contains("--> missing"), "{}", ran.err());
    let document = sandbox.run(&["lint", "missing", "f", "--json"]).expect(5).json();
    let files = document["files"].as_array().unwrap();
    assert_eq!((&files[0]["file"], files[0]["findings"].as_array().unwrap().len()), (&json!("f"), 1));
    assert_eq!((&files[1]["file"], &files[1]["error"]["code"]), (&json!("missing"), &json!("read")));
}

#[test]
fn the_standard_input_is_looked_at_and_never_mended() {
    let sandbox = sandbox("");
    let text = format!("a:{APR1} \n");
    let document = sandbox.run_with(&["lint", "-", "--json"], text.as_bytes(), &[]).expect(1).json();
    assert_eq!((&document["file"], &document["findings"][0]["code"]), (&json!("-"), &json!("trailing-space")));
    sandbox.run_with(&["lint", "-", "--fix"], text.as_bytes(), &[]).expect(2);
    sandbox.run_with(&["lint", "-", "-"], text.as_bytes(), &[]).expect(2);
}

#[test]
fn sarif_names_rule_level_and_place_of_each_finding() {
    let sandbox = sandbox(format!("a:{APR1} \nb:{SHA}\n"));
    let document = sandbox.run(&["lint", "f", "--sarif"]).expect(1).json();
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!((&results[0]["ruleId"], &results[0]["level"]), (&json!("trailing-space"), &json!("error")));
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region, &json!({"startLine": 1, "byteOffset": 39, "byteLength": 1}));
    let rule = usize::try_from(results[1]["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], "weak-scheme");
}

#[test]
fn of_many_findings_of_a_code_the_first_are_shown_and_with_all_every_one() {
    let lines: Vec<String> = (0..30).map(|at| format!("u{at}: {{SHA}}nU4eI71bcnBGqeO0t9tXvY1u5oQ=\n")).collect();
    let sandbox = Sandbox::with("users", lines.concat());
    let words = ["lint", "users", "--for", "nginx", "--only", "blank-after-colon"];
    let text = sandbox.run(&words).expect(1).out().to_owned();
    assert_eq!(text.matches("[blank-after-colon]").count(), 20, "{text}");
    assert!(text.contains("users: 10 more of blank-after-colon (--all shows them)"), "{text}");
    let text = sandbox.run(&[&words[..], &["--all"]].concat()).expect(1).out().to_owned();
    assert_eq!(text.matches("[blank-after-colon]").count(), 30, "{text}");
    let document = sandbox.run(&[&words[..], &["--json"]].concat()).expect(1).json();
    assert_eq!(document["findings"].as_array().unwrap().len(), 30);
}
