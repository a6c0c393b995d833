"""What ERPs call things, as a table: English, German and Swedish, Navision and Business Central, Odoo, SAP.

A name is compared without capitals, accents and punctuation: "Item No_", "ItemNo" and "item no." are one.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

# what it is in the catalog (a field's path, its last words, or "key" and a part's name) -> names, the most usual first
_TABLE = {
    "key product": "no|item no|product no|article no|item number|product number|article number|item id|product id|"
    "item code|product code|style|style no|model|model no|product tmpl id|product|item|artikelnummer|artikelnr|"
    "artikel nr|artikel|art nr|artnr|materialnummer|matnr|produktnummer|produkt nr|modell|modellnummer|varenr",
    "key variation": "variant code|variant|variation|variant id|variant no|colour code|color code|colour|color|sku|"
    "variantkod|variante|variantencode|variantennummer|farbe|farbcode|farg|fargkod|product id|code",
    "key size": "size code|size|size id|grosse|grossencode|storlek|storlekskod|size value",
    "key sizetable": "size table|size table code|sizetable|size group|size range|size scale|item category code|"
    "grossentabelle|grossengruppe|storlekstabell|storleksserie|code",
    "key warehouse": "location code|warehouse|warehouse code|warehouse id|location|location id|stock location|code|"
    "lagerort|lagerortcode|lager|lagernummer|lagerstalle|lagerplats|lgort|werks",
    "key market": "market|market code|territory code|territory id|territory|region code|region|code|markt|marknad",
    "key store": "store|store id|shop|shop id|butik",
    "key category": "category code|category|category id|kategorie|kategori",
    "key image": "image|image id|line no|picture id",
    "key pricelist": "pricelist|price list|pricelist id|price list code|sales code|customer price group|price group|"
    "preisliste|preisgruppe|debitorenpreisgruppe|prislista|prisgrupp|code|pltyp",
    "key paymentterms": "payment terms|payment terms code|payment term|code|zahlungsbedingung|zahlungsbedingungscode|"
    "betalningsvillkor|zterm",
    "key shippingterms": "shipping terms|shipment method code|shipment method|incoterm|incoterms|ship method id|"
    "shipper id|code|lieferbedingung|lieferbedingungscode|leveransvillkor|inco1",
    "key salesrep": "salesperson code|salesperson|salesperson id|salesrep|sales rep|employee id|business entity id|"
    "code|verkaufer|verkaufercode|vertreter|saljare|user id",
    "key pricealterationdate": "code|alteration|price alteration",
    "key deliverywindow": "delivery window|window code|drop|code|lieferfenster|leveransfonster",
    "key account": "customer no|no|account no|account|account number|customer id|customer number|customer code|"
    "business entity id|partner id|debitor|debitorennummer|debitor nr|kundennummer|kundennr|kunden nr|kundnummer|"
    "kundnr|kunnr|code",
    "key buyer": "contact no|contact|buyer|buyer no|person id|contact id|customer no|no|kontakt|kontaktnummer|"
    "kontaktnr",
    "key address": "address id|address code|ship to code|code|adresscode|adresskod|lieferadresscode",
    "key customer": "customer no|customer id|customer number|no|customer code|customer|account number|partner id|"
    "kundennummer|kundennr|kunden nr|kundnummer|kundnr|debitorennummer|kunnr",
    "key invoice": "invoice no|invoice number|document no|invoice id|no|number|invoice|order id|sales order id|"
    "rechnungsnummer|rechnungsnr|rechnung|belegnummer|belegnr|fakturanummer|fakturanr|faktura|vbeln",
    "key item": "line no|line id|line number|invoice line id|sales order detail id|zeilennr|zeilennummer|positionsnr|"
    "position|radnr|radnummer|posnr|product id",
    "key additional": "line no|line id|line number|zeilennr|radnr",
    "key key": "key|name|code",
    # fields
    "status": "status|blocked|gesperrt|sparrad|active|is active|aktiv|inactive|inaktiv|discontinued|deleted|archived|"
    "state|ausgelaufen|utgangen|for sale|website published",
    "sku": "sku|default code|item no|no|product number|article number|reference|internal reference|artikelnummer|"
    "artikelnr|size code|colour code|color code|item number",
    "variation sku": "colour code|color code|sku|default code|variant code|reference|farbcode|fargkod",
    "variation_size sku": "sku|default code|size code|reference|internal reference|storlekskod|grossencode",
    "description": "description|name|title|item name|product name|article name|item description|product description|"
    "display name|bezeichnung|artikelbezeichnung|artikelname|beschreibung|benamning|artikelnamn|artikelbenamning|namn|"
    "beskrivning|maktx|text|produktname|produktnamn",
    "account description": "name|company name|customer name|company|firma|firmenname|kundenname|foretag|foretagsnamn|"
    "kundnamn|namn|name1|account name",
    "variation description": "colour|color|colour name|color name|variant name|farbe|farbbezeichnung|farg|fargnamn|"
    "description|name|bezeichnung|benamning",
    "variation_size description": "size name|size description|size|description 2|grosse|storlek",
    "size description": "size name|size description|description|size|bezeichnung|benamning|grosse|storlek",
    "name": "name|description|full name|bezeichnung|beschreibung|benamning|namn|beskrivning|text|company name",
    "folder.description": "category|product category|item category|category name|item category code|categ id|folder|"
    "warengruppe|artikelgruppe|kategorie|kategori|varugrupp|artikelgrupp|product group|product group code|matkl",
    "brand.id": "brand code|brand id|manufacturer code|manufacturer id|marke code",
    "brand.description": "brand|brand name|manufacturer|manufacturer name|marke|hersteller|varumarke|tillverkare",
    "collection.id": "season code|collection code|collection id|season id|saison|sasong",
    "collection.description": "season|collection|season name|collection name|kollektion|saisonname|kollektionsnamn",
    "harmcode.id": "tariff no|hs code|harmonized code|harmonised code|commodity code|tariff number|zolltarifnummer|"
    "zolltarifnr|warennummer|statistiknummer|tulltaxenummer|tullkod|stawn|intrastat code",
    "countryoforigin": "country of origin|country region of origin code|country region of origin|origin|origin country|"
    "country of origin code|ursprungsland|herkunftsland|ursprung|herkl|country of manufacture",
    "weight.value": "net weight|weight|weight net|unit weight|gross weight|gewicht|nettogewicht|vikt|nettovikt|ntgew|"
    "bruttogewicht|bruttovikt",
    "weight.unit": "weight unit|weight unit measure code|weight uom|gewichtseinheit|viktenhet|gewei",
    "comment": "comment|remark|note|notes|bemerkung|anmerkung|kommentar|anteckning|internal note",
    "sizetable.id": "size table|size table code|size group|size range|size scale|grossentabelle|storlekstabell",
    "sizetable.description": "size table name|size table description|size group name",
    "cog": "unit cost|cost|cost price|standard cost|standard price|last direct cost|einstandspreis|einkaufspreis|"
    "sjalvkostnad|inkopspris|kalkylpris|stprs",
    "ean": "ean|ean code|ean13|gtin|barcode|bar code|upc|ean no|ean nummer|strichcode|streckkod|ean11|ean upc",
    "qty": "quantity|qty|available|available quantity|quantity available|on hand|in stock|stock|inventory|free stock|"
    "qty available|quantity on hand|units in stock|invoiced qty|menge|bestand|verfugbar|lagerbestand|antal|saldo|"
    "lagersaldo|disponibelt|disponibel|labst|saldo disponibelt",
    "price": "unit price|price|sales price|list price|net price|price unit|fixed price|lst price|verkaufspreis|preis|"
    "vk preis|stuckpreis|forsaljningspris|pris|a pris|kbetr",
    "priceb": "recommended price|rrp|recommended retail price|suggested retail price|uvp|rek pris|cirkapris|msrp",
    "alteredprice": "altered price|sale price|campaign price|special price|aktionspreis|kampanjpris",
    "currency": "currency|currency code|currency id|wahrung|wahrungscode|valuta|valutakod|waers",
    "basecurrency": "base currency|company currency|hauswahrung|basvaluta",
    "currencyrate": "exchange rate|currency rate|kurs|wechselkurs|valutakurs",
    "store": "store|store id|shop|butik",
    "type": "type|kind|art|typ",
    "duedays": "due days|days|net days|zahlungsziel|nettotage|kreditdagar|antal dagar",
    "startdate": "starting date|start date|date start|valid from|from date|startdatum|gultig ab|gultig von|giltig fran|"
    "von datum|fran datum|datab",
    "stopdate": "ending date|end date|date end|valid to|to date|stop date|enddatum|gultig bis|giltig till|bis datum|"
    "slutdatum|till datum|datbi",
    "atonce": "at once|immediate|sofort|direkt",
    "percent": "commission|commission pct|commission percent|provision|provisionssatz|provision pct",
    "email": "email|e mail|email address|mail|e mail address|e post|epost|e postadress|smtp addr",
    "telephone": "phone|phone no|telephone|phone number|tel|telephone no|telefon|telefonnr|telefonnummer|telnr|telf1|"
    "mobile|mobile phone no|mobil|mobilnummer|mobiltelefon|handy",
    "fax": "fax|fax no|fax number|telefax|faxnr",
    "vat": "vat registration no|vat no|vat number|vat id|vat|vat reg no|ust id|ust idnr|umsatzsteuer id|ustidnr|"
    "momsregistreringsnummer|momsnr|vat nr|stceg",
    "companyregistrationid": "registration no|company registration no|registration number|organisation no|org no|orgnr|"
    "organisationsnummer|handelsregisternummer|company registry|foretagsnummer",
    "url": "home page|website|url|web|homepage|web site|hemsida|webseite|internetadresse",
    "company": "company|company name|name|firma|firmenname|foretag|foretagsnamn|name1|customer name",
    "attn": "contact|contact name|attention|attn|contact person|ansprechpartner|kontakt|kontaktperson|er referens",
    "firstname": "first name|firstname|given name|vorname|fornamn|forename",
    "lastname": "last name|lastname|surname|family name|nachname|familienname|efternamn",
    "address1": "address|address 1|street|address line 1|street address|street 1|strasse|anschrift|adresse|adress|gata|"
    "gatuadress|stras|utdelningsadress",
    "address2": "address 2|address line 2|street 2|adresse 2|adresszusatz|adress 2|co adress|c o",
    "city": "city|town|ort|stadt|postort|stad|ort01",
    "state": "state|county|region|state code|state id|state province|province|bundesland|lan|regio",
    "zipcode": "post code|postal code|zip|zip code|postcode|postleitzahl|plz|postnummer|postnr|pstlz",
    "country": "country|country code|country region code|country region|country id|land|landercode|landcode|landskod|"
    "land1|lander regionscode|country name",
    "discount": "discount|line discount|discount percent|line discount percent|rabatt|rabatt pct|radrabatt",
    "market.id": "territory code|market code|market|territory id|gebietscode|region code|marknad",
    "pricelist.id": "customer price group|price group|price list|pricelist|pricelist id|property product pricelist|"
    "debitorenpreisgruppe|preisgruppe|preisliste|prislista|prisgrupp|pltyp",
    "salesrep.id": "salesperson code|salesperson|sales person id|salesrep|user id|verkaufercode|verkaufer|saljare",
    "mastersalesrep.salesrep.id": "manager code|reports to|manager|manager id",
    "paymentterms.id": "payment terms code|payment terms|payment term|property payment term id|payment term id|"
    "zahlungsbedingungscode|zahlungsbedingung|betalningsvillkor|zterm",
    "shippingterms.id": "shipment method code|shipment method|shipping terms|incoterm|incoterms|incoterm id|"
    "lieferbedingungscode|lieferbedingung|leveransvillkor|inco1",
    "creditlimit": "credit limit|credit limit lcy|kreditlimit|kreditgrans|kreditlimit mw|credit",
    "internalinformation": "comment|internal note|notes|bemerkung|kommentar",
    # invoices
    "serialno": "no|invoice no|document no|number|rechnungsnummer|fakturanummer|belegnummer",
    "total": "amount including vat|total|amount total|grand total|total amount|total due|bruttobetrag|betrag inkl mwst|"
    "totalbelopp|belopp inkl moms|summa",
    "totalpaid": "paid|total paid|amount paid|bezahlt|betalt",
    "invoice vat": "vat amount|tax amount|amount tax|tax|mwst betrag|momsbelopp|moms",
    "invoicedate": "posting date|invoice date|document date|date|buchungsdatum|rechnungsdatum|belegdatum|fakturadatum|"
    "bokforingsdatum|fkdat",
    "orderdate": "order date|date order|auftragsdatum|bestelldatum|orderdatum",
    "duedate": "due date|invoice date due|falligkeitsdatum|fallig am|forfallodatum",
    "account.id": "sell to customer no|customer no|customer id|account|partner id|debitor|kundennummer|kundnummer|"
    "kunnr",
    "buyer.id": "sell to contact no|contact no|contact id|person id",
    "paymentterms": "payment terms code|payment terms|payment term|zahlungsbedingung|betalningsvillkor",
    "shippingterms": "shipment method code|shipping terms|incoterm|ship via|lieferbedingung|leveransvillkor",
    "ponumber": "external document no|po number|purchase order no|customer reference|your reference|ihre referenz|"
    "bestellnummer|er ordernr|ref",
    "subtotal": "amount|line amount|line total|price subtotal|subtotal|betrag|zeilenbetrag|radbelopp|belopp|netwr",
    "tax": "vat|vat percent|tax|tax rate|mwst|mwst satz|moms|momssats",
    "product.id": "no|item no|product id|product|article no|artikelnummer|artikelnr|matnr",
    "variation.id": "variant code|variant id|variant|variantkod|variantencode",
    "size.id": "size code|size id|size",
    "image": "image|image url|picture|picture url|url|address|bild|bild url",
    "shortdescription": "short description|kurzbeschreibung|kort beskrivning",
    "metatitle": "meta title|seo title",
    "metadescription": "meta description|seo description",
    "metakeywords": "meta keywords|keywords|schlagworte|nyckelord",
    "minimumorderamount": "minimum order quantity|min order qty|moq|mindestbestellmenge|minsta antal",
    "orderdenominator": "order multiple|multiple|pack size|bestellvielfaches|multipel",
    "variationlimit": "variation limit|limit|kontingent",
    "value": "value|wert|varde",
}
# what stands before the names of an address that is not the record's own
_BEFORE = {
    "shippingaddress": "ship to|shipping|delivery|ship|lief an|liefer|lieferung|leverans",
    "billingaddress": "bill to|billing|invoice to|invoice|rech an|rechnung|rechnungs|faktura",
    "invoiceaddress": "bill to|billing|invoice to|invoice|rech an|rechnung|rechnungs|faktura",
}
# words that only say what the whole dataset is of
_ENTITY_WORDS = {
    "product": "item|product|article|artikel|produkt|material|style|vara",
    "variation": "item|product|variant|variation|article|artikel",
    "customer": "customer|kunde|kund|debitor|partner",
    "account": "customer|account|kunde|kund|debitor|company|partner",
    "salesrep": "salesperson|employee|salesrep",
    "invoice": "invoice|faktura|rechnung|billing",
    "invoice_item": "invoice|line|item",
}
_OF_PEOPLE = ("firstname", "lastname", "email", "telephone")
_PERSONAL = ("email", "telephone", "fax", "vat", "firstname", "lastname", "attn", "address1", "address2", "zipcode",
             "city", "company")  # fmt: skip
_CERTAIN, _LIKELY, _PERHAPS = 1.0, 0.95, 0.72
_NEAR = 0.88  # how alike names are of which one may be the other with a slip or an ending


@dataclass(frozen=True, slots=True)
class NameMatch:
    """``score`` from 0 to 1; ``known`` is the name in the table."""

    score: float
    known: str = ""


@cache
def plain_name(name: str) -> str:
    """Words in small letters: "Item No_", "ItemNo" -> "item no"."""
    split = re.sub(r"(?<=[a-zåäöß0-9])(?=[A-ZÅÄÖ])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).replace("ß", "ss")
    bare = "".join(c for c in unicodedata.normalize("NFKD", split) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare.replace("%", " percent ").casefold()))


def match_key(entity: str, part: str, column: str) -> NameMatch:
    """How well a column's name suits a part of the key."""
    return _best(entity, _names("key " + part), plain_name(column))


