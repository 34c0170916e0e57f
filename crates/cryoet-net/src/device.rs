use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use thiserror::Error;

/// Where a network runs.
///
/// One binary serves both: `libtorch_cuda` is loaded at run time when it can be found.
///
/// ```
/// use cryoet_net::Device;
/// assert_eq!("cuda:1".parse::<Device>()?, Device::Cuda(1));
/// assert!("gpu".parse::<Device>().is_err());
/// # Ok::<(), cryoet_net::DeviceError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The CUDA device of this number.
    Cuda(usize),
}

/// Why a device cannot be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceError {
    /// The name is none of `cpu`, `cuda`, `cuda:N`, `auto`.
    #[error("device {name:?}: expected cpu, cuda, cuda:N or auto")]
    Unknown {
        /// The name given.
        name: String,
    },
    /// The device is not there.
    #[error("device cuda:{index} is not available: {found} CUDA devices were found{hint}")]
    Absent {
        /// The number asked for.
        index: usize,
        /// How many there are.
        found: usize,
        /// What to do.
        hint: &'static str,
    },
}

const HINT: &str =
    " (libtorch_cuda.so and its CUDA libraries must lie where the loader finds them, beside libtorch_cpu.so or on LD_LIBRARY_PATH)";

impl Device {
    /// The first CUDA device when there is one, the processor otherwise.
    pub fn auto() -> Self {
        if cuda_devices() > 0 { Self::Cuda(0) } else { Self::Cpu }
    }

    /// The device itself, once it is known to be there. On a GPU cuDNN then tries its algorithms for each new shape and keeps the fastest.
    ///
    /// # Errors
    /// A CUDA device that does not exist.
    pub fn check(self) -> Result<Self, DeviceError> {
        match self {
            Self::Cuda(index) if index >= cuda_devices() => Err(DeviceError::Absent { index, found: cuda_devices(), hint: HINT }),
            Self::Cuda(_) => {
                tch::Cuda::cudnn_set_benchmark(true);
                Ok(self)
            }
            Self::Cpu => Ok(self),
        }
    }

    pub(crate) fn torch(self) -> tch::Device {
        match self {
            Self::Cpu => tch::Device::Cpu,
            Self::Cuda(index) => tch::Device::Cuda(index),
        }
    }
}

impl FromStr for Device {
    type Err = DeviceError;

    /// `cpu`, `cuda`, `cuda:N` or `auto`.
    fn from_str(name: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown { name: name.to_owned() };
        match name {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "auto" => Ok(Self::auto()),
            _ => name.strip_prefix("cuda:").and_then(|n| n.parse().ok()).map(Self::Cuda).ok_or_else(unknown),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// How many CUDA devices libtorch sees; 0 when its CUDA part is not installed.
///
/// ```
/// println!("{} CUDA devices", cryoet_net::cuda_devices());
/// ```
pub fn cuda_devices() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        load_cuda_part();
        usize::try_from(tch::Cuda::device_count()).unwrap_or(0)
    })
}

/// libtorch registers its CUDA kernels when `libtorch_cuda.so` is loaded; a binary linked for the CPU has no link to it.
fn load_cuda_part() {
    #[cfg(target_os = "linux")]
    {
        use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
        // SAFETY: the library's initialisers only register kernels with libtorch_cpu, which is loaded already.
        if let Ok(library) = unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) } {
            std::mem::forget(library);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for device in [Device::Cpu, Device::Cuda(0), Device::Cuda(3)] {
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        assert!(matches!("cuda:x".parse::<Device>(), Err(DeviceError::Unknown { .. })));
    }

    #[test]
    fn a_device_that_is_not_there_is_an_error() {
        assert!(matches!(Device::Cuda(1000).check(), Err(DeviceError::Absent { index: 1000, .. })));
        assert_eq!(Device::Cpu.check(), Ok(Device::Cpu));
    }
}
