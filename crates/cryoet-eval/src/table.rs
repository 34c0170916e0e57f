use std::fmt;

use crate::Evaluation;

/// A name as a cell of a text table: a line's end in it would end the row.
pub(crate) fn one_line(name: &str) -> String {
    name.replace(char::is_control, " ")
}

/// A table for people: localisation, classes, confusion matrix (rows: truth, columns: picks).
impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let l = &self.localisation;
        writeln!(f, "   RR     TP     FP     FN     MH     RO      AD  recall  precision  miss rate      F1")?;
        write!(f, "{:>5}  {:>5}  {:>5}  {:>5}  {:>5}  {:>5}", l.reported, l.tp, l.fp, l.fn_, l.multiple_hits, l.outside)?;
        writeln!(f, "  {:>6.3}  {:>6.4}  {:>9.4}  {:>9.4}  {:>6.4}", l.mean_distance, l.recall, l.precision, l.miss_rate, l.f1)?;
        let names: Vec<_> = self.confusion.labels().iter().map(|&label| one_line(&self.name(label))).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        writeln!(f, "\n{:<width$}  precision  recall      F1  support", "class")?;
        for class in &self.classes {
            writeln!(
                f,
                "{:<width$}  {:>9.4}  {:>6.4}  {:>6.4}  {:>7}",
                one_line(&class.name),
                class.precision,
                class.recall,
                class.f1,
                class.support
            )?;
        }
        writeln!(f, "{:<width$}  {:>9}  {:>6}  {:>6.4}", "macro", "", "", self.macro_f1)?;
        writeln!(f, "{:<width$}  {:>9}  {:>6}  {:>6.4}", "micro", "", "", self.micro_f1())?;
        write!(f, "\n{:<width$}", "truth")?;
        for name in &names {
            write!(f, "  {name:>5}")?;
        }
        writeln!(f)?;
        for (name, row) in names.iter().zip(self.confusion.rows()) {
            write!(f, "{name:<width$}")?;
            for (count, column) in row.iter().zip(&names) {
                write!(f, "  {count:>0$}", column.chars().count().max(5))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cryoet_core::{Class, ClassLabel, ClassTable, Particle, Position};

    use crate::{DistanceParams, evaluate_distance};

    #[test]
    fn names_break_no_lines() {
        let list = [Particle::new(ClassLabel::new(1), Position::new(0.0, 0.0, 0.0).unwrap())];
        let table = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribo\n\tsome")]).unwrap();
        let text = evaluate_distance(&list, &list, &DistanceParams::new(2.0)).unwrap().with_names(&table).to_string();
        assert_eq!((text.lines().count(), text.matches("ribo  some").count()), (11, 3), "{text}");
    }

    #[test]
    fn holds_every_figure_and_name() {
        let at = |class, x| Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap());
        let table = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")]).unwrap();
        let evaluation = evaluate_distance(&[at(1, 0.0), at(2, 20.0)], &[at(1, 1.5)], &DistanceParams::new(2.0)).unwrap();
        let text = evaluation.with_names(&table).to_string();
        assert_eq!(
            text,
            "   RR     TP     FP     FN     MH     RO      AD  recall  precision  miss rate      F1
    1      1      0      1      0      0   1.500  0.5000     1.0000     0.5000  0.6667

class       precision  recall      F1  support
ribosome       1.0000  1.0000  1.0000        1
2              0.0000  0.0000  0.0000        1
macro                          0.5000
micro                          0.6667

truth       background  ribosome      2
background           0         0      0
ribosome             0         1      0
2                    1         0      0
"
        );
    }
}
