//! Numbers with bars, as wide as the terminal.

use std::io::{self, Write};

/// The widest name of a value, in characters.
const NAME: usize = 36;
/// Eighths of a character, from none.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Draws values with their numbers, at most `top` of them: with bars for so many columns; without, each on a line with
/// a tab before the number.
pub(super) fn draw(rows: &[(String, u64)], top: usize, width: Option<usize>, to: &mut dyn Write) -> io::Result<()> {
    let shown = &rows[..rows.len().min(top)];
    let (left, rest) = (rows.len() - shown.len(), rows[shown.len()..].iter().map(|(_, count)| count).sum::<u64>());
    let Some(width) = width else {
        for (name, count) in shown {
            writeln!(to, "{name}\t{count}")?;
        }
        return if left > 0 { writeln!(to, "({left} more)\t{rest}") } else { Ok(()) };
    };
    let names: Vec<_> = shown.iter().map(|(name, _)| cut(name)).collect();
    let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let most = shown.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let number_width = most.to_string().len();
    // Two columns before the name, two after it, one before the bar.
    let room = width.saturating_sub(name_width + number_width + 5);
    for (name, (_, count)) in names.iter().zip(shown) {
        let pad = " ".repeat(name_width - name.chars().count());
        writeln!(to, "  {name}{pad}  {count:>number_width$} {}", bar(*count, most, room))?;
    }
    if left > 0 { writeln!(to, "  and {left} more, {rest} in all") } else { Ok(()) }
}

/// A bar that is `room` columns long for the most, and never invisible.
fn bar(count: u64, most: u64, room: usize) -> String {
    let eighths = (u128::from(count) * room as u128 * 8 / u128::from(most)) as usize;
    let eighths = if count > 0 && room > 0 { eighths.max(1) } else { eighths };
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

fn cut(name: &str) -> String {
    match name.chars().count() > NAME {
        true => name.chars().take(NAME - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: &[(&str, u64)], top: usize, width: Option<usize>) -> String {
        let rows: Vec<_> = rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let mut out = Vec::new();
        draw(&rows, top, width, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn bars_fill_the_width_and_show_the_least_too() {
        let rows = [("CC-BY-4.0", 1000), ("CC0-1.0", 500), ("MIT", 1)];
        let expected = concat!("  CC-BY-4.0  1000 ██████████\n", "  CC0-1.0     500 █████\n", "  MIT           1 ▏\n");
        assert_eq!(drawn(&rows, 9, Some(28)), expected);
        assert_eq!(drawn(&rows, 2, None), "CC-BY-4.0\t1000\nCC0-1.0\t500\n(1 more)\t1\n");
        assert!(drawn(&rows, 1, Some(3)).ends_with("and 2 more, 501 in all\n"), "a narrow terminal has numbers alone");
    }

    #[test]
    fn a_long_name_is_cut_and_nothing_draws_nothing() {
        assert!(drawn(&[(&"é".repeat(99), 1)], 9, Some(80)).lines().all(|line| line.chars().count() <= 80));
        assert_eq!(drawn(&[], 9, Some(80)), "");
    }
}
