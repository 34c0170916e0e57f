use thiserror::Error;

/// What libtorch said when an operation failed, its first line.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("libtorch: {message}")]
pub struct TorchError {
    message: String,
}

impl TorchError {
    pub(crate) fn misshapen(expected: [usize; 3]) -> Self {
        Self { message: format!("an answer that is not of shape {expected:?}") }
    }

    #[cfg(test)]
    pub(crate) fn out_of_memory() -> Self {
        Self { message: "CUDA out of memory".to_owned() }
    }

    /// Whether the operation failed for want of memory.
    pub fn is_out_of_memory(&self) -> bool {
        let text = self.message.to_ascii_lowercase();
        ["out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "alloc_failed"].iter().any(|sign| text.contains(sign))
    }
}

impl From<tch::TchError> for TorchError {
    fn from(error: tch::TchError) -> Self {
        let text = error.to_string();
        // Everything after the first line is libtorch's C++ stack trace.
        Self { message: text.lines().find(|line| !line.trim().is_empty()).unwrap_or("unknown error").trim().to_owned() }
    }
}
