"""The demo store's shelves: eight categories, sixty products. Every name is made up here."""

from __future__ import annotations

SIZES = ["Small", "Medium", "Large", "X Large"]
SHOES = ["38", "39", "40", "41", "42", "43"]

CATEGORIES = [
    (10, "Clothing", "Things to wear, in four sizes."),
    (11, "Footwear", "Shoes and boots."),
    (12, "Kitchen", "Pots, cups and knives."),
    (13, "Home", "Lamps, blankets and vases."),
    (14, "Electronics", "Small machines."),
    (15, "Toys", "For children and for others."),
    (16, "Final sale", "Reduced for the last time. No returns."),
    (17, "Digital downloads", "Files, delivered at once."),
]

# category -> (sku prefix, brand, option name, option labels, [(name, price, weight)])
SHELVES: dict[int, tuple[str, str, str, list[str], list[tuple[str, str, str]]]] = {
    10: ("CLO", "Example Threads", "Size", SIZES, [
        ("Harbour Tee", "24.00", "0.20"), ("Long Walk Hoodie", "59.00", "0.70"), ("Rainy Day Parka", "139.00", "1.30"),
        ("Sunday Cardigan", "74.50", "0.60"), ("Workbench Trousers", "68.00", "0.65"), ("Linen Shirt", "54.95", "0.30"),
        ("Merino Base Layer", "62.00", "0.25"), ("Striped Socks", "9.95", "0.08"), ("Canvas Cap", "19.00", "0.12"),
        ("Everyday Dress", "82.00", "0.40")]),
    11: ("FOO", "Example Soles", "Shoe size", SHOES, [
        ("Trail Runner", "109.00", "0.80"), ("Town Sneaker", "89.00", "0.75"), ("Rubber Boot", "49.00", "1.40"),
        ("House Slipper", "29.50", "0.35"), ("Leather Loafer", "129.00", "0.90"), ("Winter Boot", "159.00", "1.70"),
        ("Beach Sandal", "34.00", "0.40")]),
    12: ("KIT", "Example Kitchen", "", [], [
        ("Cast Iron Pan", "45.00", "2.60"), ("Stoneware Mug", "14.00", "0.40"), ("Chef's Knife", "79.00", "0.30"),
        ("Bread Tin", "18.50", "0.70"), ("Pour-over Kettle", "64.00", "1.10"), ("Walnut Board", "38.00", "1.20"),
        ("Spice Jar", "6.49", "0.20"), ("Salad Bowl", "32.00", "0.90"), ("Breakfast Set", "89.00", "2.20")]),
    13: ("HOM", "Example Home", "", [], [
        ("Reading Lamp", "72.00", "1.50"), ("Wool Blanket", "95.00", "1.10"), ("Glass Vase", "27.00", "0.80"),
        ("Linen Cushion", "33.00", "0.50"), ("Wall Clock", "48.00", "0.90"), ("Candle Trio", "21.00", "0.60"),
        ("Plant Pot", "16.75", "1.30"), ("Door Mat", "24.90", "1.60")]),
    14: ("ELE", "Example Electric", "", [], [
        ("Pocket Radio", "59.99", "0.40"), ("Desk Fan", "44.90", "1.80"), ("Headphones", "149.00", "0.35"),
        ("Travel Charger", "39.00", "0.20"), ("Bluetooth Speaker", "84.00", "0.60"), ("Alarm Clock", "29.99", "0.30"),
        ("Kitchen Scale", "34.95", "0.70"), ("Film Camera", "219.00", "0.50"), ("USB Lamp", "12.49", "0.10")]),
    15: ("TOY", "Example Toys", "", [], [
        ("Wooden Train", "42.00", "0.90"), ("Puzzle of the Sea", "23.00", "0.70"), ("Plush Otter", "26.50", "0.30"),
        ("Building Blocks", "54.00", "1.50"), ("Kite", "31.00", "0.40"), ("Card Game", "15.00", "0.20"),
        ("Bath Boat", "11.25", "0.15")]),
    16: ("FIN", "Example Threads", "Size", SIZES, [
        ("Last Season Coat", "69.00", "1.40"), ("Odd Colour Tee", "9.00", "0.20"), ("Sample Sweater", "29.00", "0.60"),
        ("Festival Shorts", "15.00", "0.25"), ("Retired Jersey", "19.00", "0.30")]),
    17: ("DIG", "Example Press", "", [], [
        ("Knitting Pattern", "6.00", "0"), ("Recipe Book PDF", "12.00", "0"), ("Photo Presets", "25.00", "0"),
        ("Audio Tour", "9.50", "0"), ("Font Family", "40.00", "0")]),
}  # fmt: skip

BUNDLE = "Breakfast Set"
BUNDLE_PARTS = [("Stoneware Mug", 2), ("Bread Tin", 1), ("Walnut Board", 1)]

PLACES = [
    ("Example Street", "Springfield", "Illinois", "62701", "United States", "US"),
    ("Sample Avenue", "Riverton", "Wyoming", "82501", "United States", "US"),
    ("Placeholder Road", "Fairview", "Oregon", "97024", "United States", "US"),
    ("Demonstration Lane", "Greenville", "Texas", "75401", "United States", "US"),
]
EURO_PLACES = [
    ("Musterstrasse", "Berlin", "Berlin", "10115", "Germany", "DE"),
    ("Rue de l'Exemple", "Lyon", "Rhône", "69001", "France", "FR"),
    ("Voorbeeldstraat", "Utrecht", "Utrecht", "3511", "Netherlands", "NL"),
]
