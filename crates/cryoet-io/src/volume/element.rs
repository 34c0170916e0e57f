use half::f16;

/// How one number lies in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    F32,
    F64,
    /// A part of a pair of 16-bit integers.
    Complex16(ComplexPart),
    /// A part of a pair of 32-bit floats.
    Complex32(ComplexPart),
}

/// What is taken of a complex number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ComplexPart {
    Real,
    Imaginary,
    Magnitude,
    /// Radians.
    Phase,
}

impl ComplexPart {
    pub(crate) const ALL: [(&'static str, Self); 4] =
        [("real", Self::Real), ("imaginary", Self::Imaginary), ("magnitude", Self::Magnitude), ("phase", Self::Phase)];

    fn of(self, real: f32, imaginary: f32) -> f32 {
        match self {
            Self::Real => real,
            Self::Imaginary => imaginary,
            Self::Magnitude => real.hypot(imaginary),
            Self::Phase => imaginary.atan2(real),
        }
    }
}

impl Element {
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 | Self::Complex16(_) => 4,
            Self::I64 | Self::U64 | Self::F64 | Self::Complex32(_) => 8,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::U64 => "uint64",
            Self::F16 => "float16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::Complex16(_) => "complex32 (int16)",
            Self::Complex32(_) => "complex64",
        }
    }

    /// Appends the numbers of `bytes` to `voxels`; one that the voxel type cannot hold ends it, with its index.
    pub(crate) fn decode<V: Voxel>(self, big_endian: bool, bytes: &[u8], voxels: &mut Vec<V>) -> Result<(), Unfit> {
        match self {
            Self::I8 => decode::<i8, V, 1>(bytes, voxels, i8::from_le_bytes),
            Self::U8 => decode::<u8, V, 1>(bytes, voxels, u8::from_le_bytes),
            Self::I16 if big_endian => decode(bytes, voxels, i16::from_be_bytes),
            Self::I16 => decode(bytes, voxels, i16::from_le_bytes),
            Self::U16 if big_endian => decode(bytes, voxels, u16::from_be_bytes),
            Self::U16 => decode(bytes, voxels, u16::from_le_bytes),
            Self::I32 if big_endian => decode(bytes, voxels, i32::from_be_bytes),
            Self::I32 => decode(bytes, voxels, i32::from_le_bytes),
            Self::U32 if big_endian => decode(bytes, voxels, u32::from_be_bytes),
            Self::U32 => decode(bytes, voxels, u32::from_le_bytes),
            Self::I64 if big_endian => decode(bytes, voxels, i64::from_be_bytes),
            Self::I64 => decode(bytes, voxels, i64::from_le_bytes),
            Self::U64 if big_endian => decode(bytes, voxels, u64::from_be_bytes),
            Self::U64 => decode(bytes, voxels, u64::from_le_bytes),
            Self::F16 if big_endian => decode(bytes, voxels, f16::from_be_bytes),
            Self::F16 => decode(bytes, voxels, f16::from_le_bytes),
            Self::F32 if big_endian => decode(bytes, voxels, f32::from_be_bytes),
            Self::F32 => decode(bytes, voxels, f32::from_le_bytes),
            Self::F64 if big_endian => decode(bytes, voxels, f64::from_be_bytes),
            Self::F64 => decode(bytes, voxels, f64::from_le_bytes),
            Self::Complex16(part) => decode(bytes, voxels, |[a, b, c, d]: [u8; 4]| {
                let one = if big_endian { i16::from_be_bytes } else { i16::from_le_bytes };
                part.of(one([a, b]).into(), one([c, d]).into())
            }),
            Self::Complex32(part) => decode(bytes, voxels, |[a, b, c, d, e, f, g, h]: [u8; 8]| {
                let one = if big_endian { f32::from_be_bytes } else { f32::from_le_bytes };
                part.of(one([a, b, c, d]), one([e, f, g, h]))
            }),
        }
    }
}

/// A number that the voxel type cannot hold, and how many numbers came before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unfit {
    pub(crate) index: usize,
    pub(crate) value: f64,
}

fn decode<N: Number, V: Voxel, const SIZE: usize>(bytes: &[u8], voxels: &mut Vec<V>, one: impl Fn([u8; SIZE]) -> N) -> Result<(), Unfit> {
    let (numbers, _) = bytes.as_chunks::<SIZE>();
    if V::HOLDS_ALL {
        voxels.extend(numbers.iter().map(|&raw| V::nearest(one(raw))));
        return Ok(());
    }
    voxels.reserve(numbers.len());
    for (index, &raw) in numbers.iter().enumerate() {
        let number = one(raw);
        voxels.push(V::exact(number).ok_or(Unfit { index, value: number.to_f64() })?);
    }
    Ok(())
}

