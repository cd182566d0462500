"""Writes the binary files in tests/data that tests/read_*.rs read.

The files are committed, so the tests need no Python. They are written by other people's
programs (pyreadstat, pandas, openpyxl, pyarrow), so that our readers are not judged by our own
idea of a format; where no such program writes what must be tested, the bytes are put together
here by hand, after the PSPP manual.

    pip install pyreadstat==1.3.7 pandas==3.1.1 openpyxl==3.1.5 pyarrow==26.0.1
    python tests/make_read_data.py

The values are repeated in the tests. Files from a second run differ in their time stamps only.
"""

import datetime as dt
import io
import struct
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pyreadstat

DATA = Path(__file__).parent / "data"

# --- the family data set of the labelled formats ---------------------------------------------
# problems: 98 and 99 are "missing", and so is everything from 900; school: "??" is "missing".

LONG = "é" * 150 + "x" * 60  # 360 bytes in UTF-8, 210 in Windows-1252

FAMILIES = pd.DataFrame(
    {
        "id": [1.0, 2.0, 3.0, 4.0, 5.0],
        "arm": [1.0, 2.0, 2.0, 1.0, None],
        "problems": [6.0, 99.0, 98.0, 950.5, None],
        "school": ["VO", "??", "BO", "", "VO"],
        "story": [LONG, "", "kort", "naïef", " spatie"],
        "born": [dt.date(1960, 3, 5), dt.date(2024, 2, 29), None, dt.date(1970, 1, 1), dt.date(1899, 12, 31)],
        "seen": [dt.datetime(2024, 3, 5, 12, 34, 56), None, dt.datetime(1969, 12, 31, 23, 59, 59),
                 dt.datetime(2000, 1, 1), dt.datetime(1970, 1, 1)],
    }
)
LABELS = {
    "id": "Gezinsnummer",
    "arm": "Interventie",
    "problems": "Aantal problemen",
    "story": "Verhaal van één gezin",
}
VALUE_LABELS = {
    "arm": {1.0: "Eigen Kracht", 2.0: "Wijkteam"},
    "problems": {98.0: "weet niet", 99.0: "wil niet zeggen"},
    "school": {"BO": "basisonderwijs", "VO": "voortgezet onderwijs", "??": "onbekend"},
}


def spss_by_pyreadstat():
    for name, options in [
        ("families.sav", {}),
        ("families_compressed.sav", {"row_compress": True}),
        ("families.zsav", {"compress": True}),
    ]:
        pyreadstat.write_sav(
            FAMILIES,
            str(DATA / name),
            file_label="Gezinnen in één wijk",
            note="Regel een",
            column_labels=LABELS,
            variable_value_labels=VALUE_LABELS,
            missing_ranges={"problems": [99.0, {"lo": 900.0, "hi": 1000.0}], "school": ["??"]},
            variable_measure={"arm": "nominal", "problems": "scale", "school": "ordinal"},
            variable_format={"problems": "F6.1"},
            **options,
        )


