import pandas as pd

from horuslib.review.sentences import export


def checks(*rows):
    return pd.DataFrame(rows, columns=["check", "expected", "found", "passed"])


PASSED = ("labels", "6", "6", True)


def test_every_file_is_listed_with_its_size(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "b.keras").write_bytes(bytes(1500))
    (tmp_path / "a.txt").write_bytes(bytes(500))
    files = export.package_files(tmp_path)
    assert files.to_numpy().tolist() == [["a.txt", 0.5], ["models/b.keras", 1.5]]
    assert export.package_size(files) == "2 files, 0.0 MB in all."
    assert export.package_size(files.assign(kB=1000.0)[:1]) == "1 file, 1.0 MB in all."


def test_an_empty_folder_has_no_files(tmp_path):
    assert export.package_size(export.package_files(tmp_path)) == "0 files, 0.0 MB in all."


def test_the_models_are_equivalent_or_not(shows, hostile):
    assert export.runtimes_compared({"Keras": 1e-7, "TensorFlow Lite": 0.002}, 64) == (
        "Over 64 inputs the largest differences of a probability are 1.0e-07 (Keras) and 2.0e-03 (TensorFlow Lite). "
        "The models are equivalent."
    )
    for difference in (export.SAME, 0.02):
        said = export.runtimes_compared({"Keras": difference}, 1)
        assert said.startswith("Over 1 input the") and said.endswith("The models differ: do not install this package.")
    assert export.runtimes_compared({"TensorFlow Lite": 0.0, "Keras": float("nan")}, 1).endswith(
        "do not install this package."
    )
    shows(lambda text: export.runtimes_compared({text: 0.0}, 1), hostile)


def test_failed_checks_say_what_they_found(shows, hostile):
    assert export.checks_passed(checks(PASSED)) == "1 of 1 check passed. The package may be installed."
    failed = checks(PASSED, ("tone", "sinal teste", "normal", False))
    assert export.checks_passed(failed) == (
        "1 of 2 checks passed. tone: normal instead of sinal teste. Listen to the sounds and retrain before installing."
    )
    for column in ("check", "expected", "found"):
        shows(lambda text, column=column: export.checks_passed(failed[1:].assign(**{column: text})), hostile)


def test_the_analysts_thresholds_are_named(shows, hostile):
    assert export.chosen_by([]) == "All thresholds were chosen in evaluation."
    assert export.chosen_by(["eco_reverb"]) == "An analyst chose the threshold of `eco_reverb`."
    assert export.chosen_by(["eco_reverb", "ruido_hiss"]) == (
        "An analyst chose the thresholds of `eco_reverb`, `ruido_hiss`."
    )
    shows(lambda text: export.chosen_by([text]), hostile)


def test_the_command_that_installs_the_package(horus, shows, hostile):
    assert export.how_to_install({"eco_reverb": 0.5, "ruido_hiss": 0.75}, horus) == (
        "`ruido_hiss` has the highest threshold, 0.75. The package is in `artifacts/horus/export/`; `horus install "
        "HORUS_DIR --package artifacts/horus/export` installs it and keeps a copy of what was there."
    )
    shows(lambda text: export.how_to_install({text: 0.5}, horus), hostile)
    shows(lambda text: export.how_to_install({"a": 0.5}, horus.model_copy(update={"name": text})), hostile)
