//! `why401 explain`: the text of every code.

use crate::support::sandbox::Sandbox;

#[test]
fn every_listed_code_is_explained() {
    let sandbox = Sandbox::new();
    let listed = sandbox.run(&["explain", "--json"]).expect(0).json();
    let codes = listed["codes"].as_array().unwrap();
    assert!(codes.len() >= 20);
    for code in codes {
        let name = code["code"].as_str().unwrap();
        let ran = sandbox.run(&["explain", name]).expect(0);
        assert!(ran.out().starts_with(&format!("{name}: ")), "{}", ran.out());
        assert!(ran.out().lines().all(|line| line.chars().count() <= 80), "{}", ran.out());
    }
}

#[test]
fn an_unknown_code_is_a_usage_error() {
    let ran = Sandbox::new().run(&["explain", "gremlins"]).expect(2);
    assert!(ran.err().contains("no code `gremlins`"), "{}", ran.err());
}
