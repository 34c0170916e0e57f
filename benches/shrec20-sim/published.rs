/// What the paper says of its own data, to tell whether ours are as hard; it contradicts itself on template matching.
pub(crate) const SHREC_2020: &str = "
published on the real SHREC'20      localisation F1   macro F1
DeepFinder (tables 3 and 4)                   0.924      0.871
UMC (tables 3 and 4)                          0.949      0.905
template matching TM-F, table 3               0.841      0.698
template matching TM-F, table 8               0.663
template matching TM-T, table 3               0.704      0.686
template matching TM-T, table 8               0.468
";

#[cfg(test)]
mod tests {
    /// The means are those of the paper's table 4, which prints F1 of each class.
    #[test]
    fn macro_figures_are_means_of_table_4() {
        let table = [
            ("DeepFinder", [0.61, 0.729, 0.8, 0.911, 0.783, 0.848, 0.866, 0.939, 1.0, 0.984, 0.993, 0.993]),
            ("UMC", [0.661, 0.827, 0.839, 0.947, 0.855, 0.873, 0.899, 0.981, 0.997, 0.98, 1.0, 0.997]),
            ("TM-F", [0.319, 0.219, 0.207, 0.66, 0.589, 0.808, 0.815, 0.945, 0.939, 0.966, 0.968, 0.945]),
            ("TM-T", [0.2, 0.102, 0.248, 0.727, 0.555, 0.869, 0.835, 0.88, 0.934, 0.97, 0.968, 0.945]),
        ];
        for (name, f1) in table {
            let mean = format!("{:.3}", f1.iter().sum::<f64>() / 12.0);
            let line = super::SHREC_2020.lines().find(|line| line.contains(name) && !line.contains("table 8")).unwrap();
            assert!(line.ends_with(&mean), "{line}: {mean}");
        }
    }
}
