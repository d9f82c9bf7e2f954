"""Gift certificates: V2. The store mails nothing for those made here: the code is ours to send."""

from .calls import Calls
from .types.gift_certificates import GiftCertificate, GiftCertificateDraft


class GiftCertificates(Calls):
    """Source: https://developer.bigcommerce.com/docs/rest-management/marketing/gift-certificates (read 2026-04)"""

    def find_gift_certificate(self, code: str) -> GiftCertificate | None:
        """The certificate of exactly this code: how making it twice finds the first."""
        found = self._list("gift_certificates", {"code": code}, GiftCertificate.from_wire)
        return next((certificate for certificate in found if certificate.code == code), None)

    def create_gift_certificate(self, certificate: GiftCertificateDraft) -> GiftCertificate:
        """Make one. Raises BCRejected, BCUnavailable (then find it by its code before making it again)."""
        return self._call(self._v2, "POST", "gift_certificates", certificate.to_wire(), read=GiftCertificate.from_wire)
