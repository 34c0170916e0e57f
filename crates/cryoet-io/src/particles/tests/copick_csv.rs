use super::*;

const TABLE: &str = "run_name,x,y,z,transform_00,transform_01,transform_02,transform_03,transform_10,transform_11,transform_12,transform_13,\
    transform_20,transform_21,transform_22,transform_23,transform_30,transform_31,transform_32,transform_33,score,instance_id\n\
    TS_1,300.0,200.5,100.0,0,-1,0,5,1,0,0,0,0,0,1,-10,0,0,0,1,0.5,7\n";

fn options() -> ReadParticles {
    ReadParticles { voxel_size: Some(VoxelSize::isotropic(10.0).unwrap()), ..ReadParticles::default() }
}

#[test]
fn is_told_by_its_header_and_counts_angstrom() {
    assert!(error("p.csv", TABLE).contains("say voxel_size"));
    let list = read_text("p.csv", TABLE, &options()).unwrap();
    let particle = &list.particles[0];
    // The transformation's shift is added, as for copick's JSON.
    assert!(particle.position.distance(&Position::new(9.0, 20.05, 30.5).unwrap()) < 1e-9);
    let [_, y, _] = particle.orientation.unwrap().rotate_zyx([0.0, 0.0, 1.0]);
    assert!((y - 1.0).abs() < 1e-9);
    assert_eq!((particle.tomogram.as_deref(), particle.score.unwrap().get()), (Some("TS_1"), 0.5));
    assert_eq!(particle.extra, BTreeMap::from([("instance_id".to_string(), "7".to_string())]));
    let broken = TABLE.replace("0,-1,0,5", "0,-2,0,5");
    assert!(read_text("p.csv", &broken, &options()).unwrap_err().to_string().contains("line 2: matrix is no rotation"));
    let broken = TABLE.replace("-10,0,0", "-10,a,0");
    assert!(read_text("p.csv", &broken, &options()).unwrap_err().to_string().contains("(transform_30): found \"a\""));
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    let list = read_text("p.csv", TABLE, &options()).unwrap();
    let write = WriteParticles { format: Some(ParticleFormat::CopickCsv), ..WriteParticles::default() };
    let lost: Vec<String> = write_particles(&path, &list, &write).unwrap().into_iter().map(|dropped| dropped.field).collect();
    assert_eq!(lost, ["voxel size", "class"]);
    let back = read_particles(&path, &options()).unwrap();
    same(&back.particles[0], &list.particles[0]).unwrap();
    assert_eq!((&back.particles[0].extra, back.particles[0].score), (&list.particles[0].extra, list.particles[0].score));
    let mut unnamed = list.clone();
    unnamed.particles[0].tomogram = None;
    assert!(write_particles(&path, &unnamed, &write).unwrap_err().to_string().contains("give each its tomogram"));
    unnamed.tomogram = Some("TS_2".into());
    unnamed.particles[0].orientation = None;
    let lost = write_particles(&path, &unnamed, &write).unwrap();
    assert_eq!(lost[2].to_string(), "unknown orientation (written as the identity) of 1 particle");
    unnamed.voxel_size = None;
    assert!(write_particles(&path, &unnamed, &write).unwrap_err().to_string().contains("Angstrom"));
}
