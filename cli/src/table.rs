//! Rows as aligned columns: text to the left, numbers to the right.

use crate::{output::one_line, style::Style};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Align {
    Left,
    Right,
}

/// The table as lines, with its head in bold and without trailing blanks. A cell is one line, whatever it contains.
pub(crate) fn lines<const N: usize>(head: [(&str, Align); N], rows: &[[String; N]], style: Style) -> Vec<String> {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| one_line(cell))).collect();
    let width = |n: usize| {
        let cells = rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count());
        cells.chain(head.get(n).map(|(name, _)| name.chars().count())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(head).zip(&widths).map(|((cell, (_, align)), width)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let top = style.bold(&line(head.map(|(name, _)| name)));
    std::iter::once(top).chain(rows.iter().map(|row| line(row.each_ref().map(String::as_str)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["a".to_owned(), "7".to_owned()], ["längst".to_owned(), "1234".to_owned()]];
        let shown = lines([("name", Align::Left), ("n", Align::Right)], &rows, Style::plain());
        assert_eq!(shown, ["name       n", "a          7", "längst  1234"]);
    }
}
