//! What can be typed after `kring`.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use kring::check::{IntervalScale, Sides};
use kring::core::Locale;
use kring::stats::balance::Denominator;
use kring::stats::lm::Covariance;

use crate::folder::Folder;
use crate::output::Fault;

/// Did activating people's own network help? Evaluation studies from a file to verdicts.
#[derive(Debug, Parser)]
#[command(
    name = "kring",
    version,
    about,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = "Examples:
  kring studies
  kring replicate deroos-2011
  kring replicate deroos-2011 --out results
  kring describe cohort.csv --subject family --wave wave --arm arm
  kring compare cohort.csv --outcome problems_2 --arm arm --baseline problems_1
  kring attrition cohort.csv --subject family --wave wave --arm arm --variable age
  kring methods mann_whitney
  kring test mann_whitney cohort.csv outcome=problems by=arm
  kring circle --families families.csv --persons persons.csv --arm arm --table circles.csv
  kring fit lm cohort.sav 'problems_2 ~ problems_1 + arm' --covariance hc3
  kring fit lmm cohort.csv 'score ~ arm * factor(wave) + (1 | family)' --by arm
  kring power two_means --sd 4 --effect 1.2 --power .8
  kring power plan.toml --method mean_difference outcome=problems_2 by=arm --power .8 --seed 1
  kring simulate plan.toml --seed 1 --out cohort
  kring check my-study/study.toml
  kring verify results/results.json

Exit status: 0 all as expected, 1 a verdict or finding is not the expected one, 2 bad input.")]
pub struct Arguments {
    /// The folder that holds `studies/` (else $KRING_DATA, else `datasets/` in the folders above)
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the studies there are
    #[command(after_help = "Examples:
  kring studies
  kring studies --json
  kring studies --data-dir my-data")]
    Studies(Studies),
    /// Recompute a study's published figures and give each a verdict
    #[command(after_help = "Examples:
  kring replicate deroos-2011
  kring replicate deroos-2011 --out results
  kring replicate deroos-2011 --out results --report html,docx,pdf --report-language nl --report-methods
  kring replicate my-study/study.toml --format markdown

Exit status: 1 where a verdict or a finding is not the one the study declares.")]
    Replicate(Replicate),
    /// Describe a cohort: columns, faults, who was there when, figures by arm and wave
    #[command(after_help = "Examples:
  kring describe cohort.csv --subject family --wave wave --arm arm
  kring describe cohort.sav --subject id --arm trt --wide yc=yc1,yc2,yc3 --variable yc

Exit status: 1 where the data break a rule: a subject twice in a wave, in two arms.")]
    Describe(Describe),
    /// Say which analyses fit a table, in order, what each assumes, and what not to do
    #[command(after_help = "Examples:
  kring advise cohort.csv --outcome problems --arm arm --subject family --wave wave
  kring advise cohort.csv --outcome score --arm arm --subject family --wave wave --time months --cluster team
  kring advise cohort.csv --outcome solved --trials problems --arm arm --subject family --wave wave
  kring advise once.csv --outcome problems_2 --baseline problems_1 --arm arm --randomised --format json

Each analysis comes with the command that runs it on this very table, each rule with the figures that made it
speak. docs/choosing.md has all rules. Nothing after the start is compared between the arms.")]
    Advise(Advise),
    /// Compare the arms in an outcome, by the method that fits what it is
    #[command(after_help = "Examples:
  kring compare cohort.csv --outcome problems_2 --arm arm --scale count
  kring compare cohort.csv --outcome problems_2 --arm arm --baseline problems_1
  kring compare long.csv --subject family --wave wave --arm arm --outcome problems_2 --baseline problems_1
  kring compare long.csv --wave wave=2 --arm arm --outcome problems
  kring compare cohort.csv --outcome at_home --arm arm --event yes --randomised

The method follows from the scale of the outcome and the design, never from a test beforehand. It says
which and why, and names what else might have been asked without running it.")]
    Compare(Compare),
    /// Run one method by its name
    #[command(after_help = "Examples:
  kring methods fisher_exact
  kring test mann_whitney cohort.csv outcome=problems by=arm
  kring test fisher_exact cohort.csv rows=at_home columns=arm
  kring test mann_whitney long.csv --wave wave=2 --where region=North,East outcome=problems by=arm
  kring test equivalence cohort.csv outcome=problems by=arm 'options.margin={raw={low=-1,high=1}}'
  kring test glm cohort.csv 'formula=problems ~ arm' options.family=nbinom2

What follows the file are the fields of the method, as in a study's [[analysis]]. `kring methods METHOD`
lists them.")]
    Test(Test),
    /// Make cohorts with known truth from a generator
    #[command(after_help = "Examples:
  kring simulate plan.toml --truth
  kring simulate plan.toml --seed 1 --out cohort
  kring simulate datasets/simulated/rotterdam-2019.toml --out companion
  kring simulate datasets/simulated/circles-rotterdam.toml --seed 1 --out circles

A file is a generator, or a calibration of one to printed figures. A calibration without a seed gives
the cohort that has its printed figures. All of it is simulated: no evidence of anything.")]
    Simulate(Simulate),
    /// How well a method does on data whose truth is known
    #[command(after_help = "Examples:
  kring performance plan.toml mean_difference outcome=score_2 by=arm --truth -0.5 --seed 1
  kring performance plan.toml lords_paradox before=problems_1 after=problems_2 by=arm \\
      --term 'ratio of rates' --truth -0.1 --replicates 10000 --seed 1 --out figures

The truth is on the scale of the estimate: the log of a ratio. Ctrl-C stops and keeps what was done.")]
    Performance(Performance),
    /// How many are needed, what can be found, and how surely
    #[command(
        after_help = "By closed form, two of n, effect (or ratio) and power; the fields of the design as FIELD=VALUE:
  kring power --list
  kring power clusters
  kring power two_means --sd 4 --effect 1.2 --n 55
  kring power two_rates second=4.7 --ratio 0.75 --power .8 --dropout 0.2
  kring power two_means --sd 4 --effect 1.2 --curve n=20,40,60,80 --out figures

By simulation from a generator, for whatever kring test can run; its fields as FIELD=VALUE:
  kring power plan.toml --method mean_difference outcome=problems_2 by=arm --seed 1
  kring power plan.toml --method mean_difference outcome=problems_2 by=arm --power .8 --seed 1
  kring power plan.toml --method mean_difference outcome=problems_2 by=arm --curve n=20,40,60 --seed 1

Ctrl-C stops a simulation and prints what was done, with its Monte Carlo error; the status is then 1.
Ask with an effect that would not be missed: power says nothing about a study that is done."
    )]
    Power(Power),
    /// List the methods, or the fields of one: what it takes, what is usual, what it means
    #[command(after_help = "Examples:
  kring methods
  kring methods mann_whitney
  kring methods glm --json

A field is written field=value after the file of `kring test`, and stands by the same name in a study's
[[analysis]]. `options.level` is the `level` of the table `options`: options.level=0.9.")]
    Methods(Methods),
    /// Say who left: how many, how unlike those who stayed, and what that can do to a difference
    #[command(after_help = "Examples:
  kring attrition cohort.csv --subject family --wave wave --arm arm --variable age --variable problems
  kring attrition cohort.csv --subject id --arm trt --wide yc=yc{wave} --variable age --out results
  kring attrition cohort.csv --subject id --arm trt --wide yc=yc{wave} --outcome yc --range 0 60

Those who stayed and those who left are set side by side, in all and in each arm. Where variables are
named, a logistic regression says what went with leaving, and whether that differs between the arms.
With --outcome come the least and the most that the difference of the arms can be.")]
    Attrition(Attrition),
    /// Follow a programme from referrals to what was carried out, each rate with its denominator
    #[command(after_help = "Examples:
  kring process referrals.csv --started started --conference held --plan plan --by region
  kring process referrals.csv --conference held --referred-on referred --held-on date --by-year-of referred
  kring process referrals.csv --plan plan --agreements agreed --by-circle circle --format markdown

