use std::path::Path;

use cryoet_core::{Class, ClassLabel, ClassTable};
use serde::Deserialize;

use crate::ReadClassTableError;

/// What a class table takes from copick's project configuration.
#[derive(Deserialize)]
struct Config {
    pickable_objects: Vec<PickableObject>,
}

#[derive(Deserialize)]
struct PickableObject {
    name: String,
    #[serde(default = "first")]
    label: Option<i64>,
    #[serde(default)]
    color: Option<[u8; 4]>,
    #[serde(default)]
    radius: Option<f64>,
}

/// The label that copick gives an object without one.
fn first() -> Option<i64> {
    Some(1)
}

pub(crate) fn read(path: &Path, text: &str) -> Result<ClassTable, ReadClassTableError> {
    let fail = |message: String| ReadClassTableError::Copick { path: path.to_path_buf(), message };
    let config: Config = serde_json::from_str(text).map_err(|error| fail(error.to_string()))?;
    let mut classes = Vec::new();
    for object in config.pickable_objects {
        let label = object.label.and_then(|label| u8::try_from(label).ok()).filter(|label| (1..=254).contains(label));
        let label = label.ok_or_else(|| {
            fail(format!(
                "object {:?} has label {}, expected 1..=254",
                object.name,
                object.label.map_or("null".into(), |label| label.to_string())
            ))
        })?;
        let mut class = Class::new(ClassLabel::new(label), object.name);
        class.radius = object.radius;
        class.colour = object.color.map(|[r, g, b, _]| [r, g, b]);
        classes.push(class);
    }
    ClassTable::new(classes).map_err(|source| ReadClassTableError::Classes { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_become_classes() {
        let text = r#"{"name": "p", "version": "1.0", "overlay_root": "local:///x", "pickable_objects": [
            {"name": "ribosome", "is_particle": true, "pdb_id": "7P6Z", "label": 3, "color": [0, 117, 220, 128], "radius": 150.0,
             "map_threshold": 0.5},
            {"name": "membrane", "is_particle": false, "label": 2, "color": null, "radius": null}]}"#;
        let table = read(Path::new("config.json"), text).unwrap();
        let ribosome = table.by_name("ribosome").unwrap();
        assert_eq!((ribosome.label.get(), ribosome.radius, ribosome.colour), (3, Some(150.0), Some([0, 117, 220])));
        assert_eq!(ribosome.threshold, None);
        assert_eq!(table.by_name("membrane").unwrap().label.get(), 2);
        let error = |text: &str| read(Path::new("config.json"), text).unwrap_err().to_string();
        assert!(error("{\n}").contains("config.json: no configuration of copick: missing field `pickable_objects` at line 2"));
        assert!(error(r#"{"pickable_objects": [{"name": "a", "label": 300}]}"#).contains("\"a\" has label 300"));
        assert!(error(r#"{"pickable_objects": [{"name": "a"}, {"name": "b"}]}"#).contains("share label 1"));
    }
}
