"""Models on the Hugging Face hub: `push_to_hub`, `from_pretrained`.

The repository holds `model.safetensors`, a whole model of elman with its config
and notes, and `config.json`, which says so to people and pages.

>>> import tempfile
>>> folder = tempfile.mkdtemp()
>>> model = HubModel([LSTM(4), Linear(2)], inputs=3)
>>> model.save_pretrained(folder)
>>> HubModel.from_pretrained(folder) == model
True
"""

import json
from pathlib import Path

from elman.model import Model

try:
    from huggingface_hub import ModelHubMixin, hf_hub_download
except ImportError as error:
    raise ImportError("elman.hub needs huggingface_hub: pip install huggingface_hub") from error

WEIGHTS = "model.safetensors"


class HubModel(
    Model,
    ModelHubMixin,
    library_name="elman",
    tags=["recurrent-neural-network"],
):
    """A `Model` that is pushed to the hub, and comes from there."""

    def _save_pretrained(self, save_directory):
        folder = Path(save_directory)
        self.save(folder / WEIGHTS)
        config = {
            "library_name": "elman",
            "model_type": "elman",
            "config": self.config,
            "weights": self.info["weight_count"],
        }
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")

    @classmethod
    def _from_pretrained(cls, *, model_id, revision, cache_dir, force_download,
                         local_files_only, token, **unused):  # fmt: skip
        path = Path(model_id) / WEIGHTS
        if not path.is_file():
            path = hf_hub_download(
                model_id, WEIGHTS, revision=revision, cache_dir=cache_dir,
                force_download=force_download, token=token,
                local_files_only=local_files_only,
            )  # fmt: skip
        return cls.load(path)