A row is a referral. A column of yes and no may say what means yes: --conference status=held.")]
    Process(Process),
    /// Count the problems of a list: how many, which, and what became of each
    #[command(after_help = "Examples:
  kring inventory cohort.csv --subject family --wave wave --arm arm --item housing --item finances
  kring inventory zrm.csv --subject family --wave wave --instrument zrm-11 --at-most 2
  kring inventory zrm.csv --subject family --wave wave --item housing --at-most 2 --rater worker

A row is a subject at a wave, and a rater where there are several.")]
    Inventory(Inventory),
    /// Measure the circles around families, wave by wave: indicators of involvement by arm, and a table for models
    #[command(after_help = "Examples:
  kring circle --families families.csv --persons persons.csv --arm arm
  kring circle --families families.csv --persons persons.csv --ties ties.csv \\
      --agreements agreements.csv --standing standing.csv --arm arm --table circles.csv --out results
  kring fit glmm circles.csv 'network_size ~ arm * factor(wave) + (1 | family)'
  kring circle --wide names.sav --arm arm --column role=rol{k} --value role:oma=family

A family with nobody has a row in the table of families, and counts as a circle of size zero. docs/circles.md
has the columns of each table; whatever else the table of families holds goes into --table.")]
    Circle(Box<Circle>),
    /// Measure the network of a neighbourhood, and what became of its ties
    #[command(after_help = "Examples:
  kring neighbourhood --persons persons.csv --ties ties.csv --groups kind --seed 1
  kring neighbourhood --persons persons.csv --ties before.csv --after-ties after.csv \\
      --groups kind --between resident,institution --seed 1")]
    Neighbourhood(Box<Neighbourhood>),
    /// Put the arms side by side: the first table of a report
    #[command(after_help = "Examples:
  kring baseline cohort.csv --arm arm --variable age --variable problems_1
  kring baseline cohort.csv --arm arm --denominator reference --format latex
  kring baseline cohort.csv --subject family --wave wave --arm arm --arms 'WT=Teams,EKC=Conferences' \\
      --label 'problems=Problems'")]
    Baseline(Baseline),
    /// Fit a model
    #[command(
        subcommand,
        after_help = "Examples:
  kring fit lm cohort.csv 'problems_2 ~ problems_1 + arm'
  kring fit lmm cohort.csv 'score ~ arm * factor(wave) + (1 | family)'
  kring fit glmm --help"
    )]
    Fit(Box<Fit>),
    /// Check published figures: of a protocol, of a table, or those given here
    #[command(after_help = "Examples:
  kring check my-study/study.toml
  kring check figures.csv
  kring check --value 5.19 --sample 28 --whole-items 1 --sd 1.44
  kring check --value 2.20 --test 't(28)' --p-value .06
  kring check --value 0.81 --interval 0.70 0.94 --p-value .005

A table has a line for each number, and of these columns `value` and whatever is known:
  id value sample whole_items scale_low scale_high sd std_error low high level
  interval_scale null p_value test sides")]
    Check(Check),
    /// Run a stored result again and say for each number whether it came out again
    #[command(after_help = "Examples:
  kring replicate deroos-2011 --out results
  kring verify results
  kring test mann_whitney cohort.csv outcome=problems by=arm --out test
  kring verify test/results.json --every
  kring verify test/results.json --source elsewhere/cohort.csv --json

A result is what kring replicate, test or fit wrote with --out. A number came out again where it is the same
to the last bit, or to 1e-10, as between two machines.
Exit status: 1 where a number, or a file behind it, is another one.")]
    Verify(Verify),
    /// Print what lets a shell complete the words of kring
    #[command(after_help = "Examples:
  kring completions bash > ~/.local/share/bash-completion/completions/kring
  kring completions zsh > ~/.zfunc/_kring
  kring completions fish > ~/.config/fish/completions/kring.fish
  kring completions powershell >> $PROFILE")]
    Completions(Completions),
    /// Print the page of the manual, or write the pages of all commands
    #[command(after_help = "Examples:
  kring man | man -l -
  kring man fit lmm | man -l -
  kring man --out ~/.local/share/man/man1")]
    Man(Man),
}

