//! From the bytes of a text to its letters.

use std::borrow::Cow;

use super::{Encoding, Source};
use crate::error::Error;

/// Letters of the bytes from 0x80 in code page 437 (DOS, United States).
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧\
                     ╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// Letters of the bytes from 0x80 in code page 850 (DOS, Western Europe).
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤\
                     ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// The letters that bytes stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Charset {
    Known(&'static encoding_rs::Encoding),
    Dos {
        name: &'static str,
        letters: &'static str,
    },
}

/// Decodes the texts of a file, and remembers what it met on the way.
pub(super) struct Decoder {
    pub charset: Charset,
    /// Texts with bytes that the charset has no letter for; they show as �.
    pub undecodable: usize,
    /// Texts with letters outside ASCII, and how many of those are sound UTF-8.
    accented: usize,
    like_utf8: usize,
}

impl Charset {
    /// The charset of an encoding.
    pub(super) fn of(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Utf8 => Self::Known(encoding_rs::UTF_8),
            Encoding::Utf16Le => Self::Known(encoding_rs::UTF_16LE),
            Encoding::Utf16Be => Self::Known(encoding_rs::UTF_16BE),
            Encoding::Windows1252 => Self::Known(encoding_rs::WINDOWS_1252),
            Encoding::MacRoman => Self::Known(encoding_rs::MACINTOSH),
            Encoding::Cp437 => Self::cp437(),
            Encoding::Cp850 => Self::cp850(),
        }
    }

    /// The charset of a name, as SPSS writes it: `UTF-8`, `windows-1252`, `cp850`.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.trim().to_lowercase().as_str() {
            "437" | "cp437" | "ibm437" | "ibm-437" => Some(Self::cp437()),
            "850" | "cp850" | "ibm850" | "ibm-850" => Some(Self::cp850()),
            other => encoding_rs::Encoding::for_label(other.as_bytes()).map(Self::Known),
        }
    }

    /// The charset of a Windows code page, as SPSS numbers it.
    pub(super) fn of_code_page(page: i32) -> Option<Self> {
        match page {
            437 => Some(Self::cp437()),
            850 => Some(Self::cp850()),
            // Plain ASCII, seven or eight bits: Windows-1252 adds letters where ASCII has none.
            2 | 3 | 1252 | 20127 | 28591 => Some(Self::Known(encoding_rs::WINDOWS_1252)),
            10000 => Some(Self::Known(encoding_rs::MACINTOSH)),
            28592..=28606 => Self::named(&format!("iso-8859-{}", page - 28590)),
            65001 => Some(Self::Known(encoding_rs::UTF_8)),
            54936 => Self::named("gb18030"),
            932 => Self::named("shift_jis"),
            936 => Self::named("gbk"),
            949 => Self::named("euc-kr"),
            950 => Self::named("big5"),
            874 | 1250..=1258 => Self::named(&format!("windows-{page}")),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Known(encoding) => encoding.name(),
            Self::Dos { name, .. } => name,
        }
    }

    /// The text, and whether some bytes have no letter in this charset.
    fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        match self {
            Self::Known(encoding) => encoding.decode_without_bom_handling(bytes),
            Self::Dos { letters, .. } => {
                let upper: Vec<char> = letters.chars().collect();
                let text = bytes
                    .iter()
                    .map(|byte| match byte.checked_sub(0x80) {
                        Some(i) => upper.get(usize::from(i)).copied().unwrap_or('\u{fffd}'),
                        None => char::from(*byte),
                    })
                    .collect::<String>();
                (Cow::Owned(text), false)
            }
        }
    }

    fn cp437() -> Self {
        Self::Dos {
            name: "cp437",
            letters: CP437,
        }
    }

    fn cp850() -> Self {
        Self::Dos {
            name: "cp850",
            letters: CP850,
        }
    }
}

impl Decoder {
    pub(super) fn new(charset: Charset) -> Self {
        Self {
            charset,
            undecodable: 0,
            accented: 0,
            like_utf8: 0,
        }
    }

