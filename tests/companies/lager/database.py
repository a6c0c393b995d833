"""The database of an ERP that somebody once wrote for one wholesaler: no types, no foreign keys, its own words.

Tables: artikel (articles), artfarg (their colours, with stock by size in columns), fargtab (colours), vgrupp (groups,
as a tree), stltyp (which sizes a range has), prislista and pris (prices valid from a day on), kund (customers of both
kinds), fakhuv and fakrad (invoices and their lines). ``foretag`` is the company: two share the database.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

_TABLES = """
CREATE TABLE artikel (foretag, artnr, benamning, varugrupp, ursprung, vikt_g, utgatt, ean,
    PRIMARY KEY (foretag, artnr));
CREATE TABLE artfarg (foretag, artnr, farg, stl_typ, lager_S, lager_M, lager_L, lager_XL, lager_ST, utgatt,
    PRIMARY KEY (foretag, artnr, farg));
CREATE TABLE fargtab (kod PRIMARY KEY, text_sv, text_en);
CREATE TABLE vgrupp (vgr PRIMARY KEY, over, namn);
CREATE TABLE stltyp (typ, ordn, stl, PRIMARY KEY (typ, ordn));
CREATE TABLE prislista (lista PRIMARY KEY, namn, valuta, kanal);
CREATE TABLE pris (foretag, lista, artnr, farg, gallerfr, pris, PRIMARY KEY (foretag, lista, artnr, farg, gallerfr));
CREATE TABLE kund (foretag, kundnr, namn, adr1, postnr_ort, land, epost, sparr, typ, prislista, orgnr,
    PRIMARY KEY (foretag, kundnr));
CREATE TABLE fakhuv (foretag, faknr, kundnr, datum, forfall, valuta, frakt, makulerad, PRIMARY KEY (foretag, faknr));
CREATE TABLE fakrad (foretag, faknr, rad, artnr, farg, stl, text, antal, apris, rabatt,
    PRIMARY KEY (foretag, faknr, rad));
