"""Draws the gallery: docs/gallery.md, and a picture for each of its entries in docs/gallery.

    python docs/gallery.py KRING             # with the command, such as target/debug/kring
    python docs/gallery.py KRING --check     # whether all of it comes out as it is kept
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SIMULATED = "Simulated data: no evidence."


class Picture(NamedTuple):
    """A picture: what it shows, the command, which of its files, and how to read it."""

    title: str
    command: str
    file: str
    reading: str
    simulated: bool = False


FDD = "kring replicate deroos-2011 --out results"
DUTCH = f"{FDD} --report-language nl"
COMPANION = "kring simulate datasets/simulated/rotterdam-2019.toml --out cohort"
COUNTS = (
    f"{COMPANION} && kring fit glmm cohort/simulated-long.csv"
    " 'problems ~ arm * factor(wave) + (1 | family)' --family poisson"
    " --means arm --within wave --means-scale ratios --out results"
)
PLAN = "docs/gallery/plan.toml"
METHOD = f"kring performance {PLAN} mean_difference outcome=problems_2 by=arm --truth=-1.16 --seed 1 --replicates 400 --out results"
CIRCLES = (
    "kring simulate datasets/simulated/circles-rotterdam.toml --seed 1 --out circles && kring circle"
    " --families circles/simulated-families.csv --persons circles/simulated-persons.csv"
    " --ties circles/simulated-ties.csv --arm arm --draw 61 --out results"
)

REFERRALS = "docs/gallery/simulated-referrals.csv"
NEIGHBOURHOOD = (
    "kring neighbourhood --persons docs/gallery/simulated-residents.csv --ties docs/gallery/simulated-ties-before.csv"
    " --after-ties docs/gallery/simulated-ties-after.csv --groups kind --between resident,institution --seed 1 --out results"
)

GALLERY = [
    Picture("Who was there when", FDD, "flow.svg", "Each arm from the start to the last wave: who was seen, who left for good, who came back."),
    Picture("The same in Dutch", DUTCH, "flow.svg", "`--report-language nl` speaks Dutch in every picture, with decimal commas."),
    Picture("At which waves something is known", FDD, "patterns.svg", "A filled square: known. An empty one: missing. How many of each arm have that pattern."),
    Picture("Observed means over time", FDD, "ptsd-yc.svg", "Means of those present, with the 95% interval of each mean by itself, and how many they were."),
    Picture("Means of a model over time", FDD, "by-wave-trajectories.svg", "Filled: means of the model with their intervals. Empty: the means of those who were seen."),
    Picture("Differences of the arms", FDD, "by-wave-contrasts.svg", "Each contrast with its interval; the line in the middle is no difference."),
    Picture("The same in Dutch, with a decimal comma", DUTCH, "by-wave-contrasts.svg", "The numbers beside the lines are those of the tables."),
    Picture("How unlike the arms are at the start", FDD, "start-love.svg", "A love plot: standardised differences without their sign; the dotted line is a convention at 0.1, no test."),
    Picture("A score over many waves", "kring replicate beat-the-blues --out results", "bdi-bdi.svg", "Waves lie where they were in time, here in months."),
    Picture("Model and observation over many waves", "kring replicate beat-the-blues --out results", "by-wave-trajectories.svg", "Where those who left differ, the model's means and the observed ones part."),
    Picture("Counts over time", "kring replicate epilepsy --out results", "seizures-y.svg", "Mean counts of each arm; intervals follow from the spread of each wave by itself."),
    Picture("Ratios of counts", "kring replicate epilepsy --out results", "population-contrasts.svg", "Ratios stand on a log scale: a half is as far from one as a double."),
    Picture("One group over time", "kring replicate sleepstudy --out results", "reaction-reaction.svg", "Without arms there is one line."),
    Picture("Printed yearly figures", "kring replicate ekc-yearly --out results", "persons-present.svg", "Figures as they were printed. A year without a point is missing, not zero."),
    Picture("Shares by year", "kring replicate ekc-yearly --out results", "plan-of-referrals.svg", "The same with percentages. Axes of printed figures need not begin at zero: read the numbers beside them."),
    Picture("A cohort with the printed figures of Rotterdam", COUNTS, "contrasts.svg", "Rate ratios of the two arms at each wave. The cohort was made to have what was printed; everything else in it was assumed.", True),
    Picture("Its means of a model, for the typical family", COUNTS, "trajectories.svg", "Of a mixed model of counts the typical family has fewer than the average of all: the empty points lie above for that reason alone.", True),
    Picture("Residuals", "kring fit lmm datasets/studies/sleepstudy/data/sleepstudy.csv 'Reaction ~ Days + (Days | Subject)' --show residuals --out results", "residuals.svg", "Against what was fitted, and against the quantiles of a normal distribution."),
    Picture("Shares of regions, with what chance allows", f"kring process {REFERRALS} --started started --conference held --by region --out results", "conference_of_referrals-by-region.svg", "A funnel: small regions lie further from the common share by chance alone. Only whoever lies outside the limits has a name.", True),
    Picture("A family's circle, wave by wave", CIRCLES, "circle-61.svg", "Sides are sectors, closeness is the distance from the middle; who was at the meeting is filled.", True),
    Picture("A neighbourhood before and after", NEIGHBOURHOOD, "neighbourhood.svg", "Persons stand at one place at both times; ties that came are dark, those that went dotted.", True),
    Picture("How often intervals hold the truth", METHOD, "zip.svg", "Every replicate's interval, sorted by its distance from the truth; those that miss it are in another colour.", True),
    Picture("How good a method is, in a row of measures", METHOD, "lollipop.svg", "Bias, errors and coverage with their Monte Carlo error.", True),
    Picture("A power curve", "kring power two_means --sd 4 --effect 1.2 --curve n=20,40,60,80,120,160 --out results", "power.svg", "Power by the number in each arm, by closed form: no data are drawn."),
]


def drawn(kring: Path) -> dict[str, str]:
    """Every file of the gallery by its name."""
    files: dict[str, str] = {}
    page = ["# Gallery", "", "Pictures that kring draws, each with the command that drew it. They are SVG, need no script"]
    page += ["and no font of their own, and their colours also differ in grey. `python docs/gallery.py KRING` draws them again.", ""]
    made: dict[str, Path] = {}
    with tempfile.TemporaryDirectory() as folder:
        for place, picture in enumerate(GALLERY, 1):
            if picture.command not in made:
                made[picture.command] = Path(folder) / str(len(made))
                run(kring, picture.command, made[picture.command])
            name = f"{place:02}-{picture.file}"
            svg = made[picture.command] / "results" / picture.file
            if not svg.exists():
                there = ", ".join(sorted(one.name for one in svg.parent.glob("*.svg")))
                sys.exit(f"{picture.command}: there is no {picture.file}, but {there or 'nothing'}")
            files[f"gallery/{name}"] = svg.read_text("utf-8")
            page += [f"## {picture.title}", "", f"![{picture.title}](gallery/{name})", "", picture.reading]
            page += [f"**{SIMULATED}**"] if picture.simulated else []
            page += ["", *(f"    {line}" for line in picture.command.split(" && ")), ""]
    files["gallery.md"] = "\n".join(page)
    return files


def run(kring: Path, command: str, folder: Path) -> None:
    """The commands in a folder that has the repository's data and documents."""
    folder.mkdir()
    for name in ("datasets", "docs"):
        os.symlink(ROOT / name, folder / name)
    for one in command.split(" && "):
        words = [str(kring), *shlex.split(one)[1:]]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        # 1: a verdict that is declared, but not the published one.
        if done.returncode not in (0, 1):
            sys.exit(f"{one}\n{done.stderr}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kring", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    docs = ROOT / "docs"
    files = drawn(options.kring.resolve())
    kept = {f"gallery/{one.name}" for one in (docs / "gallery").glob("*.svg")} | {"gallery.md"}
    if not options.check:
        for name in kept - set(files):
            (docs / name).unlink(missing_ok=True)
        for name, text in files.items():
            (docs / name).write_text(text, "utf-8")
        return 0
    wrong = sorted(kept ^ set(files))
    wrong += sorted(name for name in kept & set(files) if (docs / name).read_text("utf-8") != files[name])
    for name in wrong:
        print(f"docs/{name}: it comes out otherwise; look at it, and draw the gallery again")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
