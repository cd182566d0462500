//! A walk through the bytes of a binary file that cannot step outside it.

use super::Source;
use crate::error::Error;

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// A place in a file, and the way to read on from there.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    source: &'a Source<'a>,
    at: usize,
    end: usize,
    order: Order,
    /// What is being read, for the error if the file ends in it.
    part: &'static str,
}

/// Reads a number of the width of its type.
macro_rules! read_number {
    ($($name:ident: $number:ty),*) => {
        $(pub(super) fn $name(&mut self) -> Result<$number, Error> {
            let bytes = self.array()?;
            Ok(match self.order {
                Order::Little => <$number>::from_le_bytes(bytes),
                Order::Big => <$number>::from_be_bytes(bytes),
            })
        })*
    };
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a Source<'a>, order: Order) -> Self {
        Self {
            source,
            at: 0,
            end: source.bytes.len(),
            order,
            part: "header",
        }
    }

    /// A walk through the `length` bytes that were just stepped over.
    pub(super) fn back_over(&self, length: usize) -> Self {
        Self {
            at: self.at.saturating_sub(length),
            end: self.at,
            ..*self
        }
    }

    read_number! { u16: u16, i32: i32, u32: u32, i64: i64, u64: u64, f32: f32, f64: f64 }

    /// Names the part of the file that follows.
    pub(super) fn enter(&mut self, part: &'static str) {
        self.part = part;
    }

    pub(super) fn set_order(&mut self, order: Order) {
        self.order = order;
    }

    pub(super) fn order(&self) -> Order {
        self.order
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.source.bytes[self.at..self.end]
    }

    /// Moves to a place in the file.
    pub(super) fn seek(&mut self, at: u64) -> Result<(), Error> {
        self.at = usize::try_from(at)
            .ok()
            .filter(|at| *at <= self.end)
            .ok_or_else(|| {
                self.broken(&format!("points to byte {at}, past the end of the file"))
            })?;
        Ok(())
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let bytes = self.rest().get(..count).ok_or_else(|| {
            let size = self.source.bytes.len();
            self.broken(&format!("ends early: the file has {size} bytes"))
        })?;
        self.at += count;
        Ok(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn i32s<const N: usize>(&mut self) -> Result<[i32; N], Error> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.i32()?;
        }
        Ok(numbers)
    }

    /// Bytes that are preceded by their number.
    pub(super) fn counted(&mut self) -> Result<&'a [u8], Error> {
        let length = self.i32()?;
        let length = self.count(length, 1)?;
        self.bytes(length)
    }

    /// A count of things that take at least `size` bytes each, so that a damaged count is seen
    /// before memory is set aside for it.
    pub(super) fn count(
        &mut self,
        count: impl TryInto<usize>,
        size: usize,
    ) -> Result<usize, Error> {
        count
            .try_into()
            .ok()
            .filter(|count: &usize| {
                count
                    .checked_mul(size)
                    .is_some_and(|needed| needed <= self.rest().len())
            })
            .ok_or_else(|| self.broken("declares more than the file holds"))
    }

    /// Steps over a mark that must stand here.
    pub(super) fn expect(&mut self, mark: &str) -> Result<(), Error> {
        if self.rest().starts_with(mark.as_bytes()) {
            self.at += mark.len();
            Ok(())
        } else {
            Err(self.broken(&format!("lacks its mark {mark}")))
        }
    }

    /// Whether a mark stands here; if so, steps over it.
    pub(super) fn skip(&mut self, mark: &str) -> bool {
        self.expect(mark).is_ok()
    }

    /// An error about the part of the file that is being read.
    pub(super) fn broken(&self, problem: &str) -> Error {
        self.source
            .corrupt(format!("at byte {}, the {} {problem}", self.at, self.part))
    }
}

/// The bytes of a text in a field of fixed width, up to the first zero.
pub(super) fn until_zero(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}

/// The bytes of a text in a field that is filled up with spaces or zeros.
pub(super) fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b' ' | 0));
    &bytes[..end.map_or(0, |last| last + 1)]
}
