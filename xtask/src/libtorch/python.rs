use std::path::PathBuf;
use std::process::Command;

use super::{Kind, found::Found};
use crate::shell;

/// The Python programs that are tried, in this order.
const PROGRAMS: [&str; 2] = ["python3", "python"];

/// Prints the folder of an installed torch whose shared libraries load. A CUDA build needs its nvidia packages at link
/// time and at run time, and finds both by the same search path: so it counts only when libtorch_cuda loads as well.
const PROBE: &str = "\
import ctypes, importlib.util, os
spec = importlib.util.find_spec('torch')
folder = os.path.dirname(spec.origin)
for name in ('libtorch_cpu', 'libtorch_cuda', 'libtorch'):
    for end in ('.so', '.dylib'):
        path = os.path.join(folder, 'lib', name + end)
        if os.path.exists(path):
            ctypes.CDLL(path)
print(folder)
";

/// The folder of a Python's torch of the right release whose libraries load.
pub(crate) fn torch(kind: Kind) -> Option<PathBuf> {
    PROGRAMS.iter().find_map(|program| {
        let folder = PathBuf::from(shell::output(Command::new(program).args(["-c", PROBE])).ok()?.trim());
        Found::at(&folder).ok()?.check(kind).ok()?;
        Some(folder)
    })
}

/// The first Python that has pip.
pub(crate) fn with_pip() -> Result<&'static str, String> {
    let works = |program: &&str| shell::output(Command::new(program).args(["-m", "pip", "--version"])).is_ok();
    PROGRAMS.into_iter().find(|program| works(program)).ok_or_else(|| {
        "no Python with pip found (tried `python3 -m pip` and `python -m pip`): install one (Debian and Ubuntu: \
         apt install python3-pip), or set LIBTORCH to a libtorch 2.11.0"
            .to_owned()
    })
}