#[derive(Debug, Args)]
pub struct Verify {
    /// A results.json that --out wrote, or the folder that holds it
    #[arg(value_name = "RESULTS")]
    pub results: PathBuf,
    /// Where the data file, or the folder of the study, is now
    #[arg(long, value_name = "PATH")]
    pub source: Option<PathBuf>,
    /// Show every number, not only those that are others now
    #[arg(long)]
    pub every: bool,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct Man {
    /// The command, such as `fit lmm` (kring itself, unless given)
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Studies {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Replicate {
    /// A study's name, its folder, or its study.toml
    #[arg(value_name = "STUDY")]
    pub study: String,
    #[command(flatten)]
    pub folder: Folder,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Everything, as JSON: the same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The table of verdicts
    #[default]
    #[value(alias = "table")]
    Text,
    /// The verdicts as tables of Markdown
    Markdown,
    /// The verdicts as tables of LaTeX, with booktabs
    Latex,
    /// The verdicts as cells, without captions and notes
    Csv,
    /// The report, as one HTML file
    Html,
    /// Everything, as JSON
    Json,
}

#[derive(Debug, Args)]
pub struct Data {
    /// A file: .csv .tsv .parquet .arrow .sav .zsav .dta .xlsx
    #[arg(value_name = "DATA")]
    pub data: PathBuf,
    #[command(flatten)]
    pub reading: Reading,
}

/// How a text file or a workbook is read; what is not given is detected.
#[derive(Debug, Args)]
pub struct Reading {
    /// What separates the columns of a text file: one character, or `tab`
    #[arg(long, value_name = "CHAR")]
    pub delimiter: Option<String>,
    /// A text that means missing in a text file, beside `NA` and `.`; may be given again
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub missing: Vec<String>,
    /// The decimal sign of a text file
    #[arg(long, value_enum)]
    pub decimal: Option<DecimalSign>,
    /// The encoding of a text file
    #[arg(long, value_enum)]
    pub encoding: Option<TextEncoding>,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecimalSign {
    Point,
    Comma,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum TextEncoding {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "windows-1252")]
    Windows1252,
    #[value(name = "utf-16le")]
    Utf16Le,
    #[value(name = "utf-16be")]
    Utf16Be,
    #[value(name = "mac-roman")]
    MacRoman,
}

/// Which rows of a file are taken.
#[derive(Debug, Args)]
pub struct Taken {
    /// The column that names the family or person: then a row is one of them, and a variable of long data
    /// has a column a wave, `problems_2`
    #[arg(long, value_name = "COLUMN")]
    pub subject: Option<String>,
    /// Only the rows of this wave, of long data: `wave=2`; with --subject the column that names the wave
    #[arg(long, value_name = "COLUMN[=WAVE]")]
    pub wave: Option<String>,
    /// With --subject the waves in order, `before,after` (by their numbers, or as the rows of each subject
    /// go, unless given)
    #[arg(long, value_name = "WAVES", requires = "subject")]
    pub waves: Option<String>,
    /// A variable that stands in one column a wave, `score=score_1,score_2` or `score=score_{wave}`: then a row is a
    /// measurement, and its wave is the column `wave`; with --subject, may be given again
    #[arg(long, value_name = "NAME=COLUMNS", requires = "subject", conflicts_with_all = ["wave", "waves"])]
    pub wide: Vec<String>,
    /// Only the rows with this level of a column, or one of these: `region=North,East`; may be given again
    #[arg(long = "where", value_name = "COLUMN=LEVELS")]
    pub rows: Vec<String>,
}

/// In which form a result is printed.
#[derive(Debug, Clone, Args)]
pub struct Form {
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
    /// As JSON, as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// How a result is written.
#[derive(Debug, Clone, Args)]
pub struct Output {
    #[command(flatten)]
    pub form: Form,
    #[command(flatten)]
    pub folder: Folder,
    /// Hide counts below this (10, if no number follows), with others from which they could be worked out, and
    /// leave out what shows single people: for output that is shared
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "10", conflicts_with = "json",
        value_parser = clap::value_parser!(u32).range(2..))]
    pub suppress: Option<u32>,
    /// With --suppress, round the counts that are shown to fives or tens
    #[arg(long, value_enum, requires = "suppress")]
    pub round: Option<RoundTo>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoundTo {
    #[value(name = "5")]
    Fives,
    #[value(name = "10")]
    Tens,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Aligned tables
    #[default]
    Text,
    /// Tables of Markdown
    Markdown,
    /// Tables of LaTeX, with booktabs
    Latex,
    /// The cells as shown, without captions and notes
    Csv,
    /// HTML without a page around it
    Html,
    /// Everything, with all digits
    Json,
}

/// Which columns of a cohort are what.
#[derive(Debug, Args)]
pub struct People {
    /// The column that names the family or person
    #[arg(long, value_name = "COLUMN")]
    pub subject: String,
    /// The column that names the wave, in long data
    #[arg(long, value_name = "COLUMN")]
    pub wave: Option<String>,
    /// The column that names the arm
    #[arg(long, value_name = "COLUMN")]
    pub arm: Option<String>,
    /// The arms to compare in order, the reference first: `WT,EKC`, or `WT=Neighbourhood team,EKC=Conference`
    /// with what a reader calls them; people in others are left out and counted (all, unless given)
    #[arg(long, value_name = "LEVELS", requires = "arm")]
    pub arms: Option<String>,
    /// The waves of long data in order, `before,after` (by their numbers, or as the rows of each subject go,
    /// unless given)
    #[arg(long, value_name = "WAVES", requires = "wave")]
    pub waves: Option<String>,
    /// A variable in one column a wave: `yc=yc1,yc2,yc3` or `yc=yc{wave}`
    #[arg(long, value_name = "NAME=COLUMNS")]
    pub wide: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Describe {
    #[command(flatten)]
    pub data: Data,
    #[command(flatten)]
    pub people: People,
    /// Only these variables (all, unless given)
    #[arg(long, value_name = "NAME")]
    pub variable: Vec<String>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Methods {
    /// The name of a method
    #[arg(value_name = "METHOD")]
    pub method: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Attrition {
    #[command(flatten)]
    pub data: Data,
    #[command(flatten)]
    pub people: People,
    /// The variables at the start that are set side by side and explain who left (all are set side by
    /// side, and none explains, unless given)
    #[arg(long, value_name = "NAME")]
    pub variable: Vec<String>,
    /// The variables of which one must be there to have stayed (all with a value a wave, unless given)
    #[arg(long, value_name = "NAME")]
    pub observed: Vec<String>,
    /// The wave at which one must be there to have stayed (the last, unless given)
    #[arg(long, value_name = "WAVE")]
    pub until: Option<String>,
    /// The outcome whose difference between two arms is bounded, at that wave
    #[arg(long, value_name = "NAME")]
    pub outcome: Option<String>,
    /// The lowest and the highest value of the outcome: then no more is assumed of those who left
    #[arg(long, value_names = ["LOW", "HIGH"], num_args = 2, requires = "outcome", allow_negative_numbers = true)]
    pub range: Vec<f64>,
    /// The level of intervals
    #[arg(long, default_value_t = 0.95)]
    pub level: f64,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Process {
    #[command(flatten)]
    pub data: Data,
    /// Whether the referral was started
    #[arg(long, value_name = "COLUMN[=YES]")]
    pub started: Option<String>,
    /// Whether a conference was held
    #[arg(long, value_name = "COLUMN[=YES]")]
    pub conference: Option<String>,
    /// Whether a plan was made
    #[arg(long, value_name = "COLUMN[=YES]")]
    pub plan: Option<String>,
    /// The date of the referral
    #[arg(long, value_name = "COLUMN")]
    pub referred_on: Option<String>,
    /// The date of the conference
    #[arg(long, value_name = "COLUMN")]
    pub held_on: Option<String>,
    /// How many people were at the conference
    #[arg(long, value_name = "COLUMN")]
    pub present: Option<String>,
    /// How many agreements the plan has
    #[arg(long, value_name = "COLUMN")]
    pub agreements: Option<String>,
    /// How many of them the circle took on
    #[arg(long, value_name = "COLUMN")]
    pub by_circle: Option<String>,
    /// How many of them were carried out
    #[arg(long, value_name = "COLUMN")]
    pub carried_out: Option<String>,
    /// A grade from 1 to 10, for what and by whom: `grade_plan=the plan,family and circle`
    #[arg(long, value_name = "COLUMN=WHAT,WHO")]
    pub grade: Vec<String>,
    /// Break down by the levels of this column: region, coordinator, year
    #[arg(long, value_name = "COLUMN")]
    pub by: Vec<String>,
    /// Break down by the year of this date
    #[arg(long, value_name = "COLUMN")]
    pub by_year_of: Vec<String>,
    /// Take values that cannot stand together as unknown, and list them
    #[arg(long)]
    pub contradictions_unknown: bool,
    /// The level of intervals
    #[arg(long, default_value_t = 0.95)]
    pub level: f64,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("problem").multiple(false).args(["yes", "at_most", "at_least"]))]
pub struct Inventory {
    #[command(flatten)]
    pub data: Data,
    /// The column that names the family or person
    #[arg(long, value_name = "COLUMN")]
    pub subject: String,
    /// The column that names the wave
    #[arg(long, value_name = "COLUMN")]
    pub wave: String,
    /// The column that names the arm
    #[arg(long, value_name = "COLUMN")]
    pub arm: Option<String>,
    /// A problem, a column, and what a reader calls it: `housing`, or `housing=Housing`
    #[arg(
        long,
        value_name = "COLUMN[=LABEL]",
        required_unless_present = "instrument"
    )]
    pub item: Vec<String>,
    /// The domains of an instrument, whose names the columns have: zrm-11, zrm-13
    #[arg(long, value_name = "NAME", conflicts_with = "item")]
    pub instrument: Option<String>,
    /// In which language the domains of the instrument are named
    #[arg(long, value_enum, default_value_t, requires = "instrument")]
    pub language: DomainNames,
    /// The level that means a problem (1, or what plainly means yes, unless given)
    #[arg(long, value_name = "LEVEL")]
    pub yes: Option<String>,
    /// A score of so much or less is a problem, as of the Zelfredzaamheid-Matrix
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true)]
    pub at_most: Option<f64>,
    /// A score of so much or more is a problem
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true)]
    pub at_least: Option<f64>,
    /// The lowest and the highest score; any other is refused (those of the instrument, unless given)
    #[arg(long, value_names = ["LOW", "HIGH"], num_args = 2, allow_negative_numbers = true)]
    pub range: Vec<f64>,
    /// Count the problems that are known where some are not
    #[arg(long)]
    pub count_known: bool,
    /// The column that names the rater: then the agreement of the raters is what is asked
    #[arg(long, value_name = "COLUMN")]
    pub rater: Option<String>,
    /// Only the rows with this level of a column, or one of these: `region=North,East`; may be given again
    #[arg(long = "where", value_name = "COLUMN=LEVELS")]
    pub rows: Vec<String>,
    /// The level of intervals
    #[arg(long, default_value_t = 0.95)]
    pub level: f64,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DomainNames {
    #[default]
    English,
    Dutch,
}

#[derive(Debug, Args)]
pub struct Advise {
    #[command(flatten)]
    pub data: Data,
    /// The column of the outcome; of a share that of how many it happened to
    #[arg(long, value_name = "COLUMN")]
    pub outcome: String,
    /// The column of the arms; its first level is the reference
    #[arg(long, value_name = "COLUMN")]
    pub arm: String,
    /// What the outcome is (by its column, unless given)
    #[arg(long, value_enum)]
    pub kind: Option<OutcomeKind>,
    /// The column that names the family or person, where each has a row a wave
    #[arg(long, value_name = "COLUMN")]
    pub subject: Option<String>,
    /// The column of the wave
    #[arg(long, value_name = "COLUMN")]
    pub wave: Option<String>,
    /// A variable that stands in one column a wave, `score=score_1,score_2` or `score=score_{wave}`: then the wave
    /// is the column `wave`; with --subject, may be given again
    #[arg(
        long,
        value_name = "NAME=COLUMNS",
        requires = "subject",
        conflicts_with = "wave"
    )]
    pub wide: Vec<String>,
    /// The column of the time in numbers, where it is not the number of the wave
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// The column of the same outcome at the start, where a row is a family
    #[arg(long, value_name = "COLUMN")]
    pub baseline: Option<String>,
    /// The column of what families lie in, such as teams
    #[arg(long, value_name = "COLUMN")]
    pub cluster: Option<String>,
    /// Of a share the column of out of how many
    #[arg(long, value_name = "COLUMN")]
    pub trials: Option<String>,
    /// The column of the time in which a count was made
    #[arg(long, value_name = "COLUMN")]
    pub exposure: Option<String>,
    /// The levels of an ordinal outcome of texts, from low to high: `low,middle,high`
    #[arg(long, value_name = "LEVELS")]
    pub levels: Option<String>,
    /// The level that counts, of a binary outcome
    #[arg(long, value_name = "LEVEL")]
    pub event: Option<String>,
    /// A further column whose balance at the start is looked at; may be given again
    #[arg(long, value_name = "NAME")]
    pub variable: Vec<String>,
    /// Only the rows with this level of a column, or one of these: `region=North,East`; may be given again
    #[arg(long = "where", value_name = "COLUMN=LEVELS")]
    pub rows: Vec<String>,
    /// Chance decided on the arms
    #[arg(long)]
    pub randomised: bool,
    #[command(flatten)]
    pub output: Output,
}

