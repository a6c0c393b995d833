"""Transforms of text."""

from __future__ import annotations

import html
import re
from typing import Annotated, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, Field, field_validator

from erp_sync.mapping.column import Checked, any_of, by_value, is_empty, only_where
from erp_sync.mapping.transforms.registry import Options, Transform

_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{FFFE}\x{FFFF}]"
_ODD_SPACE = r"[\t\n\v\f\r\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+"
_NO_DECOMPOSITION = {"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "œ": "oe"}


def _pattern(text: str) -> str:
    try:
        pc.match_substring_regex(pa.array([""]), text)
    except pa.ArrowInvalid as cause:
        detail = str(cause).partition("Invalid regular expression: ")[2] or str(cause)
        raise ValueError(
            f'not a regular expression: "{text}": {detail}\nsee the list of forms in docs/mapping.md'
        ) from None
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]


class Strip(Options):
    """Which characters to take away."""

    shorthand: ClassVar[str] = "characters"
    characters: str = Field("", description="These characters instead of white space.")


def strip(texts: pa.Array, options: Strip) -> pa.Array:
    return pc.utf8_trim(texts, characters=options.characters) if options.characters else pc.utf8_trim_whitespace(texts)


def collapse(texts: pa.Array, options: Options) -> pa.Array:
    odd = pc.match_substring_regex(texts, _ODD_SPACE)
    plain = only_where(texts, odd, lambda some: pc.replace_substring_regex(some, _ODD_SPACE, " "))
    while any_of(pc.fill_null(pc.match_substring(plain, "  "), False)):
        plain = pc.replace_substring(plain, "  ", " ")
    return pc.utf8_trim(plain, characters=" ")


class Replace(Options):
    """What to find, and what to put there."""

    find: str = Field(min_length=1, description="The text to find, letter by letter.")
    put: str = Field("", alias="with", description="What stands there afterwards.")


def replace(texts: pa.Array, options: Replace) -> pa.Array:
    return pc.replace_substring(texts, options.find, options.put)


class Regex(Options):
    """A pattern (RE2) and what to put in the place of each match."""

    find: Pattern = Field(description="A regular expression in RE2's form.")
    put: str = Field("", alias="with", description=r"What stands there afterwards; \1 is the first group.")


def regex(texts: pa.Array, options: Regex) -> pa.Array:
    return pc.replace_substring_regex(texts, options.find, options.put)


class Extract(Options):
    """Keep the part that matches, or its first group when there is one."""

    shorthand: ClassVar[str] = "pattern"
    pattern: Pattern = Field(description="A regular expression in RE2's form.")
    otherwise: Literal["unset", "blank", "reject"] = Field("unset", description="When nothing matches.")


def extract(texts: pa.Array, options: Extract) -> Checked:
    group = r"\1" if re.search(r"(?<!\\)\((?!\?[:imsU])", options.pattern) else r"\0"
    inner = options.pattern if group == r"\1" else f"({options.pattern})"
    matches = pc.or_(pc.fill_null(pc.match_substring_regex(texts, options.pattern), True), is_empty(texts))
    found = pc.replace_substring_regex(texts, rf"(?s)^.*?{inner}.*$", r"\1")
    instead = "" if options.otherwise == "blank" else None
    bad = pc.invert(matches) if options.otherwise == "reject" else None
    values = pc.if_else(matches, found, pa.scalar(instead, pa.string()))
    return Checked(values, bad, f"does not contain {options.pattern}")


class Split(Options):
    """Where to cut, and which piece to keep."""

    by: str = Field(min_length=1, description="The separator.")
    take: int = Field(1, description="Which piece: 1 is the first, -1 the last. A piece that is not there is unset.")

    @field_validator("take")
    @classmethod
    def _counted_from_one(cls, take: int) -> int:
        if take == 0:
            raise ValueError("there is no piece 0\n1 is the first, -1 the last")
        return take


def split(texts: pa.Array, options: Split) -> pa.Array:
    pieces = pc.split_pattern(texts, options.by)
    lengths = pc.list_value_length(pieces)
    wanted = options.take - 1 if options.take > 0 else options.take
    position = pc.add(lengths, wanted) if wanted < 0 else pa.repeat(pa.scalar(wanted, pa.int32()), len(texts))
    there = pc.and_(pc.less(position, lengths), pc.greater_equal(position, 0))
    at = pc.if_else(there, pc.add(pieces.offsets[:-1], pc.cast(position, pa.int32())), None)
    return pc.take(pieces.values, at)


class Rejoin(Options):
    """Cut at one separator, drop empty pieces, join with another."""

    by: str = Field(min_length=1, description="The separator that is there.")
    put: str = Field(alias="with", description="The separator that should be there.")


