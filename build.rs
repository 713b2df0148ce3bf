//! Links the program so that little is to be done when it starts: that is most of what a check of one password costs.
//!
//! Each of these is tried on `link/trial.rs` with the linker and the flags of this build, and left out where the trial doesn't
//! link or run:
//!
//! - no shared libraries: nothing to find, map and bind. As a static PIE, which is loaded at random addresses as ever. Where
//!   there is no libc.a, GCC's unwinder alone, which Rust's standard library asks for as a shared library and nothing else;
//! - relative relocations packed into bits, by which 300 KiB less are read;
//! - in a release, what every start runs stands together (`link/start.ld`), so that fewer pages are brought in.
//!
//! `WHY401_LINK=plain` leaves all of it out.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What stands in the way of shared libraries: linker scripts by their names, found before them.
const STATIC: &[(&str, &str)] = &[
    ("libc.so", "GROUP ( libc.a libgcc_eh.a libgcc.a )"),
    ("libm.so", "GROUP ( libm.a libc.a )"),
    ("libgcc_s.so", "GROUP ( libgcc_eh.a libgcc.a libc.a )"),
];
const UNWINDER: &[(&str, &str)] = &[("libgcc_s.so", "GROUP ( libgcc_eh.a libgcc.a )")];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=link");
    println!("cargo::rerun-if-env-changed=WHY401_LINK");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let (os, environment) = (variable("CARGO_CFG_TARGET_OS"), variable("CARGO_CFG_TARGET_ENV"));
    // A trial can't be run on another machine than it is for.
    let is_tried = variable("HOST") == variable("TARGET") && (os.as_str(), environment.as_str()) == ("linux", "gnu");
    if !is_tried || env::var_os("CARGO_FEATURE_CLI").is_none() || variable("WHY401_LINK") == "plain" {
        return;
    }
    let folder = variable("OUT_DIR");
    let mut arguments = Vec::new();
    let mut add = |more: &[String]| {
        let together = [&arguments[..], more].concat();
        let works = works(&folder, &together);
        if works {
            arguments = together;
        }
        works
    };
    let is_static = add(&[instead_of_shared(&folder, "static", STATIC), "-static-pie".to_owned()]);
    if !is_static {
        add(&[instead_of_shared(&folder, "unwinder", UNWINDER)]);
    }
    // An older loader would not know what to do with them.
    if is_static {
        add(&["-Wl,-z,pack-relative-relocs".to_owned()]);
    }
    if variable("PROFILE") == "release" {
        add(&[format!("-Wl,-T,{}/link/start.ld", variable("CARGO_MANIFEST_DIR"))]);
    }
    for argument in arguments {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}

/// The argument by which the scripts are found before the libraries.
fn instead_of_shared(folder: &str, name: &str, scripts: &[(&str, &str)]) -> String {
    let folder = Path::new(folder).join(name);
    // Where they can't be written the trial fails, or is without them.
    let _ = fs::create_dir_all(&folder);
    for (library, script) in scripts {
        let _ = fs::write(folder.join(library), script);
    }
    format!("-L{}", folder.display())
}

/// Whether a program that is linked with these arguments runs.
fn works(folder: &str, arguments: &[String]) -> bool {
    let program = Path::new(folder).join("trial");
    let _ = fs::remove_file(&program);
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "--crate-name=trial", "link/trial.rs", "-o"]).arg(&program);
    rustc.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut argument = OsString::from("-Clinker=");
        argument.push(linker);
        rustc.arg(argument);
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    let succeeds = |command: &mut Command| {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    succeeds(&mut rustc) && succeeds(&mut Command::new(&program))
}
