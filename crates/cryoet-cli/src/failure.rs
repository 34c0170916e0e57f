use std::error::Error;
use std::fmt;
use std::path::Path;

/// What ends a command: one clear line.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// The command could not do its work: exit code 1.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// The arguments make no sense together: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// Arguments that a library refuses: exit code 2.
    pub(crate) fn of_arguments(error: impl Error) -> Self {
        Self { code: 2, ..Self::from(error) }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// An error with the file it is about, for errors that do not name it themselves.
    pub(crate) fn about(path: &Path) -> impl Fn(Failure) -> Failure + '_ {
        move |failure| Self { message: format!("{}: {}", path.display(), failure.message), code: failure.code }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The error and what caused it, in one line.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            if !message.ends_with(&text) {
                message = format!("{message}: {text}");
            }
            cause = inner.source();
        }
        Self::new(message.replace('\n', " "))
    }
}
