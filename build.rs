//! Links GCC's unwinder into the program where that is at hand.
//!
//! Rust's standard library asks for it as a shared library, which nothing else here needs: finding, mapping and
//! relocating it is a tenth of the time that a check of one password takes. A linker that passes over an archive until
//! something before it is missing (GNU ld) takes the shared library as ever.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CC");
    let of_target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_native = env::var("HOST") == env::var("TARGET");
    if env::var_os("CARGO_FEATURE_CLI").is_none() || !is_native || (of_target("OS"), of_target("ENV")) != gnu() {
        return;
    }
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let Ok(answer) = Command::new(compiler).arg("-print-file-name=libgcc_eh.a").output() else { return };
    let path = String::from_utf8_lossy(&answer.stdout);
    // Where the compiler has none, it answers with the bare name.
    if let Some(folder) = Path::new(path.trim()).parent().filter(|folder| folder.is_absolute()) {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

fn gnu() -> (String, String) {
    ("linux".to_owned(), "gnu".to_owned())
}
