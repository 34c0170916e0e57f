//! Hydrogens that X-ray structures leave out.

use super::Atom;

/// Hydrogens of residues inside a chain at neutral pH: the twenty amino acids, selenomethionine, and nucleotides of RNA and DNA.
const HYDROGENS: [(&str, u8); 29] = [
    ("ALA", 5),
    ("ARG", 13),
    ("ASN", 6),
    ("ASP", 4),
    ("CYS", 5),
    ("GLN", 8),
    ("GLU", 6),
    ("GLY", 3),
    ("HIS", 7),
    ("ILE", 11),
    ("LEU", 11),
    ("LYS", 13),
    ("MET", 9),
    ("PHE", 9),
    ("PRO", 7),
    ("SER", 5),
    ("THR", 7),
    ("TRP", 10),
    ("TYR", 9),
    ("VAL", 9),
    ("MSE", 9),
    ("A", 11),
    ("C", 11),
    ("G", 11),
    ("U", 10),
    ("DA", 11),
    ("DC", 11),
    ("DG", 11),
    ("DT", 12),
];

/// An atom as a file lists it.
pub(crate) struct Listed {
    pub(crate) atom: Atom,
    /// The residue's name.
    pub(crate) residue: String,
    /// What tells residues apart: chain, number and insertion code.
    pub(crate) identity: String,
    /// The alternative place, if there are several.
    pub(crate) place: Option<String>,
}

/// The atoms of a model: without water, lone ions and second places, and with the hydrogens of residues that have none.
pub(crate) fn complete(listed: Vec<Listed>) -> Vec<Atom> {
    let mut atoms = Vec::with_capacity(listed.len());
    for residue in listed.chunk_by(|a, b| a.identity == b.identity && a.residue == b.residue) {
        let name = residue[0].residue.as_str();
        if matches!(name, "HOH" | "WAT" | "DOD" | "H2O") || residue.len() == 1 && !HYDROGENS.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let first = residue.iter().find_map(|atom| atom.place.as_deref());
        let kept: Vec<&Listed> = residue.iter().filter(|atom| atom.place.is_none() || atom.place.as_deref() == first).collect();
        let missing = HYDROGENS.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count);
        let has_hydrogens = kept.iter().any(|listed| listed.atom.atomic_number == 1);
        let share = if has_hydrogens { 0.0 } else { f64::from(missing) / kept.len() as f64 };
        atoms.extend(kept.into_iter().map(|listed| Atom { hydrogens: share, ..listed.atom.clone() }));
    }
    atoms
}
