"""Reads a feed and the JSON of a status page with the parsers of the standard library, and holds the
feed against what RFC 4287 demands. Prints the ids of the entries."""

import json
import sys
from datetime import datetime
from urllib.parse import urlparse
from xml.etree import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"


def one(element, name):
    found = element.findall(ATOM + name)
    assert len(found) == 1, f"{element.tag} has {len(found)} {name}"
    return found[0]


def instant(element, name):
    text = one(element, name).text
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    assert at.tzinfo is not None and "T" in text, text
    return at


def identified(element):
    name = one(element, "id").text
    assert urlparse(name).scheme == "tag", name
    assert (one(element, "title").text or "").strip(), "a title"
    return name


def check_feed(path):
    feed = ElementTree.parse(path).getroot()
    assert feed.tag == ATOM + "feed", feed.tag
    identified(feed)
    updated = instant(feed, "updated")
    # Section 4.1.1: an author for the feed or for each entry.
    assert one(one(feed, "author"), "name").text
    links = [(it.get("rel"), it.get("type"), it.get("href")) for it in feed.findall(ATOM + "link")]
    assert [it[0] for it in links] == ["self", "alternate"] and all(it[2] for it in links), links
    names = []
    for entry in feed.findall(ATOM + "entry"):
        names.append(identified(entry))
        assert instant(entry, "published") <= instant(entry, "updated") <= updated
        content = one(entry, "content")
        # Section 4.1.3.3: content of type text has no child elements.
        assert content.get("type") == "text" and len(content) == 0
    assert names and len(names) == len(set(names)), names
    return names


def check_json(path):
    with open(path, encoding="utf-8") as file:
        page = json.load(file)
    assert page["format"] == 1 and page["condition"] in ("up", "down", "maintenance", "unknown")
    assert page["functions"], "functions"
    for function in page["functions"]:
        assert len(function["days"]) == 90, len(function["days"])
        assert function["title"]["ja"] and function["title"]["en"]
    for incident in page["incidents"]:
        assert {"id", "from", "until", "functions", "updates"} == set(incident)


if __name__ == "__main__":
    print("\n".join(check_feed(sys.argv[1])))
    check_json(sys.argv[2])
