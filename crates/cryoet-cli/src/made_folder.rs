use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A folder to write into, and which folders had to be made for it.
pub(crate) struct MadeFolder {
    /// From the innermost outwards.
    made: Vec<PathBuf>,
}

impl MadeFolder {
    /// Makes a folder where there is none, and those around it.
    pub(crate) fn make(path: &Path) -> Result<Self, Failure> {
        let made = path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).map(Path::to_owned).collect();
        std::fs::create_dir_all(path).map_err(|error| Failure::new(format!("cannot make the folder {}: {error}", path.display())))?;
        Ok(Self { made })
    }

    /// Removes what was made, as far as nothing was written there.
    pub(crate) fn remove_if_empty(self) {
        for folder in &self.made {
            if std::fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_back_what_it_made_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        std::fs::create_dir(&old).unwrap();
        MadeFolder::make(&old.join("a/b")).unwrap().remove_if_empty();
        assert!(old.exists() && !old.join("a").exists());
        let made = MadeFolder::make(&old.join("a/b")).unwrap();
        std::fs::write(old.join("a/file"), "").unwrap();
        made.remove_if_empty();
        assert!(old.join("a/file").exists() && !old.join("a/b").exists());
        MadeFolder::make(&old).unwrap().remove_if_empty();
        assert!(old.exists());
    }
}
