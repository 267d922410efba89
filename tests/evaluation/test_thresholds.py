import pytest

from horuslib.core.errors import UserError
from horuslib.evaluation.thresholds import read_dotenv, settle

PACKAGE = {"ausencia_audio": 0.5, "volume_baixo": 0.5, "eco_reverb": 0.5, "ruido_hiss": 0.5, "sinal_teste": 0.5}


@pytest.fixture
def settled(horus, tmp_path):
    def settle_with(arguments=None, environment=None, dotenv=""):
        (tmp_path / ".env").write_text(dotenv)
        return settle(horus, PACKAGE, arguments, environment or {}, tmp_path / ".env")

    return settle_with


def test_arguments_come_before_the_environment_before_the_file_before_the_package(settled):
    file = "AUDIO_THRESH_ECO_REVERB=0.6\nAUDIO_THRESH_RUIDO_HISS=0.6\nAUDIO_THRESH_SINAL_TESTE=0.6\n"
    environment = {"AUDIO_THRESH_ECO_REVERB": "0.7", "AUDIO_THRESH_RUIDO_HISS": "0.7"}
    found = settled({"eco_reverb": 0.8}, environment, file)
    assert found == {**PACKAGE, "eco_reverb": 0.8, "ruido_hiss": 0.7, "sinal_teste": 0.6}


def test_default_is_for_the_labels_that_the_same_place_does_not_name(settled):
    found = settled(environment={"AUDIO_THRESH_DEFAULT": "0.9", "AUDIO_THRESH_ECO_REVERB": "0.3"})
    assert found == {**dict.fromkeys(PACKAGE, 0.9), "eco_reverb": 0.3}
    assert settled({"default": 0.2})["volume_baixo"] == 0.2


@pytest.mark.parametrize("value", ["high", "1.01", "-0.1", "nan", "0,85"])
def test_a_bad_value_names_its_variable_and_what_it_may_be(settled, value):
    with pytest.raises(UserError, match=r"AUDIO_THRESH_RUIDO_HISS in the environment.*number from 0 to 1"):
        settled(environment={"AUDIO_THRESH_RUIDO_HISS": value})
    with pytest.raises(UserError, match=r"AUDIO_THRESH_RUIDO_HISS in .*\.env"):
        settled(dotenv=f"AUDIO_THRESH_RUIDO_HISS={value}")


def test_both_ends_of_the_range_are_allowed(settled):
    found = settled(environment={"AUDIO_THRESH_RUIDO_HISS": "0", "AUDIO_THRESH_ECO_REVERB": " 1.0 "})
    assert (found["ruido_hiss"], found["eco_reverb"]) == (0, 1)


def test_a_label_that_is_no_fault_is_refused_with_those_that_are(settled):
    with pytest.raises(UserError, match=r"eco_rverb.*eco_reverb"):
        settled({"eco_rverb": 0.5})


def test_an_env_file_may_have_comments_quotes_and_export(tmp_path):
    path = tmp_path / ".env"
    path.write_text("# A=1\nexport B=\"0.5\" # half\nC = 0.7 # more\n\nnot a line\nD='x # y'\n")
    assert read_dotenv(path) == {"B": "0.5", "C": "0.7", "D": "x # y"}


def test_no_file_is_no_values(tmp_path):
    assert read_dotenv(tmp_path / ".env") == {}


@pytest.mark.parametrize("stated", ["decision", "decision:0f3a5c7e9b1d", "bogus", ":0f3a5c7e9b1d"])
@pytest.mark.parametrize("scale", [None, "decision"])
def test_what_is_for_another_scale_or_for_none_that_is_known_is_refused(horus, tmp_path, stated, scale):
    environment = {"AUDIO_THRESH_ECO_REVERB": "0.5", "HORUS_THRESHOLDS_FOR": stated}
    places = {"environment": environment, "dotenv": tmp_path / "none", "scale": scale}
    if scale and stated.startswith(scale):
        assert settle(horus, PACKAGE, **places)["eco_reverb"] == 0.5
        return
    with pytest.raises(UserError, match="in the environment are for ") as refused:
        settle(horus, PACKAGE, **places)
    assert f"HORUS_THRESHOLDS_FOR={scale or 'network'}" in str(refused.value)


@pytest.mark.parametrize("stated", ["", "network", "network:0f3a5c7e9b1d", " network "])
def test_a_package_of_the_network_alone_takes_what_is_for_it_or_says_nothing(horus, tmp_path, stated):
    environment = {"AUDIO_THRESH_ECO_REVERB": "0.7", "HORUS_THRESHOLDS_FOR": stated}
    found = settle(horus, PACKAGE, None, environment, tmp_path / "none", None, "0f3a5c7e9b1d")
    assert found["eco_reverb"] == 0.7
