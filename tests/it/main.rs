//! The fast tests: nothing here needs a server, a network or a privilege.
//!
//! One module per subject; a module for a command is called `cmd_COMMAND`. `support` is shared with `tests/real`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it counted")]

mod batch;
mod batch_property;
mod cmd_completions;
mod cmd_explain;
mod cmd_export;
mod cmd_htpasswd;
mod cmd_import;
mod cmd_lint;
mod cmd_list;
mod cmd_lock;
mod cmd_log;
mod cmd_migrate;
mod cmd_remove;
mod cmd_rename;
mod cmd_schemes;
mod cmd_servers;
mod cmd_set;
mod cmd_test;
mod cmd_unlock;
mod cmd_url;
mod cmd_verify;
mod conf_apache;
mod conf_nginx;
mod conf_urls;
mod conformance;
mod crypt_dialects;
mod crypt_vectors;
mod decisions;
mod docs;
mod edit_property;
mod fail2ban_database;
#[allow(dead_code, reason = "shared with tests/real; each uses its part")]
#[path = "../real/random/grammar.rs"]
mod grammar;
mod hints;
mod layers;
mod lint_property;
mod logs;
mod open_errors;
mod orphans;
mod places;
mod relabel;
#[allow(dead_code, reason = "shared with tests/real; each uses its part")]
#[path = "../real/rng.rs"]
mod rng;
mod schemas;
mod snapshots;
mod sqlite;
#[allow(dead_code, unreachable_pub, reason = "shared with tests/real; each uses its part")]
mod support;
mod url_generation;
