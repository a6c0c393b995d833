"""Requests for the sandbox, written by hand as an ERP's people would: nothing here knows the client."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from erp_sync.sandbox import NAMESPACE, Response, Sandbox

LOGIN = "<login><username>sandbox</username><password>sandbox</password></login>"
ITEMS = {
    "accounts": "account", "customers": "customer", "deliverywindows": "deliverywindow", "invoices": "invoice",
    "markets": "market", "orders": "order", "paymentterms": "paymentterms", "pricelists": "pricelist",
    "pricealterationdates": "pricealterationdate", "products": "product", "salesreps": "salesrep",
    "shippingterms": "shippingterms", "sizes": "size", "warehouses": "warehouse",
}  # fmt: skip


def xml(value: Any) -> str:
    """A dict as elements, a list of dicts as the element repeated, a text as text."""
    if isinstance(value, str):
        return escape(value)
    repeated = ((name, inner if isinstance(inner, list) else [inner]) for name, inner in value.items())
    return "".join(f"<{name}>{xml(each)}</{name}>" for name, inner in repeated for each in inner)


def soap(element: str, content: str, *, login: str = LOGIN, namespace: str = NAMESPACE) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<{element} xmlns="{namespace}">{login}{content}</{element}></e:Body></e:Envelope>'
    ).encode()


def call(box: Sandbox, operation: str, content: str, *, element: str = "", **changes: Any) -> Response:
    action = f'"{changes.get("namespace", NAMESPACE)}{operation[0].upper()}{operation[1:]}"'
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": action}
    return box.handle(soap(element or operation, content, **changes), headers)


def update(box: Sandbox, wrapper: str, *objects: dict[str, Any]) -> Response:
    return call(box, f"{wrapper}_Update", f"<{wrapper}>{xml({ITEMS[wrapper]: list(objects)})}</{wrapper}>")


def read(box: Sandbox, type_: str = "all", *markets: str) -> etree._Element:
    if markets:
        inner = xml({"type": type_, "markets": {"market": [{"id": market} for market in markets]}})
        response = call(box, "events_GetByMarkets", inner)
    else:
        response = call(box, "events_Get", xml({"type": type_}), element="events_GetRequest")
    assert response.status == 200
    return etree.fromstring(response.body)


def ids(events: etree._Element) -> list[str]:
    return [str(e.findtext("{*}id")) for e in events.iterfind(".//{*}events/{*}event")]


def done(box: Sandbox, *numbers: str) -> Response:
    return call(box, "events_Done", xml({"event": list(numbers)}))


def errors(response: Response) -> list[str]:
    """What the reply says is wrong; [] for a success in either shape."""
    body = etree.fromstring(response.body)[0]
    fault = body.find("{*}Fault")
    if fault is not None:
        return [str(fault.findtext("faultstring"))]
    success = body.findtext("{*}result/{*}success")
    if success is None:
        assert body[0].text == "OK" or str(body[0].tag).endswith("}events_Get")
        return []
    found = [str(m.text) for m in body.iterfind(".//{*}errors/{*}message")]
    assert (success == "true") == (not found)
    return found


def notices(response: Response) -> list[str]:
    return [str(m.text) for m in etree.fromstring(response.body).iterfind(".//{*}notices/{*}message")]


def ok(response: Response) -> None:
    assert response.status == 200, response.body
    assert errors(response) == []


def refused(response: Response, part: str) -> None:
    found = errors(response)
    assert found, "a success where a refusal was expected"
    assert part.lower() in found[0].lower()


def sizes(*names: str, table: str = "SML", title: str = "Small Medium Large") -> list[dict[str, Any]]:
    return [
        {"id": n[:1], "description": n, "sizetable": {"id": table, "description": title}} for n in names or ("Small",)
    ]


def variation(id_: str, name: str = "Red", size_ids: tuple[str, ...] = ("S",), **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "stockid": id_, "description": name, "status": "active", "sizetable": {"id": "SML"},
        "sizes": {"size": [{"id": s} for s in size_ids]}, **more,
    }  # fmt: skip


def product(id_: str = "P1", *variations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "status": "active", "description": f"Product {id_}", **more,
        "variations": {"variation": list(variations or (variation(f"{id_}-V"),))},
    }  # fmt: skip


def stock(product_id: str, variation_id: str, size: str, warehouse: str, qty: str) -> dict[str, Any]:
    items = {"warehouse": [{"id": warehouse, "qty": qty}]}
    return {
        "id": product_id,
        "variations": {
            "variation": [{"id": variation_id, "sizes": {"size": [{"id": size, "warehouseitems": items}]}}]
        },
    }  # fmt: skip
