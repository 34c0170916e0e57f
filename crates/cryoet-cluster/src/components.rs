use crate::foreground::Foreground;
use crate::particles::Clusters;

/// Which voxels are neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Connectivity {
    /// Voxels that share a face: 6 neighbours.
    Faces,
    /// Voxels that share a face or an edge: 18 neighbours.
    Edges,
    /// Voxels that share a face, an edge or a corner: 26 neighbours.
    #[default]
    Corners,
}

impl Connectivity {
    /// The ways z, y, x from a voxel to its neighbours.
    pub(crate) fn steps(self) -> Vec<[isize; 3]> {
        let axes = match self {
            Self::Faces => 1,
            Self::Edges => 2,
            Self::Corners => 3,
        };
        (0..27)
            .map(|i| [i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1])
            .filter(|step: &[isize; 3]| (1..=axes).contains(&step.iter().map(|s| s.abs()).sum::<isize>()))
            .collect()
    }

    /// How far apart along x two voxels of rows `dz`, `dy` apart may be, or none where such rows do not touch.
    fn reach(self, dz: usize, dy: usize) -> Option<usize> {
        let axes = match self {
            Self::Faces => 1,
            Self::Edges => 2,
            Self::Corners => 3_usize,
        };
        axes.checked_sub(dz + dy).map(|left| left.min(1))
    }
}

/// Neighbouring voxels along x.
struct Run {
    first: usize,
    last: usize,
    /// The place of the first voxel in the foreground.
    at: usize,
}

/// Connected components of the whole foreground, whatever the labels, in the order of their first voxels; their centres
/// are centroids.
pub(crate) fn components(foreground: &Foreground, connectivity: Connectivity) -> Clusters {
    let [nz, ny, _] = foreground.shape();
    if foreground.len() == 0 {
        return Clusters::default();
    }
    let (runs, rows) = runs(foreground);
    let mut parent: Vec<u32> = (0..runs.len() as u32).collect();
    for z in 0..nz {
        for y in 0..ny {
            let here = rows[z * ny + y] as usize..rows[z * ny + y + 1] as usize;
            if here.is_empty() {
                continue;
            }
            // Rows that come before this one and touch it.
            for (dz, before) in [(0, y.checked_sub(1)), (1, y.checked_sub(1)), (1, Some(y)), (1, (y + 1 < ny).then_some(y + 1))] {
                let (Some(before), Some(z_before)) = (before, z.checked_sub(dz)) else { continue };
                let Some(reach) = connectivity.reach(dz, before.abs_diff(y)) else { continue };
                let row = z_before * ny + before;
                join(&runs, &mut parent, here.clone(), rows[row] as usize..rows[row + 1] as usize, reach);
            }
        }
    }
    gather(foreground, &runs, &mut parent)
}

/// The runs of the foreground, and for each row z, y where its runs begin (with one entry more for the end).
fn runs(foreground: &Foreground) -> (Vec<Run>, Vec<u32>) {
    let [nz, ny, nx] = foreground.shape();
    let mut runs: Vec<Run> = Vec::new();
    let mut rows = vec![0_u32; nz * ny + 1];
    let mut last_row = None;
    for (at, &index) in foreground.indices().iter().enumerate() {
        let (row, x) = (index as usize / nx, index as usize % nx);
        match runs.last_mut() {
            Some(run) if last_row == Some(row) && run.last + 1 == x => run.last = x,
            _ => {
                runs.push(Run { first: x, last: x, at });
                rows[row + 1] += 1;
                last_row = Some(row);
            }
        }
    }
    for row in 0..nz * ny {
        rows[row + 1] += rows[row];
    }
    (runs, rows)
}

/// Joins the runs of one row with those of another that come within `reach` along x.
fn join(runs: &[Run], parent: &mut [u32], here: std::ops::Range<usize>, before: std::ops::Range<usize>, reach: usize) {
    let (mut a, mut b) = (here.start, before.start);
    while a < here.end && b < before.end {
        let (run, other) = (&runs[a], &runs[b]);
        if run.first <= other.last + reach && other.first <= run.last + reach {
            union(parent, a as u32, b as u32);
        }
        if run.last < other.last { a += 1 } else { b += 1 }
    }
}

fn root(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        parent[i as usize] = parent[parent[i as usize] as usize];
        i = parent[i as usize];
    }
    i
}

/// The earlier root stays.
fn union(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b) as usize] = a.min(b);
}

fn gather(foreground: &Foreground, runs: &[Run], parent: &mut [u32]) -> Clusters {
    let mut name = vec![0_u32; runs.len()];
    let mut members = vec![0_u32; foreground.len()];
    let mut count = 0;
    for (i, run) in runs.iter().enumerate() {
        let root = root(parent, i as u32) as usize;
        if root == i {
            name[i] = count;
            count += 1;
        }
        members[run.at..=run.at + run.last - run.first].fill(name[root]);
    }
    Clusters::with_centroids(foreground, members, count as usize)
}

#[cfg(test)]
mod tests;