/// What an outcome is, for advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutcomeKind {
    /// A score, or any number
    Continuous,
    /// Whole numbers from zero, of something that was counted
    Count,
    /// So many out of so many
    Share,
    /// Yes or no
    Binary,
    /// Levels in order
    Ordinal,
    /// Levels without one
    Nominal,
    /// How long until something happens
    TimeToEvent,
}

#[derive(Debug, Args)]
pub struct Compare {
    #[command(flatten)]
    pub data: Data,
    /// The column of the outcome
    #[arg(long, value_name = "COLUMN")]
    pub outcome: String,
    /// The column of the arms; its first level is the reference
    #[arg(long, value_name = "COLUMN")]
    pub arm: String,
    /// The arms to compare in order, the reference first: `WT,EKC`, or `WT=Neighbourhood team,EKC=Conference`
    /// with what a reader calls them; rows of others are left out and counted (all, unless given)
    #[arg(long, value_name = "LEVELS", conflicts_with = "reference")]
    pub arms: Option<String>,
    /// The level of the arms that is the reference: `WT`, or `arm=WT`
    #[arg(long, value_name = "LEVEL")]
    pub reference: Option<String>,
    /// What the outcome is (by its column, unless given)
    #[arg(long, value_enum)]
    pub scale: Option<Scale>,
    /// The levels of an ordinal outcome of texts, from low to high: `low,middle,high`
    #[arg(long, value_name = "LEVELS")]
    pub levels: Option<String>,
    /// The level that counts, of a binary outcome
    #[arg(long, value_name = "LEVEL")]
    pub event: Option<String>,
    /// The column of the same outcome at the start
    #[arg(long, value_name = "COLUMN")]
    pub baseline: Option<String>,
    /// The column of clusters: teams, families
    #[arg(long, value_name = "COLUMN")]
    pub cluster: Option<String>,
    /// The column of the time in which a count was made
    #[arg(long, value_name = "COLUMN")]
    pub exposure: Option<String>,
    #[command(flatten)]
    pub taken: Taken,
    /// The level of intervals
    #[arg(long, default_value_t = 0.95)]
    pub level: f64,
    /// Chance decided on the arms
    #[arg(long)]
    pub randomised: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    Continuous,
    Count,
    Binary,
    Ordinal,
    Nominal,
}

#[derive(Debug, Args)]
pub struct Test {
    /// List the methods; with --json as `kring methods --json` does
    #[arg(long, conflicts_with_all = ["method", "data", "fields", "Reading", "Taken", "reference", "levels", "Output",
        "format"])]
    pub list: bool,
    /// The name of the method
    #[arg(value_name = "METHOD", required_unless_present = "list")]
    pub method: Option<String>,
    /// A file: .csv .tsv .parquet .arrow .sav .zsav .dta .xlsx
    #[arg(value_name = "DATA", required_unless_present = "list")]
    pub data: Option<PathBuf>,
    /// The fields of the method, such as outcome=problems
    #[arg(value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub taken: Taken,
    /// The level of a factor that the others are set against, `arm=WT` (its first, unless given)
    #[arg(long, value_name = "COLUMN=LEVEL")]
    pub reference: Vec<String>,
    /// The levels of a text column in their order: `burden=low,middle,high`; may be given again
    #[arg(long, value_name = "COLUMN=LEVELS")]
    pub levels: Vec<String>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Simulate {
    /// A generator or a calibration, in TOML
    #[arg(value_name = "GENERATOR.toml")]
    pub generator: PathBuf,
    /// The seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many cohorts to make (1, unless given)
    #[arg(long, value_name = "N", requires = "seed", requires = "out")]
    pub replicates: Option<u64>,
    /// Write the cohorts, the generator and its truth into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print what the numbers must come to
    #[arg(long)]
    pub truth: bool,
    #[command(flatten)]
    pub form: Form,
}

/// How a method is run on simulated data.
#[derive(Debug, Args)]
pub struct Experimental {
    /// Which number of the method is meant, by its label
    #[arg(long, value_name = "LABEL")]
    pub term: Option<String>,
    /// What a row of the table is (subjects, unless given)
    #[arg(long, value_enum)]
    pub on: Option<On>,
    /// The seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many replicates
    #[arg(long, value_name = "N")]
    pub replicates: Option<u64>,
    /// The error rate of the test
    #[arg(long, value_name = "NUMBER")]
    pub alpha: Option<f64>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum On {
    /// A family: an outcome has a column a wave, such as problems_1
    #[default]
    Subjects,
    /// A family at a wave
    Measurements,
}

#[derive(Debug, Args)]
pub struct Performance {
    /// A generator or a calibration, in TOML
    #[arg(value_name = "GENERATOR.toml")]
    pub generator: PathBuf,
    /// The name of the method, as for kring test
    #[arg(value_name = "METHOD")]
    pub method: String,
    /// The fields of the method, such as outcome=problems_2
    #[arg(value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
    /// What the estimate should be, on its own scale: the log of a ratio
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub truth: f64,
    /// The value that the p-values test
    #[arg(
        long,
        value_name = "NUMBER",
        allow_hyphen_values = true,
        default_value_t = 0.0
    )]
    pub null: f64,
    /// The nominal level of the intervals, checked against that of the method
    #[arg(long, value_name = "NUMBER")]
    pub level: Option<f64>,
    #[command(flatten)]
    pub how: Experimental,
}

