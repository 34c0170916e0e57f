use zarrs::array::{Element, ElementOwned};

mod sealed {
    pub trait Sealed {}
}

/// A number that an OME-Zarr is written of: `i8`, `u8`, `u16`, `u32` (labels and ids), `f32`.
pub trait OmeZarrVoxel: Copy + Send + Sync + sealed::Sealed {
    #[doc(hidden)]
    type Stored: Element + ElementOwned + Copy;
    #[doc(hidden)]
    const V2: &'static str;
    #[doc(hidden)]
    const V3: &'static str;
    #[doc(hidden)]
    fn stored(self) -> Self::Stored;
    #[doc(hidden)]
    fn halved(eight: [Self::Stored; 8]) -> Self::Stored;
    /// How far, in voxels of the finer level, the centre of a coarser level's first voxel lies from that of the finer one's.
    #[doc(hidden)]
    const SHIFT: f64;
}

macro_rules! label_voxel {
    ($($type:ty: $v2:literal, $v3:literal);*) => {$(
        impl sealed::Sealed for $type {}

        impl OmeZarrVoxel for $type {
            type Stored = $type;
            const V2: &'static str = $v2;
            const V3: &'static str = $v3;
            // A mean of labels is no label: the first voxel stands for all.
            const SHIFT: f64 = 0.0;

            fn stored(self) -> $type {
                self
            }

            fn halved([first, ..]: [$type; 8]) -> $type {
                first
            }
        }
    )*};
}

label_voxel!(i8: "|i1", "int8"; u8: "|u1", "uint8"; u16: "<u2", "uint16"; u32: "<u4", "uint32");

impl sealed::Sealed for f32 {}

impl OmeZarrVoxel for f32 {
    type Stored = f32;
    const V2: &'static str = "<f4";
    const V3: &'static str = "float32";
    const SHIFT: f64 = 0.5;

    fn stored(self) -> f32 {
        self
    }

    fn halved(eight: [f32; 8]) -> f32 {
        (eight.iter().map(|&v| f64::from(v)).sum::<f64>() / 8.0) as f32
    }
}
