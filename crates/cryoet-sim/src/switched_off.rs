//! Parameters whose default is something, and how a file says that there is none: TOML has no null.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::CtfParams;

/// A signal-to-noise ratio, 0 for no noise.
pub(crate) fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.filter(|&snr| snr != 0.0))
}

/// A contrast transfer, or the word `none`.
pub(crate) fn transfer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CtfParams>, D::Error> {
    deserializer.deserialize_option(Transfer)
}

struct Transfer;

impl<'de> Visitor<'de> for Transfer {
    type Value = Option<CtfParams>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parameters of a contrast transfer, or \"none\"")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
        if word == "none" { Ok(None) } else { Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        CtfParams::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use crate::SimulationParams;

    #[test]
    fn noise_and_transfer_are_switched_off() {
        let read = |text: &str| serde_json::from_str::<SimulationParams>(text);
        let off = read(r#"{"ctf": "none", "snr": 0}"#).unwrap();
        assert_eq!((off.ctf, off.snr), (None, None));
        let null = read(r#"{"ctf": null, "snr": null}"#).unwrap();
        assert_eq!((null.ctf, null.snr), (None, None));
        let usual = read("{}").unwrap();
        assert_eq!((usual.ctf, usual.snr), (Some(crate::CtfParams::default()), Some(0.1)));
        let given = r#"{"ctf": {"voltage_kv": 200, "cs_mm": 2, "defocus_um": 1, "amplitude_contrast": 0.1}, "snr": 0.5}"#;
        let given = read(given).unwrap();
        assert_eq!((given.ctf.unwrap().voltage_kv, given.snr), (200.0, Some(0.5)));
        for wrong in [r#"{"ctf": "off"}"#, r#"{"ctf": 3}"#, r#"{"ctf": {"voltage": 200}}"#, r#"{"snr": "none"}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