/// A number as a file holds it.
pub(crate) trait Number: Copy {
    fn to_f32(self) -> f32;
    fn to_f64(self) -> f64;
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn to_f32(self) -> f32 {
                self as f32
            }

            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

number!(i8, u8, i16, u16, i32, u32, i64, u64, f32, f64);

impl Number for f16 {
    fn to_f32(self) -> f32 {
        self.to_f32()
    }

    fn to_f64(self) -> f64 {
        self.to_f64()
    }
}

/// A number as a volume holds it.
pub(crate) trait Voxel: Copy + Send + Sync + 'static {
    /// Whether every number has a nearest value, so that reading cannot fail.
    const HOLDS_ALL: bool;
    /// What a volume of such voxels takes, for error messages.
    const EXPECTED: &'static str;

    /// The value, where it is exactly one of this type.
    fn exact<N: Number>(number: N) -> Option<Self>;

    /// The nearest value; what [`Voxel::exact`] refuses saturates.
    fn nearest<N: Number>(number: N) -> Self;
}

impl Voxel for f32 {
    const HOLDS_ALL: bool = true;
    const EXPECTED: &'static str = "a number";

    fn exact<N: Number>(number: N) -> Option<Self> {
        Some(number.to_f32())
    }

    fn nearest<N: Number>(number: N) -> Self {
        number.to_f32()
    }
}

macro_rules! integer_voxel {
    ($type:ty, $expected:literal) => {
        impl Voxel for $type {
            const HOLDS_ALL: bool = false;
            const EXPECTED: &'static str = $expected;

            fn exact<N: Number>(number: N) -> Option<Self> {
                let value = number.to_f64();
                (value >= 0.0 && value <= f64::from(<$type>::MAX) && value.fract() == 0.0).then_some(value as $type)
            }

            fn nearest<N: Number>(number: N) -> Self {
                number.to_f64().round() as $type
            }
        }
    };
}

integer_voxel!(u8, "an integer of 0..=255");
integer_voxel!(u32, "an integer of 0..=4294967295");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_of_every_type() {
        let mut voxels = Vec::<f32>::new();
        for (element, big) in [
            (Element::I8, vec![0xfe]),
            (Element::U8, vec![7]),
            (Element::I16, (-300i16).to_be_bytes().to_vec()),
            (Element::U16, 60_000u16.to_be_bytes().to_vec()),
            (Element::I32, (-70_000i32).to_be_bytes().to_vec()),
            (Element::U32, 4_000_000_000u32.to_be_bytes().to_vec()),
            (Element::I64, (-5_000_000_000i64).to_be_bytes().to_vec()),
            (Element::U64, 5_000_000_000u64.to_be_bytes().to_vec()),
            (Element::F16, f16::from_f32(1.5).to_be_bytes().to_vec()),
            (Element::F32, (-2.25f32).to_be_bytes().to_vec()),
            (Element::F64, 1e10f64.to_be_bytes().to_vec()),
        ] {
            assert_eq!(element.bytes(), big.len());
            element.decode(true, &big, &mut voxels).unwrap();
            let little: Vec<u8> = big.into_iter().rev().collect();
            element.decode(false, &little, &mut voxels).unwrap();
        }
        let expected = [-2.0, 7.0, -300.0, 60_000.0, -70_000.0, 4e9, -5e9, 5e9, 1.5, -2.25, 1e10];
        assert_eq!(voxels.chunks(2).map(|pair| pair[0]).collect::<Vec<_>>(), expected);
        assert_eq!(voxels.chunks(2).map(|pair| pair[1]).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn labels_are_exact_or_refused() {
        for (value, label) in
            [(0.0, Some(0)), (-0.0, Some(0)), (255.0, Some(255)), (256.0, None), (-1.0, None), (0.5, None), (f64::NAN, None)]
        {
            assert_eq!(<u8 as Voxel>::exact(value), label, "{value}");
        }
        assert_eq!(<u32 as Voxel>::exact(u32::MAX), Some(u32::MAX));
        assert_eq!(<u32 as Voxel>::exact(1u64 << 32), None);
    }
}