def match_field(entity: str, path: str, column: str) -> NameMatch:
    """How well a column's name suits a field."""
    first, _, rest = path.partition(".")
    name = plain_name(column)
    if first.endswith("address") and rest in ("id", "description"):
        return NameMatch(0.0)  # these are of the address as a thing, which an ERP's row seldom knows
    if first in _BEFORE:
        stripped = _without_prefix(name, _BEFORE[first])
        return _best(entity, _names(rest), stripped) if stripped else NameMatch(0.0)
    known = _names(f"{entity} {path}") or _names(path) or _names(rest if first.endswith("address") else "")
    return _best(entity, known, name)


def is_personal_name(column: str) -> bool:
    """Whether columns of this name usually hold something about a person."""
    name = plain_name(column)
    bare = next((b for names in _BEFORE.values() if (b := _without_prefix(name, names))), name)
    found = any(_best("", _names(word), n).score >= _PERHAPS for word in _PERSONAL for n in {name, bare})
    return found or bool(
        re.search(
            r"\b(name|mail|phone|birth|geburt|extension|durchwahl|salutation|anrede|fodelse|person|iban|bic|ssn)", name
        )
    )


def names_people(column: str) -> bool:
    """Whether a dataset with such a column is about people."""
    name = plain_name(column)
    return any(_best("", _names(word), name).score >= _LIKELY - 0.01 for word in _OF_PEOPLE)


