"""The text of a part of a page as plain characters, for where there is no markup.

Formulas become what one would type: x̂, σ², γ/√(σ² + ε). Displayed ones, code, figures and controls
are left out.
"""

import unicodedata

from lxml import etree

UNREAD = """
    self::script or self::style or self::noscript or self::pre or self::svg or self::button
    or self::summary or @aria-hidden = 'true'
    or contains(concat(' ', @class, ' '), ' headerlink ')
    or contains(concat(' ', @class, ' '), ' cell_input ')
    or contains(concat(' ', @class, ' '), ' cell_output ')
    or contains(concat(' ', @class, ' '), ' katex-display ')
    or contains(concat(' ', @class, ' '), ' live ')
    or contains(concat(' ', @class, ' '), ' path ')
"""
"""XPath: whether an element says nothing that a reader would look for."""

unread = etree.XPath(f"boolean({UNREAD})")

BLOCKS = {"p", "li", "dt", "dd", "td", "th", "div", "section", "blockquote", "h1", "h2", "h3"}
"""Elements whose text does not run on into what follows."""

ACCENTS = {"^": "\u0302", "ˉ": "\u0304", "~": "\u0303"}
"""What MathML sets above a letter, and the character that Unicode combines with it."""

SEPARATE = set("=<>≤≥≈≠≪∣←→")
"""Operators with a space on both sides."""

ABOVE = str.maketrans("0123456789+-()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ")
BELOW = str.maketrans("0123456789+-()ehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")


def text(element, left_out=()):
    """The text of an element, in one line. left_out: elements inside it that are not read."""
    return " ".join("".join(parts(element, left_out)).split())


def parts(element, left_out):
    if not isinstance(element.tag, str) or element in left_out or unread(element):
        return
    if element.tag == "math":
        yield formula(element)
        return
    yield element.text or ""
    for child in element:
        yield from parts(child, left_out)
        yield child.tail or ""
    if element.tag in BLOCKS:
        yield " "


def formula(element):
    """A formula in MathML as characters."""
    if element.tag == "annotation":
        return ""
    inside = [formula(child) for child in element]
    match element.tag, inside:
        case "msup", [base, exponent]:
            return base + raised(exponent, ABOVE, "^")
        case "msub", [base, index]:
            return base + raised(index, BELOW, "_")
        case "msubsup", [base, index, exponent]:
            return base + raised(index, BELOW, "_") + raised(exponent, ABOVE, "^")
        case "mover", [base, accent] if accent in ACCENTS:
            return unicodedata.normalize("NFC", base + ACCENTS[accent])
        case "mfrac", [above, below]:
            return f"{grouped(above)}/{grouped(below)}"
        case "msqrt", _:
            return f"√{grouped(''.join(inside))}"
        case "mo", []:
            return spaced(element)
    return (element.text or "").strip() + "".join(inside)


def spaced(operator):
    """An operator, with the spaces that belong around it."""
    sign = (operator.text or "").strip()
    if sign in SEPARATE:
        return f" {sign} "
    return f"{sign} " if sign == "," else sign


def grouped(formula):
    return formula if len(formula) < 3 else f"({formula})"


def raised(formula, small, mark):
    """A formula in the characters of the table `small`, or after `mark` where one is lacking."""
    formula = formula.replace("−", "-")
    if all(ord(character) in small for character in formula):
        return formula.translate(small)
    return mark + grouped(formula)
