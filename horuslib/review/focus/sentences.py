"""Sentences of a focused fine-tune: what the audit found, what was relabelled, what moved, what the gate says."""

from collections.abc import Mapping

import pandas as pd

from horuslib.review.sentences.markdown import code, counted, escape_markdown

_HARDLY = 0.01
"""A mean change of macro-F1 under this is none that counts."""


def audited(clips: pd.DataFrame, extreme: pd.Series, listed: int, new: int, held_out: int) -> str:
    """How many files are suspicious, and how many were new to the ledger."""
    kept = (
        f" {counted(held_out, 'file')} of the holdout took no part: a model puts none of those aside."
        if held_out
        else ""
    )
    return (
        f"Of {counted(len(clips), 'training file')}, {int(extreme.sum())} are extreme-off, {new} of them new in the "
        f"quarantine ledger; the ranking puts {listed} before a person.{kept}"
    )


def rules_compared(table: pd.DataFrame) -> str:
    """Which ranking rule found most of the planted errors."""
    if table.average_precision.isna().all():
        return "There are too few groups to plant errors in: files are ranked by self-confidence."
    best = table.iloc[0]
    return (
        f"{code(table.index[0])} found planted errors best: average precision {best.average_precision:.2f}, "
        f"{best.recall:.0%} of them at precision 0.40."
    )


def duplicates_found(pairs: int) -> str:
    """Whether files of different groups are nearly the same."""
    if not pairs:
        return "No two files of different groups are nearly the same."
    return f"{counted(pairs, 'pair')} of files of different groups are nearly the same: listen whether one is a copy."


def patterns_found(table: pd.DataFrame) -> str:
    """Whether the names of a class's files are those of another class or of its collection.

    Parameters
    ----------
    table : an ingest issue per row, with file (the class) and problem.
    """
    if table.empty:
        return "No class holds files that are named or numbered as another class's."
    return "\n".join(f"- {code(row.file)}: {escape_markdown(row.problem)}" for row in table.itertuples())


def heard(shown: int, mistakes: int, where: str) -> str:
    """How many mistakes there are, and how many of them are shown as cards."""
    if not mistakes:
        return f"There is no mistake {where}."
    kept = "all of them" if shown == mistakes else f"{shown} of them"
    return f"{counted(mistakes, 'mistake')} {where}; {kept} can be heard here, those about the class in focus first."


def relabelled(state: pd.DataFrame) -> str:
    """What became of the files in the ledger."""
    counts = state.state.value_counts()
    said = [f"{counts[name]} {name}" for name in ("relabelled", "confirmed", "out", "quarantined") if counts.get(name)]
    if not said:
        return "The ledger changes nothing: every file is trained on as filed."
    waiting = (
        " Those in quarantine are not trained on until a person says what they are."
        if counts.get("quarantined")
        else ""
    )
    return f"{', '.join(said)}; {counts.get('as filed', 0)} as filed.{waiting}"


def policy(enabled: bool, right: int, total: int, applied: int) -> str:
    """Whether the policy is on, and how far it agrees with persons."""
    agreed = (
        f" It agrees with {right} of {total} tags given by persons."
        if total
        else " No person's tag tells its precision yet."
    )
    return (f"The policy relabelled {counted(applied, 'file')}." if enabled else "The policy is off.") + agreed


def moved(history: pd.DataFrame, compared: pd.DataFrame) -> str:
    """What the rate of the plan moves, and what a larger one does.

    Parameters
    ----------
    history : of the folds. compared : the same at larger rates.
    """
    change, weights = _change(history)
    words = "hardly moves" if abs(change) < _HARDLY else "raises" if change > 0 else "lowers"
    rate = history.learning_rate.max()
    said = [
        f"At {rate:g} the fine-tune {words} the macro-F1 of unseen files ({change:+.3f}, mean of the folds); the "
        f"head's weights move by {weights:.1%}."
    ]
    for rate, rows in compared.groupby("learning_rate"):
        if rate > 0:
            part = compared[compared.run.isin(rows.run)]
            change, weights = _change(part)
            said.append(f"At {rate:g}: {change:+.3f}, weights {weights:.1%}.")
    return " ".join(said)


def _change(history: pd.DataFrame) -> tuple[float, float]:
    """Mean change of the unseen macro-F1 from the first row to the last of each run, and of the head's weights."""
    ends = history.groupby("run").agg(
        first=("unseen_macro_f1", "first"), last=("unseen_macro_f1", "last"), head=("moved_head", "last")
    )
    return float((ends["last"] - ends["first"]).mean()), float(ends["head"].mean())


def word(ruling: Mapping) -> str:
    """The ruling in a word."""
    if ruling["refused"]:
        return "Too few recordings to decide"
    return "The gate lets the candidate pass" if ruling["passed"] else "The gate does not let the candidate pass"


def ruled(ruling: Mapping, task_name: str, evidence: str) -> str:
    """The ruling, its reasons, and what to do next."""
    lines = [f"**{word(ruling)}.**", *(f"- {escape_markdown(reason)}" for reason in ruling["reasons"])]
    if ruling["passed"]:
        lines.append(f"\n{code(f'horus promote --task {task_name}')} puts it into production.")
    elif ruling["refused"] and evidence != "folds":
        command = code(f"make focus TASK={task_name} EVIDENCE=folds")
        lines.append(f"\nCross-validation over all recordings has more: {command}.")
    return "\n".join(lines)


def figures(table: pd.DataFrame, wanted_error: float = 0.05) -> str:
    """How macro-F1 changed under each reading of the labels, and whether the confidence can be trusted."""
    said = []
    for reading in table.columns.get_level_values(0).unique():
        before, after = table.loc["macro-F1", reading]
        said.append(f"{escape_markdown(reading)}: macro-F1 {before:.3f} before, {after:.3f} after")
    error = table.loc["calibration error"].iloc[-1]
    verdict = "as asked" if error <= wanted_error else f"more than the {wanted_error:g} asked"
    return f"{'; '.join(said)}. The calibration error is {error:.4f}, {verdict}."


def false_alarms(rates: pd.DataFrame, focus: str) -> str:
    """How often the class in focus is reported in programme without it.

    Parameters
    ----------
    rates : of `focus.false_alarms`.
    """
    where = "generated programme" if rates.programme[0] == "generated" else "the programme given"
    said = [
        f"{row.per_hour:.1f} an hour {row.package} (95% interval {row.low:.1f} to {row.high:.1f})"
        for row in rates.itertuples()
    ]
    return f"False alarms of {code(focus)} in {60 * rates.hours[0]:.0f} min of {where}: {', '.join(said)}."


def probed(table: pd.DataFrame, focus: str) -> str:
    """How generated sounds were classified, and which of other classes is taken for the focus most."""
    if table.empty:
        return f"No sound of {code(focus)} is generated: nothing is probed."
    mine, others = table[table["class"] == focus], table[table["class"] != focus]
    said = f"Of generated {code(focus)} {mine.before.mean():.0%} were found before and {mine.after.mean():.0%} after."
    worst = others.sort_values("after").iloc[-1]
    taken = f"Of the rest {others.after.mean():.0%} is taken for it, {code(worst['sound'])} most ({worst.after:.0%})."
    return f"{said} {taken}"
