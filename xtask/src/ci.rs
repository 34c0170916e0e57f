use crate::test::TestCounts;
use crate::{libtorch, shell, stage_crates, test};

/// Members of the workspace that are not for crates.io.
const UNPUBLISHED: [&str; 3] = ["cryoet-benches", "cryoet-tests", "xtask"];

/// What continuous integration runs. One profile throughout, so that libtorch's bindings are compiled as few times as can be.
pub(crate) fn run() -> Result<(), String> {
    shell::run(&mut shell::cargo(&["fmt", "--all", "--check"]))?;
    eprintln!("\nstage crates depend on:");
    stage_crates::check_independence()?;
    licences()?;
    libtorch::set_up(libtorch::Kind::Cpu)?;
    shell::run(&mut shell::cargo(&["clippy", "--workspace", "--all-targets", "--release", "--", "-D", "warnings"]))?;
    // The command of the README.
    let whole = test::all()?;
    documentation()?;
    let alone = each_stage_alone()?;
    packages()?;
    eprintln!("\nwhole workspace: {whole}\neach crate alone: {alone}\nci: all green");
    Ok(())
}

/// Licences and advisories of dependencies, where cargo-deny is installed.
fn licences() -> Result<(), String> {
    if shell::output(&mut shell::cargo(&["deny", "--version"])).is_err() {
        eprintln!("\nskipped: licences and sources of dependencies (cargo-deny is not installed: cargo install cargo-deny --locked)");
        return Ok(());
    }
    shell::run(&mut shell::cargo(&["deny", "--all-features", "check", "licenses", "bans", "sources"]))
}

/// Documentation as docs.rs builds it: cryoet-net without libtorch.
fn documentation() -> Result<(), String> {
    let arguments = ["doc", "--workspace", "--no-deps", "--release", "--features", "cryoet-net/doc-only"];
    shell::run(shell::cargo(&arguments).env("RUSTDOCFLAGS", "-D warnings"))
}

/// The features of cryoet-net that CI can build: the others fetch libtorch, or do without it and cannot run.
const NET_FEATURES: &str = "keras";

/// Builds and tests each stage crate by itself, with all its features: what a user gets who adds one crate.
fn each_stage_alone() -> Result<TestCounts, String> {
    let mut counts = TestCounts::default();
    for name in stage_crates::stages()? {
        let features = if name == "cryoet-net" { ["--features", NET_FEATURES].as_slice() } else { &["--all-features"] };
        counts = counts.plus(test::counted(&[&["test", "--release", "--package", &name], features].concat())?);
    }
    Ok(counts)
}

/// Packages every publishable crate. Building from the packages is left out: it would compile libtorch's bindings once more, in
/// another profile, and each stage was built alone above.
fn packages() -> Result<(), String> {
    let mut arguments = vec!["package", "--workspace", "--allow-dirty", "--no-verify"];
    for unpublished in UNPUBLISHED {
        arguments.extend(["--exclude", unpublished]);
    }
    shell::run(&mut shell::cargo(&arguments))
}
