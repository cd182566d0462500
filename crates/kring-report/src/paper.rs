//! Tables on paper: how wide each column is, and what becomes of a table that is wider than the page.
//!
//! Widths are reckoned from letters, since neither Word nor Typst is asked. No word and no number is broken:
//! where the columns cannot all keep their longest word, the table is set in parts, each with the first columns.

use crate::grid::{Align, Cell, Column, Grid, Group, Notes};

/// The width of the text in twentieths of a point: A4 with margins of 25 mm.
pub(crate) const WIDTH: usize = 9070;

/// A letter of middling width.
const LETTER: usize = 98;

/// The margins of a cell.
const MARGINS: usize = 220;

/// How wide a text is set: capitals are broad.
fn wide(text: &str) -> usize {
    let broad = |c: &char| c.is_uppercase() || matches!(c, 'm' | 'w' | '%' | '−' | '+' | '=');
    let broad = text.chars().filter(broad).count();
    text.chars().count() * LETTER + broad * LETTER / 2
}

/// How wide the longest word of a text is set.
fn word(text: &str) -> usize {
    text.split([' ', '-', '/']).map(wide).max().unwrap_or(0)
}

/// The widest line of a column by some measure.
fn widest(grid: &Grid, place: usize, measure: &dyn Fn(&str) -> usize) -> usize {
    let cells = grid.rows().filter_map(|row| row.get(place));
    let lines = cells.flat_map(|cell| &cell.lines);
    lines.map(|line| measure(&line.text)).max().unwrap_or(0)
}

/// What a column needs so that no word is broken.
fn least(grid: &Grid, place: usize, column: &Column) -> usize {
    // Heads are bold.
    let head = word(&column.head) * 11 / 10;
    widest(grid, place, &word)
        .max(head)
        .clamp(wide("abc"), 30 * LETTER)
        + MARGINS
}

/// The widths of the columns, in twentieths of a point: each as wide as its longest line, where there is room.
/// Where there is none, what each has beyond its longest word gives way, that of words first.
pub(crate) fn widths(grid: &Grid) -> Vec<usize> {
    let columns = || grid.columns.iter().enumerate();
    let mut widths: Vec<usize> = columns()
        .map(|(place, column)| {
            let line = widest(grid, place, &wide).min(40 * LETTER) + MARGINS;
            line.max(least(grid, place, column))
        })
        .collect();
    for all in [false, true] {
        let excess = widths.iter().sum::<usize>().saturating_sub(WIDTH);
        let rooms: Vec<usize> = columns()
            .map(|(place, column)| {
                if all || column.align == Align::Left {
                    widths[place].saturating_sub(least(grid, place, column))
                } else {
                    0
                }
            })
            .collect();
        let total: usize = rooms.iter().sum();
        if excess == 0 || total == 0 {
            continue;
        }
        for (width, room) in widths.iter_mut().zip(&rooms) {
            *width -= (excess.min(total) * room).div_ceil(total).min(*room);
        }
    }
    let margins = MARGINS * widths.len();
    let letters = widths.iter().sum::<usize>() - margins;
    let room = WIDTH.saturating_sub(margins);
    if letters > room {
        for width in &mut widths {
            *width = MARGINS + (*width - MARGINS) * room / letters;
        }
    }
    widths
}

/// A table as it fits on the page: in one piece, or in parts that repeat its first columns.
pub(crate) fn parts(grid: Grid) -> Vec<Grid> {
    let least: Vec<usize> = grid
        .columns
        .iter()
        .enumerate()
        .map(|(place, column)| least(&grid, place, column))
        .collect();
    // Letters are reckoned broad: a fifth less still fits.
    let margins = MARGINS * least.len();
    let letters = least.iter().sum::<usize>() - margins;
    if letters * 5 / 6 + margins <= WIDTH {
        return vec![grid];
    }
    let words = grid
        .columns
        .iter()
        .take_while(|c| c.align == Align::Left)
        .count();
    let named = |n: usize| least[..n].iter().sum::<usize>() <= WIDTH / 2;
    let kept = (1..=words.max(1)).rev().find(|n| named(*n)).unwrap_or(1);
    let room = WIDTH.saturating_sub(least[..kept].iter().sum());
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let mut taken = room + 1;
    for (place, width) in least.iter().enumerate().skip(kept) {
        taken += width;
        if taken > room {
            sets.push(Vec::new());
            taken = *width;
        }
        if let Some(set) = sets.last_mut() {
            set.push(place);
        }
    }
    let last = sets.len().saturating_sub(1);
    let parts = sets.iter().enumerate().map(|(which, set)| {
        let places: Vec<usize> = (0..kept).chain(set.iter().copied()).collect();
        let of_row = |row: &Vec<Cell>| -> Vec<Cell> {
            let cells = places.iter().map(|place| row.get(*place).cloned());
            cells.map(Option::unwrap_or_default).collect()
        };
        Grid {
            caption: if which == 0 {
                grid.caption.clone()
            } else {
                format!("{} (continued)", grid.caption)
            },
            columns: places
                .iter()
                .filter_map(|place| grid.columns.get(*place).cloned())
                .collect(),
            groups: grid
                .groups
                .iter()
                .map(|group| Group {
                    title: group.title.clone(),
                    rows: group.rows.iter().map(of_row).collect(),
                })
                .collect(),
            notes: if which == last {
                grid.notes.clone()
            } else {
                Notes::default()
            },
            narrow: grid.narrow,
        }
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Cell, Tone};

    fn grid(columns: usize, text: &str) -> Grid {
        let mut heads = vec![Column::left("")];
        heads.extend((1..columns).map(|n| Column::right(format!("Overvecht{n}"))));
        let row = (0..columns)
            .map(|_| Cell::toned(text, Tone::Plain))
            .collect();
        Grid {
            caption: "Teams".to_owned(),
            columns: heads,
            groups: vec![Group {
                title: None,
                rows: vec![row],
            }],
            ..Grid::default()
        }
    }

    #[test]
    fn what_fits_stays_whole_and_keeps_to_the_page() {
        let whole = grid(5, "12.66");
        assert!(widths(&whole).iter().sum::<usize>() <= WIDTH);
        assert_eq!(parts(whole).len(), 1);
        // Words give way where lines are too long.
        let long = grid(
            4,
            "a line that is much longer than a third of the page is wide, and longer",
        );
        assert!(widths(&long).iter().sum::<usize>() <= WIDTH);
    }

    #[test]
    fn a_table_wider_than_the_page_is_set_in_parts_without_a_loss() {
        let parts = parts(grid(16, "12.66"));
        assert!(parts.len() > 1);
        let heads: Vec<&str> = parts
            .iter()
            .flat_map(|part| part.columns.iter().skip(1).map(|c| c.head.as_str()))
            .collect();
        let all: Vec<String> = (1..16).map(|n| format!("Overvecht{n}")).collect();
        assert_eq!(heads, all);
        for part in &parts {
            assert!(widths(part).iter().sum::<usize>() <= WIDTH);
            assert!(part.rows().all(|row| row.len() == part.columns.len()));
        }
        assert_eq!(parts[1].caption, "Teams (continued)");
    }
}