@cache
def _names(what: str) -> tuple[str, ...]:
    return tuple(_TABLE[what].split("|")) if what in _TABLE else ()


def _without_prefix(name: str, prefixes: str) -> str:
    longest = sorted(prefixes.split("|"), key=len, reverse=True)
    return next((name[len(p) + 1 :] for p in longest if name.startswith(f"{p} ")), "")


@cache
def _best(entity: str, names: tuple[str, ...], name: str) -> NameMatch:
    """The earlier a name stands in the table, the more it is worth, a little."""
    if not names or not name:
        return NameMatch(0.0)
    bare = _bare(entity, name)
    found = NameMatch(0.0)
    for place, known in enumerate(names):
        score = _score(name, bare, known) - place / 1000
        if score > found.score:
            found = NameMatch(score, known)
    return found if found.score >= _PERHAPS - 0.1 else NameMatch(0.0)


def _bare(entity: str, name: str) -> str:
    words = set(_ENTITY_WORDS.get(entity, "").split("|"))
    return " ".join(w for w in name.split() if w not in words)


def _score(name: str, bare: str, known: str) -> float:
    tight = name.replace(" ", "")
    if name == known or tight == known.replace(" ", ""):
        return _CERTAIN
    if bare and bare == known:
        return _LIKELY
    alike = difflib.SequenceMatcher(None, tight, known.replace(" ", "")).ratio()
    if alike >= _NEAR and min(len(tight), len(known)) > 4 and not _other_number(name, known):
        return alike * 0.9
    words = known.split()
    if len(words) > 1 and set(words) <= set(name.split()):
        return _PERHAPS
    return 0.0


def _other_number(name: str, known: str) -> bool:
    """ "Address 3" is not "Address 2"."""
    return re.findall(r"\d+", name) != re.findall(r"\d+", known)
