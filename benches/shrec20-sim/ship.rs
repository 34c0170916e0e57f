use std::path::Path;

use cryoet_io::write_whole;

use crate::results::commit;
use crate::scores::Scores;
use crate::trial::Trial;
use crate::{Common, Outcome, show};

/// Puts the network of a run under `weights/` in the checkout, with the clustering that was chosen for it in the file, the recipe of its training
/// and a card.
pub(crate) fn ship(name: &str, common: &Common) -> Outcome<()> {
    let data = common.data()?;
    let params = common.training_recipe();
    let trial = Trial::new(common, common.folder(), &data, data.dataset(), params.clone())?;
    let (training, choice, picks) = trial.run()?;
    let scores = Scores::of(&data, &picks.particles)?;
    let classes: Vec<String> = data.classes()?.iter().map(|class| class.name.clone()).collect();
    let densities = if data.densities()? == "maps" { "densities of the complexes" } else { "the built-in shapes" };
    let card = format!(
        "# {name}\n\n\
         DeepFinder's network for {count} complexes ({classes}) at 10 Angstrom per voxel. **It was trained on simulated tomograms alone**\n\
         (`shrec20-sim`, size {size}, seed {seed}, from {densities}, commit {commit}) and says nothing about real ones until it has been tried there.\n\n\
         ```sh\n\
         cryoet pick tomogram.mrc --weights {name} -o picks.csv\n\
         ```\n\n\
         The clustering that was chosen on the ninth tomogram comes with the weights: `{pick}`.\n\n\
         Trained by `cargo xtask shrec20-sim {size} --seed {seed} --params weights/{name}.toml` ([{name}.toml]({name}.toml)): {voxels} voxels of patches in {minutes:.0} minutes. On the\n\
         tenth tomogram, which neither training nor the choice of clustering saw, by SHREC's bounding boxes:\n\n\
         {scores}",
        count = classes.len(),
        classes = classes.join(", "),
        size = common.size,
        seed = common.seed,
        commit = commit(),
        pick = choice.arguments().join(" "),
        voxels = training.voxels,
        minutes = training.seconds / 60.0,
        scores = scores.evaluation.to_markdown(),
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weights");
    let put = |extension: &str, bytes: &[u8]| {
        write_whole(folder.join(format!("{name}.{extension}")), |file| std::io::Write::write_all(file, bytes))
    };
    put("safetensors", &std::fs::read(trial.weights_with(&choice)?)?)?;
    put("toml", &std::fs::read(params)?)?;
    put("md", card.as_bytes())?;
    show(&format!("{}: {name}.safetensors, {name}.toml, {name}.md; name it in README.md there\n", folder.display()))
}
