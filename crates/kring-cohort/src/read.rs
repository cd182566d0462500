//! Every file format of a researcher becomes a [`Dataset`].
//!
//! | format | endings | what is kept besides the values |
//! |---|---|---|
//! | delimited text | `.csv` `.tsv` `.tab` `.txt` | which texts meant "missing", and how often |
//! | SPSS | `.sav` `.zsav` | labels, user-missing codes, levels of measurement, dates, weight |
//! | Stata 8 to 19 | `.dta` | labels, the tags of extended missing values, dates |
//! | Excel | `.xlsx` `.xlsm` | errors such as `#N/A`, dates |
//! | Parquet, Arrow | `.parquet` `.pq` `.arrow` `.feather` `.ipc` | every dtype |
//!
//! One rule for all formats but the last two, which have dtypes of their own: numbers become
//! `Float64`, texts `String`, dates `Date`, dates with a time `Datetime` in microseconds. An empty
//! text is missing. So the same data read from two formats are the same frame.
//!
//! A damaged file is an error that says where. One exception remains: of Parquet and Arrow files
//! polars checks the outside well (so a file that was cut short is refused) but the inside less;
//! a changed byte in the values can make it ask for more memory than there is, which ends the
//! program.
//!
//! What is *not* kept: SPSS multiple response sets, roles and custom attributes; Stata
//! characteristics and notes; Excel styles, comments and hidden rows (which are read as any row).

mod bytes;
mod charset;
mod column;
mod columnar;
mod date;
mod delimited;
mod excel;
mod number;
mod spss;
mod stata;

use std::fmt;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codebook::Codebook;
use crate::error::Error;
use column::Field;

/// Reads a file, or says in a sentence why it cannot.
///
/// ```
/// use kring_cohort::{ReadOptions, read};
/// # let folder = std::env::temp_dir();
/// # let path = folder.join("kring-doc-read.csv");
/// # std::fs::write(&path, "family;problems\n1;2,5\n2;NA\n3;\n").unwrap();
/// let data = read(&path, &ReadOptions::default())?;
/// assert_eq!(data.frame.shape(), (3, 2));
/// assert_eq!(data.provenance.delimiter, Some(';'));
/// let missing = &data.codebook.variables[1].missing;
/// assert_eq!((missing.system, missing.by_code[0].count), (1, 1)); // one empty, one NA
/// # Ok::<(), kring_cohort::Error>(())
/// ```
pub fn read(path: &Path, options: &ReadOptions) -> Result<Dataset, Error> {
    read_bytes(&file_name(path), &load(path)?, options)
}

/// Reads the bytes of a file that is in memory; the name tells the format, as for [`read()`].
pub fn read_bytes(file: &str, bytes: &[u8], options: &ReadOptions) -> Result<Dataset, Error> {
    let format = match options.format {
        Some(format) => format,
        None => format_of(file)?,
    };
    let source = Source {
        file,
        format,
        bytes,
        options,
    };
    source.check_options()?;
    source.check_content()?;

    let dataset = match format {
        Format::Delimited => delimited::read(&source)?.assemble(&source)?,
        Format::Spss => spss::read(&source)?.assemble(&source)?,
        Format::Stata => stata::read(&source)?.assemble(&source)?,
        Format::Excel => excel::read(&source)?.assemble(&source)?,
        Format::Parquet | Format::Arrow => columnar::read(&source)?,
    };
    let mut provenance = Provenance {
        file: file.to_owned(),
        format: Some(format),
        sha256: Some(hex(&Sha256::digest(bytes))),
        rows: dataset.frame.height(),
        columns: dataset.frame.width(),
        ..dataset.provenance
    };
    if file.starts_with(SIMULATED_FILE) {
        provenance.notes.insert(0, SIMULATED.to_owned());
    }
    Ok(Dataset {
        provenance,
        ..dataset
    })
}

/// How the names of files begin that a simulation wrote.
pub const SIMULATED_FILE: &str = "simulated-";

/// What is said of them, wherever they are read.
pub const SIMULATED: &str = "Simulated data: no evidence.";

/// A data frame with what is known about it.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The values. User-missing codes are among them.
    pub frame: DataFrame,
    /// What the columns mean, and what is missing in them.
    pub codebook: Codebook,
    /// Where the values come from.
    pub provenance: Provenance,
}

impl Dataset {
    /// A frame that was not read from a file, such as one from Python.
    ///
    /// A number that is not finite becomes missing and is counted, as in [`read()`].
    pub fn from_frame(frame: DataFrame, name: &str) -> Result<Self, Error> {
        let mut dataset = columnar::describe(frame).map_err(|error| Error::Frame {
            name: name.to_owned(),
            reason: error.to_string(),
        })?;
        name.clone_into(&mut dataset.provenance.file);
        dataset.provenance.rows = dataset.frame.height();
        dataset.provenance.columns = dataset.frame.width();
        Ok(dataset)
    }
}

