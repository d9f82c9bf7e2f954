"""Product pictures: simple drawings made from the product's id and name, so that nothing has to be stored."""

from __future__ import annotations

from html import escape

SHADES = ["#3C64F4", "#2AAB3F", "#E58F17", "#DB3643", "#5E637A", "#0B38D9", "#146622", "#CC720A"]


def product_svg(product_id: int, name: str, category: int) -> str:
    """A square picture: a shape in the category's colour and the first letters of the name."""
    shade = SHADES[category % len(SHADES)]
    letters = escape("".join(word[0] for word in name.split()[:2]).upper() or "?")
    turn = product_id * 37 % 360
    shapes = (
        f'<circle cx="100" cy="86" r="56" fill="{shade}" opacity=".18"/>',
        f'<rect x="46" y="32" width="108" height="108" rx="18" fill="{shade}" opacity=".18"/>',
        f'<path d="M100 26 158 140H42Z" fill="{shade}" opacity=".18"/>',
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" role="img">'
        f"<title>{escape(name)}</title>"
        '<rect width="200" height="200" fill="#F6F7FC"/>'
        f'<g transform="rotate({turn} 100 86)">{shapes[product_id % 3]}</g>'
        f'<text x="100" y="104" text-anchor="middle" font-family="sans-serif" font-size="52" font-weight="600"'
        f' fill="{shade}">{letters}</text>'
        f'<rect x="20" y="168" width="160" height="4" rx="2" fill="{shade}" opacity=".4"/></svg>'
    )
