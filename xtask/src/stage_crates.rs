use crate::{checkout, shell};

/// Crates under crates/ that may know several stages, or that every stage knows.
const NO_STAGE: [&str; 3] = ["cryoet", "cryoet-cli", "cryoet-core"];

/// The names of the crates under crates/, sorted.
pub(crate) fn all() -> Result<Vec<String>, String> {
    let folder = checkout::root().join("crates");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Ok(names)
}

/// The stage crates: one step of the pipeline each.
pub(crate) fn stages() -> Result<Vec<String>, String> {
    Ok(all()?.into_iter().filter(|name| !NO_STAGE.contains(&name.as_str())).collect())
}

/// Checks that a stage crate depends on no other crate of ours but cryoet-core, tests and features included.
pub(crate) fn check_independence() -> Result<(), String> {
    for name in stages()? {
        let arguments = ["tree", "--package", &name, "--edges", "normal,build,dev", "--all-features", "--depth", "1"];
        let tree = shell::output(shell::cargo(&arguments).args(["--prefix", "none", "--format", "{p}"]))?;
        let of_ours = tree.lines().filter_map(|line| line.split(' ').next()).filter(|found| found.starts_with("cryoet"));
        if let Some(other) = of_ours.into_iter().find(|&found| found != name && found != "cryoet-core") {
            return Err(format!("{name} depends on {other}: a stage crate depends on no crate of ours but cryoet-core"));
        }
        eprintln!("  {name}: cryoet-core only");
    }
    Ok(())
}