#[derive(Debug, Args)]
#[allow(
    clippy::struct_field_names,
    reason = "the command and the number are both called power"
)]
pub struct Power {
    /// List the designs that have a closed form; with --json as JSON
    #[arg(long, conflicts_with_all = ["design", "fields", "n", "effect", "ratio", "power", "sd", "dropout", "method",
        "solve", "parameter", "curve", "Experimental", "Output", "format"])]
    pub list: bool,
    /// A design with a closed form, or a generator in TOML
    #[arg(value_name = "DESIGN", required_unless_present = "list")]
    pub design: Option<String>,
    /// The fields of the design, or of the method
    #[arg(value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
    /// How many the first arm has
    #[arg(long, value_name = "N")]
    pub n: Option<u64>,
    /// The effect: a difference, or the log of a ratio
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub effect: Option<f64>,
    /// The effect as a ratio
    #[arg(long, value_name = "RATIO", conflicts_with = "effect")]
    pub ratio: Option<f64>,
    /// The power wanted
    #[arg(long, value_name = "POWER")]
    pub power: Option<f64>,
    /// The standard deviation within an arm, or one an arm: `4,3`
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub sd: Option<String>,
    /// The share that leaves before each further wave: `0.2,0.1`
    #[arg(long, value_name = "SHARES")]
    pub dropout: Option<String>,
    /// The method, as for kring test: power by simulation
    #[arg(long, value_name = "METHOD")]
    pub method: Option<String>,
    /// What to look for by simulation, given --power (n, unless given)
    #[arg(long, value_enum)]
    pub solve: Option<Solve>,
    /// Which parameter of the generator is the effect, in TOML, where it has several
    #[arg(long, value_name = "PARAMETER")]
    pub parameter: Option<String>,
    /// Power over a grid: `n=20,40,60`, `effect=-0.1,-0.2` or both
    #[arg(long, value_name = "NAME=VALUES", conflicts_with = "power")]
    pub curve: Vec<String>,
    #[command(flatten)]
    pub how: Experimental,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Solve {
    /// How many families the first arm needs
    #[default]
    N,
    /// Which effect is found so often
    Effect,
}

#[derive(Debug, Args)]
pub struct Baseline {
    #[command(flatten)]
    pub data: Data,
    /// The column of the arms
    #[arg(long, value_name = "COLUMN")]
    pub arm: String,
    /// Only these variables (all, unless given)
    #[arg(long, value_name = "NAME")]
    pub variable: Vec<String>,
    /// What a reader calls a variable: `problems_1=Problems at the start`; may be given again
    #[arg(long, value_name = "NAME=LABEL")]
    pub label: Vec<String>,
    /// The column that names the family or person: then they are shown as they were at the first wave
    #[arg(long, value_name = "COLUMN")]
    pub subject: Option<String>,
    /// The column that names the wave, in long data
    #[arg(long, value_name = "COLUMN", requires = "subject")]
    pub wave: Option<String>,
    /// The waves of long data in order, `before,after` (by their numbers, or as the rows of each subject go,
    /// unless given)
    #[arg(long, value_name = "WAVES", requires = "wave")]
    pub waves: Option<String>,
    /// The arms to compare in order, the reference first: `WT,EKC`, or `WT=Neighbourhood team,EKC=Conference`
    /// with what a reader calls them; people in others are left out and counted (all, unless given)
    #[arg(long, value_name = "LEVELS")]
    pub arms: Option<String>,
    /// A variable in one column a wave: `yc=yc1,yc2,yc3` or `yc=yc{wave}`
    #[arg(long, value_name = "NAME=COLUMNS", requires = "subject")]
    pub wide: Vec<String>,
    /// Show this number as median and quartiles, not as mean and standard deviation
    #[arg(long, value_name = "NAME")]
    pub median: Vec<String>,
    /// Whose standard deviation is the unit of the differences
    #[arg(long, value_enum, default_value_t)]
    pub denominator: Unit,
    /// Test the differences, with a word on what such tests do not answer
    #[arg(long)]
    pub tests: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Unit {
    /// The root of the mean of both variances
    #[default]
    Pooled,
    /// That of the first of two arms
    Reference,
    /// That of the second of two arms
    Treated,
}

impl From<Unit> for Denominator {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Pooled => Self::Pooled,
            Unit::Reference => Self::Reference,
            Unit::Treated => Self::Treated,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Fit {
    /// A linear model by least squares
    #[command(after_help = "Examples:
  kring fit lm cohort.csv 'problems_2 ~ problems_1 + arm'
  kring fit lm cohort.csv 'problems ~ arm * factor(wave)' --cluster family --covariance cr2

A column of numbers is a number, also a wave: write factor(wave) for one coefficient a wave. A column
of texts is a factor; its first level is the one the others are set against.")]
    Lm(FitLm),
    /// A linear mixed model: numbers of families that are measured again and again
    #[command(after_help = "Examples:
  kring fit lmm cohort.csv 'score ~ arm * factor(wave) + (1 | family)'
  kring fit lmm cohort.csv 'score ~ arm * months + (months | family)' --by arm --within months
  kring fit lmm cohort.csv 'score ~ arm + (1 | family)' --intervals profile --exact --seed 1
  kring fit lmm cohort.csv 'score ~ arm + (1 | family)' --show random_effects,influence
  kring fit lmm cohort.csv 'score ~ arm * months + (1 | family)' --predict population --at arm=WT,EKC --at months=0,6

One row a measurement. (1 | family) is a level of each family, (months | family) a level and a slope.
With --by come the means that the groups would have, and their differences.")]
    Lmm(FitLmm),
    /// A generalised linear mixed model: counts and shares, measured again and again
    #[command(after_help = "Examples:
  kring fit glmm cohort.csv 'problems ~ arm * factor(wave) + (1 | family)' --family nbinom2
  kring fit glmm cohort.csv 'at_home ~ arm + (1 | family)' --family binomial --by arm
  kring fit glmm cohort.csv 'problems ~ arm + (1 | family)' --zero '~ arm'
  kring fit glmm cohort.csv 'problems ~ arm + (1 | family)' --simulated-residuals --seed 1

The coefficients are those of one family. With --by come means, differences and ratios on the scale of the
outcome: averages over all families, and those of the typical one.")]
    Glmm(FitGlmm),
    /// A marginal model (GEE): means of a population whose families are measured again and again
    #[command(after_help = "Examples:
  kring fit gee cohort.csv 'problems ~ arm * factor(wave)' --subject family --wave wave \\
      --family poisson --means arm --within wave --means-scale ratios
  kring fit gee cohort.csv 'at_home ~ arm' --subject family --family binomial \\
      --correlation exchangeable --covariance robust --dof normal

One row a measurement. The coefficients speak of the means of the population, not of one family. The errors
hold whether or not the working correlation does; unless asked otherwise they are corrected for few families.
--covariance robust --dof normal is what R's geepack gives.")]
    Gee(FitGee),
    /// A mixed model for repeated measures (MMRM): means by wave, and a covariance over the waves
    #[command(after_help = "Examples:
  kring fit mmrm cohort.csv 'score ~ arm * factor(wave)' --subject family --wave wave \\
      --by arm --within wave
  kring fit mmrm cohort.csv 'score ~ arm * factor(wave)' --subject family --wave wave \\
      --structure ar1h --dof kenward_roger

One row a measurement. Waves that are missing at random given those that were seen do no harm.")]
    Mmrm(FitMmrm),
}

/// What every model takes.
#[derive(Debug, Args)]
pub struct Model {
    /// The file and the formula, as with --data and --formula
    #[arg(value_name = "FILE FORMULA", num_args = 0..=2)]
    words: Vec<String>,
    /// A file: .csv .tsv .parquet .arrow .sav .zsav .dta .xlsx
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
    /// The model, as in R: `y ~ arm * wave`; with families, `+ (1 | family)`, in lmm and glmm
    #[arg(long, value_name = "FORMULA")]
    formula: Option<String>,
    /// The column of precision weights
    #[arg(long, value_name = "COLUMN")]
    pub weights: Option<String>,
    /// The level of a factor that the others are set against, `arm=WT` (its first, unless given)
    #[arg(long, value_name = "COLUMN=LEVEL")]
    pub reference: Vec<String>,
    /// The levels of a text column in their order: `burden=low,middle,high`; may be given again
    #[arg(long, value_name = "COLUMN=LEVELS")]
    pub levels: Vec<String>,
    /// The level of intervals
    #[arg(long, default_value_t = 0.95)]
    pub level: f64,
    /// The seed of whatever is drawn
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub means: Asked,
}

/// A formula has a `~`, which the name of a file may have too.
fn is_formula(word: &str) -> bool {
    word.contains('~') && !Path::new(word).is_file()
}

impl Model {
    /// The file, however it was given.
    pub fn data(&self) -> Result<PathBuf, Fault> {
        let mut words = self.words.iter().filter(|word| !is_formula(word));
        match (&self.data, words.next(), words.next()) {
            (Some(file), None, _) => Ok(file.clone()),
            (None, Some(word), None) => Ok(PathBuf::from(word)),
            (Some(_), Some(word), _) | (None, Some(_), Some(word)) => Err(Fault::Argument {
                what: format!("`{word}`"),
                why: "there is a file already, and a formula has a `~`, as in y ~ arm; several values of an option \
                      have commas between them"
                    .to_owned(),
            }),
            (None, None, _) => Err(Fault::Argument {
                what: "the file".to_owned(),
                why: "it is not given; put it first, as in `kring fit lm cohort.csv 'y ~ arm'`"
                    .to_owned(),
            }),
        }
    }

