use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::large_pages::prefer_large_pages;

/// From so many bytes on, all threads read.
#[cfg(unix)]
const LONG: usize = 8 << 20;

/// Bytes that a thread reads at once: a large page.
#[cfg(unix)]
const PIECE: usize = 2 << 20;

/// All bytes of a file.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata().map_or(0, |data| data.len() as usize);
    // More than there is memory for is refused here, not where it is allocated.
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length)?;
    #[cfg(unix)]
    if length >= LONG
        && let Some(bytes) = read_on_all_threads(&file, length)
    {
        return Ok(bytes);
    }
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same piece by piece, so that clearing fresh memory and copying divide among the threads; none where the file has become shorter.
#[cfg(unix)]
fn read_on_all_threads(file: &File, length: usize) -> Option<Vec<u8>> {
    use rayon::prelude::*;
    use std::os::unix::fs::FileExt;

    // The system clears these zeros' memory only when it is first written to.
    let mut bytes = vec![0; length];
    prefer_large_pages(&mut bytes);
    let pieces = bytes.par_chunks_mut(PIECE).enumerate();
    pieces.map(|(n, piece)| file.read_exact_at(piece, (n * PIECE) as u64)).collect::<io::Result<()>>().ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_files_come_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        for length in [0, 1, 100_000, (8 << 20) - 1, 8 << 20, (9 << 20) + 12_345] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            assert!(read_file(&path).unwrap() == bytes, "{length}");
        }
        assert!(read_file(&folder.path().join("none")).is_err());
        assert!(read_file(folder.path()).is_err());
    }
}
