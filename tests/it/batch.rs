//! `why401 test --batch`: each row's answer is the one that `why401 test` gives, in the order of the rows.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::sandbox::{Ran, Sandbox};
use crate::support::schema::misfits;

const FILE: &[u8] = include_bytes!("../samples/lockout.htpasswd");

fn lines(ran: &Ran) -> Vec<Value> {
    let schema = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/test-batch.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let lines: Vec<Value> = ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        assert_eq!(misfits(line, &schema, &schema), Vec::<String>::new(), "{line}");
    }
    lines
}

fn text<T>(items: impl IntoIterator<Item = T>, line: impl Fn(T) -> String) -> String {
    items.into_iter().fold(String::new(), |text, item| text + &line(item) + "\n")
}

#[test]
fn each_row_gets_the_answers_that_test_gives() {
    let sandbox = Sandbox::with("f", FILE);
    let rows = [("alice", "correct horse"), ("carol", "secret"), ("bob", "x"), ("nobody", ""), ("carol", "a,\"b")];
    let csv = text(rows, |(user, sent)| format!("{user},\"{}\"", sent.replace('"', "\"\"")));
    let json = text(rows, |(user, sent)| json!({"user": user, "password": sent}).to_string());
    for rows_as_text in [format!("user,password\n{csv}"), json] {
        let ran = sandbox
            .run_with(&["test", "f", "--batch", "-", "--server", "all", "--trace"], rows_as_text.as_bytes(), &[])
            .expect(3);
        for (at, (line, (user, sent))) in lines(&ran).iter().zip(rows).enumerate() {
            assert_eq!((&line["row"], &line["user"]), (&json!(at + 1), &json!(user)));
            let words = ["test", "f", user, "--password-stdin", "--server", "all", "--json", "--budget", "0"];
            let mut alone = sandbox.run_with(&words, sent.as_bytes(), &[]).json();
            for decision in alone["decisions"].as_array_mut().unwrap() {
                decision.as_object_mut().unwrap().shift_remove("hints");
            }
            assert_eq!(line["decisions"], alone["decisions"], "{user}");
        }
        assert_eq!(ran.out().lines().count(), rows.len());
    }
}

#[test]
fn a_row_that_is_malformed_is_told_and_the_others_are_answered() {
    let sandbox = Sandbox::with("f", FILE);
    sandbox.write(
        "rows",
        "{\"user\":\"carol\"}\n{\"authorization\":\"Basic Y2Fyb2w6c2VjcmV0\"}\n\nnonsense\n{\"authorization\":\"x\"}\n",
    );
    let ran = sandbox.run(&["test", "f", "--batch", "rows", "--server", "apache"]).expect(2);
    let lines = lines(&ran);
    assert_eq!(lines.iter().map(|line| line["line"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 4, 5]);
    assert_eq!(lines[0]["error"]["code"], "malformed-row");
    assert_eq!((&lines[1]["user"], &lines[1]["decisions"][0]["verdict"]), (&json!("carol"), &json!("granted")));
    assert!(lines[1]["decisions"][0].get("trace").is_none());
    assert_eq!(lines[2]["error"]["code"], "malformed-row");
    assert_eq!(lines[3]["user"], Value::Null);
    sandbox.write("rows", "user,password\ncarol,secret\n");
    sandbox.run(&["test", "f", "--batch", "rows", "--server", "apache"]).expect(0);
    sandbox.run(&["test", "f", "--batch", "rows", "--server", "apache,exporter-toolkit"]).expect(3);
    sandbox.write("rows", "user,password\ncarol,other\ncarol,secret\n");
    sandbox.run(&["test", "f", "--batch", "rows", "--server", "apache"]).expect(1);
    sandbox.write("rows", "");
    assert_eq!(sandbox.run(&["test", "f", "--batch", "rows"]).expect(0).out(), "");
}

#[test]
fn what_can_not_be_a_batch_is_refused() {
    let sandbox = Sandbox::with("f", FILE);
    sandbox.write("rows", "carol,secret\n");
    let ran = sandbox.run(&["test", "f", "--batch", "rows"]).expect(5);
    assert!(ran.err().contains("neither JSON") && !ran.err().contains("secret"), "{}", ran.err());
    sandbox.run(&["test", "f", "--batch", "missing"]).expect(5);
    sandbox.run(&["test", "f", "carol", "--batch", "rows"]).expect(2);
    sandbox.run(&["test", "f", "--anonymous", "--batch", "rows"]).expect(2);
    sandbox.run(&["test", "-", "--from", "csv", "--batch", "-"]).expect(2);
    sandbox.write("rows", "user,password\ncarol,secret\n");
    let missing = sandbox.run(&["test", "missing", "--batch", "rows", "--server", "nginx,apache"]).expect(3);
    assert_eq!(lines(&missing)[0]["decisions"][0]["status"], 403);
}

#[test]
fn many_rows_keep_their_order_and_a_closed_pipe_ends_it() {
    let users = text(0..5000, |at| format!("u{at}:{{SHA}}5en6G6MezRroT3XKqkdPOmY/BfQ="));
    let sandbox = Sandbox::with("f", users);
    let sent = |at: usize| if at.is_multiple_of(3) { "wrong" } else { "secret" };
    let rows = text(0..20_000, |at| format!("u{},{}", at % 6000, sent(at)));
    sandbox.write("rows", format!("user,password\n{rows}"));
    let ran = sandbox.run(&["test", "f", "--batch", "rows", "--server", "nginx"]).expect(1);
    let lines: Vec<Value> = ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 20_000);
    for (at, line) in lines.iter().enumerate() {
        let user = at % 6000;
        assert_eq!((&line["row"], &line["user"]), (&json!(at + 1), &json!(format!("u{user}"))));
        let (verdict, entry) = match (user < 5000, at % 3 == 0) {
            (true, false) => ("granted", json!(user + 1)),
            (true, true) => ("denied", json!(user + 1)),
            (false, _) => ("denied", Value::Null),
        };
        let decision = &line["decisions"][0];
        assert_eq!((&decision["verdict"], &decision["entry"]["line"]), (&json!(verdict), &entry));
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_why401"));
    command.args(["test", "f", "--batch", "rows", "--server", "nginx"]).current_dir(sandbox.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
