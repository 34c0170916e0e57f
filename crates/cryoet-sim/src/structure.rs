use std::collections::BTreeSet;

use thiserror::Error;

use crate::scattering::element_of;

mod assembly;
mod cif_table;
mod hydrogens;
mod mmcif;
mod pdb;
mod raster;

pub(crate) use assembly::Assembly;

/// Why a structure could not be read, assembled or drawn.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum StructureError {
    /// A record that cannot be understood.
    #[error("line {line}: {field} is {found:?}: expected {expected}")]
    Field {
        /// The line, from 1.
        line: usize,
        /// Which part of it.
        field: &'static str,
        /// What was there.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An mmCIF table lacks a column.
    #[error("table {table} has no column {column}")]
    Column {
        /// The table's category.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// An mmCIF table whose values do not fill its rows.
    #[error("line {line}: table {table} ends in the middle of a row")]
    Row {
        /// The line on which the table begins, from 1.
        line: usize,
        /// The table's first column.
        table: String,
    },
    /// No atom but water and lone ions.
    #[error("no atoms: expected ATOM records, or a table atom_site")]
    Empty,
    /// An element whose scattering is not known here.
    #[error("line {line}: element {symbol:?} has no scattering factors here")]
    Element {
        /// The line, from 1.
        line: usize,
        /// The element's symbol.
        symbol: String,
    },
    /// An assembly that the file does not describe.
    #[error("no assembly {name:?}: there are {known:?}")]
    Assembly {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// An assembly of chains that have no atoms.
    #[error("assembly {name:?} is of the chains {chains:?}, which have no atoms: chains with atoms are {known:?}")]
    Chains {
        /// The assembly's name.
        name: String,
        /// The chains it takes.
        chains: Vec<String>,
        /// The chains of the atoms.
        known: Vec<String>,
    },
    /// A voxel size that is not positive.
    #[error("voxels of {angstrom} Angstrom: expected a positive size")]
    VoxelSize {
        /// The voxel size asked for.
        angstrom: f64,
    },
    /// A resolution that is not positive.
    #[error("resolution of {angstrom} Angstrom: expected a positive number")]
    Resolution {
        /// The resolution asked for.
        angstrom: f64,
    },
    /// Voxels so small, or atoms so far apart, that the box is too large to be held.
    #[error(
        "the structure reaches {reach:.1} Angstrom from its centre of mass, a box of {side} voxels of {angstrom} Angstrom a side: expected at most {most}"
    )]
    Box {
        /// The voxel size asked for.
        angstrom: f64,
        /// How far the structure reaches, in Angstrom.
        reach: f64,
        /// The box's side in voxels.
        side: f64,
        /// The largest side.
        most: f64,
    },
}

/// One atom of a structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    /// The number of protons.
    pub atomic_number: u8,
    /// z, y, x in Angstrom.
    pub position: [f64; 3],
    /// Hydrogens that the file left out and that are counted where this atom is: its share of those of its residue.
    pub hydrogens: f64,
    /// The chain: its letter in a PDB file, label_asym_id in an mmCIF file.
    pub chain: String,
}

impl Atom {
    /// The mass in Dalton, hydrogens included.
    pub fn mass(&self) -> f64 {
        element_of(self.atomic_number).map_or(0.0, |element| element.mass) + self.hydrogens * 1.008
    }
}

/// The atoms of a molecule, without water and lone ions, as a PDB or mmCIF file holds them.
///
/// X-ray structures leave hydrogens out, which carry a fifth of protein's potential: those of standard amino acids and nucleotides are
/// added by count, spread evenly over the residue's atoms, which is right at resolutions of 3 Angstrom and beyond.
///
/// ```
/// use cryoet_sim::Structure;
/// let text = "\
/// ATOM      1  N   ALA A   1      11.104   6.134  -6.504  1.00  0.00           N
/// ATOM      2  CA  ALA A   1      11.639   6.071  -5.147  1.00  0.00           C
/// HETATM    3  O   HOH A 101      20.000   6.000  -5.000  1.00  0.00           O
/// ";
/// let structure = Structure::from_pdb(text)?;
/// assert_eq!(structure.atoms().len(), 2); // no water
/// assert_eq!(structure.atoms()[1].position, [-5.147, 6.071, 11.639]); // z, y, x
/// let potential = structure.potential(2.0)?;
/// assert!(potential.iter().any(|&v| v > 1.0));
/// # Ok::<(), cryoet_sim::StructureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    atoms: Vec<Atom>,
    assemblies: Vec<Assembly>,
}

