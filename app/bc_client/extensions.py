"""App extensions: Admin GraphQL, the only way to them. Two per app and model."""

from .calls import Calls
from .types.content import AppExtension, AppExtensionDraft

_QUERY = """query { store { appExtensions { edges { node {
  id context model url label { defaultValue }
} } } } }"""

_CREATE = """mutation AppExtension($input: CreateAppExtensionInput!) {
  appExtension { createAppExtension(input: $input) {
    appExtension { id context model url label { defaultValue } }
  } }
}"""

_UPDATE = """mutation AppExtension($input: UpdateAppExtensionInput!) {
  appExtension { updateAppExtension(input: $input) {
    appExtension { id context model url label { defaultValue } }
  } }
}"""

_DELETE = """mutation AppExtension($input: DeleteAppExtensionInput!) {
  appExtension { deleteAppExtension(input: $input) { deletedAppExtensionId } }
}"""


class Extensions(Calls):
    """Errors come with status 200 and are raised as BCRejected.

    Source: https://developer.bigcommerce.com/docs/integrations/apps/app-extensions (read 2026-04)
    """

    def list_app_extensions(self) -> list[AppExtension]:
        """Ours in this store. Look before creating: whether they survive an uninstall is not said."""
        return self._ask_graph(
            _QUERY,
            {},
            lambda raw: [
                AppExtension.from_wire(edge["node"]) for edge in raw["data"]["store"]["appExtensions"]["edges"]
            ],
            writes=False,
        )

    def create_app_extension(self, extension: AppExtensionDraft) -> AppExtension:
        """Add an entry to the action menu of each row of the list. Raises BCRejected (two are there already)."""
        return self._ask_graph(
            _CREATE,
            {"input": extension.to_wire()},
            lambda raw: AppExtension.from_wire(raw["data"]["appExtension"]["createAppExtension"]["appExtension"]),
            writes=True,
        )

    def update_app_extension(self, extension_id: str, extension: AppExtensionDraft) -> AppExtension:
        """Change address and label, the only fields that can; the label is overwritten with all its translations."""
        data = {"url": extension.url, "label": extension.label_to_wire()}
        return self._ask_graph(
            _UPDATE,
            {"input": {"id": extension_id, "data": data}},
            lambda raw: AppExtension.from_wire(raw["data"]["appExtension"]["updateAppExtension"]["appExtension"]),
            writes=True,
        )

    def delete_app_extension(self, extension_id: str) -> None:
        """Remove an entry. Raises BCRejected when there is none."""
        self._ask_graph(_DELETE, {"input": {"id": extension_id}}, lambda raw: None, writes=True)
