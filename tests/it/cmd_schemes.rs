//! `why401 schemes`: the table.

use crate::support::sandbox::Sandbox;

#[test]
fn the_schemes_are_listed_with_what_can_be_asked_of_them() {
    let sandbox = Sandbox::new();
    let table = sandbox.run(&["schemes", "--json"]).expect(0).json();
    let bcrypt = table["schemes"].as_array().unwrap().iter().find(|row| row["name"] == "bcrypt").unwrap().clone();
    assert_eq!((&bcrypt["cost"]["default"], &bcrypt["password_bytes"]), (&12.into(), &72.into()));
    let lines = sandbox.run(&["schemes"]).expect(0).out().lines().count();
    assert_eq!(lines, table["schemes"].as_array().unwrap().len());
}
