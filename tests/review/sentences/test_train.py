import pandas as pd

from horuslib.review.sentences import train
from horuslib.tasks.sections import Phase


def predictions(*rows):
    return pd.DataFrame(rows, columns=["fold", "label", "predicted"])


ROWS = predictions(
    (0, "normal", "normal"),
    (0, "eco_reverb", "eco_reverb"),
    (1, "normal", "eco_reverb"),
    (1, "normal", "normal"),
    (1, "eco_reverb", "eco_reverb"),
)
HISTORY = pd.DataFrame(
    [("fold_0", "head", 1, 0.5, 0.9, 0.6), ("fold_0", "head", 2, 0.4, 0.7, 0.7), ("fold_1", "head", 1, 0.4, 0.6, 0.8)],
    columns=["run", "phase", "epoch", "loss", "val_loss", "val_accuracy"],
)


def phase(name="head", epochs=5):
    return Phase(name=name, layers="head", learning_rate=0.001, epochs=epochs)


def test_the_training_plan_names_phases_and_weights(horus, shows, hostile):
    said = train.training_plan(1234567, [phase(), phase("fine_tune", 1)], horus)
    patience = horus.training.patience
    assert said == (
        "1,234,567 parameters, starting from weights `bundled`: head for up to 5 epochs at a learning rate of 0.001, "
        f"then fine&#95;tune for up to 1 epoch at a learning rate of 0.001. A phase ends after {patience} epochs "
        "without a lower validation loss."
    )
    shows(lambda text: train.training_plan(1, [phase(text)], horus), hostile)
    fixed = horus.model_copy(update={"training": horus.training.model_copy(update={"patience": None})})
    assert train.training_plan(1, [phase()], fixed).endswith(": head for 5 epochs at a learning rate of 0.001.")

    def from_weights(path):
        training = horus.training.model_copy(update={"weights": path})
        return train.training_plan(1, [phase()], horus.model_copy(update={"training": training}))

    shows(from_weights, hostile)


def test_choices_are_compared_with_the_one_in_use(shows, hostile):
    table = pd.DataFrame(
        [
            ("horus", "demo", "none", 0.5, 1.25),
            ("horus", "demo", "bundled", 0.9, 0.25),
            ("horus", "real", "none", 0.4, 2),
        ],
        columns=["task", "corpus", "choice", "macro_f1", "log_loss"],
    )
    assert train.worth_of_choices(table).splitlines() == [
        "- `horus` on `demo`: macro-F1 0.90, log loss 0.25 as the task trains; `none` 0.50 and 1.25.",
        "- `horus` on `real`: `none` 0.40 and 2.00.",
    ]
    assert train.worth_of_choices(table[:0]) == ""
    for column in ("task", "corpus", "choice"):
        shows(lambda text, column=column: train.worth_of_choices(table[:1].assign(**{column: text})), hostile)


def test_each_fold_has_its_best_epoch_and_its_own_segments(horus):
    table = train.folds_table(HISTORY, ROWS, horus)
    assert list(table.epoch) == [2, 1] and list(table.segments) == [2, 3]
    assert table.macro_f1["fold_0"] == 1 and round(table.macro_f1["fold_1"], 3) == 0.667


def test_a_gap_between_the_losses_is_overfitting(shows, hostile):
    table = pd.DataFrame(
        {"loss": [0.1, 0.3], "val_loss": [0.2, 0.4], "macro_f1": [0.5, 0.75]}, index=["fold_0", "fold_1"]
    )
    assert train.folds_compared(table) == (
        "Over the folds the macro-F1 ranges from 0.50 (`fold_0`) to 0.75. The validation loss minus the training "
        "loss is 0.10: no sign of overfitting."
    )
    over = train.folds_compared(table.assign(val_loss=[0.6, 0.8]))
    assert over.endswith("is 0.50: a sign of overfitting; more varied videos would help most.")
    shows(lambda text: train.folds_compared(table.rename({"fold_0": text})), hostile)


def test_epochs_of_the_search_and_of_the_final_model(horus):
    table = train.folds_table(HISTORY, ROWS, horus)
    assert train.epochs_trained(HISTORY, table, 1).alt == (
        "In each fold the search for the number of epochs ran for 1 to 2 epochs; the best were epochs 2, 1, and the "
        "final model trained for 1 epoch."
    )
    fixed = train.epochs_trained(HISTORY, table, 1, searched=False).markdown
    assert fixed.startswith("Every fold and the final model trained for 1 epoch, as the task says")
    assert "ran for 1 epoch; the best was epoch 1, and" in train.epochs_trained(HISTORY[2:], table[1:], 3).markdown


def test_confusions_name_false_alarms_and_the_class_missed_most(horus, shows, hostile):
    found = train.confusions(ROWS, horus)
    assert found.alt == (
        "Macro-F1 out of fold 0.800; 33% of the normal segments are classified as a fault before thresholds; normal "
        "has the lowest recall (67%)."
    )
    assert "33% of the `normal` segments" in found.markdown
    no_normal = train.confusions(ROWS[ROWS.label != "normal"], horus).alt
    assert no_normal == "Macro-F1 out of fold 1.000; eco_reverb has the lowest recall (100%)."
    assert train.confusions(ROWS[:0], horus).alt == "No segment was evaluated out of fold."

    def with_label(text):
        task = horus.model_copy(update={"labels": [text, *horus.labels]})
        return train.confusions(predictions((0, text, "normal"), (0, "normal", "normal")), task).markdown

    shows(with_label, hostile)


def test_the_duration_of_the_training():
    summary = {"best_epochs": {"fold_0": {}}, "seconds": {"folds": 12, "final": 3}}
    assert train.summary(summary) == "Training took 12 s for 1 fold and 3 s for the final model."


def test_what_is_learnt_from_known_good_programme_is_counted(horus, shows, hostile):
    assert train.known_good_learnt(pd.DataFrame(), horus).startswith("There is no known-good programme")
    heard = pd.DataFrame({"source": ["a", "a", "b", "b"], "chosen": ["hard", "random", "hard", ""]})
    heard = heard.assign(**{f"p_{label}": 0.0 for label in horus.labels} | {"p_eco_reverb": [0.9, 0, 0.2, 0]})
    heard.loc[2, "p_ruido_hiss"] = 0.6
    assert train.known_good_learnt(heard, horus) == (
        "Of 4 segments of 2 sources, 3 are learnt from (2 hard, 1 random). The hard ones were taken for `eco_reverb` "
        "(1), `ruido_hiss` (1); most of them are of the source `a`."
    )
    assert train.known_good_learnt(heard[3:], horus) == "Of 1 segment of 1 source, 0 are learnt from (none)."
    shows(lambda text: train.known_good_learnt(heard.assign(source=text), horus), hostile)
    shows(lambda text: train.known_good_learnt(heard.assign(chosen=text), horus), hostile)