    /// The formula, however it was given.
    pub fn formula(&self) -> Result<&str, Fault> {
        let mut words = self.words.iter().filter(|word| is_formula(word));
        match (&self.formula, words.next(), words.next()) {
            (Some(formula), None, _) | (None, Some(formula), None) => Ok(formula),
            (_, Some(word), _) => Err(Fault::Argument {
                what: format!("`{word}`"),
                why: "there is a formula already; a model has one".to_owned(),
            }),
            (None, None, _) if self.words.len() == 2 => Err(Fault::Argument {
                what: format!("`{}`", self.words[1]),
                why: "a formula has a `~` between the outcome and the terms, as in y ~ arm * wave"
                    .to_owned(),
            }),
            (None, None, _) => Err(Fault::Argument {
                what: "the formula".to_owned(),
                why: "it is not given; put it behind the file, as in `kring fit lm cohort.csv 'y ~ arm'`"
                    .to_owned(),
            }),
        }
    }
}

/// Where the help has what is asked of means.
const MEANS: &str = "Means and contrasts";

/// Means of groups, and how they are compared.
#[derive(Debug, Args)]
pub struct Asked {
    /// A factor whose levels every row is set to in turn; the means are compared on the scale of the outcome
    #[arg(help_heading = MEANS, long, value_name = "COLUMN", group = "compared")]
    pub by: Option<String>,
    /// The means of each combination of these columns' levels, as emmeans has them, and their contrasts
    #[arg(help_heading = MEANS,
        long = "means",
        value_name = "COLUMNS",
        value_delimiter = ',',
        group = "compared"
    )]
    pub of: Vec<String>,
    /// They are compared at each value of this column, such as the wave
    #[arg(help_heading = MEANS, long, value_name = "COLUMN", requires = "compared")]
    pub within: Option<String>,
    /// Slopes along this column of numbers, in place of the means of --means
    #[arg(help_heading = MEANS, long, value_name = "COLUMN", requires = "of")]
    pub slopes: Option<String>,
    /// Which contrasts of --means: pairwise, pairwise_reversed, control, control=LEVEL, consecutive, from_mean,
    /// from_others, polynomial or none
    #[arg(help_heading = MEANS, long, value_name = "FAMILY", requires = "of", default_value = "pairwise")]
    pub contrasts: String,
    /// Differences of differences: contrasts of each of several columns of --means, `arm=control`; given again
    #[arg(help_heading = MEANS, long, value_name = "COLUMN=FAMILY", requires = "of", conflicts_with_all = ["contrasts", "within"])]
    pub interaction: Vec<String>,
    /// How the contrasts are adjusted for how many they are (Tukey's for pairs, Dunnett's for a control, unless
    /// given); multivariate_t needs --seed
    #[arg(help_heading = MEANS, long, requires = "of", value_parser = ["none", "tukey", "dunnett", "sidak", "bonferroni", "holm",
        "multivariate_t"])]
    pub adjust: Option<String>,
    /// How --means averages over all other columns; rows: every row is set to each cell (g-computation)
    #[arg(help_heading = MEANS, long, requires = "of", value_parser = ["equal", "proportional", "outer", "cells", "flat", "rows"],
        default_value = "equal")]
    pub average: String,
    /// The scale of --means: both on the link's; means on the outcome's and contrasts as ratios; or both on the
    /// outcome's
    #[arg(help_heading = MEANS, long, requires = "of", value_parser = ["link", "ratios", "response"], default_value = "link")]
    pub means_scale: String,
    /// The values of a column in --means, in place of its levels or its mean: `age=30,40`; may be given again
    #[arg(help_heading = MEANS, long, value_name = "COLUMN=VALUES", requires = "of")]
    pub means_at: Vec<String>,
    /// Differences between these two do not matter: two one-sided tests of each contrast
    #[arg(help_heading = MEANS, long, value_names = ["LOW", "HIGH"], num_args = 2, requires = "of", allow_negative_numbers = true)]
    pub equivalence: Vec<f64>,
}

/// What every model of repeated measures without random effects takes.
#[derive(Debug, Args)]
pub struct Repeated {
    #[command(flatten)]
    pub model: Model,
    /// Only the rows with this level of a column, or one of these: `region=North,East`; may be given again
    #[arg(long = "where", value_name = "COLUMN=LEVELS")]
    pub rows: Vec<String>,
    /// The column that names the family or person
    #[arg(long, value_name = "COLUMN")]
    pub subject: String,
    /// The column of the wave, which says where a row stands in its family
    #[arg(long, value_name = "COLUMN")]
    pub wave: Option<String>,
    /// A variable that stands in one column a wave, `score=score_1,score_2` or `score=score_{wave}`: then a row is a
    /// measurement, and its wave is the column `wave`; with --subject, may be given again
    #[arg(long, value_name = "NAME=COLUMNS")]
    pub wide: Vec<String>,
    /// The column of the time in numbers, where it is not the number of the wave
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// The column of what families lie in, such as teams; may be given again, outermost first
    #[arg(long, value_name = "COLUMN")]
    pub cluster: Vec<String>,
}

