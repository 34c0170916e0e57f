use std::path::Path;

/// Makes `link` a symbolic link to `target` in one step; a folder of that name is never touched.
pub(crate) fn replace(link: &Path, target: &Path) -> Result<(), String> {
    if link.symlink_metadata().is_ok_and(|metadata| !metadata.file_type().is_symlink()) {
        return Err(format!("{} is no link: move it away and set LIBTORCH to it, or remove it", link.display()));
    }
    let target = std::fs::canonicalize(target).map_err(|error| format!("{}: {error}", target.display()))?;
    let aside = link.with_extension(format!("new-{}", std::process::id()));
    symlink(&target, &aside)
        .and_then(|()| std::fs::rename(&aside, link))
        .map_err(|error| format!("cannot link {} to {}: {error}", link.display(), target.display()))
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_target: &Path, _link: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("only Linux and macOS are supported: set LIBTORCH for every cargo call instead"))
}
