//! The PDB format, version 3.3: ATOM, HETATM, MODEL and REMARK 350.

use super::assembly::{Assembly, Move, Part};
use super::hydrogens::{Listed, complete};
use super::{Atom, StructureError};
use crate::scattering::element_named;

pub(crate) fn read(text: &str) -> Result<(Vec<Atom>, Vec<Assembly>), StructureError> {
    let mut listed = Vec::new();
    let mut assemblies = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.starts_with("ATOM  ") || line.starts_with("HETATM") {
            listed.push(atom(line, i + 1)?);
        } else if line.starts_with("REMARK 350") {
            remark(columns(line, 10, 80), i + 1, &mut assemblies)?;
        } else if line.starts_with("ENDMDL") && !listed.is_empty() {
            break;
        }
    }
    assemblies.retain(|assembly: &Assembly| assembly.parts.iter().any(|part| !part.moves.is_empty()));
    Ok((complete(listed), assemblies))
}

/// The columns `from..to` of a line, from 0; shorter where the line or a character ends.
fn columns(line: &str, from: usize, to: usize) -> &str {
    line.get(from..to.min(line.len())).unwrap_or("").trim()
}

fn number(text: &str, line: usize, field: &'static str) -> Result<f64, StructureError> {
    let found = || StructureError::Field { line, field, found: text.into(), expected: "a finite number" };
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(found)
}

fn atom(line: &str, at: usize) -> Result<Listed, StructureError> {
    let coordinate = |from: usize, field| number(columns(line, from, from + 8), at, field);
    let (x, y, z) = (coordinate(30, "x")?, coordinate(38, "y")?, coordinate(46, "z")?);
    let name = line.get(12..16).unwrap_or("");
    let symbol = match columns(line, 76, 78) {
        // Older files have no element: the name's first two columns hold it, right-justified.
        "" if name.starts_with([' ', '1', '2', '3', '4']) => name.get(1..2).unwrap_or(""),
        "" if name.starts_with('H') => "H",
        "" => name.get(..2).unwrap_or(""),
        symbol => symbol,
    };
    let atomic_number = element_named(symbol).ok_or_else(|| StructureError::Element { line: at, symbol: symbol.into() })?.number;
    let place = columns(line, 16, 17);
    Ok(Listed {
        atom: Atom { atomic_number, position: [z, y, x], hydrogens: 0.0, chain: columns(line, 21, 22).into() },
        residue: columns(line, 17, 20).into(),
        identity: line.get(21..27).unwrap_or("").into(),
        place: (!place.is_empty()).then(|| place.to_owned()),
    })
}

/// One line of REMARK 350, in the order: BIOMOLECULE, chains, BIOMT1 to BIOMT3.
fn remark(text: &str, line: usize, assemblies: &mut Vec<Assembly>) -> Result<(), StructureError> {
    if let Some(name) = text.strip_prefix("BIOMOLECULE:") {
        assemblies.push(Assembly { name: name.trim().into(), parts: Vec::new() });
    }
    let Some(assembly) = assemblies.last_mut() else { return Ok(()) };
    let list = |chains: &str| chains.split(',').map(|chain| chain.trim().to_owned()).filter(|chain| !chain.is_empty()).collect::<Vec<_>>();
    if let Some(chains) = text.strip_prefix("APPLY THE FOLLOWING TO CHAINS:") {
        assembly.parts.push(Part { chains: list(chains), moves: Vec::new() });
    } else if let Some(chains) = text.strip_prefix("AND CHAINS:")
        && let Some(part) = assembly.parts.last_mut()
    {
        part.chains.extend(list(chains));
    } else if let Some(row) = text.strip_prefix("BIOMT")
        && let Some(part) = assembly.parts.last_mut()
    {
        let mut words = row.split_whitespace();
        let which = words.next().unwrap_or("");
        let expected = |found: &str| StructureError::Field { line, field: "BIOMT", found: found.into(), expected: "BIOMT1 to BIOMT3" };
        let index = ["1", "2", "3"].iter().position(|known| *known == which).ok_or_else(|| expected(which))?;
        let values = words.skip(1).map(|word| number(word, line, "BIOMT")).collect::<Result<Vec<_>, _>>()?;
        let values: [f64; 4] = values.try_into().map_err(|_| expected(row))?;
        if index == 0 {
            part.moves.push(Move::NONE);
        }
        part.moves.last_mut().ok_or_else(|| expected(row))?.rows[index] = values;
    }
    Ok(())
}
