use cryoet::{ClassLabel, ClassTable};

/// Colours that stay apart for most kinds of colour vision and over grey (after Wong 2011 and Tol's bright set).
const COLOURS: [[u8; 3]; 12] = [
    [230, 159, 0],
    [86, 180, 233],
    [0, 190, 140],
    [240, 228, 66],
    [204, 90, 180],
    [213, 94, 0],
    [110, 140, 255],
    [160, 220, 60],
    [255, 130, 150],
    [0, 210, 220],
    [190, 150, 100],
    [200, 180, 255],
];

/// The colour of a class: the table's, or one of our own by label.
pub(super) fn colour(label: ClassLabel, classes: &ClassTable) -> [u8; 3] {
    let own = COLOURS[usize::from(label.get().saturating_sub(1)) % COLOURS.len()];
    classes.get(label).and_then(|class| class.colour).unwrap_or(own)
}
