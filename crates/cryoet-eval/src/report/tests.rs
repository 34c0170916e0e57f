use cryoet_core::{Class, ClassLabel, ClassTable, Particle, Position};

use crate::{DistanceParams, evaluate_distance};

#[test]
fn names_are_quoted_where_they_must_be() {
    let at = |class, x| Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap());
    let table = ClassTable::new(vec![Class::new(ClassLabel::new(1), "big, \"red\"|one")]).unwrap();
    let evaluation = evaluate_distance(&[at(1, 0.0), at(2, 9.0)], &[at(2, 0.0)], &DistanceParams::new(1.0)).unwrap().with_names(&table);
    assert_eq!(evaluation.classes_csv(), "class,name,precision,recall,f1,support\n1,\"big, \"\"red\"\"|one\",0,0,0,1\n2,2,0,0,0,1\n");
    assert_eq!(
        evaluation.confusion_csv(),
        "truth,background,\"big, \"\"red\"\"|one\",2\nbackground,0,0,0\n\"big, \"\"red\"\"|one\",0,0,1\n2,1,0,0\n"
    );
    assert!(evaluation.to_markdown().contains("| big, \"red\"\\|one | 0.0000 | 0.0000 | 0.0000 | 1 |\n"));
}
