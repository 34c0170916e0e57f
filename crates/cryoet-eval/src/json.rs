use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::evaluation::ClassScores;
use crate::{Evaluation, VoxelConfusion};

impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Evaluation", 5)?;
        out.serialize_field("localisation", &self.localisation)?;
        out.serialize_field("classes", &Classes(&self.classes))?;
        out.serialize_field("macro_f1", &self.macro_f1)?;
        out.serialize_field("micro_f1", &self.micro_f1())?;
        out.serialize_field("confusion", &Matrix(self))?;
        out.end()
    }
}

struct Classes<'a>(&'a [ClassScores]);

impl Serialize for Classes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for class in self.0 {
            // By label: a class may be named like another's digits.
            map.serialize_entry(&class.label.to_string(), &Scores(class))?;
        }
        map.end()
    }
}

struct Scores<'a>(&'a ClassScores);

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("ClassScores", 5)?;
        out.serialize_field("name", &self.0.name)?;
        out.serialize_field("precision", &self.0.precision)?;
        out.serialize_field("recall", &self.0.recall)?;
        out.serialize_field("f1", &self.0.f1)?;
        out.serialize_field("support", &self.0.support)?;
        out.end()
    }
}

struct Matrix<'a>(&'a Evaluation);

impl Serialize for Matrix<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let confusion = &self.0.confusion;
        let names: Vec<_> = confusion.labels().iter().map(|&label| self.0.name(label)).collect();
        let mut out = serializer.serialize_struct("Confusion", 3)?;
        out.serialize_field("labels", confusion.labels())?;
        out.serialize_field("classes", &names)?;
        out.serialize_field("counts", &confusion.rows().collect::<Vec<_>>())?;
        out.end()
    }
}

impl Serialize for VoxelConfusion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("VoxelConfusion", 10)?;
        let labels = self.labels();
        let per_class = |value: &dyn Fn(cryoet_core::ClassLabel) -> f64| {
            labels.iter().map(|&label| (label.to_string(), value(label))).collect::<std::collections::BTreeMap<_, _>>()
        };
        out.serialize_field("voxels", &self.voxels())?;
        out.serialize_field("accuracy", &self.accuracy())?;
        out.serialize_field("dice", &per_class(&|label| self.dice(label)))?;
        out.serialize_field("iou", &per_class(&|label| self.iou(label)))?;
        out.serialize_field("mean_dice", &self.mean_dice())?;
        out.serialize_field("mean_iou", &self.mean_iou())?;
        out.serialize_field("va", &self.va())?;
        out.serialize_field("mva", &self.mva())?;
        out.serialize_field("miou", &self.miou())?;
        out.serialize_field("confusion", &VoxelMatrix(self))?;
        out.end()
    }
}

struct VoxelMatrix<'a>(&'a VoxelConfusion);

impl Serialize for VoxelMatrix<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let labels = self.0.labels();
        let counts: Vec<Vec<u64>> = labels.iter().map(|&truth| labels.iter().map(|&label| self.0.count(truth, label)).collect()).collect();
        let mut out = serializer.serialize_struct("Confusion", 2)?;
        out.serialize_field("labels", labels)?;
        out.serialize_field("counts", &counts)?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use cryoet_core::{Class, ClassLabel, ClassTable, Particle, Position};
    use serde_json::json;

    use crate::{Criterion, DistanceParams, ThresholdRule, evaluate_distance, sweep};

    #[test]
    fn has_the_agreed_shape() {
        let at = |class, x| Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap());
        let evaluation = evaluate_distance(&[at(3, 0.0)], &[at(3, 1.0), at(3, 50.0)], &DistanceParams::new(2.0)).unwrap();
        let names = ClassTable::new(vec![Class::new(ClassLabel::new(3), "lone")]).unwrap();
        let evaluation = evaluation.with_names(&names);
        let localisation = json!({
            "reported": 2, "tp": 1, "fp": 1, "fn": 0, "multiple_hits": 0, "outside": 0, "mean_distance": 1.0,
            "recall": 1.0, "precision": 0.5, "miss_rate": 0.0, "f1": 2.0 / 3.0,
        });
        let expected = json!({
            "localisation": localisation,
            "classes": {"3": {"name": "lone", "precision": 0.5, "recall": 1.0, "f1": 2.0 / 3.0, "support": 1}},
            "macro_f1": 2.0 / 3.0,
            "micro_f1": 2.0 / 3.0,
            "confusion": {"labels": [0, 3], "classes": ["background", "lone"], "counts": [[0, 1], [0, 1]]},
        });
        assert_eq!(serde_json::to_value(evaluation).unwrap(), expected);
    }

    #[test]
    fn voxels_have_their_matrix_and_the_papers_figures() {
        let volume = |labels: [u8; 4]| cryoet_core::ndarray::Array3::from_shape_fn((1, 1, 4), |(_, _, x)| labels[x]);
        let value =
            serde_json::to_value(crate::voxel_confusion(volume([0, 0, 3, 3]).view(), volume([0, 3, 3, 3]).view()).unwrap()).unwrap();
        assert_eq!(value["confusion"], json!({"labels": [0, 3], "counts": [[1, 1], [0, 2]]}));
        assert_eq!((&value["va"], &value["mva"]), (&json!(0.75), &json!(0.75)));
        assert_eq!(value["miou"], json!((0.5 + 2.0 / 3.0) / 2.0));
    }

    #[test]
    fn a_class_named_like_anothers_digits_hides_nothing() {
        let at = |class, x| Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap());
        let names = ClassTable::new(vec![Class::new(ClassLabel::new(1), "2")]).unwrap();
        let truth = [at(1, 0.0), at(2, 9.0)];
        let evaluation = evaluate_distance(&truth, &truth, &DistanceParams::new(2.0)).unwrap().with_names(&names);
        let value = serde_json::to_value(evaluation).unwrap();
        assert_eq!(value["classes"].as_object().unwrap().len(), 2);
        assert_eq!((&value["classes"]["1"]["name"], &value["classes"]["2"]["name"]), (&json!("2"), &json!("2")));
    }

    #[test]
    fn sweeps_are_keyed_by_label() {
        let list = [Particle::new(ClassLabel::new(12), Position::new(0.0, 0.0, 0.0).unwrap()).with_size(40)];
        let curves = sweep(&list, &list, &DistanceParams::new(2.0), Criterion::Size, ThresholdRule::MinPrecision(0.9)).unwrap();
        let point = json!({"threshold": 40.0, "reported": 1, "tp": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0});
        let curve = json!({"points": [point], "average_precision": 1.0, "best": point});
        assert_eq!(serde_json::to_value(curves).unwrap(), json!({"localisation": curve, "classes": {"12": curve}}));
    }
}
