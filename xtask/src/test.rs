use crate::{libtorch, shell};

/// Set-up, then every test of the workspace, in the profile of the demo so that tch is compiled once.
pub(crate) fn run() -> Result<(), String> {
    libtorch::set_up(libtorch::Kind::Cpu)?;
    let counts = all()?;
    eprintln!("\n{counts}");
    Ok(())
}

/// Every test of the workspace.
pub(crate) fn all() -> Result<TestCounts, String> {
    counted(&["test", "--workspace", "--release"])
}

/// Runs a `cargo test` line and counts its tests.
pub(crate) fn counted(arguments: &[&str]) -> Result<TestCounts, String> {
    let stdout = shell::run_through(&mut shell::cargo(arguments))?;
    Ok(stdout.lines().filter_map(TestCounts::of_line).fold(TestCounts::default(), TestCounts::plus))
}

/// How many tests cargo reported.
#[derive(Default, Clone, Copy)]
pub(crate) struct TestCounts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl TestCounts {
    /// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    fn of_line(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |word| counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
        Some(Self { passed: count("passed")?, failed: count("failed")?, ignored: count("ignored")? })
    }

    /// The sum of two counts.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed, ignored: self.ignored + other.ignored }
    }
}

impl std::fmt::Display for TestCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tests: {} passed, {} failed, {} ignored", self.passed, self.failed, self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_cargo_prints() {
        let line = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s";
        assert_eq!(TestCounts::of_line(line).unwrap().to_string(), "tests: 3 passed, 0 failed, 1 ignored");
        assert!(TestCounts::of_line("running 3 tests").is_none());
    }
}
