"""Training that cannot begin or go on: what is advised makes it learn."""

from __future__ import annotations

import dataclasses
import errno
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import torch
import yaml
from shapely import box
from support import scio_corpus, training
from support.advice import exercises, follows
from support.labelled_images import coast, coast_sources
from support.rasters import CRS_CASES
from support.seaside import seaside
from support.tiles import tile

from sargeo.errors import ModelDamagedError, ReferenceDataError, UsageError
from sargeo.model.storage import save_model
from sargeo_training.engine import material
from sargeo_training.engine import run as runs
from sargeo_training.engine.checkpoints import BEST, LAST, load_best, load_into, read_saved
from sargeo_training.engine.networks import model_spec, new_network
from sargeo_training.evaluation.report import make_report, write_report
from sargeo_training.scio.corrupt import corrupt
from sargeo_training.scio.run import STAGES, open_run, stages_of
from sargeo_training.scio.screen import Evidence, leave_out
from sargeo_training.scio.texts import Text
from sargeo_training.scio.thresholds import Calibration, choose
from sargeo_training.scio.training import refuse_cut
from sargeo_training.settings import config as configs
from sargeo_training.settings.config import Config, checked_config, read_config

Refused = Callable[..., Any]
Done = Callable[..., str]

UTM, GRID = CRS_CASES["utm_north"]


def written(path: Path, content: object) -> Path:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


# Settings


SETTINGS = "Correct the settings; tiny.yaml in sargeo_training/settings names and explains all."


@follows("sargeo_training.settings.config:read_config", SETTINGS)
@follows("sargeo_training.settings.config:checked_config", SETTINGS)
@pytest.mark.parametrize("fault", ["missing", "no YAML", "unknown key", "wrong value"])
def test_settings_are_corrected(fault: str, tmp_path: Path) -> None:
    """Whichever way they are read, tiny.yaml names the key that was meant."""
    path = tmp_path / "mine.yaml"
    wrong = {
        "unknown key": {**training.SETTINGS, "dense": {"croppx": 64}},
        "wrong value": {**training.SETTINGS, "dense": {"crop_px": 100}},
    }
    if fault == "no YAML":
        path.write_text("a: [", encoding="utf-8")
    elif fault in wrong:
        written(path, wrong[fault])
    with pytest.raises(UsageError):
        read_config(path)
    with pytest.raises(UsageError):
        checked_config(wrong.get(fault, []), "a checkpoint")
    explained = Path(configs.__file__).with_name("tiny.yaml").read_text(encoding="utf-8")
    assert "crop_px" in explained
    assert read_config(written(path, training.SETTINGS)) == checked_config(
        training.SETTINGS, "settings"
    )


CHANGE = "Give it as KEY=VALUE with a dotted key, such as dense.simulator=false."


def the_example_changes(tmp_path: Path, wrong: str) -> None:
    path = written(tmp_path / "mine.yaml", training.SETTINGS)
    with pytest.raises(UsageError) as caught:
        read_config(path, [wrong])
    example = caught.value.remedy.split()[-1].removesuffix(".")
    assert read_config(path).dense.simulator
    assert not read_config(path, [example]).dense.simulator


@follows("sargeo_training.settings.reading:_change", CHANGE)
@pytest.mark.parametrize("wrong", ["seed", "stages.none.steps=1", "seed=[1"])
def test_a_change_is_given_by_key_and_value(wrong: str, tmp_path: Path) -> None:
    the_example_changes(tmp_path, wrong)


@follows(
    "sargeo_training.settings.config:Config.stage", "Give the name of a stage of the settings."
)
def test_the_name_of_a_stage_is_given() -> None:
    config = training.settings()
    with pytest.raises(UsageError) as caught:
        config.stage("warm")
    name = caught.value.problem.rpartition("among ")[2].removesuffix(".").split(", ")[0]
    assert config.stage(name) is config.stages[0]


