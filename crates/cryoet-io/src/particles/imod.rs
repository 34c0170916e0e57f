use cryoet_core::{ClassLabel, Particle, VoxelSize};

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, bytes::Cursor, dropped::Drops, read::Place, rescale::rescale,
};

/// What every model begins with.
pub(super) const MAGIC: &[u8; 8] = b"IMODV1.2";

/// Where the centre of the first voxel lies, z, y, x: x and y run from the voxel's corner, z from its centre
/// ("Model Coordinate Conventions" in IMOD's binary file format).
const FIRST_VOXEL: [f64; 3] = [0.0, 0.5, 0.5];

/// Model flag: Z, too, runs from half a voxel before the first centre; what every newer model has, and says of display only.
const Z_FROM_MINUS_HALF: u32 = 1 << 10;
/// Model flag: written by another program than 3dmod.
const NOT_BY_3DMOD: u32 = 1 << 11;
/// Object flag: contours are open; and: scattered points.
const OPEN_SCATTERED: u32 = 1 << 3 | 1 << 9;

/// An extra that tells the contours of an object apart.
const CONTOUR: &str = "imod.contour";

/// IMOD's binary model: every point of every contour is a particle; the object is its class.
pub(super) fn read(place: Place, bytes: &[u8], options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let mut cursor = Cursor::new(place, bytes);
    let magic = cursor.take("the model's magic", 8)?;
    if &magic[..4] != b"IMOD" {
        return Err(place.binary(0, format!("{:?}, expected \"IMODV1.2\"", String::from_utf8_lossy(magic))));
    }
    cursor.take("the model's name", 128)?;
    let max = [cursor.big_u32("xmax")?, cursor.big_u32("ymax")?, cursor.big_u32("zmax")?];
    cursor.take("the model's view", 68)?;
    let pixel_size = cursor.big_f32("pixsize")?;
    let units = cursor.big_u32("units")?;
    cursor.take("the end of the model's header", 16)?;

    // Negative units are powers of ten of a metre; 0 is the pixel itself.
    let exponent = units as i32;
    let angstrom = (-12..0).contains(&exponent).then(|| f64::from(pixel_size) * 10f64.powi(exponent + 10));
    let isotropic = angstrom.and_then(|angstrom| VoxelSize::isotropic((angstrom * 1e6).round() / 1e6).ok());
    let [nx, ny, nz] = max.map(|n| n as usize);
    let shape = (nx > 0 && ny > 0 && nz > 0 && nx.max(ny).max(nz) < 1 << 24).then_some([nz, ny, nx]);
    let mut list = ParticleList { voxel_size: isotropic, shape, ..ParticleList::default() };
    let (mut object, mut contour, mut class) = (0, 0, options.class);
    while !cursor.is_at_end() {
        let start = cursor.at();
        match cursor.take("a chunk's name", 4)? {
            b"IEOF" => {
                rescale(place, &mut list, options)?;
                return Ok(list);
            }
            b"OBJT" => {
                let name = cursor.take("an object's name", 64)?;
                cursor.take("an object's header", 112)?;
                object += 1;
                contour = 0;
                class = class_of(place, start, name, object, options)?;
            }
            b"CONT" => {
                let points = cursor.big_u32("psize")? as usize;
                cursor.take("a contour's header", 12)?;
                contour += 1;
                let data = cursor.take("a contour's points", points.saturating_mul(12))?;
                let (numbers, _) = data.as_chunks::<4>();
                for (index, point) in numbers.chunks_exact(3).enumerate() {
                    let [x, y, z] = [0, 1, 2].map(|axis| f64::from(f32::from_be_bytes(point[axis])));
                    let at = [z, y, x];
                    let zyx: [f64; 3] = std::array::from_fn(|axis| at[axis] - options.first_voxel.unwrap_or(FIRST_VOXEL[axis]));
                    let position = cryoet_core::Position::try_from(zyx);
                    let position = position.map_err(|error| place.binary(start, format!("point {index} of contour {contour}: {error}")))?;
                    let mut particle = Particle::new(class, position);
                    particle.extra.insert(CONTOUR.into(), contour.to_string());
                    list.particles.push(particle);
                }
            }
            b"MESH" => {
                let (vertices, indices) = (cursor.big_u32("vsize")? as usize, cursor.big_u32("lsize")? as usize);
                cursor.take("a mesh's header", 8)?;
                cursor.take("a mesh", vertices.saturating_mul(12).saturating_add(indices.saturating_mul(4)))?;
            }
            name if name.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') => {
                let length = cursor.big_u32("a chunk's length")? as usize;
                cursor.take("a chunk", length)?;
            }
            name => return Err(place.binary(start, format!("{:?}, expected the name of a chunk", String::from_utf8_lossy(name)))),
        }
    }
    Err(place.binary(cursor.at(), "truncated: the model ends before IEOF".into()))
}

