"""The published schema is that of the documents we take."""

import json
from pathlib import Path

from app.policies.document import PolicyDocument

SCHEMA = Path(__file__).parents[2] / "docs" / "policy.schema.json"


def test_the_schema_in_the_documentation_is_the_documents_own() -> None:
    assert json.loads(SCHEMA.read_text()) == PolicyDocument.model_json_schema()