def rejoin(texts: pa.Array, options: Rejoin) -> Checked:
    def joined(text: str) -> str:
        return options.put.join(piece.strip() for piece in text.split(options.by) if piece.strip())

    return by_value(texts, joined)


class Pad(Options):
    """Fill up to a width. Longer texts stay as they are."""

    shorthand: ClassVar[str] = "width"
    width: int = Field(ge=1, description="How many characters there should be.")
    put: str = Field("0", alias="with", min_length=1, max_length=1, description="The character to fill up with.")
    side: Literal["left", "right"] = Field("left", description="Where to fill up.")


def pad(texts: pa.Array, options: Pad) -> pa.Array:
    fill = pc.utf8_lpad if options.side == "left" else pc.utf8_rpad
    return pc.if_else(pc.equal(texts, ""), texts, fill(texts, width=options.width, padding=options.put))


class Truncate(Options):
    """Cut what is longer, and say in a notice how often that was."""

    shorthand: ClassVar[str] = "limit"
    limit: int = Field(ge=1, description="How many characters may stay, the ending included.")
    ending: str = Field("", description='What a cut text ends with, such as "...".')


def truncate(texts: pa.Array, options: Truncate) -> Checked:
    long = pc.fill_null(pc.greater(pc.utf8_length(texts), options.limit), False)
    if not any_of(long):
        return Checked(texts)
    cut = pc.utf8_slice_codeunits(texts, 0, max(options.limit - len(options.ending), 0))
    cut = pc.binary_join_element_wise(cut, options.ending[: options.limit], "")
    return Checked(pc.if_else(long, cut, texts), long, f"was cut to {options.limit} characters", fatal=False)


def slug(texts: pa.Array, options: Options) -> pa.Array:
    plain = pc.utf8_lower(texts)
    for letter, instead in _NO_DECOMPOSITION.items():
        plain = pc.replace_substring(plain, letter, instead)
    plain = pc.replace_substring_regex(pc.utf8_normalize(plain, form="NFKD"), r"\p{M}+", "")
    return pc.utf8_trim(pc.replace_substring_regex(plain, r"[^a-z0-9]+", "-"), characters="-")


def strip_control(texts: pa.Array, options: Options) -> pa.Array:
    return pc.replace_substring_regex(texts, _CONTROLS, "")


def strip_html(texts: pa.Array, options: Options) -> pa.Array:
    def plain(text: str) -> str:
        without = re.sub(r"(?is)<(script|style)\b.*?</\1>|<!--.*?-->|<[a-z/!][^>]*>", " ", text)
        return re.sub(r"\s+", " ", html.unescape(without)).strip()

    marked = pc.match_substring_regex(texts, "[<&]")
    return only_where(texts, marked, lambda some: by_value(some, plain).values)


class Normalize(Options):
    """A Unicode normal form."""

    shorthand: ClassVar[str] = "form"
    form: Literal["NFC", "NFKC", "NFD", "NFKD"] = Field("NFC", description="The normal form's name.")


def normalize(texts: pa.Array, options: Normalize) -> pa.Array:
    return pc.utf8_normalize(texts, form=options.form)


TABLE = (
    Transform("strip", "Take white space (or the named characters) away at both ends.", strip, Strip),
    Transform("collapse", "Make one space of any run of white space, and none at the ends.", collapse),
    Transform("upper", "Write in capitals.", lambda texts, options: pc.utf8_upper(texts)),
    Transform("lower", "Write in small letters.", lambda texts, options: pc.utf8_lower(texts)),
    Transform("title", "Begin each word with a capital.", lambda texts, options: pc.utf8_title(texts)),
    Transform("replace", "Put one text in the place of another.", replace, Replace),
    Transform("regex", "Put a text in the place of whatever matches a pattern.", regex, Regex),
    Transform("extract", "Keep what matches a pattern.", extract, Extract),
    Transform("split", "Cut at a separator and keep one piece.", split, Split),
    Transform("rejoin", "Change the separator of a list in one text.", rejoin, Rejoin),
    Transform("pad", "Fill up to a width, with zeros at the left unless told otherwise.", pad, Pad),
    Transform("truncate", "Cut what is longer than a limit, with a notice.", truncate, Truncate),
    Transform("slug", "Make a name for an address: small letters, digits and hyphens.", slug),
    Transform("strip_control", "Take away control characters, which XML cannot carry.", strip_control),
    Transform("strip_html", "Take away HTML's tags and write its entities as characters.", strip_html),
    Transform("normalize", "Bring Unicode into one normal form.", normalize, Normalize),
)
