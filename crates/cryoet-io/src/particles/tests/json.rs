use super::*;

const PICKS: &str = r#"{"pickable_object_name": "ribosome", "user_id": "u", "session_id": "7", "run_name": "TS_01", "voxel_spacing": 10.0,
 "unit": "angstrom", "trust_orientation": true, "points": [
 {"location": {"x": 300, "y": 200.5, "z": 100}, "transformation_": [[0, -1, 0, 5], [1, 0, 0, 0], [0, 0, 1, -10], [0, 0, 0, 1]],
  "instance_id": 3, "score": 0.5}]}"#;

#[test]
fn copick_is_in_angstrom_and_moves_by_the_transformation() {
    let list = read_text("p.json", PICKS, &ReadParticles::default()).unwrap();
    let particle = &list.particles[0];
    assert!(particle.position.distance(&Position::new(9.0, 20.05, 30.5).unwrap()) < 1e-9);
    let [_, y, _] = particle.orientation.unwrap().rotate_zyx([0.0, 0.0, 1.0]);
    assert!((y - 1.0).abs() < 1e-9);
    assert_eq!((list.voxel_size.unwrap().zyx(), particle.tomogram.as_deref()), ([10.0; 3], Some("TS_01")));
    assert_eq!((particle.extra["instance_id"].as_str(), particle.extra["user_id"].as_str()), ("3", "u"));
    let untrusted = PICKS.replace("true", "false");
    assert_eq!(read_text("p.json", &untrusted, &ReadParticles::default()).unwrap().particles[0].orientation, None);
}

#[test]
fn copick_errors() {
    assert!(error("p.json", "{").contains("line 1"));
    assert!(error("p.json", "{\n\"points\": []}").contains("pickable_object_name"));
    assert!(error("p.json", &PICKS.replace("angstrom", "nm")).contains("unit: found \"nm\""));
    assert!(error("p.json", &PICKS.replace("\"voxel_spacing\": 10.0", "\"voxel_spacing\": null")).contains("say voxel_size"));
    assert!(error("p.json", &PICKS.replace("-1, 0, 5", "-2, 0, 5")).contains("point 0: matrix is no rotation"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.json");
    let mut list = ParticleList::new(vec![particle(), Particle::new(ClassLabel::new(1), Position::from_index([0; 3]))]);
    assert!(write_particles(&path, &list, &WriteParticles::default()).unwrap_err().to_string().contains("voxel size"));
    list.voxel_size = Some(VoxelSize::isotropic(10.0).unwrap());
    assert!(write_particles(&path, &list, &WriteParticles::default()).unwrap_err().to_string().contains("one class"));
    list.particles[1].class = ClassLabel::new(2);
    assert!(write_particles(&path, &list, &WriteParticles::default()).unwrap_err().to_string().contains("one tomogram"));
}

#[test]
fn copick_objects_are_named_by_the_class_table() {
    let options =
        ReadParticles { classes: ClassTable::new(vec![Class::new(ClassLabel::new(9), "ribosome")]).unwrap(), ..ReadParticles::default() };
    let list = read_text("p.json", PICKS, &options).unwrap();
    assert_eq!(list.particles[0].class.get(), 9);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.json");
    let dropped = write_particles(&path, &list, &WriteParticles { classes: options.classes.clone(), ..WriteParticles::default() }).unwrap();
    assert_eq!(dropped, vec![]);
    assert_eq!(read_particles(&path, &options).unwrap(), list);
}

#[test]
fn the_data_portal_counts_voxels() {
    let text = "{\"type\": \"orientedPoint\", \"location\": {\"x\": 3, \"y\": 2.5, \"z\": 1}, \"xyz_rotation_matrix\": [[0, -1, 0], [1, 0, 0], [0, 0, 1]]}\n\
        \n{\"type\": \"instancePoint\", \"location\": {\"x\": 3, \"y\": 2, \"z\": 1}, \"instance_id\": 12}\n\
        {\"type\": \"point\", \"location\": {\"x\": 3, \"y\": 2, \"z\": 1}, \"xyz_rotation_matrix\": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}";
    let list = read_text("p.ndjson", text, &ReadParticles::default()).unwrap();
    assert_eq!(list.particles[0].position.zyx(), [1.0, 2.5, 3.0]);
    assert!(list.particles[0].orientation.is_some() && list.particles[2].orientation.is_none());
    assert_eq!(list.particles[1].extra["instance_id"], "12");
    assert!(error("p.ndjson", &text.replace("instancePoint", "blob")).contains("line 3, type: found \"blob\""));
    assert!(error("p.ndjson", "{\"type\": \"point\"}").contains("line 1: column"));
}

#[test]
fn the_data_portals_unit_can_be_said() {
    let text = "{\"type\": \"point\", \"location\": {\"x\": 30, \"y\": 25, \"z\": 10}, \"confidence\": 0.5, \"note\": \"a\"}\n";
    let angstrom = ReadParticles { unit: Some(CoordinateUnit::Angstrom), ..ReadParticles::default() };
    assert!(read_text("p.ndjson", text, &angstrom).unwrap_err().to_string().contains("need the voxel size"));
    let angstrom = ReadParticles { voxel_size: Some(VoxelSize::isotropic(10.0).unwrap()), ..angstrom };
    let list = read_text("p.ndjson", text, &angstrom).unwrap();
    assert_eq!(list.particles[0].position.zyx(), [1.0, 2.5, 3.0]);
    assert_eq!((list.particles[0].extra["confidence"].as_str(), list.particles[0].extra["note"].as_str()), ("0.5", "a"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.ndjson");
    let write = WriteParticles { unit: Some(CoordinateUnit::Angstrom), ..WriteParticles::default() };
    write_particles(&path, &list, &write).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("\"location\":{\"x\":30.0,\"y\":25.0,\"z\":10.0}"));
}