class Sav:
    """The smallest writer of SPSS system files in which every odd corner can be put."""

    def __init__(self, order="<", compression=0, cases=-1, bias=100.0, weight=0, label=b""):
        self.order, self.bias = order, bias
        self.out = b"$FL2" + b"@(#) by hand".ljust(60)
        self.out += self.pack("iiiii", 2, -1, compression, weight, cases) + self.pack("d", bias)
        self.out += b"05 Mar 24" + b"12:34:56" + label.ljust(64) + bytes(3)

    def pack(self, fmt, *values):
        return struct.pack(self.order + fmt, *values)

    def variable(self, name, width=0, label=None, fmt=(5, 8, 2), missing=(), has_range=False):
        packed = fmt[0] << 16 | fmt[1] << 8 | fmt[2]
        count = -len(missing) if has_range else len(missing)
        self.out += self.pack("iiiiii", 2, width, int(label is not None), count, packed, packed)
        self.out += name.ljust(8)
        if label is not None:
            self.out += self.pack("i", len(label)) + label + bytes(-len(label) % 4)
        for value in missing:
            self.out += value.ljust(8) if isinstance(value, bytes) else self.pack("d", value)
        for _ in range((width - 1) // 8 if width > 0 else 0):
            self.out += self.pack("iiiiii", 2, -1, 0, 0, 0, 0) + bytes(8)
        return self

    def labels(self, variables, *pairs):
        self.out += self.pack("ii", 3, len(pairs))
        for code, label in pairs:
            self.out += code.ljust(8) if isinstance(code, bytes) else self.pack("d", code)
            self.out += bytes([len(label)]) + label + bytes(-(len(label) + 1) % 8)
        self.out += self.pack("ii", 4, len(variables)) + self.pack(f"{len(variables)}i", *variables)
        return self

    def extension(self, kind, size, body):
        self.out += self.pack("iiii", 7, kind, size, len(body) // size) + body
        return self

    def integers(self, page, floats=1):
        ends = 1 if self.order == ">" else 2
        return self.extension(3, 4, self.pack("8i", 20, 0, 0, -1, floats, 1, ends, page))

    def write(self, name, data):
        (DATA / name).write_bytes(self.out + self.pack("ii", 999, 0) + data)


def spss_by_hand():
    seconds = lambda when: (when - dt.datetime(1582, 10, 14)).total_seconds()
    sysmis = struct.unpack("<d", bytes.fromhex("ffffffffffffefff"))[0]

    # A machine with big-endian numbers, Windows letters, a range from the lowest value, a weight.
    sav = Sav(order=">", cases=3, weight=2, label=b"Van een oude Unix-machine")
    sav.variable(b"SCORE", label=b"Beoordeling caf\xe9", missing=(-1.7976931348623155e308, 0.0), has_range=True)
    sav.variable(b"W").labels([1], (1.0, b"\xe9\xe9n"), (2.5, b"twee\xebnhalf"))
    sav.integers(1252)
    sav.write("big_endian.sav", sav.pack("6d", 1.0, 0.5, -3.0, 2.0, sysmis, 1.0))

    # DOS letters, and dates whose time of day is not midnight, before 1970 too.
    for page, name in [(437, "cp437.sav"), (850, "cp850.sav")]:
        sav = Sav(cases=3).variable(b"BORN", label=b"caf\x82", fmt=(20, 11, 0))
        sav.variable(b"SEEN", fmt=(22, 23, 3)).variable(b"LASTED", fmt=(21, 11, 2)).integers(page)
        noon = dt.datetime(1960, 3, 5, 12)
        moment = dt.datetime(2024, 3, 5, 12, 34, 56, 789000)
        values = [seconds(noon), seconds(moment), 90.25, sysmis, 1e300, sysmis, seconds(moment), seconds(noon), -1.0]
        sav.write(name, sav.pack("9d", *values))

    # Commands of compression: 0 is skipped, 252 ends, 253 raw, 254 spaces, 255 missing.
    sav = Sav(compression=1).variable(b"X").variable(b"T", width=8, fmt=(1, 8, 0)).integers(1252)
    data = bytes([101, 253, 0, 255, 254, 253, 253, 252]) + b"ja      " + sav.pack("d", 2.5) + b"nee     "
    sav.write("commands.sav", data)

    # The same with a bias of 90 instead of 100, as some files have.
    sav = Sav(compression=1, bias=90.0).variable(b"X").integers(1252)
    sav.write("bias.sav", bytes([91, 100, 252, 0, 0, 0, 0, 0]))

    # Long texts with labels and missing values in records of their own; name and names differ.
    sav = Sav(cases=3).variable(b"TOWN", width=10, fmt=(1, 10, 0)).integers(65001)
    sav.extension(13, 1, b"TOWN=Woonplaats")
    sav.extension(20, 1, b"UTF-8")
    entry = lambda *parts: b"".join(sav.pack("i", len(p)) + p if isinstance(p, bytes) else sav.pack("i", p) for p in parts)
    sav.extension(21, 1, entry(b"Woonplaats", 10, 1, b"Heerenveen", "Heerenveen, Frisl\u00e2n".encode()))
    sav.extension(22, 1, entry(b"TOWN") + b"\x02" + sav.pack("i", 8) + b"onbekend" + b"geen    ")
    cell = lambda text: text.ljust(16)
    sav.write("long_labels.sav", cell(b"Heerenveen") + cell(b"onbekend") + cell(b"geen"))

    # A user-missing date, and two variables with one name after the long names are applied.
    sav = Sav(cases=2).variable(b"WHEN", fmt=(20, 11, 0), missing=(seconds(dt.datetime(1900, 1, 1)),))
    sav.integers(1252)
    sav.write("missing_date.sav", sav.pack("2d", seconds(dt.datetime(1900, 1, 1)), seconds(dt.datetime(2020, 6, 1))))
    sav = Sav(cases=1).variable(b"A").variable(b"B").integers(1252).extension(13, 1, b"A=same\tB=same")
    sav.write("same_name.sav", sav.pack("2d", 1.0, 2.0))


def stata():
    """The family data set in every release that pyreadstat writes, and pandas' for the rest."""
    tagged = FAMILIES.drop(columns=["story"]).copy()
    # pyreadstat takes letters in a numeric column for the tags of extended missing values.
    tagged["problems"] = pd.Series([6.0, "b", "a", 950.5, None], dtype=object)
    labels = {k: v for k, v in LABELS.items() if k != "story"}
    # Stata labels whole numbers; labels of texts are not known to it.
    values = {"arm": {1: "Eigen Kracht", 2: "Wijkteam"}, "problems": {"a": "weet niet", "b": "wil niet zeggen"}}
    for version in [8, 10, 12, 13, 14, 15]:
        path = DATA / f"families_{version}.dta"
        ascii_only = version < 14
        pyreadstat.write_dta(
            tagged,
            str(path),
            version=version,
            file_label="Gezinnen in een wijk" if ascii_only else "Gezinnen in één wijk",
            column_labels=labels,
            variable_value_labels=values,
            missing_user_values={"problems": ["a", "b"]},
        )
        print(path.name, "release", path.read_bytes()[:1] if version < 13 else path.read_bytes()[28:31])

    # Every numeric type, long texts, both byte orders, accents at the full width of a text.
    types = pd.DataFrame(
        {
            "b": pd.array([-127, 100], dtype="int8"),
            "i": pd.array([-32767, 32740], dtype="int16"),
            "l": pd.array([-2147483647, 2147483620], dtype="int32"),
            "f": pd.array([0.5, -1.5], dtype="float32"),
            "d": [1e-300, 8.9e307],
            "t": ["é", "één"],
            "when": [dt.datetime(1960, 1, 2), dt.datetime(1959, 12, 31)],
        }
    )
    for version in [114, 117, 118, 119]:
        for order in ["little", "big"]:
            frame = types.copy()
            if version >= 117:
                frame["story"] = ["lang verhaal", ""]
            options = {"convert_strl": ["story"]} if version >= 117 else {}
            frame.to_stata(
                DATA / f"types_{version}_{order}.dta",
                write_index=False,
                version=version,
                byteorder=order,
                convert_dates={"when": "td"},
                variable_labels={"t": "tekst"},
                value_labels={"b": {100: "honderd"}},
                **options,
            )
    # Release 115 differs from 114 in its number only.
    bytes_114 = (DATA / "types_114_little.dta").read_bytes()
    (DATA / "types_115_little.dta").write_bytes(bytes([115]) + bytes_114[1:])


def excel():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Metingen"
    rows = [
        ["gezin", "problemen", "gezien", "moment", "tijd", "duur", "klaar", "opmerking", "gemengd", None],
        [1, 6, dt.date(2024, 3, 5), dt.datetime(2024, 3, 5, 12, 30), dt.time(13, 45), dt.timedelta(hours=30), True, "één", 1, 7],
        [2, "#N/A", dt.date(1900, 1, 1), dt.datetime(2024, 3, 6), dt.time(0, 0), dt.timedelta(minutes=90), False, "NA", "2b", None],
        [None] * 10,
        [3, None, None, None, None, None, None, "  ", 2.5, 8],
    ]
    for row in rows:
        sheet.append(row)
    for cell in sheet["F"][1:]:
        cell.number_format = "[h]:mm:ss"
    other = book.create_sheet("Codeboek")
    other["C4"], other["D4"], other["C5"], other["D5"] = "naam", "label", "gezin", "Gezinsnummer"
    book.create_chartsheet("Grafiek")
    book.create_sheet("Leeg")
    book.save(DATA / "metingen.xlsx")

    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["dag"])
    book.active.append([dt.date(2024, 3, 5)])
    book.save(DATA / "mac1904.xlsx")

    # Formulas as openpyxl writes them, without results; and with results, as Excel does.
    book = openpyxl.Workbook()
    for row in [["a", "b", "som"], [1, 2, "=A2+B2"], [3, 4, "=A3+B3"]]:
        book.active.append(row)
    plain = io.BytesIO()
    book.save(plain)
    (DATA / "formulas_without_results.xlsx").write_bytes(plain.getvalue())
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(DATA / "formulas.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            body = old.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                for formula, result in [(b"A2+B2", b"3"), (b"A3+B3", b"7")]:
                    for empty in [b"</f><v></v>", b"</f><v/>", b"</f><v />"]:
                        body = body.replace(formula + empty, formula + b"</f><v>" + result + b"</v>")
            new.writestr(item, body)

    openpyxl.Workbook().save(DATA / "empty.xlsx")


def arrow():
    utc = dt.timezone.utc
    table = pa.table(
        {
            "i8": pa.array([-128, None], pa.int8()),
            "u64": pa.array([2**64 - 1, 0], pa.uint64()),
            "f32": pa.array([0.5, float("inf")], pa.float32()),
            "f64": pa.array([float("nan"), None], pa.float64()),
            "flag": pa.array([True, None]),
            "text": pa.array(["één", None]),
            "arm": pa.array(["EKC", "WT"]).dictionary_encode(),
            "day": pa.array([dt.date(2024, 3, 5), None]),
            "moment": pa.array([dt.datetime(2024, 3, 5, 12, tzinfo=utc), None], pa.timestamp("us", tz="Europe/Amsterdam")),
            "clock": pa.array([dt.time(13, 45), None], pa.time64("us")),
            "lasted": pa.array([dt.timedelta(minutes=90), None], pa.duration("ms")),
            "money": pa.array([Decimal("12.34"), None], pa.decimal128(10, 2)),
            "list": pa.array([[1, 2], None], pa.list_(pa.int64())),
            "pair": pa.array([(1, 2), None], pa.list_(pa.int32(), 2)),
            "both": pa.array([{"a": 1, "b": "x"}, None]),
            "raw": pa.array([b"\x00\xff", None], pa.binary()),
            "none": pa.nulls(2),
        }
    )
    for codec in ["snappy", "zstd", "gzip", "brotli", "lz4", "none"]:
        pa.parquet.write_table(table, DATA / f"types_{codec}.parquet", compression=codec)
    # polars 0.55.2 with debug assertions stops at 16-bit floats in Parquet, so they are here only.
    table = table.append_column("f16", pa.array([1.5, None], pa.float16()))
    pa.feather.write_feather(table, DATA / "types.feather", compression="lz4")
    pa.feather.write_feather(table, DATA / "types_zstd.feather", compression="zstd")
    pa.feather.write_feather(pa.table({"x": [1.0]}), DATA / "version1.feather", version=1)
    with pa.ipc.new_stream(DATA / "stream.arrow", table.schema) as stream:
        stream.write_table(table)
    # A column of a type of our own, which polars does not know.
    uuid = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0123456789abcdef"], pa.binary(16)))
    pa.parquet.write_table(pa.table({"key": uuid, "x": [1.0]}), DATA / "extension.parquet")
    pa.parquet.write_table(pa.table({"x": pa.array([], pa.float64())}), DATA / "no_rows.parquet")


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    spss_by_pyreadstat()
    spss_by_hand()
    stata()
    excel()
    arrow()
    for path in sorted(DATA.iterdir()):
        print(f"{path.stat().st_size:7} {path.name}")
