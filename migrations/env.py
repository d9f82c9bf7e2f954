"""Alembic's entry: the house's metadata, the owner's connection."""

from typing import Any

from alembic import context
from sqlalchemy import NullPool, create_engine

import app.models  # noqa: F401  every table must be known
from app.extensions import Base


def include(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Procrastinate's tables are its own business."""
    return not (name or "").startswith("procrastinate")


engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, include_object=include, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
