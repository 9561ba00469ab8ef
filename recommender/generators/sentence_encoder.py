"""Texts as vectors by a sentence encoder: the extra ``text``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.extras import extra


def sentence_embeddings(model: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """Encode with sentence-transformers, on the processor, from files that are already here; nothing is downloaded.

    Only safetensors weights are read: others are pickles, which can run code.

    Args:
        model: the folder of a model, or the name of one in the local Hugging Face cache.
        texts: one per item.

    Returns:
        float32 ``(len(texts), dimensions)``.

    Raises:
        ModuleNotFoundError: the extra is not installed.
        FileNotFoundError: the model's files are not on this machine.
    """
    library = extra("sentence_transformers", "text")
    try:
        encoder = library.SentenceTransformer(
            model, device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True}
        )
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            f"expected the sentence encoder {model!r} with safetensors weights on this machine, found none ({error}): "
            f"fetch it once with `hf download {model}`, or name the folder that holds it"
        ) from error
    return np.asarray(encoder.encode(list(texts), show_progress_bar=False), dtype=np.float32)
