"""How each kind of model lies in a folder of plain files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from recommender.catalogue import Catalogue
from recommender.generators import Generator
from recommender.generators.registry import kind_named
from recommender.head import SegmentHead
from recommender.matrices import Arrays
from recommender.preprocessing import Preprocessing
from recommender.ranker import LambdaRanker
from recommender.schema import FeatureSchema
from recommender.settings import SpineSettings
from recommender.spine import Spine
from recommender.vocabulary import Vocabulary

_MODEL = "model.json"


class Kind(Protocol):
    """Writes and reads one kind of model; reading trusts the files, so verify them first."""

    def write(self, model: Any, folder: Path) -> None:
        """Put the model's files into an empty folder."""
        ...

    def read(self, folder: Path) -> Any:
        """Build the model from its files."""
        ...


class SpineKind:
    """Generators and catalogue as safetensors, boosters as LightGBM text, the rest as JSON."""

    def write(self, model: Spine, folder: Path) -> None:
        """One file a generator, one a booster."""
        _write_arrays(folder / "catalogue.safetensors", model.catalogue.arrays())
        _write_preprocessing(model.preprocessing, folder)
        generators = [_write_generator(generator, folder) for generator in model.generators]
        texts = model.ranker.texts if model.ranker else ()
        for number, text in enumerate(texts):
            (folder / f"ranker_{number}.txt").write_text(text, encoding="utf-8")
        values = {
            "as_of": model.as_of.isoformat(),
            "segment_id": model.segment_id,
            "settings": model.settings.to_json(),
            "schema": model.schema.to_json(),
            "items": model.items.ids.tolist(),
            "groups": {lift.name: list(lift.groups) for lift in model.catalogue.lifts},
            "generators": generators,
            "boosters": len(texts),
            "weights": dict(model.weights),
            "stranger": model.stranger,
            "calibration": dict(model.calibration),
            "diversity": model.diversity,
            "facts": model.facts,
        }
        _write_json(folder / _MODEL, values)

    def read(self, folder: Path) -> Spine:
        """Build the spine; LightGBM parses its text only here."""
        values = _read_json(folder / _MODEL)
        settings = SpineSettings.from_json(values["settings"])
        items = Vocabulary(np.array(values["items"], dtype=np.str_))
        texts = tuple(_read_booster(folder / f"ranker_{n}.txt") for n in range(values["boosters"]))
        schema = FeatureSchema.from_json(values["schema"])
        groups = {name: values.get("groups", {})[name] for name in schema.lifts}  # JSON does not keep their order
        catalogue = Catalogue.from_arrays(items, _read_arrays(folder / "catalogue.safetensors"), groups)
        preprocessing = _read_preprocessing(folder)
        _refuse_other_columns(catalogue, preprocessing, schema)
        return Spine(
            as_of=date.fromisoformat(values["as_of"]),
            settings=settings,
            generators=tuple(_read_generator(entry, folder) for entry in values["generators"]),
            schema=schema,
            catalogue=catalogue,
            ranker=LambdaRanker(texts, settings.threads) if texts else None,
            facts=values["facts"],
            segment_id=values["segment_id"],
            preprocessing=preprocessing,
            weights=values["weights"],
            stranger=values["stranger"],
            calibration=values.get("calibration", {}),
            diversity=values.get("diversity", 0.0),
        )


class HeadKind:
    """Everything in one JSON file: a head is a few numbers and one number an item."""

    def write(self, model: SegmentHead, folder: Path) -> None:
        """One file."""
        values = {
            "segment_id": model.segment_id,
            "prior": dict(model.prior),
            "prior_weight": model.prior_weight,
            "blend": dict(model.blend),
            "parent_version": model.parent_version,
            "extra_items": model.extra_items,
            "base": model.base,
            "diversity": model.diversity,
        }
        _write_json(folder / _MODEL, values)

    def read(self, folder: Path) -> SegmentHead:
        """Build the head."""
        return SegmentHead(**_read_json(folder / _MODEL))


KINDS: Final[dict[str, Kind]] = {"spine": SpineKind(), "head": HeadKind()}


def kind_of(model: Spine | SegmentHead) -> str:
    """The name under which a model's kind is kept."""
    return "spine" if isinstance(model, Spine) else "head"


def _write_generator(generator: Generator, folder: Path) -> dict[str, Any]:
    arrays, config = generator.state()
    _write_arrays(folder / f"generator_{generator.name}.safetensors", arrays)
    return {"kind": type(generator).__name__, "name": generator.name, "config": config}


def _read_generator(entry: dict[str, Any], folder: Path) -> Generator:
    arrays = _read_arrays(folder / f"generator_{entry['name']}.safetensors")
    generator: Generator = kind_named(entry["kind"]).from_state(arrays, entry["config"])
    return generator


def _read_booster(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    # LightGBM aborts the process on half a model, so look for both ends before it may see one
    if not text.startswith("tree\n") or "\nend of trees\n" not in text:
        raise ValueError(f"{path.name} is not a whole LightGBM model")
    return text


def _write_preprocessing(preprocessing: Preprocessing, folder: Path) -> None:
    arrays, plain = preprocessing.state()
    _write_json(folder / "preprocessing.json", plain)
    _write_arrays(folder / "preprocessing.safetensors", arrays)


def _read_preprocessing(folder: Path) -> Preprocessing:
    return Preprocessing.from_state(
        _read_arrays(folder / "preprocessing.safetensors"), _read_json(folder / "preprocessing.json")
    )


def _refuse_other_columns(catalogue: Catalogue, preprocessing: Preprocessing, schema: FeatureSchema) -> None:
    if FeatureSchema.of(preprocessing, schema.generators, schema.lifts) != schema:
        raise ValueError("preprocessing makes other columns than the schema names")
    expected = (len(catalogue.items), len(schema.items))
    if catalogue.features.shape != expected:
        raise ValueError(f"item features have shape {catalogue.features.shape}, the schema asks for {expected}")


def _write_arrays(path: Path, arrays: Arrays) -> None:
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def _read_arrays(path: Path) -> Arrays:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays: Arrays = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name} is not safetensors: {error}") from error
    return arrays


def _write_json(path: Path, values: dict[str, Any]) -> None:
    # sorted where order means nothing; a prior's order carries no meaning either
    path.write_text(json.dumps(values, sort_keys=True, allow_nan=False), encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values
