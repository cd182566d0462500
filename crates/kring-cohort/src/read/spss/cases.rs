//! The cases of an SPSS file, out of their compression.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::{SYSTEM_MISSING, Slot};
use crate::error::Error;
use crate::read::Source;
use crate::read::bytes::{Cursor, Order};

/// The slots of the data, one after the other.
pub(super) struct Cells<'a> {
    data: Cow<'a, [u8]>,
    at: usize,
    /// For compressed data: what is taken off a command byte to get the number.
    bias: Option<f64>,
    order: Order,
    commands: [u8; 8],
    /// The next command; at 8, eight more must be read.
    next: usize,
    /// Whether a command asks for bytes that are not there.
    is_cut: bool,
}

impl<'a> Cells<'a> {
    pub(super) fn plain(data: &'a [u8]) -> Self {
        Self {
            data: data.into(),
            at: 0,
            bias: None,
            order: Order::Little,
            commands: [0; 8],
            next: 8,
            is_cut: false,
        }
    }

    pub(super) fn compressed(data: Vec<u8>, bias: f64, order: Order) -> Self {
        Self {
            data: data.into(),
            bias: Some(bias),
            order,
            ..Self::plain(&[])
        }
    }

    /// The next slot, or nothing at the end of the data.
    fn slot(&mut self) -> Option<Slot> {
        let Some(bias) = self.bias else {
            return self.eight();
        };
        loop {
            if self.next == 8 {
                self.commands = self.eight()?;
                self.next = 0;
            }
            let command = self.commands[self.next];
            self.next += 1;
            let value = match command {
                0 => continue,
                252 => {
                    self.at = self.data.len();
                    self.next = 8;
                    return None;
                }
                253 => {
                    let slot = self.eight();
                    self.is_cut = slot.is_none();
                    return slot;
                }
                254 => return Some(*b"        "),
                255 => SYSTEM_MISSING,
                code => f64::from(code) - bias,
            };
            return Some(match self.order {
                Order::Little => value.to_le_bytes(),
                Order::Big => value.to_be_bytes(),
            });
        }
    }

    fn eight(&mut self) -> Option<Slot> {
        let (slot, _) = self.data.get(self.at..)?.split_first_chunk::<8>()?;
        self.at += 8;
        Some(*slot)
    }
}

/// The blocks of a `.zsav` after each other, as its table of blocks has them.
pub(super) fn inflate(cursor: &mut Cursor) -> Result<Vec<u8>, Error> {
    cursor.enter("table of compressed blocks");
    cursor.i64()?;
    let table = cursor.u64()?;
    cursor.seek(table)?;
    cursor.bytes(16)?; // bias and zero
    cursor.i32()?; // the size of a block
    let blocks = cursor.i32()?;
    let blocks: Vec<(u64, i32, i32)> = (0..cursor.count(blocks, 24)?)
        .map(|_| {
            cursor.i64()?;
            Ok((cursor.u64()?, cursor.i32()?, cursor.i32()?))
        })
        .collect::<Result<_, _>>()?;

    let mut data = Vec::new();
    for (start, size, compressed) in blocks {
        cursor.enter("compressed block");
        cursor.seek(start)?;
        let compressed = cursor.count(compressed, 1)?;
        let block = cursor.bytes(compressed)?;
        let size = u64::try_from(size).map_err(|_| cursor.broken("has a negative size"))?;
        let before = data.len();
        ZlibDecoder::new(block)
            .take(size + 1)
            .read_to_end(&mut data)
            .map_err(|error| cursor.broken(&format!("cannot be unpacked: {error}")))?;
        if (data.len() - before) as u64 != size {
            return Err(cursor.broken("has another size than the table says"));
        }
    }
    Ok(data)
}

/// All slots of all cases. A file that was cut short is an error; so is half a case.
pub(super) fn read_cases(
    source: &Source,
    mut cells: Cells,
    width: usize,
    declared: i64,
    notes: &mut Vec<String>,
) -> Result<Vec<Slot>, Error> {
    let mut slots = Vec::new();
    while let Some(slot) = cells.slot() {
        slots.push(slot);
    }
    let (cases, rest) = (slots.len() / width, slots.len() % width);
    let is_known = declared >= 0;
    let found = i64::try_from(cases).unwrap_or(i64::MAX);
    if is_known && found < declared {
        return Err(source.corrupt(format!(
            "it declares {declared} cases, but the data end after {found}"
        )));
    }
    let is_cut = cells.is_cut || cells.at < cells.data.len();
    if rest > 0 || is_cut {
        if !is_known {
            return Err(source.corrupt(format!("the data end in the middle of case {}", cases + 1)));
        }
        notes.push("what follows the last case does not make a case and was left out".to_owned());
        slots.truncate(cases * width);
    }
    if is_known && found > declared {
        notes.push(format!(
            "the file declares {declared} cases but holds {found}; all of them were read"
        ));
    }
    Ok(slots)
}
