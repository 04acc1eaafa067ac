"""Settings are read from YAML, and what is wrong in them is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from support.training import SETTINGS

from sargeo.errors import UsageError
from sargeo_training.settings.config import Dense, Optimiser, as_plain, checked_config, read_config


def written(folder: Path, **changes: object) -> Path:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({**SETTINGS, **changes}), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["tiny.yaml", "small.yaml", "base.yaml"])
def test_own_settings_are_found_by_name(name: str) -> None:
    config = read_config(Path(name))
    assert config.card.name == f"sargeo-{name.removesuffix('.yaml')}"
    assert any(stage.uses("landcover") for stage in config.stages)
    assert config.stages[-1].uses("captioning")


def test_labels_alone_are_learnt_by_the_tower_of_tiny() -> None:
    alone, tiny = read_config(Path("labels.yaml")), read_config(Path("tiny.yaml"))
    assert alone.network.tower == tiny.network.tower
    assert alone.network.language is None
    assert not any(stage.texts for stage in alone.stages)


def test_settings_survive_a_checkpoint() -> None:
    config = read_config(Path("tiny.yaml"))
    assert checked_config(dict(as_plain(config)), "a checkpoint") == config


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sead": 1}, r"unknown key sead; the nearest known one is seed\."),
        ({"dense": {"croppx": 64}}, r"unknown key dense\.croppx; .* crop_px\."),
        (
            {"stages": [{**SETTINGS["stages"][0], "warm_up": 0.1}]},
            r"unknown key stages\.0\.warm_up; .* warmup\.",
        ),
        (
            {"network": {"tower": {**SETTINGS["network"]["tower"], "decoder": 8}}},
            r"unknown key network\.tower\S*\.decoder; .* decoder_dim\.",
        ),
        ({"xyzzy": 1}, r"unknown key xyzzy\."),
        ({"dense": {"crop_px": 100}}, r"mine\.yaml: dense\.crop_px: .*multiple of 32"),
        ({"stages": []}, r"stages: "),
        ({"stages": [SETTINGS["stages"][0]] * 2}, "names of their own"),
    ],
)
def test_wrong_key_or_value_is_named(changes: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        read_config(written(tmp_path, **changes))


def test_settings_are_changed_by_dotted_keys(tmp_path: Path) -> None:
    changes = ["seed=3", "dense.simulator=false", "stages.joint.losses.objects=0.1"]
    config = read_config(written(tmp_path), changes)
    assert (config.seed, config.dense.simulator) == (3, False)
    assert config.stages[0].losses == {"landcover": 1.0, "objects": 0.1}
    assert config.title == "without the simulator"


@pytest.mark.parametrize("change", ["seed", "stages.none.steps=1", "seed=[1"])
def test_change_that_changes_nothing_is_refused(change: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="changes no setting"):
        read_config(written(tmp_path), [change])


def test_missing_and_broken_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(UsageError, match="is not YAML"):
        read_config(tmp_path / "broken.yaml")


def test_a_stage_is_found_by_its_name() -> None:
    config = checked_config(SETTINGS, "settings")
    assert config.stage("joint") is config.stages[0]
    with pytest.raises(UsageError, match="no stage 'warm' among joint"):
        config.stage("warm")


def test_tiny_states_the_defaults() -> None:
    whole = read_config(Path("tiny.yaml")).model_dump(exclude={"card", "network", "stages"})
    assert whole == checked_config(SETTINGS, "s").model_copy(
        update={"dense": Dense(), "optimiser": Optimiser()}
    ).model_dump(exclude={"card", "network", "stages"})
