//! The command; see [`why401::cli`].

fn main() -> std::process::ExitCode {
    why401::cli::main()
}