/// Where data come from: enough to see whether two people used the same file in the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The name of the file, without its folder.
    pub file: String,
    /// Its format; absent for a frame that was handed over in memory.
    pub format: Option<Format>,
    /// The SHA-256 of its bytes in hexadecimal; absent for a frame in memory.
    pub sha256: Option<String>,
    /// The number of rows read.
    pub rows: usize,
    /// The number of columns read.
    pub columns: usize,
    /// The encoding of the texts.
    pub encoding: Option<String>,
    /// The delimiter of the fields; absent where lines have one field.
    pub delimiter: Option<char>,
    /// The decimal mark; absent where no number has one.
    pub decimal: Option<Decimal>,
    /// The sheet of the workbook.
    pub sheet: Option<String>,
    /// What a careful reader of the data should know, in sentences.
    pub notes: Vec<String>,
}

/// How to read a file. What is left out is detected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// The format, where the ending of the name does not tell.
    pub format: Option<Format>,
    /// The delimiter of a delimited text.
    pub delimiter: Option<char>,
    /// The decimal mark of a delimited text.
    pub decimal: Option<Decimal>,
    /// The encoding of texts, where the file is silent or wrong about it.
    pub encoding: Option<Encoding>,
    /// The sheet of a workbook; else the first that holds something.
    pub sheet: Option<String>,
    /// The texts that mean "missing" in a delimited text or a workbook, `NA` and `.` if left out.
    /// An empty cell is always missing.
    pub missing: Option<Vec<String>>,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Text with a delimiter, such as CSV.
    Delimited,
    /// SPSS, compressed or not.
    Spss,
    /// Stata.
    Stata,
    /// An Excel workbook.
    Excel,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC, also known as Feather version 2.
    Arrow,
}

/// The decimal mark. The other one of the two may stand between thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decimal {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

/// The encoding of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8", alias = "utf8")]
    Utf8,
    /// UTF-16, low byte first: what Excel calls "Unicode text".
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Western European Windows; ISO 8859-1 (Latin 1) is read as it.
    #[serde(rename = "windows-1252", alias = "latin1", alias = "iso-8859-1")]
    Windows1252,
    /// The Macintosh before OS X.
    #[serde(rename = "mac-roman")]
    MacRoman,
    /// DOS, United States.
    #[serde(rename = "cp437")]
    Cp437,
    /// DOS, Western Europe.
    #[serde(rename = "cp850")]
    Cp850,
}

/// The endings that tell a format, as errors list them.
const KNOWN_ENDINGS: &str = ".csv, .tsv, .tab, .txt, .sav, .zsav, .dta, .xlsx, .xlsm, .parquet, \
                             .pq, .arrow, .feather, .ipc";

impl Format {
    fn of_ending(ending: &str) -> Option<Self> {
        Some(match ending {
            "csv" | "tsv" | "tab" | "txt" => Self::Delimited,
            "sav" | "zsav" => Self::Spss,
            "dta" => Self::Stata,
            "xlsx" | "xlsm" => Self::Excel,
            "parquet" | "pq" => Self::Parquet,
            "arrow" | "feather" | "ipc" => Self::Arrow,
            _ => return None,
        })
    }

    /// The format that the first bytes of a file betray.
    fn of_content(bytes: &[u8]) -> Option<Self> {
        const MARKS: [(&[u8], Format); 8] = [
            (b"$FL2", Format::Spss),
            (b"$FL3", Format::Spss),
            (b"<stata_dta>", Format::Stata),
            (b"PK\x03\x04", Format::Excel),
            (b"PAR1", Format::Parquet),
            (b"ARROW1", Format::Arrow),
            (b"\xFF\xFF\xFF\xFF", Format::Arrow),
            (b"FEA1", Format::Arrow),
        ];
        MARKS
            .iter()
            .find(|(mark, _)| bytes.starts_with(mark))
            .map(|(_, format)| *format)
            .or(match bytes {
                // Stata before 13: the release, the byte order, the file type 1, a zero.
                [105..=115, 1 | 2, 1, ..] => Some(Self::Stata),
                _ => None,
            })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delimited => "delimited text",
            Self::Spss => "SPSS file",
            Self::Stata => "Stata file",
            Self::Excel => "Excel workbook",
            Self::Parquet => "Parquet file",
            Self::Arrow => "Arrow file",
        })
    }
}

/// A file in memory, and how it is to be read.
struct Source<'a> {
    file: &'a str,
    format: Format,
    bytes: &'a [u8],
    options: &'a ReadOptions,
}

