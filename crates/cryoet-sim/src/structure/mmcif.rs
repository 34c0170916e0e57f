//! The mmCIF format: tables atom_site, pdbx_struct_assembly_gen and pdbx_struct_oper_list.

use std::collections::BTreeMap;

use super::assembly::{Assembly, Move, Part};
use super::cif_table::{CifTable, Row};
use super::hydrogens::{Listed, complete};
use super::{Atom, StructureError};
use crate::scattering::element_named;

/// The most moves an assembly may have: capsids have 60, or a few hundred where expressions are multiplied.
const MOST_MOVES: usize = 10_000;

pub(crate) fn read(text: &str) -> Result<(Vec<Atom>, Vec<Assembly>), StructureError> {
    let sites = CifTable::read(text, "atom_site")?;
    if sites.rows().is_empty() {
        return Err(StructureError::Empty);
    }
    let (symbol, residue, label) = (sites.required("type_symbol")?, sites.required("label_comp_id")?, sites.required("label_asym_id")?);
    let coordinates = [sites.required("Cartn_z")?, sites.required("Cartn_y")?, sites.required("Cartn_x")?];
    let author = sites.column("auth_asym_id");
    let number = [sites.column("auth_seq_id"), sites.column("label_seq_id"), sites.column("pdbx_PDB_ins_code")];
    let (place, model) = (sites.column("label_alt_id"), sites.column("pdbx_PDB_model_num"));
    let first_model = sites.rows()[0].get(model);
    let mut listed = Vec::with_capacity(sites.rows().len());
    // Assemblies name chains by label; atoms keep that name here, since one author's chain has several labels.
    for row in sites.rows().iter().filter(|row| row.get(model) == first_model) {
        let [z, y, x] = [(coordinates[0], "Cartn_z"), (coordinates[1], "Cartn_y"), (coordinates[2], "Cartn_x")]
            .map(|(column, field)| value(row, column, field));
        let symbol = row.get(symbol).unwrap_or("?");
        let atomic_number = element_named(symbol).ok_or_else(|| StructureError::Element { line: row.line, symbol: symbol.into() })?.number;
        let chain = row.get(label).unwrap_or("");
        let identity = format!("{chain} {} {:?}", row.get(author).unwrap_or(""), number.map(|column| row.get(column)));
        listed.push(Listed {
            atom: Atom { atomic_number, position: [z?, y?, x?], hydrogens: 0.0, chain: chain.into() },
            residue: row.get(residue).unwrap_or("").into(),
            identity,
            place: row.get(place).map(str::to_owned),
        });
    }
    Ok((complete(listed), assemblies(text)?))
}

fn value(row: &Row<'_>, column: Option<usize>, field: &'static str) -> Result<f64, StructureError> {
    let text = row.get(column).unwrap_or("?");
    let found = || StructureError::Field { line: row.line, field, found: text.into(), expected: "a finite number" };
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(found)
}

fn assemblies(text: &str) -> Result<Vec<Assembly>, StructureError> {
    let generation = CifTable::read(text, "pdbx_struct_assembly_gen")?;
    if generation.rows().is_empty() {
        return Ok(Vec::new());
    }
    let moves = moves(text)?;
    let columns = (generation.required("assembly_id")?, generation.required("oper_expression")?, generation.required("asym_id_list")?);
    let mut assemblies: Vec<Assembly> = Vec::new();
    for row in generation.rows() {
        let name = row.get(columns.0).unwrap_or("").to_owned();
        let chains = row.get(columns.2).unwrap_or("").split(',').map(|chain| chain.trim().to_owned()).collect();
        let expression = row.get(columns.1).unwrap_or("");
        let part = Part { chains, moves: evaluate(expression, row.line, &moves)? };
        match assemblies.iter_mut().find(|assembly| assembly.name == name) {
            Some(assembly) => assembly.parts.push(part),
            None => assemblies.push(Assembly { name, parts: vec![part] }),
        }
    }
    Ok(assemblies)
}

fn moves(text: &str) -> Result<BTreeMap<String, Move>, StructureError> {
    let table = CifTable::read(text, "pdbx_struct_oper_list")?;
    let id = table.required("id")?;
    let mut moves = BTreeMap::new();
    for row in table.rows() {
        let mut each = Move::NONE;
        for (i, line) in each.rows.iter_mut().enumerate() {
            for (j, element) in line.iter_mut().enumerate() {
                let name = if j == 3 { format!("vector[{}]", i + 1) } else { format!("matrix[{}][{}]", i + 1, j + 1) };
                *element = value(row, table.column(&name), "pdbx_struct_oper_list")?;
            }
        }
        moves.insert(row.get(id).unwrap_or("").to_owned(), each);
    }
    Ok(moves)
}

/// The moves of an expression such as `1`, `1,3`, `(1-60)` or `(1-5)(X0)`: of a product the right factor comes first.
fn evaluate(expression: &str, line: usize, moves: &BTreeMap<String, Move>) -> Result<Vec<Move>, StructureError> {
    let wrong =
        || StructureError::Field { line, field: "oper_expression", found: expression.into(), expected: "names of pdbx_struct_oper_list" };
    let mut product = vec![Move::NONE];
    for factor in expression.split(['(', ')']).map(|factor| factor.trim().trim_matches(',')).filter(|factor| !factor.is_empty()) {
        let mut names = Vec::new();
        for item in factor.split(',').map(str::trim) {
            match item.split_once('-').map(|(from, to)| (from.trim().parse::<usize>(), to.trim().parse::<usize>())) {
                Some((Ok(from), Ok(to))) if from <= to && to - from < MOST_MOVES => names.extend((from..=to).map(|n| n.to_string())),
                _ => names.push(item.to_owned()),
            }
        }
        let found = names.iter().map(|name| moves.get(name).copied()).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        if product.len() * found.len() > MOST_MOVES {
            return Err(wrong());
        }
        product = product.iter().flat_map(|left| found.iter().map(move |right| left.after(right))).collect();
    }
    Ok(product)
}
