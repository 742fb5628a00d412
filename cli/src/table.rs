//! Rows as columns that line up: text to the left, numbers to the right.

use crate::style::Style;

/// A column's side.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    Left,
    Right,
}

/// The table as lines, its head in bold. The last column is not padded.
pub(crate) fn lines<const N: usize>(head: [(&str, Side); N], rows: &[[String; N]], style: Style) -> Vec<String> {
    let width = |n: usize| {
        let cells = rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count());
        cells.chain(head.get(n).map(|(name, _)| name.chars().count())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(head).zip(&widths).map(|((cell, (_, side)), width)| match side {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
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
        let shown = lines([("name", Side::Left), ("n", Side::Right)], &rows, Style::plain());
        assert_eq!(shown, ["name       n", "a          7", "längst  1234"]);
    }
}
