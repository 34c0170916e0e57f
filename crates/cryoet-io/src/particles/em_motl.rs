use cryoet_core::{Orientation, Particle};

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles,
    dropped::Drops,
    matlab::{FIRST_VOXEL, whole_and_shift},
    read::Place,
    tomogram_numbers::{TomogramNumbers, name_of_number},
};
use crate::em;

/// Numbers a particle.
const ROWS: usize = 20;
/// Rows, counted from 1, that are fields of a particle.
const FIELDS: [usize; 12] = [1, 5, 8, 9, 10, 11, 12, 13, 17, 18, 19, 20];
/// How extras from other rows are named: `motl.4` is row 4.
const PREFIX: &str = "motl.";

/// Whether a file is an EM header and 20 numbers for each particle, to the byte.
pub(super) fn is_list(bytes: &[u8]) -> bool {
    em::Header::parse(bytes).is_ok_and(|header| {
        let [nz, ny, nx] = header.shape;
        let numbers = ny.saturating_mul((ROWS * header.element.bytes()) as u64);
        nx == ROWS as u64 && nz == 1 && ny > 0 && (bytes.len() - em::HEADER_BYTES) as u64 == numbers
    })
}

/// TOM's motive list: an EM volume of 20 numbers for each particle; position = (x, y, z) + shift.
pub(super) fn read(place: Place, bytes: &[u8], options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let header = em::Header::parse(bytes).map_err(|error| place.binary(error.at, error.message))?;
    let [nz, ny, nx] = header.shape;
    if nx != ROWS as u64 || nz > 1 {
        return Err(place.binary(4, format!("an EM file of {nx} x {ny} x {nz}, expected a motive list of 20 x n x 1")));
    }
    let block = bytes.get(em::HEADER_BYTES..).unwrap_or_default();
    let expected = ny.saturating_mul((ROWS * header.element.bytes()) as u64);
    if (block.len() as u64) < expected {
        let message = format!("truncated: {ny} particles take {expected} bytes, {} are left", block.len());
        return Err(place.binary(em::HEADER_BYTES, message));
    }
    let mut numbers = Vec::<f32>::new();
    // Any number has a nearest f32.
    let _ = header.element.decode(header.big_endian, &block[..expected as usize], &mut numbers);
    let first = options.first_voxel.unwrap_or(FIRST_VOXEL);
    let mut list = ParticleList::default();
    for (index, column) in numbers.chunks_exact(ROWS).enumerate() {
        let at = em::HEADER_BYTES + index * ROWS * header.element.bytes();
        let fail = |message: String| place.binary(at, format!("particle {index}: {message}"));
        let number = |row: usize| f64::from(column[row - 1]);
        let tomogram = name_of_number(&number(5).to_string());
        let zyx = [number(10) + number(13) - first, number(9) + number(12) - first, number(8) + number(11) - first];
        let position = cryoet_core::Position::try_from(zyx).map_err(|error| fail(error.to_string()))?;
        let class = options.class_of(number(20)).ok_or_else(|| fail(format!("class {}, expected 0..=254", number(20))))?;
        let mut particle = Particle::new(class, position);
        let made = Orientation::from_zxz(number(17), number(18), number(19));
        particle.orientation = Some(made.map_err(|error| fail(error.to_string()))?);
        particle.score = Some(cryoet_core::Score::new(number(1)).map_err(|error| fail(error.to_string()))?);
        particle.tomogram = tomogram;
        for row in (1..=ROWS).filter(|row| !FIELDS.contains(row) && column[row - 1] != 0.0) {
            particle.extra.insert(format!("{PREFIX}{row}"), column[row - 1].to_string());
        }
        list.particles.push(particle);
    }
    Ok(list)
}

pub(super) fn write(list: &ParticleList, options: &WriteParticles) -> (Vec<u8>, Vec<Dropped>) {
    let mut drops = Drops::of(list);
    drops.frame();
    drops.each("size", |particle| particle.size.is_some());
    drops.unknown_as_zero();
    let kept = |name: &str, value: &str| {
        let row = name.strip_prefix(PREFIX)?.parse::<usize>().ok().filter(|row| (1..=ROWS).contains(row) && !FIELDS.contains(row))?;
        Some((row, value.parse::<f32>().ok()?))
    };
    drops.each("further columns", |particle| particle.extra.iter().any(|(name, value)| kept(name, value).is_none()));
    let first = options.first_voxel.unwrap_or(FIRST_VOXEL);
    let tomograms = TomogramNumbers::of_list(list);
    let mut bytes = em::Header::float([1, list.particles.len(), ROWS]).to_vec();
    for (index, particle) in list.particles.iter().enumerate() {
        let mut column = [0f32; ROWS];
        let mut put = |row: usize, value: f64| column[row - 1] = value as f32;
        put(1, particle.score.map_or(0.0, |score| score.get()));
        put(4, (index + 1) as f64);
        put(5, tomograms.of(list.tomogram_of(particle)) as f64);
        for (row, at) in [10, 9, 8].into_iter().zip(particle.position.zyx()) {
            let (whole, shift) = whole_and_shift(at + first);
            put(row, whole);
            put(row + 3, shift);
        }
        let (phi, psi, the) = particle.orientation.unwrap_or_default().to_zxz();
        for (row, degrees) in [(17, phi), (18, psi), (19, the)] {
            put(row, degrees);
        }
        put(20, f64::from(particle.class.get()));
        for (row, value) in particle.extra.iter().filter_map(|(name, value)| kept(name, value)) {
            put(row, f64::from(value));
        }
        for number in column {
            bytes.extend(number.to_le_bytes());
        }
    }
    drops.of_list("tomogram names (written as numbers)", tomograms.renamed());
    (bytes, drops.done())
}
