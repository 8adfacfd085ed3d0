#!/usr/bin/env python3
"""What people use instead to read and write CEB621: lxml, as fast as plain Python gets with it.

    ceb621.py FILE SECONDS      prints {"read": messages a second, "write": messages a second}

It does the work of our reader on the same bytes: every element of every list and line becomes a
field, amounts become decimals, times become times. It checks nothing: no lengths, no mandatory
elements, no places; entities and document types are switched off, as ours are. One message is built
and thrown away before the clock starts.
"""

import json
import sys
import time
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

CEB = "http://www.chinaport.gov.cn/ceb"
AMOUNTS = {
    "freight", "insuredFee", "grossWeight", "netWeight",
    "qty", "qty1", "qty2", "price", "totalPrice",
}
WHOLE = {"gnum", "packNo"}
DATES = {"declTime", "ieDate"}
PREFIX = "{%s}" % CEB
CUT = len(PREFIX)


def fields_of(element):
    """The children of an element that hold values, by local name."""
    found = {}
    for child in element:
        name, text = child.tag[CUT:], child.text
        if text is None:
            found[name] = ""
            continue
        text = text.strip()
        if name in AMOUNTS:
            found[name] = Decimal(text)
        elif name in WHOLE:
            found[name] = int(text)
        elif name in DATES:
            found[name] = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        elif name == "appTime":
            found[name] = datetime(
                int(text[:4]), int(text[4:6]), int(text[6:8]),
                int(text[8:10]), int(text[10:12]), int(text[12:14]),
            )
        else:
            found[name] = text
    return found


def read(data):
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True)
    root = etree.fromstring(data, parser)
    lists = []
    for inventory in root.iterchildren(PREFIX + "Inventory"):
        head, lines = None, []
        for child in inventory:
            if child.tag == PREFIX + "InventoryHead":
                head = fields_of(child)
            elif child.tag == PREFIX + "InventoryList":
                lines.append(fields_of(child))
        lists.append((head, lines))
    transfer = root.find(PREFIX + "BaseTransfer")
    return {"guid": root.get("guid"), "lists": lists, "transfer": None if transfer is None else fields_of(transfer)}


def written(name, value):
    if name == "appTime":
        return value.strftime("%Y%m%d%H%M%S")
    if name in DATES:
        return value.strftime("%Y%m%d")
    return value if isinstance(value, str) else str(value)


def put(parent, tag, fields):
    element = etree.SubElement(parent, PREFIX + tag)
    for name, value in fields.items():
        text = written(name, value)
        etree.SubElement(element, PREFIX + name).text = text or None


def write(message):
    root = etree.Element(PREFIX + "CEB621Message", nsmap={"ceb": CEB}, guid=message["guid"], version="1.0")
    for head, lines in message["lists"]:
        inventory = etree.SubElement(root, PREFIX + "Inventory")
        put(inventory, "InventoryHead", head)
        for line in lines:
            put(inventory, "InventoryList", line)
    if message["transfer"] is not None:
        put(root, "BaseTransfer", message["transfer"])
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def rate(work, seconds):
    done, begun = 0, time.perf_counter()
    while True:
        work()
        done += 1
        spent = time.perf_counter() - begun
        if spent >= seconds:
            return done / spent


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    seconds = float(sys.argv[2])
    message = read(data)
    assert read(write(message)) == message, "what was written reads otherwise"
    print(json.dumps({
        "lists": len(message["lists"]),
        "read": rate(lambda: read(data), seconds),
        "write": rate(lambda: write(message), seconds),
    }))


if __name__ == "__main__":
    main()