"""
_RANGES = {"SML": ("S", "M", "L"), "SMLXL": ("S", "M", "L", "XL"), "EN": ("ST",)}
_COLOURS = {"SV": ("Svart", "Black"), "BL": ("Blå", "Blue"), "RD": ("Röd", "Red"), "GN": ("Grön", "")}
_GROUPS = ((10, None, "Kläder"), (11, 10, "Tröjor"), (12, 10, "Byxor"), (20, None, "Accessoarer"))
_LISTS = (("BUT", "Butik Sverige", "SEK", "B"), ("EUR", "Webb Europa", "EUR", "W"), ("GRO", "Grossist", "SEK", "G"))
_PLACES = (("111 22 Stockholm", "Sverige"), ("10115 Berlin", "Tyskland"), ("00100 Helsinki", "FINLAND"),
           ("0150 Oslo", "Norge"), ("1050 København", "Danmark"))  # fmt: skip
_NAMES = ("Andersson", "Öberg", "Lindqvist", "Ek", "von Sydow", "Åkerman"), ("Karin", "Åke", "Hans", "Mia", "Per")

Row = Sequence[str | int | None]


def build(path: Path) -> None:
    """Write the database, the same each time."""
    made = random.Random(7)
    with sqlite3.connect(path) as db:
        db.executescript(_TABLES)
        for table, rows in _fixed():
            _put(db, table, rows)
        for company in ("01", "02"):
            _put(db, "kund", _customers(company, made))
            articles = [f"{n:04}" for n in range(100, 130)]
            colours = {a: made.sample(list(_COLOURS), made.randint(1, 3)) for a in articles}
            ranges = {a: made.choice(list(_RANGES)) for a in articles}
            _put(db, "artikel", [_article(company, a, ranges[a], made) for a in articles])
            _put(db, "artfarg", [_colour(company, a, c, ranges[a], made) for a in articles for c in colours[a]])
            _put(db, "pris", [row for a in articles for row in _prices(company, a, colours[a], made)])
            for number in range(90001, 90026):
                customer = made.choice([*range(1001, 1021), *range(2001, 2008)])
                month, day = made.randint(1, 12), made.randint(10, 28)
                _put(db, "fakhuv", [(company, number, customer, f"2025{month:02}{day}", f"2026{month:02}{day}", "SEK",
                                     made.choice(("", "0,00", "150,00", "99,50")), made.choice("NNNNNJ"))])  # fmt: skip
                _put(db, "fakrad", _lines(company, number, articles, colours, ranges, made))
    db.close()


def _put(db: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    for row in rows:
        db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _fixed() -> Iterable[tuple[str, Iterable[Row]]]:
    yield "fargtab", [(code, *names) for code, names in _COLOURS.items()]
    yield "vgrupp", _GROUPS
    yield "stltyp", [(name, n, size) for name, sizes in _RANGES.items() for n, size in enumerate(sizes, start=1)]
    yield "prislista", _LISTS


def _article(company: str, number: str, sizes: str, made: random.Random) -> Row:
    name = made.choice(("Ylletröja  Sarek", "Lång tröja\tAbisko ", "Byxa Kebnekaise", "Mössa, stickad"))
    origin = made.choice(("Sverige", "Portugal", "ITALIEN", "Kina", "Storbritannien"))
    ean = _ean(number) if sizes == "EN" else ""
    return (company, number, f"{name} {number}", made.choice((11, 12, 20)), origin, _comma(made.uniform(50, 1500)),
            made.choice("NNNNJ"), ean)  # fmt: skip


def _colour(company: str, number: str, colour: str, sizes: str, made: random.Random) -> Row:
    stock = [_comma(made.randint(0, 1500)) if s in _RANGES[sizes] and made.random() < 0.9 else made.choice((None, ""))
             for s in ("S", "M", "L", "XL", "ST")]  # fmt: skip
    return (company, number, colour, sizes, *stock, made.choice("NNNNJ"))


def _prices(company: str, number: str, colours: Sequence[str], made: random.Random) -> Iterable[Row]:
    for name, factor in (("BUT", 1.0), ("EUR", 0.1), ("GRO", 0.5)):
        for since in ("20240101", "20250601", "20990101"):
            if since == "20240101" or made.random() < 0.5:
                yield company, name, number, "", since, _comma(made.randint(99, 2999) * factor)
    if made.random() < 0.3:
        yield company, "BUT", number, colours[0], "20250101", _comma(made.randint(99, 2999))


def _customers(company: str, made: random.Random) -> Iterable[Row]:
    for number in range(1001, 1021):
        name = f"{made.choice(_NAMES[0])}, {made.choice(_NAMES[1])}"
        yield (company, number, name, f"Storgatan {number}", *made.choice(_PLACES), f"Kund{number}@Example.com ",
               made.choice("NNNJ"), "P", "", "")  # fmt: skip
    for number in range(2001, 2008):
        yield (company, number, f"Butik {number} AB", "Torget 3", *made.choice(_PLACES), f"order{number}@example.com",
               "N", "F", "GRO", "556677-8899")  # fmt: skip


def _lines(company: str, number: int, articles: Sequence[str], colours: dict[str, list[str]], ranges: dict[str, str],
           made: random.Random) -> Iterable[Row]:  # fmt: skip
    for line in range(1, made.randint(2, 6)):
        article = made.choice(articles)
        yield (company, number, line, article, made.choice(colours[article]), made.choice(_RANGES[ranges[article]]),
               f"Artikel {article}", _comma(made.randint(1, 12)), _comma(made.randint(99, 2999)),
               made.choice(("0", "5,50", "10,00")))  # fmt: skip
    yield company, number, 99, "", "", "", "Rabattkod", "1,00", "-50,00", ""


def _comma(number: float) -> str:
    """1.234,50"""
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def _ean(number: str) -> str:
    body = f"73500000{number}"
    return body + str(-sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(body)) % 10)