impl Structure {
    fn new(atoms: Vec<Atom>, assemblies: Vec<Assembly>) -> Result<Self, StructureError> {
        if atoms.is_empty() {
            return Err(StructureError::Empty);
        }
        Ok(Self { atoms, assemblies })
    }

    /// Reads the text of a PDB file: the first model, of alternative places the first.
    ///
    /// # Errors
    /// Coordinates that are no numbers, elements without scattering factors, no atoms.
    pub fn from_pdb(text: &str) -> Result<Self, StructureError> {
        let (atoms, assemblies) = pdb::read(text)?;
        Self::new(atoms, assemblies)
    }

    /// Reads the text of an mmCIF file: the first model, of alternative places the first.
    ///
    /// # Errors
    /// A table `atom_site` that lacks columns or ends too early, coordinates that are no numbers, elements without scattering
    /// factors, no atoms.
    ///
    /// ```
    /// let text = "data_x\nloop_\n_atom_site.type_symbol\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n\
    ///             _atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\nC GLY A 1.0 2.0 3.0\nN GLY A 2.0 2.0 3.0\n";
    /// let structure = cryoet_sim::Structure::from_mmcif(text)?;
    /// assert_eq!(structure.atoms()[0].position, [3.0, 2.0, 1.0]);
    /// # Ok::<(), cryoet_sim::StructureError>(())
    /// ```
    pub fn from_mmcif(text: &str) -> Result<Self, StructureError> {
        let (atoms, assemblies) = mmcif::read(text)?;
        Self::new(atoms, assemblies)
    }

    /// The atoms.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// The names of the biological assemblies that the file describes.
    pub fn assemblies(&self) -> Vec<&str> {
        self.assemblies.iter().map(|assembly| assembly.name.as_str()).collect()
    }

    /// A biological assembly: the chains it takes, each turned and moved as often as it says.
    ///
    /// # Errors
    /// A name that is not among [`assemblies`](Self::assemblies); chains that have no atoms.
    pub fn assembly(&self, name: &str) -> Result<Self, StructureError> {
        let Some(assembly) = self.assemblies.iter().find(|assembly| assembly.name == name) else {
            let known = self.assemblies().into_iter().map(str::to_owned).collect();
            return Err(StructureError::Assembly { name: name.into(), known });
        };
        self.built(assembly)
    }

    /// The first biological assembly, or the structure as it is where the file describes none.
    ///
    /// # Errors
    /// An assembly of chains that are not there.
    pub fn first_assembly(&self) -> Result<Self, StructureError> {
        match self.assemblies.first() {
            Some(first) => self.built(first),
            None => Ok(self.clone()),
        }
    }

    fn built(&self, assembly: &Assembly) -> Result<Self, StructureError> {
        let atoms = assembly.build(&self.atoms);
        if atoms.is_empty() {
            // Files list the chains of water and ions, which have none here, so that some may be missing but not all.
            let of_atoms: BTreeSet<&str> = self.atoms.iter().map(|atom| atom.chain.as_str()).collect();
            let chains = assembly.parts.iter().flat_map(|part| part.chains.clone()).collect();
            let known = of_atoms.into_iter().map(str::to_owned).collect();
            return Err(StructureError::Chains { name: assembly.name.clone(), chains, known });
        }
        Self::new(atoms, Vec::new())
    }

    /// The mass in kDa, hydrogens included.
    pub fn mass_kda(&self) -> f64 {
        self.atoms.iter().map(Atom::mass).sum::<f64>() / 1e3
    }

    /// The centre of mass, z, y, x in Angstrom.
    pub fn centre(&self) -> [f64; 3] {
        let total: f64 = self.atoms.iter().map(Atom::mass).sum();
        std::array::from_fn(|axis| self.atoms.iter().map(|atom| atom.mass() * atom.position[axis]).sum::<f64>() / total)
    }
}

#[cfg(test)]
mod tests;
