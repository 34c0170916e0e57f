//! What is done to the tomogram and to the turned templates before they are compared.

use clap::Args;
use cryoet::VoxelSize;
use cryoet::matching::{Ctf, LowPass, MatchParams, Wedge};
use serde::Serialize;

use crate::failure::Failure;
use crate::geometry::{Tilts, tilts};
use crate::numbers;

#[derive(Args, Serialize)]
pub(super) struct Filters {
    /// First and last tilt in degrees: the turned templates lose what the tilt series did not measure
    #[arg(long, value_name = "FROM,TO", value_parser = tilts, allow_hyphen_values = true)]
    tilts: Option<Tilts>,
    /// Low-pass on the turned templates, in Angstrom
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    low_pass: Option<f64>,
    /// Underfocus in micrometre: the turned templates get the contrast transfer up to its first zero
    #[arg(long, value_name = "MICROMETRE", value_parser = numbers::positive, allow_negative_numbers = true)]
    defocus: Option<f64>,
    /// Acceleration voltage in kV [default: 300]
    #[arg(long, value_name = "KV", requires = "defocus", value_parser = numbers::positive, allow_negative_numbers = true)]
    voltage: Option<f64>,
    /// Spherical aberration in mm [default: 2.7]
    #[arg(long, value_name = "MM", requires = "defocus", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    spherical_aberration: Option<f64>,
    /// Share of amplitude contrast, 0 to 1 [default: 0.08]
    #[arg(long, value_name = "SHARE", requires = "defocus", value_parser = |text: &str| numbers::up_to(text, 1.0), allow_negative_numbers = true)]
    amplitude_contrast: Option<f64>,
    /// The contrast transfer counts beyond its first zero, with its signs: where it was not corrected, and is known that far
    #[arg(long, requires = "defocus")]
    beyond_first_zero: bool,
    /// Tomogram and turned templates are made equally strong at all frequencies; holds the tomogram in memory
    #[arg(long)]
    pub(super) whiten: bool,
    /// Voxels whose surroundings vary more than this many times as much as the tomogram are not searched: gold, carbon
    #[arg(long, value_name = "TIMES", value_parser = numbers::positive, allow_negative_numbers = true)]
    variance_limit: Option<f64>,
}

impl Filters {
    /// Checked parameters for a tomogram of a voxel size.
    pub(super) fn params(&self, voxel_size: Option<VoxelSize>, tile: Option<usize>) -> Result<MatchParams, Failure> {
        let low_pass = match (self.low_pass, voxel_size) {
            (Some(angstrom), Some(size)) => Some(LowPass::at_resolution(angstrom, size)),
            (Some(_), None) => return Err(Failure::usage("--low-pass is in Angstrom, and the tomogram's voxel size is unknown")),
            (None, _) => None,
        };
        if self.defocus.is_some() && voxel_size.is_none() {
            return Err(Failure::usage("--defocus needs the tomogram's voxel size, which is unknown"));
        }
        let defaults = MatchParams::default();
        let params = MatchParams {
            wedge: self.tilts.map(|Tilts(from, to)| Wedge::new(from, to)),
            low_pass,
            ctf: self.defocus.map(|micrometre| self.ctf(micrometre)),
            variance_limit: self.variance_limit,
            tile: tile.unwrap_or(defaults.tile),
        };
        params.check().map_err(Failure::of_arguments)?;
        Ok(params)
    }

    fn ctf(&self, micrometre: f64) -> Ctf {
        let defaults = Ctf::underfocus(micrometre * 1e4);
        Ctf {
            voltage: self.voltage.map_or(defaults.voltage, |kilovolt| kilovolt * 1e3),
            spherical_aberration: self.spherical_aberration.map_or(defaults.spherical_aberration, |millimetre| millimetre * 1e7),
            amplitude: self.amplitude_contrast.unwrap_or(defaults.amplitude),
            to_first_zero: !self.beyond_first_zero,
            ..defaults
        }
    }
}