@follows(
    "sargeo_training.commands:train",
    "Install sargeo with its training extra: pip install sargeo[train].",
    simulated="the package is here: its absence is imitated",
)
def test_the_training_extra_is_installed(
    tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import requires

    with monkeypatch.context() as patch:
        patch.setattr("sargeo_training.commands.find_spec", lambda name: None)
        refused("train", "decisions", tmp_path, code=4)
    extra = [line for line in requires("sargeo") or [] if "extra == 'train'" in line]
    assert any(line.startswith("scikit-learn") for line in extra)
    assert "decisions" in refused("train", "decisions", tmp_path, code=2).problem


# Runs


@pytest.fixture
def coasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few made-up images are the data sets."""
    monkeypatch.setattr(material, "load_all", lambda *_, **__: coast_sources())
    monkeypatch.setattr(runs, "stage_score", lambda *_: 0.5)


def learnt(folder: Path, config: Config, **given: Any) -> None:
    """Train, and see that the weights are kept."""
    runs.pretrain(config, folder, **given)
    load_best(folder / config.stages[-1].name)


@follows("sargeo_training.engine.material:gather", "Give their folder by --data.")
@pytest.mark.usefixtures("coasts")
def test_data_sets_are_given(tmp_path: Path) -> None:
    config = training.settings(steps=1)
    with pytest.raises(UsageError):
        runs.pretrain(config, tmp_path / "run", data=None)
    learnt(tmp_path / "run", config, data=tmp_path)


def telling(*losses: str, steps: int = 1, **parts: Any) -> Config:
    stage = {"name": "texts", "steps": steps, "learning_rate": 1e-3}
    stage["losses"] = dict.fromkeys(losses or ("captioning",), 1.0)
    return training.telling_settings(stages=[stage], **parts)


@pytest.fixture
def untold(tmp_path: Path) -> Path:
    """Chips without texts, as ``sargeo train data`` makes them."""
    from support.told_chips import told_chip

    shown = [told_chip(f"told_{k}", seed=k) for k in range(6)]
    return training.write_chips(tmp_path / "untold", shown)


@pytest.fixture
def told(untold: Path, tmp_path: Path, done: Done) -> Path:
    """The same with texts, as ``sargeo train texts`` writes them."""
    done("train", "texts", untold, "-o", tmp_path / "told")
    return tmp_path / "told"


@follows(
    "sargeo_training.engine.material:gather",
    "Give the folder of `sargeo train data` by --shards, or for texts that of "
    "`sargeo train texts`.",
)
@pytest.mark.usefixtures("coasts")
@pytest.mark.parametrize("texts", [True, False])
def test_chips_are_given(texts: bool, untold: Path, told: Path, tmp_path: Path) -> None:
    config = telling("captioning" if texts else "reconstruction")
    with pytest.raises(UsageError):
        runs.pretrain(config, tmp_path / "run", data=None)
    learnt(tmp_path / "run", config, data=None, shards=told if texts else untold)


@follows(
    "sargeo_training.engine.material:_chip_stream",
    "Build chips by `sargeo train data`, and texts by `sargeo train texts`.",
)
@pytest.mark.usefixtures("coasts")
def test_texts_are_written(untold: Path, told: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("\n".join(WORDS), encoding="utf-8")
    config = with_words(telling(), words)
    with pytest.raises(UsageError):
        runs.pretrain(config, tmp_path / "first", data=None, shards=untold)
    learnt(tmp_path / "run", config, data=None, shards=told)


WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz0123456789")


def with_words(config: Config, words: Path) -> Config:
    network = config.network.model_copy(update={"words": words})
    return config.model_copy(update={"network": network})


@follows(
    "sargeo_training.engine.material:tokeniser_for",
    "Give the folder that `sargeo train texts` made by --shards.",
)
@pytest.mark.usefixtures("coasts")
def test_texts_to_learn_words_from_are_given(untold: Path, told: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        runs.pretrain(telling(), tmp_path / "first", data=None, shards=untold)
    learnt(tmp_path / "run", telling(), data=None, shards=told)


@follows("sargeo_training.engine.material:tokeniser_for", "Give a text file with a word a line.")
@pytest.mark.usefixtures("coasts")
def test_a_list_of_words_is_given(told: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    config = with_words(telling(), words)
    with pytest.raises(UsageError):
        runs.pretrain(config, tmp_path / "first", data=None, shards=told)
    words.write_text("\n".join(WORDS), encoding="utf-8")
    learnt(tmp_path / "run", config, data=None, shards=told)


def wider(config: Config) -> Config:
    tower = config.network.tower.model_copy(update={"decoder_dim": 24})
    network = config.network.model_copy(update={"tower": tower})
    return config.model_copy(update={"network": network})


@follows(
    "sargeo_training.engine.networks:take_from",
    "Give settings of its size, or start from random weights.",
)
@pytest.mark.usefixtures("coasts")
@pytest.mark.parametrize("random", [True, False])
def test_settings_of_the_size_are_given(random: bool, tmp_path: Path) -> None:
    config = training.settings(steps=1)
    save_model(tmp_path / "model", new_network(config), model_spec(config))
    start = str(tmp_path / "model")
    with pytest.raises(UsageError):
        runs.pretrain(wider(config), tmp_path / "first", data=tmp_path, start=start)
    chosen = {"start": None} if random else {"start": start}
    learnt(tmp_path / "run", wider(config) if random else config, data=tmp_path, **chosen)


RUN = "Go on with --resume, or give another folder."


@follows("sargeo_training.engine.run:refuse_other_run", RUN)
@pytest.mark.usefixtures("coasts")
@pytest.mark.parametrize("resume", [True, False])
def test_a_run_goes_on_or_another_begins(resume: bool, tmp_path: Path) -> None:
    config = training.settings(steps=1)
    learnt(tmp_path / "run", config, data=tmp_path)
    with pytest.raises(UsageError):
        runs.pretrain(config, tmp_path / "run", data=tmp_path)
    folder = tmp_path / ("run" if resume else "other")
    learnt(folder, config, data=tmp_path, resume=resume)


@follows(
    "sargeo_training.engine.run:refuse_other_run",
    "Go on with the settings of the run, or give another folder.",
)
@pytest.mark.usefixtures("coasts")
@pytest.mark.parametrize("its_own", [True, False])
def test_a_run_keeps_its_settings(its_own: bool, tmp_path: Path) -> None:
    config, other = training.settings(steps=1), training.settings(steps=2)
    learnt(tmp_path / "run", config, data=tmp_path)
    with pytest.raises(UsageError) as caught:
        runs.pretrain(other, tmp_path / "run", data=tmp_path, resume=True)
    if its_own:
        kept = Path(caught.value.problem.partition(" has other")[0])
        learnt(tmp_path / "run", read_config(kept), data=tmp_path, resume=True)
    else:
        learnt(tmp_path / "other", other, data=tmp_path)


@follows("sargeo_training.engine.stages:_refuse_uneven", "Make it a multiple of ….")
@pytest.mark.parametrize("processes", [3, 5])
def test_batches_are_shared_evenly(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from sargeo_training.engine.stages import _refuse_uneven

    config = training.settings()
    with pytest.raises(UsageError) as caught:
        _refuse_uneven(config, config.stages[0], processes)
    multiple = 2 * int(caught.value.remedy.removesuffix(".").split()[-1])
    dense = {**training.SETTINGS["dense"], "batch_size": multiple}
    even = training.settings(dense=dense)
    _refuse_uneven(even, even.stages[0], processes)
    assert even.dense.batch_size % processes == 0


@follows(
    "sargeo_training.engine.checkpoints:write_whole",
    "Free some space, then go on with --resume.",
    simulated="the disk is not filled: the operating system is made to say so",
)
@pytest.mark.usefixtures("coasts")
def test_a_run_goes_on_with_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sargeo.errors import DiskFullError

    config, replace = training.settings(steps=4, checkpoint_every=2), Path.replace

    def full(path: Path, target: Path) -> Path:
        if Path(target).name == LAST:
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(DiskFullError):
            runs.pretrain(config, tmp_path / "run", data=tmp_path)
    learnt(tmp_path / "run", config, data=tmp_path, resume=True)


@follows("sargeo_training.engine.checkpoints:read_saved", "Give the folder of a training run.")
@pytest.mark.usefixtures("coasts")
def test_the_folder_of_a_run_is_given(tmp_path: Path) -> None:
    learnt(tmp_path / "run", training.settings(steps=1), data=tmp_path)
    with pytest.raises(ModelDamagedError):
        load_best(tmp_path)
    assert runs.read_run(tmp_path / "run")[1] == training.settings(steps=1)


@follows("sargeo_training.engine.checkpoints:read_saved", "Train again, or take another run.")
@pytest.mark.usefixtures("coasts")
@pytest.mark.parametrize("again", [True, False])
def test_a_broken_run_is_trained_again(again: bool, tmp_path: Path) -> None:
    config = training.settings(steps=1)
    stage = tmp_path / "run" / config.stages[0].name
    learnt(tmp_path / "run", config, data=tmp_path)
    learnt(tmp_path / "another", config, data=tmp_path)
    (stage / BEST).write_bytes(b"no archive")
    with pytest.raises(ModelDamagedError):
        load_best(stage)
    if again:
        shutil.rmtree(tmp_path / "run")
        learnt(tmp_path / "run", config, data=tmp_path)
    else:
        runs.read_run(tmp_path / "another")


@follows(
    "sargeo_training.engine.checkpoints:load_into",
    "Take a checkpoint that was trained with the same network settings.",
)
@pytest.mark.usefixtures("coasts")
def test_a_checkpoint_of_the_same_settings_is_taken(tmp_path: Path) -> None:
    config = training.settings(steps=1)
    learnt(tmp_path / "run", config, data=tmp_path)
    path = tmp_path / "run" / config.stages[0].name / BEST
    state = read_saved(path)["state"]
    with pytest.raises(ModelDamagedError):
        load_into(new_network(wider(config)), state, path)
    load_into(network := new_network(config), state, path)
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def measured_sources() -> list[Any]:
    """Return the made-up images with some to calibrate on."""
    return [
        dataclasses.replace(each, images=(*each.images, coast("v", split="validation")))
        for each in coast_sources()
    ]


@follows("sargeo_training.engine.export:export_run", "Leave --shards out.")
@exercises("--data", "--output", "--threads", "--shards", of="train export")
@pytest.mark.usefixtures("coasts")
def test_a_run_without_language_is_exported(
    tmp_path: Path, told: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sargeo_training.engine import export as exporting

    monkeypatch.setattr(exporting, "load_all", lambda *_, **__: measured_sources())
    learnt(tmp_path / "run", training.settings(steps=1), data=tmp_path)
    words = ("train", "export", tmp_path / "run", "--data", tmp_path, "--threads", 1)
    refused(*words, "--shards", told, code=2)
    done(*words, "-o", tmp_path / "model")
    done("model", "verify", tmp_path / "model")


# Reports


def report(folder: Path, images: int = 1) -> Path:
    tiles = [tile(said=[0, 4], true=[0, 4], source="los_angeles") for _ in range(images)]
    for number, each in enumerate(tiles):
        object.__setattr__(each, "image", f"image {number}")
    write_report(make_report(folder.name, tiles, 1.0, 0.5), folder)
    return folder


FINISH = "Finish the run, or measure it again with `sargeo train export`."


@follows("sargeo_training.evaluation.ablation:_read", FINISH, problem="There is no report")
@exercises("--output", of="train compare")
def test_a_run_to_compare_is_finished(tmp_path: Path, refused: Refused, done: Done) -> None:
    words = ("train", "compare", report(tmp_path / "a"), tmp_path / "b", "-o", tmp_path / "x.md")
    refused(*words)
    report(tmp_path / "b")
    done(*words)
    assert "| images | a | b |" in (tmp_path / "x.md").read_text(encoding="utf-8")


@follows(
    "sargeo_training.evaluation.ablation:_read", FINISH, problem="not a report of this version"
)
def test_a_run_to_compare_is_measured_again(tmp_path: Path, refused: Refused, done: Done) -> None:
    words = ("train", "compare", report(tmp_path / "a"), "-o", tmp_path / "x.md")
    (tmp_path / "a" / "report.json").write_text("{}", encoding="utf-8")
    refused(*words)
    report(tmp_path / "a")
    done(*words)


@follows(
    "sargeo_training.evaluation.ablation:_images", "Measure all runs on the same held-out images."
)
def test_runs_are_measured_alike(tmp_path: Path, refused: Refused, done: Done) -> None:
    few, many = report(tmp_path / "few"), report(tmp_path / "many", images=2)
    refused("train", "compare", few, many, "-o", tmp_path / "x.md")
    report(tmp_path / "few", images=2)
    done("train", "compare", few, many, "-o", tmp_path / "x.md")


# Classes of one's own


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif")


def drawn(path: Path, kinds: Sequence[str], squares: Sequence[tuple[int, int]] = ()) -> Path:
    """Write squares of 40 pixels by column and row, two at sea and two on land."""
    squares = squares or [(10, 10), (10, 70), (74, 10), (74, 70)]
    shapes = [box(*(GRID @ (c, r + 40)), *(GRID @ (c + 40, r))) for c, r in squares]
    gpd.GeoDataFrame({"kind": list(kinds)}, geometry=shapes, crs=UTM).to_file(path)
    return path


FOUR = ("sea", "sea", "land", "land")


@pytest.fixture
def taught(
    scene: Path, tmp_path: Path, tiny_model: Path, refused: Refused, done: Done
) -> Callable[..., None]:
    """Refuse polygons, then teach by others for a step."""

    def call(wrong: Path, right: Path, *, fields: Sequence[str] = ("kind", "kind")) -> str:
        words = ("train", "finetune", scene, "--from", tiny_model, "--steps", 1, "--threads", 1)
        out = ("-o", tmp_path / "run")
        remedy = refused(*words, wrong, "--classes", fields[0], *out).remedy
        field = fields[1] or remedy.removesuffix(".").rpartition(": ")[2]
        done(*words, right, "--classes", field, *out)
        done("model", "verify", tmp_path / "run" / "model")
        return remedy

    return call


@follows("sargeo_training.engine.finetune:_read", "Name the field that holds the classes: ….")
def test_the_field_of_own_classes_is_named(taught: Callable[..., str], tmp_path: Path) -> None:
    polygons = drawn(tmp_path / "polygons.gpkg", FOUR)
    taught(polygons, polygons, fields=("class", ""))


@follows("sargeo_training.engine.finetune:label", "Give polygons of 2 to … classes.")
def test_two_classes_are_drawn(taught: Callable[..., str], tmp_path: Path) -> None:
    one = drawn(tmp_path / "one.gpkg", ["sea"] * 4)
    taught(one, drawn(tmp_path / "two.gpkg", FOUR))


@follows(
    "sargeo_training.engine.finetune:_validates",
    "Draw at least two polygons of every class, better ten.",
)
def test_two_polygons_are_drawn(taught: Callable[..., str], tmp_path: Path) -> None:
    single = drawn(tmp_path / "single.gpkg", ["sea", "land", "land", "land"])
    taught(single, drawn(tmp_path / "two.gpkg", FOUR))


@follows(
    "sargeo_training.engine.finetune:_refuse_unvalidated",
    "Draw polygons that do not overlap, or another one of this class.",
)
@pytest.mark.parametrize("another", [True, False])
def test_polygons_are_drawn_apart(
    another: bool, taught: Callable[..., str], tmp_path: Path
) -> None:
    twice = [(10, 10), (10, 10), (74, 10), (74, 70)]
    more = [*twice, (10, 70)]
    right = (
        drawn(tmp_path / "more.gpkg", (*FOUR, "sea"), more)
        if another
        else drawn(tmp_path / "apart.gpkg", FOUR)
    )
    taught(drawn(tmp_path / "twice.gpkg", FOUR, twice), right)


# Cleaning texts


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return training.write_chips(tmp_path / "chips", training.chips(6))


def scio(*names: str, **stage: Any) -> Config:
    return checked_config(training.scio_content(*(names or STAGES), **stage), "settings")


def opened(config: Config, shards: Path, folder: Path, **given: Any) -> None:
    start = given.get("start")
    known = material.gather(config, stages_of(config, start), data=None, shards=shards, say=print)
    given = {"noise": None, "seed": 0, "start": None, **given}
    open_run(config, known, folder, **given, say=print)


@follows("sargeo_training.scio.pose:pose", "Write texts by `sargeo train texts`.")
def test_texts_to_clean_are_written(untold: Path, told: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        opened(scio(), untold, tmp_path / "first")
    opened(scio(), told, tmp_path / "run")


@follows(
    "sargeo_training.scio.run:open_run",
    "Give a model by --from, of which only tower and heads are taken.",
)
def test_a_model_is_given_to_start_from(shards: Path, tmp_path: Path) -> None:
    stage = tmp_path / "texts"
    stage.mkdir()
    (stage / BEST).touch()
    with pytest.raises(UsageError):
        opened(scio(), shards, tmp_path / "run", noise=0.3, start=str(stage))
    config = training.settings()
    save_model(tmp_path / "model", new_network(config), model_spec(config))
    opened(scio(), shards, tmp_path / "run", noise=0.3, start=str(tmp_path / "model"))


@follows(
    "sargeo_training.scio.run:_refuse_processes",
    "Start `sargeo train scio` by itself: a GPU is used where there is one.",
)
def test_rounds_start_by_themselves(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("WORLD_SIZE", "2")
        with pytest.raises(UsageError):
            opened(scio(), shards, tmp_path / "run")
    opened(scio(), shards, tmp_path / "run")


TAKE = "Take scio.yaml, or a copy of it with other values."


def scio_yaml_suits() -> None:
    own = read_config(Path("scio.yaml"), ["stages.joint.freeze_tower=false"])
    assert [stage.name for stage in stages_of(own, None)] == list(STAGES)


@follows("sargeo_training.scio.run:stages_of", TAKE, problem="no stage called")
def test_the_stages_of_scio_are_taken() -> None:
    with pytest.raises(UsageError):
        stages_of(scio("joint", "screening"), None)
    scio_yaml_suits()


@follows("sargeo_training.scio.run:stages_of", TAKE, problem="does not learn")
def test_the_losses_of_scio_are_taken() -> None:
    with pytest.raises(UsageError):
        stages_of(scio(losses={"contrast": 1.0}), None)
    scio_yaml_suits()


@follows(
    "sargeo_training.scio.run:stages_of",
    "Give a model or a trained stage by --from, or set freeze_tower to false.",
)
@pytest.mark.parametrize("start", [None, "sargeo-tiny"])
def test_a_frozen_tower_comes_from_somewhere(start: str | None) -> None:
    with pytest.raises(UsageError):
        stages_of(scio(freeze_tower=True), None)
    assert stages_of(scio(freeze_tower=start is not None), start)


@follows(
    "sargeo_training.scio.run:_settle_texts",
    "Go on with the chips, --from, --noise and --seed of the run, or give another folder.",
)
@pytest.mark.parametrize("another", [True, False])
def test_rounds_go_on_with_their_texts(another: bool, shards: Path, tmp_path: Path) -> None:
    opened(scio(), shards, tmp_path / "run", noise=0.3, seed=1)
    with pytest.raises(UsageError):
        opened(scio(), shards, tmp_path / "run", noise=0.3, seed=2)
    if another:
        opened(scio(), shards, tmp_path / "other", noise=0.3, seed=2)
    else:
        opened(scio(), shards, tmp_path / "run", noise=0.3, seed=1)


@follows(
    "sargeo_training.scio.run:_first_network",
    "Give settings with the network that it was trained with.",
)
@pytest.mark.usefixtures("coasts")
def test_settings_with_the_network_are_given(shards: Path, tmp_path: Path) -> None:
    first = scio("joint", steps=1)
    runs.pretrain(first, tmp_path / "trained", data=None, shards=shards)
    start = str(tmp_path / "trained" / "joint")
    with pytest.raises(UsageError):
        opened(wider(scio()), shards, tmp_path / "first", start=start)
    opened(scio(), shards, tmp_path / "run", start=start)


def screened() -> tuple[list[Text], Evidence, Calibration]:
    """Return texts of which some clauses are wrong, what speaks against them, and which are."""
    known = scio_corpus.records(12, seed=1)
    noisy, truth = corrupt(scio_corpus.texts_of(known), known)
    scorer = scio_corpus.OracleScorer(list(known.values()), noisy, 0.0)
    return noisy, leave_out(scorer, noisy), truth.reveal([text.id for text in noisy])


@follows(
    "sargeo_training.scio.rounds:review",
    "Give the folder of a run of `sargeo train scio` that has screened at least once.",
)
def test_the_folder_of_a_screened_run_is_given(
    tmp_path: Path, refused: Refused, done: Done
) -> None:
    from sargeo_training.scio.decisions import decide
    from sargeo_training.scio.rounds import _write_stage, screening_of

    run = tmp_path / "run"
    refused("train", "decisions", run, code=2)
    noisy, evidence, calibration = screened()
    decided = decide(1, noisy, evidence, choose(evidence, calibration))
    screening_of(run, 1).mkdir(parents=True)
    _write_stage(screening_of(run, 1), decided, noisy)
    done("train", "decisions", run)
    assert (run / "decisions.html").exists()


@follows("sargeo_training.scio.thresholds:choose", "Give chips with both right and wrong clauses.")
def test_right_and_wrong_clauses_are_given() -> None:
    _, evidence, calibration = screened()
    with pytest.raises(ReferenceDataError):
        choose(evidence, Calibration(calibration.ids, frozenset()))
    suspects = choose(evidence, calibration).flagged(evidence)
    assert suspects.any()
    assert not suspects.all()


@follows(
    "sargeo_training.scio.training:refuse_cut",
    "Set network.language.max_tokens higher, or leave this chip out.",
)
@pytest.mark.parametrize("higher", [True, False])
def test_texts_are_not_cut(higher: bool) -> None:
    clauses = training.chips(1)[0].record.target_texts[0].clauses
    short, long = Text("short", 0, clauses[:1]), Text("long", 1, clauses * 30)
    few = training.tokeniser(training.telling_settings())
    with pytest.raises(UsageError):
        refuse_cut([short, long], few)
    if higher:
        roomy = {**training.LANGUAGE, "max_tokens": 9999}
        network = {**training.SETTINGS["network"], "language": roomy}
        refuse_cut([short, long], training.tokeniser(training.telling_settings(network=network)))
    else:
        refuse_cut([short], few)


# Options


STAGE = {"steps": 1, "learning_rate": 1e-3, "losses": {"landcover": 1.0, "objects": 0.7}}


@exercises(
    *("--config", "--output", "--data", "--set", "--stage", "--from", "--resume", "--threads"),
    of="train pretrain",
)
@pytest.mark.usefixtures("coasts")
def test_a_model_is_trained_as_asked_for(
    tmp_path: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second stage alone, from a model; then both, which is to go on."""
    monkeypatch.setattr(
        "sargeo_training.engine.export.load_all", lambda *_, **__: measured_sources()
    )
    stages = [{"name": name, **STAGE} for name in ("first", "second")]
    path = written(tmp_path / "mine.yaml", {**training.SETTINGS, "stages": stages})
    config = read_config(path)
    save_model(tmp_path / "start", new_network(config), model_spec(config))
    run = tmp_path / "run"
    words = ("train", "pretrain", "--config", path, "-o", run, "--data", tmp_path, "--threads", 1)
    words = (*words, "--set", "seed=3", "--from", tmp_path / "start")
    done(*words, "--stage", "second")
    assert torch.get_num_threads() == 1
    assert read_config(run / "run.yaml").seed == 3
    assert (run / "second" / BEST).exists()
    assert not (run / "first").exists()
    assert (run / "model" / "spec.json").exists()
    refused(*words, code=2)
    done(*words, "--resume")


@exercises("--shards", of="train pretrain")
@pytest.mark.usefixtures("coasts")
def test_a_model_is_trained_on_chips(
    tmp_path: Path, told: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sargeo_training.engine.export.load_all", lambda *_, **__: measured_sources()
    )
    kept = configs.as_plain(telling("captioning"))
    path = written(tmp_path / "mine.yaml", yaml.safe_load(yaml.safe_dump(kept)))
    words = ("train", "pretrain", "--config", path, "-o", tmp_path / "run", "--data", tmp_path)
    refused(*words, "--threads", 1, code=2)
    done(*words, "--threads", 1, "--shards", told)


@exercises(
    "--classes", "--output", "--from", "--assume", "--steps", "--seed", "--resume", "--threads",
    of="train finetune",
)  # fmt: skip
def test_own_classes_are_taught_as_asked_for(
    scene: Path, tmp_path: Path, tiny_model: Path, refused: Refused, done: Done
) -> None:
    seaside(scene, names=[""])
    polygons, run = drawn(tmp_path / "polygons.gpkg", FOUR), tmp_path / "run"
    words = ("train", "finetune", scene, polygons, "--classes", "kind", "-o", run)
    words = (*words, "--from", tiny_model, "--steps", 2, "--seed", 5, "--threads", 1)
    refused(*words)
    done(*words, "--assume", "vv,db")
    config = read_config(run / "run.yaml")
    assert (config.seed, config.stages[-1].steps) == (5, 2)
    refused(*words, "--assume", "vv,db", code=2)
    done(*words, "--assume", "vv,db", "--resume")


ROUNDS = {
    "train scio": ("sargeo_training.scio.run.run_rounds", ("--rounds", 2)),
    "train scio-ablation": ("sargeo_training.scio.ablation.run_ablation", ()),
}


@exercises("--rounds", of="train scio")
def test_rounds_are_counted(shards: Path, tmp_path: Path, monkeypatch: Any, done: Done) -> None:
    handed = handed_on("train scio", shards, tmp_path, monkeypatch, done)
    assert handed["rounds"] == 2


@exercises(
    "--config", "--output", "--from", "--noise", "--seed", "--data", "--set", "--threads",
    of=tuple(ROUNDS),
)  # fmt: skip
@pytest.mark.parametrize("command", ROUNDS)
def test_rounds_are_as_asked_for(
    command: str, shards: Path, tmp_path: Path, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for is handed on to what other tests run: `run_rounds`, `run_ablation`."""
    handed = handed_on(command, shards, tmp_path, monkeypatch, done)
    assert handed["config"].seed == 3
    assert handed["places"] == (shards, tmp_path / "run")
    assert (handed["start"], handed["noise"], handed["data"]) == ("sargeo-tiny", 0.4, tmp_path)
    assert handed.get("seed") == 7 or handed["seeds"] == [7]
    assert torch.get_num_threads() == 1


def handed_on(
    command: str, shards: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, done: Done
) -> dict[str, Any]:
    """Run a command up to where its work would begin; return what that was handed."""
    handed: dict[str, Any] = {}

    def note(config: Config, *places: Path, **given: Any) -> None:
        handed.update(given, config=config, places=places)

    where, more = ROUNDS[command]
    monkeypatch.setattr(where, note)
    monkeypatch.setattr("sargeo_training.commands.scio.decisions", lambda run: None)
    path = written(folder / "scio.yaml", training.scio_content(*STAGES))
    words = (*command.split(), shards, "--config", path, "-o", folder / "run", *more)
    words = (*words, "--from", "sargeo-tiny", "--noise", 0.4, "--seed", 7, "--data", folder)
    done(*words, "--set", "seed=3", "--threads", 1)
    return handed


@exercises("--data", "--output", "--threads", of="train baselines")
def test_plain_methods_are_measured_as_asked_for(
    tmp_path: Path, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for is handed on to what other tests run."""
    handed: list[Any] = []

    def note(*places: Path, threads: int) -> None:
        handed.extend([*places, threads])

    monkeypatch.setattr("sargeo_training.evaluation.baselines.score.measure_baselines", note)
    done("train", "baselines", "--data", tmp_path, "-o", tmp_path / "out", "--threads", 1)
    assert handed == [tmp_path, tmp_path / "out", 1]