/// An object's class: by a name that is a label, by its name in the class table, else by its number.
fn class_of(place: Place, at: usize, name: &[u8], object: u64, options: &ReadParticles) -> Result<ClassLabel, ReadParticlesError> {
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    let name = String::from_utf8_lossy(&name[..end]);
    let label = |number: u64| u8::try_from(number).ok().filter(|label| (1..=254).contains(label)).map(ClassLabel::new);
    let by_label = name.trim().parse().ok().and_then(label);
    let named = by_label.or_else(|| options.classes.by_name(name.trim()).map(|class| class.label));
    named.or_else(|| label(object)).ok_or_else(|| place.binary(at, format!("object {object}: a class table has at most 254 classes")))
}

pub(super) fn write(list: &ParticleList, options: &WriteParticles) -> (Vec<u8>, Vec<Dropped>) {
    let mut drops = Drops::of(list);
    drops.each("orientation", |particle| particle.orientation.is_some());
    drops.each("score", |particle| particle.score.is_some());
    drops.each("size", |particle| particle.size.is_some());
    drops.each("tomogram", |particle| list.tomogram_of(particle).is_some());
    drops.each("further columns", |particle| particle.extra.keys().any(|name| name != CONTOUR));
    let mut labels: Vec<ClassLabel> = list.particles.iter().map(|particle| particle.class).collect();
    labels.sort_unstable();
    labels.dedup();

    let mut bytes = MAGIC.to_vec();
    bytes.extend(fixed::<128>("cryoet"));
    let [nz, ny, nx] = list.shape.unwrap_or([0; 3]).map(|n| n as u32);
    for word in [nx, ny, nz, labels.len() as u32, Z_FROM_MINUS_HALF | NOT_BY_3DMOD, 1, 1, 0, 255] {
        bytes.extend(word.to_be_bytes());
    }
    for offset in [0f32; 3] {
        bytes.extend(offset.to_be_bytes());
    }
    for scale in [1f32; 3] {
        bytes.extend(scale.to_be_bytes());
    }
    // The current object, contour and point; spatial resolution; threshold.
    for word in [0u32, 0, 0, 3, 128] {
        bytes.extend(word.to_be_bytes());
    }
    // Angstrom are 10^-10 metres; without a voxel size the unit is the pixel.
    let (size, units) = list.voxel_size.map_or((1.0, 0), |size| (size.mean(), -10i32));
    bytes.extend((size as f32).to_be_bytes());
    bytes.extend(units.to_be_bytes());
    // Checksum, then three view angles.
    bytes.extend([0; 16]);
    for label in labels {
        let name = options.class_word(label);
        drops.of_list(&format!("class name {name:?} beyond 63 bytes"), name.len() > 63);
        bytes.extend(b"OBJT");
        bytes.extend(fixed::<64>(&name));
        bytes.extend([0; 64]);
        let points: Vec<&Particle> = list.particles.iter().filter(|particle| particle.class == label).collect();
        for word in [1, OPEN_SCATTERED, 0, 1] {
            bytes.extend(u32::to_be_bytes(word));
        }
        for channel in [0f32, 1.0, 0.0] {
            bytes.extend(channel.to_be_bytes());
        }
        // Radius of the points drawn; then symbol, size, line widths and the like; no meshes, no surfaces.
        bytes.extend(5u32.to_be_bytes());
        bytes.extend([1, 3, 1, 1, 0, 0, 0, 0]);
        bytes.extend([0; 8]);
        bytes.extend(b"CONT");
        for word in [points.len() as u32, 0, 0, 0] {
            bytes.extend(word.to_be_bytes());
        }
        for particle in points {
            let at = particle.position.zyx();
            let [z, y, x]: [f64; 3] = std::array::from_fn(|axis| at[axis] + options.first_voxel.unwrap_or(FIRST_VOXEL[axis]));
            for v in [x, y, z] {
                bytes.extend((v as f32).to_be_bytes());
            }
        }
    }
    bytes.extend(b"IEOF");
    (bytes, drops.done())
}

/// A text of N bytes, cut or padded with zeros, so that it ends in a zero.
fn fixed<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [0; N];
    let mut end = text.len().min(N - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    field[..end].copy_from_slice(&text.as_bytes()[..end]);
    field
}
