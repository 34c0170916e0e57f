//! How a complex is written down: a built-in one by its name alone.

use crate::{Complex, ComplexError, Rod};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub(crate) enum ComplexDescription {
    Builtin(String),
    Rods {
        name: String,
        mass_kda: f64,
        rods: Vec<Rod>,
    },
    /// A map stays outside: what tells it is written down, and it must be given again.
    Map {
        name: String,
        mass_kda: f64,
        volume: f64,
        map_shape: [usize; 3],
        map_voxel_size: f64,
    },
}

impl TryFrom<ComplexDescription> for Complex {
    type Error = ComplexError;

    fn try_from(description: ComplexDescription) -> Result<Self, ComplexError> {
        match description {
            ComplexDescription::Builtin(name) => Self::builtin(&name),
            ComplexDescription::Rods { name, mass_kda, rods } => Self::new(name, mass_kda, rods),
            ComplexDescription::Map { name, .. } => Err(ComplexError::MapMissing { name }),
        }
    }
}

impl From<Complex> for ComplexDescription {
    fn from(complex: Complex) -> Self {
        if Complex::builtin(complex.name()).is_ok_and(|builtin| builtin == complex) {
            return Self::Builtin(complex.name().into());
        }
        if let Some((map, map_voxel_size)) = complex.map() {
            let (name, mass_kda, volume, map_shape) = (complex.name().into(), complex.mass_kda(), complex.volume(), map.dim().into());
            return Self::Map { name, mass_kda, volume, map_shape, map_voxel_size };
        }
        Self::Rods { name: complex.name().into(), mass_kda: complex.mass_kda(), rods: complex.rods().to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_rods() {
        let complex: Complex = serde_json::from_str("\"3cf3\"").unwrap();
        assert_eq!(complex, Complex::builtin("3cf3").unwrap());
        assert_eq!(serde_json::to_string(&complex).unwrap(), "\"3cf3\"");
        let own = Complex::new("ball", 100.0, vec![Rod { from: [0.0; 3], to: [0.0; 3], radius: 30.0 }]).unwrap();
        let text = serde_json::to_string(&own).unwrap();
        assert_eq!(serde_json::from_str::<Complex>(&text).unwrap(), own);
        assert!(serde_json::from_str::<Complex>("\"9zzz\"").is_err());
        let map = complex.density(10.0);
        let text = serde_json::to_string(&complex.with_map(map.view(), 10.0).unwrap()).unwrap();
        assert!(serde_json::from_str::<Complex>(&text).unwrap_err().to_string().contains("give the map again"), "{text}");
    }
}
