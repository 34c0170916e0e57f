use std::collections::BTreeSet;

use cryoet_core::ClassLabel;

/// What becomes of picks outside the hitbox volume. They are counted as outside either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutsidePicks {
    /// They are moved to the nearest voxel of the volume and may hit a particle there: the SHREC challenges' rule.
    Clamp,
    /// They find nothing.
    Miss,
}

/// Which distances AD averages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeanDistance {
    /// Of every hit, from the voxel that the pick was rounded and clamped to: SHREC'19.
    AllHits,
    /// Of the first hit on each particle, from that voxel too: SHREC'20 and SHREC'21.
    FirstHits,
    /// Of every hit, from the pick as it was reported.
    AllHitsUnrounded,
}

/// The details in which rules of hitbox evaluation differ. They were read off the challenges' own programs.
///
/// ```
/// use cryoet_core::ClassLabel;
/// use cryoet_eval::HitboxProtocol;
/// assert_eq!(HitboxProtocol::default(), HitboxProtocol::shrec_2019());
/// let without_membranes = HitboxProtocol { excluded: [ClassLabel::new(14)].into(), ..HitboxProtocol::strict() };
/// assert!(without_membranes.strays_count);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitboxProtocol {
    /// Picks outside the volume.
    pub outside: OutsidePicks,
    /// Whether picks that find nothing, and further picks on a particle already found, lower the precision of the class
    /// they name. In the SHREC tables they do not: a class's precision there is over the particles that were found.
    pub strays_count: bool,
    /// Whether each particle's voxels are grown by one along each axis; where they meet, the larger id wins, even over
    /// voxels of the smaller one, as a grey-value dilation has it. SHREC'20 and SHREC'21 do so to close holes.
    pub dilated: bool,
    /// Which distances AD averages.
    pub mean_distance: MeanDistance,
    /// Classes left out: their particles are no truth, picks that hit them are neither TP nor FP (but reported), and to the
    /// confusion matrix a pick that names one names background.
    pub excluded: BTreeSet<ClassLabel>,
    /// Of these the classes whose particles stay in the denominator of recall all the same.
    pub in_recall: BTreeSet<ClassLabel>,
}

impl HitboxProtocol {
    /// SHREC'19: bounding boxes; AD over every hit.
    ///
    /// The challenge's volumes hold the slices 156 to 355 of the 512 along z: picks made in the full tomogram must have 156
    /// taken from z before.
    pub const fn shrec_2019() -> Self {
        Self {
            outside: OutsidePicks::Clamp,
            strays_count: false,
            dilated: false,
            mean_distance: MeanDistance::AllHits,
            excluded: BTreeSet::new(),
            in_recall: BTreeSet::new(),
        }
    }

    /// SHREC'20: the occupancy map, dilated; AD over first hits.
    pub fn shrec_2020() -> Self {
        Self { dilated: true, mean_distance: MeanDistance::FirstHits, ..Self::shrec_2019() }
    }

    /// SHREC'21: as SHREC'20, without the ribosome 4V94 and without vesicles, whose labels are given. The published
    /// figures still divide recall by a number of particles that includes the vesicles.
    pub fn shrec_2021(ribosome: ClassLabel, vesicle: ClassLabel) -> Self {
        Self { excluded: [ribosome, vesicle].into(), in_recall: [vesicle].into(), ..Self::shrec_2020() }
    }

    /// Hitboxes without the challenges' quirks: picks outside find nothing, every stray pick counts against the class it
    /// names, distances are those of the picks as reported.
    pub fn strict() -> Self {
        Self { outside: OutsidePicks::Miss, strays_count: true, mean_distance: MeanDistance::AllHitsUnrounded, ..Self::shrec_2019() }
    }
}

/// SHREC'19's rule, so that figures can be compared with published ones.
impl Default for HitboxProtocol {
    fn default() -> Self {
        Self::shrec_2019()
    }
}
