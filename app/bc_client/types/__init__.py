"""The values this room takes and gives: frozen, exact, with nothing of the wire left in them."""

from .catalog import (
    Category,
    Customer,
    CustomerGroup,
    InventorySettings,
    Location,
    Product,
    StockChange,
)
from .content import AppExtension, AppExtensionDraft, LinkPage, Page, RawPage, Script, ScriptDraft
from .gift_certificates import GiftCertificate, GiftCertificateDraft
from .hooks import BlockedDomain, Hook, HooksOverview
from .metafields import Metafield
from .orders import Address, Discount, LineSnapshot, OrderCount, OrderSnapshot, ShipmentSnapshot
from .refunds import (
    ReceiptItem,
    ReceiptPayment,
    RefundItem,
    RefundMethod,
    RefundPayment,
    RefundQuote,
    RefundQuoteRequest,
    RefundReceipt,
    RefundRequest,
)
from .store import Channel, Site, StoreInfo

__all__ = [
    "Address",
    "AppExtension",
    "AppExtensionDraft",
    "BlockedDomain",
    "Category",
    "Channel",
    "Customer",
    "CustomerGroup",
    "Discount",
    "GiftCertificate",
    "GiftCertificateDraft",
    "Hook",
    "HooksOverview",
    "InventorySettings",
    "LineSnapshot",
    "LinkPage",
    "Location",
    "Metafield",
    "OrderCount",
    "OrderSnapshot",
    "Page",
    "Product",
    "RawPage",
    "ReceiptItem",
    "ReceiptPayment",
    "RefundItem",
    "RefundMethod",
    "RefundPayment",
    "RefundQuote",
    "RefundQuoteRequest",
    "RefundReceipt",
    "RefundRequest",
    "Script",
    "ScriptDraft",
    "ShipmentSnapshot",
    "Site",
    "StockChange",
    "StoreInfo",
]
