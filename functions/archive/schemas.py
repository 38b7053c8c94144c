"""The event of the Distributed Map: a batch of the manifest's items."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(min_length=1, max_length=1024)]


class BatchInput(BaseModel):
    """What all batches of a run share; the run's name is part of the results' keys."""

    run: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]


class Item(BaseModel):
    key: Key


class Batch(BaseModel):
    """Items are keys, or objects with a ``key``, as in tables converted to JSON."""

    model_config = ConfigDict(populate_by_name=True)

    batch_input: Annotated[BatchInput, Field(alias="BatchInput")]
    items: Annotated[list[Key | Item], Field(alias="Items", min_length=1)]

    @property
    def keys(self) -> list[str]:
        return [item if isinstance(item, str) else item.key for item in self.items]
