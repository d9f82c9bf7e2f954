"""Pages and scripts of the storefronts: V3. Per channel; scripts are seen only by the account that made them."""

from typing import Any

from .calls import Calls
from .errors import BCNotFound
from .types.content import LinkPage, Page, RawPage, Script, ScriptDraft

FIRST_CHANNEL = 1


class Content(Calls):
    """Source: https://developer.bigcommerce.com/docs/rest-content/pages and /scripts (read 2026-04)"""

    def list_pages(self, channel_id: int | None = None) -> list[Page]:
        """The pages of one channel or of all, the merchant's own included."""
        return list(self._pages("content/pages", {"channel_id": channel_id}, Page.from_wire))

    def get_page(self, page_id: int) -> Page:
        """One page with its body. Raises BCNotFound."""
        return self._call(
            self._v3,
            "GET",
            f"content/pages/{page_id}",
            query={"include": "body"},
            read=lambda raw: Page.from_wire(raw["data"]),
        )

    def create_page(self, page: LinkPage | RawPage) -> Page:
        """Add a page and its entry in the storefront's menu. Raises BCRejected (422: the name is taken).

        A page is made on channel 1: `channel_id` is read-only there, and only an update takes it. For another channel
        it is made hidden and then moved: two calls. If the second fails, the hidden page is found by its `link`, or
        its name and body.
        """
        if page.channel_id == FIRST_CHANNEL:
            body = page.to_wire()
            del body["channel_id"]
            return self._make_page(body)
        return self.update_page(self._make_page(page.as_made_on_the_first()).id, page)

    def _make_page(self, body: dict[str, Any]) -> Page:
        return self._call(self._v3, "POST", "content/pages", body, read=lambda raw: Page.from_wire(raw["data"]))

    def update_page(self, page_id: int, page: LinkPage | RawPage) -> Page:
        """Make the page say what `page` says. Raises BCNotFound."""
        return self._call(
            self._v3, "PUT", f"content/pages/{page_id}", page.to_wire(), read=lambda raw: Page.from_wire(raw["data"])
        )

    def delete_page(self, page_id: int) -> None:
        """Remove a page; one that is gone already is fine."""
        try:
            self._call(self._v3, "DELETE", f"content/pages/{page_id}", read=lambda raw: None)
        except BCNotFound:
            return

    def list_scripts(self) -> list[Script]:
        """Ours in every channel."""
        return list(self._pages("content/scripts", {}, Script.from_wire))

    def create_script(self, script: ScriptDraft) -> Script:
        """Add a script: 10 per app, 50 per channel; seen by shoppers after some 20 seconds.

        Raises BCRejected (422), BCMissingScope (all_pages and checkout need a scope of their own).
        """
        return self._call(
            self._v3, "POST", "content/scripts", script.to_wire(), read=lambda raw: Script.from_wire(raw["data"])
        )

    def update_script(self, uuid: str, script: ScriptDraft) -> Script:
        """Make the script what `script` says. Raises BCNotFound: the merchant may have removed it."""
        return self._call(
            self._v3,
            "PUT",
            f"content/scripts/{uuid}",
            script.to_wire(),
            read=lambda raw: Script.from_wire(raw["data"]),
        )

    def delete_script(self, uuid: str) -> None:
        """Remove a script; one that is gone already is fine."""
        try:
            self._call(self._v3, "DELETE", f"content/scripts/{uuid}", read=lambda raw: None)
        except BCNotFound:
            return