impl Source<'_> {
    fn corrupt(&self, reason: impl Into<String>) -> Error {
        Error::Corrupt {
            file: self.file.to_owned(),
            format: self.format,
            reason: reason.into(),
        }
    }

    /// Calls a library that reads the file, and turns its panic into an error.
    ///
    /// polars and calamine check less of a damaged file than they read, and then panic (seen in
    /// `tests/read/damage.rs`). This is the one place where that is stopped. What they hold is
    /// dropped, so nothing half-made is left; the message of the panic still goes to the panic
    /// hook of the program.
    fn guarded<T>(&self, call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        catch_unwind(AssertUnwindSafe(call))
            .unwrap_or_else(|_| Err(self.corrupt("its parts do not fit together")))
    }

    fn unsupported(&self, what: impl Into<String>, remedy: &'static str) -> Error {
        Error::Unsupported {
            file: self.file.to_owned(),
            what: what.into(),
            remedy,
        }
    }

    fn option(&self, option: &'static str, reason: impl Into<String>) -> Error {
        Error::Option {
            file: self.file.to_owned(),
            option,
            reason: reason.into(),
        }
    }

    /// Whether a text means "missing" besides the empty one.
    fn means_missing(&self, text: &str) -> bool {
        match &self.options.missing {
            None => matches!(text, "NA" | "."),
            // Other programs write 999 as 999.0.
            Some(texts) => texts.iter().any(|missing| {
                let number = |text: &str| text.trim().replace(',', ".").parse::<f64>().ok();
                missing == text || number(missing).is_some_and(|code| number(text) == Some(code))
            }),
        }
    }

    /// An option that the format has no use for is an error: somebody counts on it.
    fn check_options(&self) -> Result<(), Error> {
        use Format::{Delimited, Excel, Spss, Stata};
        let ReadOptions {
            format: _,
            delimiter,
            decimal,
            encoding,
            sheet,
            missing,
        } = self.options;
        let given: [(&'static str, bool, &[Format]); 5] = [
            ("delimiter", delimiter.is_some(), &[Delimited]),
            ("decimal", decimal.is_some(), &[Delimited]),
            ("encoding", encoding.is_some(), &[Delimited, Spss, Stata]),
            ("sheet", sheet.is_some(), &[Excel]),
            ("missing", missing.is_some(), &[Delimited, Excel]),
        ];
        for (name, is_given, formats) in given {
            if is_given && !formats.contains(&self.format) {
                let reason = format!("has no meaning for this {}; leave it out", self.format);
                return Err(self.option(name, reason));
            }
        }
        Ok(())
    }

    /// A file with another content than its name says is better named than called damaged.
    fn check_content(&self) -> Result<(), Error> {
        if self.bytes.is_empty() {
            return Err(Error::Empty {
                file: self.file.to_owned(),
                what: "the file".to_owned(),
            });
        }
        match Format::of_content(self.bytes) {
            Some(found) if found != self.format => Err(Error::WrongFormat {
                file: self.file.to_owned(),
                expected: self.format,
                found: format!("that of {} {found}", article(found)),
            }),
            None if self.format != Format::Delimited && looks_like_lines(self.bytes) => {
                Err(Error::WrongFormat {
                    file: self.file.to_owned(),
                    expected: self.format,
                    found: "lines of text".to_owned(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// Whether a file begins with lines of text, as no binary format does.
fn looks_like_lines(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512)];
    let is_text = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\r' | b'\n');
    start.contains(&b'\n') && start.iter().all(is_text)
}

fn article(format: Format) -> &'static str {
    match format {
        Format::Excel | Format::Arrow | Format::Spss => "an",
        _ => "a",
    }
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

pub(crate) fn load(path: &Path) -> Result<Vec<u8>, Error> {
    if path.is_dir() {
        return Err(Error::Directory {
            path: path.to_owned(),
        });
    }
    fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound {
            path: path.to_owned(),
            suggestion: near_files(path),
        },
        _ => Error::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        },
    })
}

/// The end of a sentence about a file that is not there: the file that may be meant.
fn near_files(path: &Path) -> String {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return format!("; there is no folder `{}` either", folder.display());
    };
    let names: Vec<String> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    kring_core::nearest(&file_name(path), names.iter().map(String::as_str))
        .map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn format_of(file: &str) -> Result<Format, Error> {
    let ending = Path::new(file)
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    Format::of_ending(&ending).ok_or_else(|| Error::UnknownEnding {
        file: file.to_owned(),
        hint: match ending.as_str() {
            "xls" | "xlsb" | "ods" => "; a workbook can be saved as .xlsx",
            "por" => "; SPSS can save it as .sav",
            "sas7bdat" | "xpt" => "; SAS can export it as .csv or .dta",
            "rds" | "rdata" | "rda" => "; R can write it as .csv, or with haven as .sav or .dta",
            _ => "",
        },
        ending,
        known: KNOWN_ENDINGS,
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a reader of rows and fields hands over.
struct Parsed {
    fields: Vec<Field>,
    /// The codebook without its variables.
    codebook: Codebook,
    /// What the reader found out about the file.
    provenance: Provenance,
}

impl Parsed {
    fn assemble(self, source: &Source) -> Result<Dataset, Error> {
        let (frame, variables) = column::assemble(self.fields, source)?;
        Ok(Dataset {
            frame,
            codebook: Codebook {
                variables,
                ..self.codebook
            },
            provenance: self.provenance,
        })
    }
}