    pub(super) fn text(&mut self, bytes: &[u8]) -> String {
        if bytes.is_ascii() {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        let (text, is_broken) = self.charset.decode(bytes);
        self.undecodable += usize::from(is_broken);
        self.accented += 1;
        self.like_utf8 += usize::from(str::from_utf8(bytes).is_ok());
        text.into_owned()
    }

    /// What a careful reader should know about the letters.
    pub(super) fn notes(&self) -> Vec<String> {
        let name = self.charset.name();
        let mut notes = Vec::new();
        if self.undecodable > 0 {
            notes.push(format!(
                "{} texts hold bytes that are not {name}; they show as \u{fffd}; perhaps another `encoding` is right",
                self.undecodable
            ));
        }
        let is_utf8 = self.charset == Charset::Known(encoding_rs::UTF_8);
        if !is_utf8 && self.accented > 0 && self.accented == self.like_utf8 {
            notes.push(format!(
                "the texts were read as {name}, but every accented one is sound UTF-8; if you see `Ã©` for `é`, give `encoding` as `utf-8`"
            ));
        }
        notes
    }
}

/// A whole text file, with the name of its encoding and notes about it.
pub(super) struct DecodedFile {
    pub text: String,
    pub encoding: &'static str,
    pub notes: Vec<String>,
}

/// Decodes a text file: in the encoding that was given, or the one that its bytes show.
///
/// A byte order mark tells; so do the zeros of UTF-16; sound UTF-8 is UTF-8; anything else that
/// is text is Windows-1252.
pub(super) fn decode_file(source: &Source) -> Result<DecodedFile, Error> {
    let bytes = source.bytes;
    let (encoding, skip) = match source.options.encoding {
        Some(encoding) => (encoding, mark_of(bytes, encoding)),
        None => detect(source)?,
    };
    let body = &bytes[skip..];
    let mut text = match encoding {
        Encoding::Utf8 => utf8(source, body, skip)?.to_owned(),
        Encoding::Utf16Le => utf16(source, body, skip, u16::from_le_bytes)?,
        Encoding::Utf16Be => utf16(source, body, skip, u16::from_be_bytes)?,
        Encoding::Windows1252 | Encoding::MacRoman | Encoding::Cp437 | Encoding::Cp850 => {
            Charset::of(encoding).decode(body).0.into_owned()
        }
    };
    if text.ends_with('\x1a') {
        text.pop(); // the mark with which DOS ends a text
    }
    check_is_text(source, &text, encoding)?;

    let is_detected = source.options.encoding.is_none();
    let mut notes = Vec::new();
    if encoding == Encoding::Windows1252 && is_detected && has_utf8_letters(body) {
        notes.push(
            "some bytes are not UTF-8, so the text was read as Windows-1252, but it has letters in UTF-8 too; look for `Ã©` and the like"
                .to_owned(),
        );
    }
    Ok(DecodedFile {
        text,
        encoding: Charset::of(encoding).name(),
        notes,
    })
}

fn detect(source: &Source) -> Result<(Encoding, usize), Error> {
    let bytes = source.bytes;
    for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be] {
        let mark = mark_of(bytes, encoding);
        if mark > 0 {
            return Ok((encoding, mark));
        }
    }
    // In UTF-16, the letters of a Western text have a zero for every other byte.
    let sample = &bytes[..bytes.len().min(4096)];
    let zeros = |phase: usize| {
        sample
            .iter()
            .skip(phase)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if (even + odd) * 5 > sample.len() * 2 && sample.len() > 3 {
        if even == 0 {
            return Ok((Encoding::Utf16Le, 0));
        }
        if odd == 0 {
            return Ok((Encoding::Utf16Be, 0));
        }
    }
    if str::from_utf8(bytes).is_ok() {
        return Ok((Encoding::Utf8, 0));
    }
    // Windows-1252 leaves five bytes without a letter.
    match bytes
        .iter()
        .position(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d))
    {
        Some(offset) if !bytes.contains(&0) => Err(wrong(
            source,
            "UTF-8 or Windows-1252",
            offset,
            "`mac-roman` or `cp850`",
        )),
        _ => Ok((Encoding::Windows1252, 0)),
    }
}

/// The length of the byte order mark, if there is one.
fn mark_of(bytes: &[u8], encoding: Encoding) -> usize {
    let mark: &[u8] = match encoding {
        Encoding::Utf8 => b"\xEF\xBB\xBF",
        Encoding::Utf16Le => b"\xFF\xFE",
        Encoding::Utf16Be => b"\xFE\xFF",
        _ => return 0,
    };
    if bytes.starts_with(mark) {
        mark.len()
    } else {
        0
    }
}

fn utf8<'a>(source: &Source, body: &'a [u8], skip: usize) -> Result<&'a str, Error> {
    str::from_utf8(body).map_err(|error| {
        wrong(
            source,
            "UTF-8",
            skip + error.valid_up_to(),
            "`windows-1252`",
        )
    })
}

fn utf16(
    source: &Source,
    body: &[u8],
    skip: usize,
    unit: fn([u8; 2]) -> u16,
) -> Result<String, Error> {
    let (pairs, odd) = body.as_chunks::<2>();
    let mut text = String::with_capacity(body.len());
    let mut offset = skip;
    for letter in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let Ok(letter) = letter else {
            return Err(wrong(source, "UTF-16", offset, "`utf-8`"));
        };
        text.push(letter);
        offset += 2 * letter.len_utf16();
    }
    if odd.is_empty() {
        Ok(text)
    } else {
        Err(wrong(source, "UTF-16", offset, "`utf-8`"))
    }
}

fn wrong(source: &Source, encoding: &str, offset: usize, other: &'static str) -> Error {
    Error::Encoding {
        file: source.file.to_owned(),
        encoding: encoding.to_owned(),
        offset,
        line: line_of(source.bytes, offset),
        other,
    }
}

/// Refuses control characters, which no table has: the file is something else than text.
fn check_is_text(source: &Source, text: &str, encoding: Encoding) -> Result<(), Error> {
    let is_control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0c');
    // In blocks without a branch, so that many bytes are looked at in one step.
    let block = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(false, |any, &byte| any | is_control(byte))
    };
    if !text.as_bytes().chunks(4096).any(block) {
        return Ok(());
    }
    let Some(at) = text.bytes().position(is_control) else {
        return Ok(());
    };
    let letter = text.as_bytes()[at];
    let before = &text[..at];
    let offset = match encoding {
        Encoding::Utf8 => at,
        Encoding::Utf16Le | Encoding::Utf16Be => 2 * before.encode_utf16().count(),
        _ => before.chars().count(),
    };
    Err(Error::Binary {
        file: source.file.to_owned(),
        byte: letter,
        offset: offset + mark_of(source.bytes, encoding),
        line: before.matches('\n').count() + 1,
    })
}

fn has_utf8_letters(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}

fn line_of(bytes: &[u8], offset: usize) -> usize {
    let before = &bytes[..offset.min(bytes.len())];
    before.split(|byte| *byte == b'\n').count()
}