#[derive(Debug, Args)]
pub struct FitGee {
    #[command(flatten)]
    pub repeated: Repeated,
    /// gaussian, poisson, nbinom2, nbinom1, binomial, beta_binomial or gamma
    #[arg(long, value_name = "FAMILY", default_value = "gaussian")]
    pub family: String,
    /// The link (the family's usual one, unless given)
    #[arg(long, value_name = "LINK")]
    pub link: Option<String>,
    /// How rows of a family are taken to be correlated; m_dependent needs --lag
    #[arg(long, default_value = "exchangeable", value_parser = ["independence", "exchangeable", "ar1",
        "unstructured", "m_dependent", "nested_exchangeable"])]
    pub correlation: String,
    /// Over how many waves rows are correlated
    #[arg(
        long,
        value_name = "WAVES",
        required_if_eq("correlation", "m_dependent")
    )]
    pub lag: Option<usize>,
    /// How the errors are estimated; robust is geepack's
    #[arg(long, default_value = "mancl_derouen", value_parser = ["model_based", "robust", "jackknife",
        "mancl_derouen", "kauermann_carroll", "fay_graubard", "morel_bokossa_neerchal", "pan", "wang_long"])]
    pub covariance: String,
    /// What tests refer to (what goes with the errors, unless given)
    #[arg(long, value_parser = ["normal", "families", "satterthwaite", "pan_wall"])]
    pub dof: Option<String>,
}

#[derive(Debug, Args)]
pub struct FitMmrm {
    #[command(flatten)]
    pub repeated: Repeated,
    /// How residuals are related over the waves, in SAS's and mmrm's names
    #[arg(long, default_value = "us", value_parser = ["us", "cs", "csh", "ar1", "ar1h", "toep", "toeph", "ad", "adh",
        "sp_exp"])]
    pub structure: String,
    /// The column of the arm, each of which has a covariance of its own
    #[arg(long, value_name = "COLUMN")]
    pub each_arm: Option<String>,
    /// Which likelihood is made as large as possible
    #[arg(long, value_parser = ["reml", "ml"], default_value = "reml")]
    pub estimation: String,
    /// How degrees of freedom are found
    #[arg(long, default_value = "satterthwaite", value_parser = ["satterthwaite", "kenward_roger",
        "kenward_roger_linear", "between_within", "residual", "normal"])]
    pub dof: String,
    /// The errors: of the model, or by the residuals of whole families
    #[arg(long, value_parser = ["model", "cr0", "cr2", "cr3"], default_value = "model")]
    pub errors: String,
}

/// What every mixed model takes.
#[derive(Debug, Args)]
pub struct Mixed {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub taken: Taken,
    /// The formula of a smaller model, which is tested against this one on the same rows
    #[arg(long, value_name = "FORMULA")]
    pub against: Option<String>,
    /// How several random effects of one group are related (as the formula says, unless given)
    #[arg(long, value_parser = ["unstructured", "diagonal", "compound_symmetry"])]
    pub structure: Option<String>,
    /// The terms of the dispersion, `~ arm`: of a linear model of the residuals' standard deviation
    #[arg(long, value_name = "TERMS")]
    pub dispersion: Option<String>,
    /// The intervals of coefficients and standard deviations: wald are from standard errors; bootstrap needs --seed
    #[arg(long, value_parser = ["wald", "profile", "bootstrap"], default_value = "wald",
        requires_if("bootstrap", "seed"))]
    pub intervals: String,
    /// How many replicates a bootstrap draws
    #[arg(long, value_name = "N", default_value_t = 999)]
    pub replicates: u64,
    /// What is shown besides, with commas; residuals row by row in the JSON
    #[arg(long, value_delimiter = ',', value_parser = ["random_effects", "residuals", "influence"])]
    pub show: Vec<String>,
    /// What the model expects of the typical family, or of the rows' own: row by row in the JSON, or with
    /// --at as a table
    #[arg(long, value_parser = ["population", "families"])]
    pub predict: Option<String>,
    /// Settings to predict at, all combinations: `arm=WT,EKC`; may be given again
    #[arg(long, value_name = "COLUMN=VALUES", requires = "predict")]
    pub at: Vec<String>,
}

#[derive(Debug, Args)]
pub struct FitLmm {
    #[command(flatten)]
    pub mixed: Mixed,
    /// Which likelihood is made as large as possible
    #[arg(long, value_parser = ["reml", "ml"], default_value = "reml")]
    pub estimation: String,
    /// How degrees of freedom are found
    #[arg(long, value_parser = ["satterthwaite", "kenward_roger", "normal"], default_value = "satterthwaite")]
    pub dof: String,
    /// The exact test of the one variance between groups
    #[arg(long, requires = "seed")]
    pub exact: bool,
}

#[derive(Debug, Args)]
pub struct FitGlmm {
    #[command(flatten)]
    pub mixed: Mixed,
    /// poisson, nbinom2, nbinom1, binomial, beta_binomial, gamma or cumulative
    #[arg(long, value_name = "FAMILY", default_value = "poisson")]
    pub family: String,
    /// The link (the family's usual one, unless given)
    #[arg(long, value_name = "LINK")]
    pub link: Option<String>,
    /// The terms of the zeros, `~ arm`
    #[arg(long, value_name = "TERMS")]
    pub zero: Option<String>,
    /// What these terms are of; truncated: there can be no zeros
    #[arg(long, value_parser = ["inflated", "hurdle", "truncated"], default_value = "inflated")]
    pub zeros: String,
    /// Quadrature with so many points an effect, 1 for Laplace (chosen, unless given)
    #[arg(long, value_name = "N")]
    pub points: Option<usize>,
    /// On which scale is predicted
    #[arg(long, value_parser = ["response", "link"], requires = "predict")]
    pub scale: Option<String>,
    /// Residuals by simulation with their tests of uniformity, dispersion, zeros and outliers
    #[arg(long, requires = "seed")]
    pub simulated_residuals: bool,
}

#[derive(Debug, Args)]
pub struct FitLm {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub taken: Taken,
    /// How the standard errors are estimated
    #[arg(long, value_enum, ignore_case = true, default_value_t)]
    pub covariance: Errors,
    /// The column that names the clusters, for cr0 to cr3
    #[arg(long, value_name = "COLUMN")]
    pub cluster: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Errors {
    /// One variance for all rows
    #[default]
    Classical,
    /// White's
    Hc0,
    /// Stata's `robust`
    Hc1,
    /// Unbiased where the variance is one after all
    Hc2,
    /// About the jackknife: the choice for small samples
    Hc3,
    /// By cluster, without correction
    Cr0,
    /// By cluster, inflated by the number of clusters
    Cr1,
    /// By cluster, bias-reduced: the choice for few clusters
    Cr2,
    /// By cluster, about the jackknife
    Cr3,
}

impl From<Errors> for Covariance {
    fn from(errors: Errors) -> Self {
        match errors {
            Errors::Classical => Self::Classical,
            Errors::Hc0 => Self::Hc0,
            Errors::Hc1 => Self::Hc1,
            Errors::Hc2 => Self::Hc2,
            Errors::Hc3 => Self::Hc3,
            Errors::Cr0 => Self::Cr0,
            Errors::Cr1 => Self::Cr1,
            Errors::Cr2 => Self::Cr2,
            Errors::Cr3 => Self::Cr3,
        }
    }
}

#[derive(Debug, Args)]
pub struct Check {
    /// A study's name, its folder, or its study.toml (its data are not needed); or a .csv of figures
    #[arg(
        value_name = "STUDY",
        required_unless_present = "value",
        conflicts_with = "value"
    )]
    pub study: Option<String>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub figures: Figures,
}

