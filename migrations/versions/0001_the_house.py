"""Every table of the house, the wall between stores, and the job queue."""

from alembic import op
from procrastinate import App, SyncPsycopgConnector
from procrastinate.schema import SchemaManager

import app.models  # noqa: F401
from app.extensions import Base
from migrations import wall

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())
    schema = SchemaManager(App(connector=SyncPsycopgConnector()).connector).get_schema()
    op.get_bind().exec_driver_sql(schema.replace("%", "%%"))
    statements = [*wall.wall_stores()]
    for table in Base.metadata.sorted_tables:
        if table.name != "stores":
            statements += wall.wall_table(table.name)
    for statement in [*statements, *wall.doors(), *wall.rights()]:
        op.execute(statement)