/// The figures printed about one number, in place of a study.
#[derive(Debug, Args)]
#[command(next_help_heading = "The figures printed about one number, in place of a study")]
pub struct Figures {
    /// The number with its digits: a mean, a percentage, an estimate, a statistic
    #[arg(long, value_name = "FIGURE", allow_hyphen_values = true)]
    pub value: Option<String>,
    /// How many it rests on
    #[arg(long, value_name = "N", requires = "value")]
    pub sample: Option<usize>,
    /// How many whole numbers each of them contributes
    #[arg(long, value_name = "ITEMS", requires = "value")]
    pub whole_items: Option<u32>,
    /// The lowest and the highest that these whole numbers may be
    #[arg(long, value_names = ["LOW", "HIGH"], num_args = 2, requires = "value", allow_negative_numbers = true)]
    pub scale: Vec<i32>,
    /// The standard deviation
    #[arg(long, value_name = "FIGURE", requires = "value")]
    pub sd: Option<String>,
    /// The standard error
    #[arg(long, value_name = "FIGURE", requires = "value")]
    pub std_error: Option<String>,
    /// The interval, its lower and upper end
    #[arg(long, value_names = ["LOW", "HIGH"], num_args = 2, requires = "value", allow_hyphen_values = true)]
    pub interval: Vec<String>,
    /// The level of the interval
    #[arg(long, default_value_t = 0.95)]
    pub level: f64,
    /// On which scale the interval is symmetric; of percentages free, else either, unless given
    #[arg(long, value_enum, requires = "interval")]
    pub interval_scale: Option<Symmetric>,
    /// The value of no effect: 0, or 1 for a ratio, unless given
    #[arg(
        long,
        value_name = "NUMBER",
        requires = "interval",
        allow_negative_numbers = true
    )]
    pub null: Option<f64>,
    /// The p-value
    #[arg(long, value_name = "FIGURE", requires = "value")]
    pub p_value: Option<String>,
    /// The test of which the number is the statistic: `t(28)`, `F(2, 24)`, `chi2(1)`, `r(28)`, `z`
    #[arg(long, value_name = "TEST", requires = "p_value")]
    pub test: Option<String>,
    /// On how many sides it was tested
    #[arg(long, value_enum, default_value_t)]
    pub sides: TestSides,
    /// How numbers are written
    #[arg(long, value_enum, default_value_t)]
    pub locale: Written,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TestSides {
    /// On two
    #[default]
    Two,
    /// On one
    One,
    /// Not known: both are admitted
    Either,
}

impl From<TestSides> for Sides {
    fn from(sides: TestSides) -> Self {
        match sides {
            TestSides::Two => Self::Two,
            TestSides::One => Self::One,
            TestSides::Either => Self::Either,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Symmetric {
    /// Not known: the natural scale or the log scale
    Either,
    /// As it is: means, differences, coefficients
    Natural,
    /// As logarithms: odds ratios, rate ratios, hazard ratios
    Log,
    /// On none: exact, score, profile and bootstrap intervals
    Free,
}

impl From<Symmetric> for IntervalScale {
    fn from(scale: Symmetric) -> Self {
        match scale {
            Symmetric::Either => Self::Either,
            Symmetric::Natural => Self::Natural,
            Symmetric::Log => Self::Log,
            Symmetric::Free => Self::Free,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Written {
    /// 1,511.5
    #[default]
    En,
    /// 1.511,5
    Nl,
}

impl From<Written> for Locale {
    fn from(written: Written) -> Self {
        match written {
            Written::En => Self::English,
            Written::Nl => Self::Dutch,
        }
    }
}

/// The tables of circles.
#[derive(Debug, Args)]
pub struct CircleFiles {
    /// The table of families: a row a family and wave, with the arm and whatever else is known
    #[arg(long, value_name = "FILE", required_unless_present_any = ["wide", "graphml"])]
    pub families: Option<PathBuf>,
    /// The table of persons: a row a person around a family at a wave
    #[arg(long, value_name = "FILE", required_unless_present_any = ["wide", "graphml"])]
    pub persons: Option<PathBuf>,
    /// The table of ties among them
    #[arg(long, value_name = "FILE")]
    pub ties: Option<PathBuf>,
    /// The table of the agreements of the plans
    #[arg(long, value_name = "FILE")]
    pub agreements: Option<PathBuf>,
    /// The table of agreements that still stood at later waves
    #[arg(long, value_name = "FILE")]
    pub standing: Option<PathBuf>,
    /// One table of a name generator in their place: a row a family and wave, columns `role_1`, `role_2`, …
    #[arg(long, value_name = "FILE", conflicts_with_all = ["families", "persons", "ties", "graphml"])]
    pub wide: Option<PathBuf>,
    /// A file of GraphML in their place: a graph a family and wave; may be given again
    #[arg(long, value_name = "FILE", conflicts_with_all = ["families", "persons", "ties"])]
    pub graphml: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
    /// The waves in order: `start,after` (by their numbers, dates or rows, unless given)
    #[arg(long, value_name = "WAVES")]
    pub waves: Option<String>,
    /// What a file calls a column: `person=alter_id`, of one table `ties.from=source`; may be given again
    #[arg(long, value_name = "NAME=COLUMN")]
    pub column: Vec<String>,
    /// What a value of a file means: `role:tante=family`; may be given again
    #[arg(long, value_name = "COLUMN:VALUE=WORD")]
    pub value: Vec<String>,
    /// A file with a key of 16 bytes or more: names of families and persons become pseudonyms by it
    #[arg(long, value_name = "FILE")]
    pub pseudonyms: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Circle {
    #[command(flatten)]
    pub files: CircleFiles,
    /// The column of the table of families that holds the arm
    #[arg(long, value_name = "COLUMN")]
    pub arm: Option<String>,
    /// Only these indicators (all, unless given): `network_size`; may be given again
    #[arg(long, value_name = "NAME")]
    pub indicator: Vec<String>,
    /// Draw the circle of this family at all its waves into the folder of --out; may be given again
    #[arg(
        long,
        value_name = "FAMILY",
        requires = "out",
        conflicts_with = "suppress"
    )]
    pub draw: Vec<String>,
    /// With --draw, write the keys of persons beside their marks (no names, unless given)
    #[arg(long, requires = "draw")]
    pub keys: bool,
    /// Print the distributions of all measures, too; --out always has them
    #[arg(long)]
    pub all: bool,
    /// Write a table with a row a family and wave here, as CSV: the input of `kring fit`. It has the keys of
    /// families, unless --pseudonyms is given
    #[arg(long, value_name = "FILE", conflicts_with = "suppress")]
    pub table: Option<PathBuf>,
    /// Write a table with a row an agreement here, as CSV: how long each stood
    #[arg(long, value_name = "FILE", conflicts_with = "suppress")]
    pub stood: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Neighbourhood {
    /// The table of persons: a row a person
    #[arg(long, value_name = "FILE", required_unless_present = "graphml")]
    pub persons: Option<PathBuf>,
    /// The table of ties: from, to, and perhaps sign and direction
    #[arg(long, value_name = "FILE", required_unless_present = "graphml")]
    pub ties: Option<PathBuf>,
    /// A file of GraphML in their place
    #[arg(long, value_name = "FILE", conflicts_with_all = ["persons", "ties"])]
    pub graphml: Option<PathBuf>,
    /// The persons at the later time (the same, unless given)
    #[arg(long, value_name = "FILE", requires = "after_ties")]
    pub after_persons: Option<PathBuf>,
    /// The ties at the later time
    #[arg(long, value_name = "FILE", conflicts_with = "graphml")]
    pub after_ties: Option<PathBuf>,
    /// GraphML of the later time
    #[arg(long, value_name = "FILE", requires = "graphml")]
    pub after_graphml: Option<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
    /// What a file calls a column: `person=name`; may be given again
    #[arg(long, value_name = "NAME=COLUMN")]
    pub column: Vec<String>,
    /// The column of the persons that parts them into groups, such as residents and institutions
    #[arg(long, value_name = "COLUMN")]
    pub groups: Option<String>,
    /// Two groups, or one twice, between which ties may have changed more than others: `resident,institution`
    #[arg(long, value_name = "GROUPS", requires = "groups")]
    pub between: Option<String>,
    /// Where drawing begins: for communities, and for the test where there are more than nine persons
    #[arg(long)]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub output: Output,
}
